"""The cap: whether the letters that are due for one person by one way go one by one, or joined into one (汇总). Pure.

What would be over the cap is joined as a whole, so that a morning after quiet hours is one letter and not the cap and
one more; and while a joined letter waits, what comes after it waits with it, so that nothing overtakes. What is urgent
never waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from county.policy.cap import Cap


@dataclass(frozen=True, slots=True)
class Due:
    """A letter that nobody has tried to send: when it was made, and when the limit it speaks of runs out."""

    id: UUID
    severity: str
    made_at: datetime
    limit_at: datetime | None = None
    exempt: bool = False  # it can wait for nothing, or nobody's phone rings for it


@dataclass(frozen=True, slots=True)
class Ration:
    """What becomes of letters: these go now, those are joined into the letter that goes at ``goes_at``, and why."""

    now: tuple[UUID, ...]
    joined: tuple[UUID, ...] = ()
    goes_at: datetime | None = None
    why: str = ""


def rationed(due: Sequence[Due], had: int, waits_until: datetime | None, cap: Cap, now: datetime) -> Ration:
    """Decide for one person and way.

    ``had``: letters of the cap's last minutes; ``waits_until``: when the joined letter goes that waits, if one does.
    """
    held = [one for one in due if not one.exempt and one.severity not in cap.but]
    over = had + len(due) > cap.letters
    if not cap.letters or not held or (waits_until is None and not over):
        return Ration(tuple(one.id for one in due))
    joined = tuple(one.id for one in held)
    goes_at = min(_latest(one, cap, now) for one in held)
    if waits_until is not None:
        return Ration(_others(due, joined), joined, min(goes_at, waits_until), "已有汇总待发,并入其中")
    why = f"{cap.within_minutes:g}分钟内已通知{had}次,连同这{len(due)}条超过每人{cap.letters}次的上限,并入汇总"
    return Ration(_others(due, joined), joined, goes_at, why)


def _latest(one: Due, cap: Cap, now: datetime) -> datetime:
    """Until when a letter may wait: some minutes since it was made, and never past half of the time that is left."""
    waits = min(one.made_at, now) + timedelta(minutes=cap.wait_minutes)
    if one.limit_at is not None and one.limit_at > now:
        waits = min(waits, now + (one.limit_at - now) / 2)
    return max(waits, now)


def _others(due: Sequence[Due], joined: tuple[UUID, ...]) -> tuple[UUID, ...]:
    return tuple(one.id for one in due if one.id not in set(joined))
