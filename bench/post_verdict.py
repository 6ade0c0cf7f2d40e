"""The judgement of the post: what the book says of its notices against what the providers wrote down. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bench.provider_log import Taken, Thanked

FINAL = frozenset({"delivered", "accepted", "failed", "declined", "unwanted", "digested"})
STEP = frozenset({"dispatch", "climb", "remind"})  # they ask for an acceptance
KNOWN_BY_KEY = frozenset({"sms", "wechat", "voice", "gate"})
PROMISE = timedelta(minutes=5)
CLOCKS = timedelta(seconds=5)  # between reading the clock and having the county's lock


@dataclass(frozen=True, slots=True)
class Noticed:
    """A notice as the book ends with it. ``told_above``: who stands above was told, or need not be.

    ``ended``: when its ticket left the state in which this notice asks for something; None while it has not, or where
    the notice asks for nothing. ``final_at``: the last answer of a channel; None where there was none.
    """

    id: str
    ticket: str
    person: str
    round: int
    purpose: str
    state: str
    channel: str
    created: datetime
    final_at: datetime | None
    maybe_doubled: bool
    told_above: bool = True
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class Door:
    """Receipts in the book: (notice, delivered) of each row, and how often one moved a notice on a channel."""

    rows: Sequence[tuple[str, bool]]
    moves: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class PostVerdict:
    """What became of the notices; all but the first four and the last must be 0."""

    notices: int
    taken: int
    doubled: int  # taken twice by one provider, as the book says that may be
    receipts: int
    without_end: int
    never_taken: int  # called delivered or accepted, and no provider took it
    after_the_end: int  # claimed after the act that ended its step
    doubled_silently: int
    out_of_order: int
    failed_silently: int
    receipts_lost: int
    receipts_twice: int
    late: int  # without an end within the promise
    worst_s: float

    @property
    def wrong(self) -> dict[str, int]:
        """What must be 0 and is not."""
        found = {
            "without_end": self.without_end, "never_taken": self.never_taken, "after_the_end": self.after_the_end,
            "doubled_silently": self.doubled_silently, "out_of_order": self.out_of_order,
            "failed_silently": self.failed_silently, "receipts_lost": self.receipts_lost,
            "receipts_twice": self.receipts_twice, "late": self.late,
        }  # fmt: skip
        return {name: count for name, count in found.items() if count}


def judge_post(
    noticed: Sequence[Noticed], taken: Sequence[tuple[Taken, str]], links: Mapping[str, datetime],
    receipts: tuple[Sequence[Thanked], Door],
) -> PostVerdict:  # fmt: skip
    """Compare. ``taken`` with the id of the notice ("" where unknown); ``links``: when each code was made (a claim)."""
    by_id = {one.id: one for one in noticed}
    times = Counter((one.provider, notice) for one, notice in taken if notice)
    again = {key: count - 1 for key, count in times.items() if count > 1}
    silent = sum(count for (_, notice), count in again.items() if not by_id[notice].maybe_doubled)
    waits = [(one.final_at - one.created).total_seconds() for one in noticed if one.final_at]
    thanked, door = receipts
    return PostVerdict(
        notices=len(noticed), taken=len(taken), doubled=sum(again.values()) - silent, receipts=len(door.rows),
        without_end=sum(one.state not in FINAL for one in noticed),
        never_taken=sum(_never_taken(one, times) for one in noticed),
        after_the_end=sum(_after_the_end(by_id[notice], links.get(one.code)) for one, notice in taken if notice),
        doubled_silently=silent,
        out_of_order=_out_of_order([(one, by_id[notice]) for one, notice in taken if notice]),
        failed_silently=sum(one.state == "failed" and not one.told_above for one in noticed),
        receipts_lost=len({(one.key, one.delivered) for one in thanked} - set(door.rows)),
        receipts_twice=sum(count - 1 for count in door.moves.values() if count > 1)
        + sum(count - 1 for count in Counter(door.rows).values() if count > 1),
        late=sum(wait > PROMISE.total_seconds() for wait in waits), worst_s=round(max(waits, default=0.0), 1),
    )  # fmt: skip


def _never_taken(one: Noticed, times: Mapping[tuple[str, str], int]) -> bool:
    went = one.state in ("delivered", "accepted") and one.channel in KNOWN_BY_KEY
    return went and not times.get((one.channel, one.id))


def _after_the_end(one: Noticed, claimed: datetime | None) -> bool:
    return claimed is not None and one.ended is not None and claimed > one.ended + CLOCKS


def _out_of_order(taken: Iterable[tuple[Taken, Noticed]]) -> int:
    """How many letters of a step came to a person, on one channel, after one of a later round of the same ticket."""
    highest: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    count = 0
    for letter, one in taken:
        if one.purpose not in STEP:
            continue
        key = (letter.provider, one.ticket, one.person)
        count += one.round < highest[key]
        highest[key] = max(highest[key], one.round)
    return count
