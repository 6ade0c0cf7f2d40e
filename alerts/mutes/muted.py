"""What becomes of a finding while a mute holds, and afterwards. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.alarms.opening import Seen
from alerts.mutes.mutes import Kept, Mute
from alerts.tickets.moves import category
from alerts.values import Check, Decision, Look, Status, Ticket, Word
from broker.messages import State
from county.snapshot import County


def kept_under(mute: Mute, before: Kept | None, seen: Seen, county: County) -> Decision:
    """Keep and count what is found while a mute holds; it opens nothing until the mute ends."""
    look = seen.look
    kept = Kept(
        look.place, look.spot, look.kind, mute.number, before.first_at if before else look.at, look.at, seen.reason,
        max(seen.score, before.score if before else 0.0), seen.looks + (before.looks if before else 0),
        look.event_id, look.revision, 1 + (before.merged if before else 0),
        seen.picture or (before.picture if before else None), seen.boxes or (before.boxes if before else ()),
        seen.source, seen.rendered, seen.severity,
    )  # fmt: skip
    words = f"{category(county, look.kind)[0]}在静默期内(第{mute.number}号,{mute.reason}),已记录,不立案"
    return Decision(Word.KEPT, words, looks=(look,), kept=kept)


def proven_clean(kept: Kept, earlier: Sequence[Ticket]) -> bool:
    """Whether a person was there after it was seen last and found the place clean of it; ``earlier`` tickets ended."""
    return any(
        one.status is Status.CLOSED and one.check is Check.PERSON and kept.kind in one.kinds
        and one.closed_at is not None and kept.last_at <= one.closed_at
        for one in earlier
    )  # fmt: skip


def seen_under(kept: Kept) -> Seen:
    """What was kept, as it is told when nothing holds it back any more."""
    look = Look(kept.place, kept.spot, kept.kind, kept.last_at, kept.event_id, kept.revision, State.DIRTY)
    words = f"{kept.reason}(第{kept.mute}号静默期间共发现{kept.merged}次,静默已结束)"
    return Seen(look, words, kept.score, kept.looks, kept.rendered, kept.picture, kept.boxes, source=kept.source,
                severity=kept.severity)  # fmt: skip
