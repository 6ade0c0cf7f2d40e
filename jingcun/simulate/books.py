"""Whether the month's books balance: everything that came in is accounted for once, and nothing is left lying. Pure.

Two sides that know nothing of each other are compared: what was heard while it happened, and what the book says at the
end; what is true, and what was found.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from alerts.values import Source, Ticket, Word
from county.values import SENSOR
from jingcun.simulate.happenings import Happening, What
from jingcun.simulate.ledger import Ledger
from jingcun.simulate.tally import Tally

FRESH = timedelta(hours=6)  # what began so shortly before the end may not have been told yet
FINAL = frozenset({"delivered", "accepted", "failed", "declined", "unwanted", "digested"})


@dataclass(frozen=True, slots=True)
class Came:
    """What came in: rows handed to the engine, and how many still were under way at the end."""

    rows: int
    under_way: int
    said: int  # by devices, copies included


@dataclass(frozen=True, slots=True)
class Found:
    """Of one sort of happening: how many, how many with a ticket at their site and time, how many too young to ask."""

    all: int
    found: int
    fresh: int
    untold: int  # missed, and no device ever said so

    @property
    def missed(self) -> int:
        """How many have no ticket."""
        return self.all - self.found - self.fresh

    @property
    def recall(self) -> float | None:
        """The share that was found; None where there was nothing to find."""
        return self.found / (self.all - self.fresh) if self.all > self.fresh else None


def accounted(came: Came, tally: Tally, ledger: Ledger) -> list[str]:
    """What is wrong with the messages: each was decided about once, with a reason, or put aside."""
    wrong = []
    if came.said != came.rows + came.under_way:
        wrong.append(f"devices said {came.said} messages, {came.rows} arrived and {came.under_way} are under way")
    if tally.decided + ledger.stuck != came.rows:
        wrong.append(f"{came.rows} messages came in, {tally.decided} were decided and {ledger.stuck} put aside")
    if ledger.cursor != came.rows:
        wrong.append(f"the book's cursor stands at {ledger.cursor} of {came.rows}")
    if tally.turns:
        wrong.append(f"{tally.turns} messages were decided out of turn")
    if tally.unreasoned:
        wrong.append(f"{tally.unreasoned} decisions have no reason")
    if (heard := (len(tally.alarms), sum(tally.alarms.values()))) != (ledger.alarms, ledger.merged):
        wrong.append(
            f"{heard[0]} alarms took in {heard[1]} dirty looks, the book says {ledger.alarms}, {ledger.merged}"
        )
    if tally.words[Word.OPENED] != len(ledger.tickets):
        wrong.append(f"{tally.words[Word.OPENED]} tickets were opened and the book holds {len(ledger.tickets)}")
    return wrong


def settled(ledger: Ledger, now: datetime) -> list[str]:
    """What is wrong with tickets and notices: each has ended, or has a person and a next step; each notice is final."""
    wrong = [*ledger.findings, *ledger.broken]
    for one in ledger.tickets:
        if one.is_open and (not one.person.id or one.next_at is None):
            wrong.append(f"{one.number} is open without a person or a next step")
        if not one.is_open and (one.closed_at is None or one.next_at is not None or one.calling):
            wrong.append(f"{one.number} has ended and still waits for something")
        if one.opened_at > now or (one.closed_at is not None and one.closed_at < one.opened_at):
            wrong.append(f"{one.number} is opened or closed at a moment that cannot be")
    known = {one.id for one in ledger.tickets}
    left = Counter(one.state for one in ledger.notices if one.state not in FINAL)
    wrong += [f"{count} notices are {state}" for state, count in sorted(left.items())]
    stray = sum(one.ticket not in known for one in ledger.notices)
    return wrong + ([f"{stray} notices belong to no ticket"] if stray else [])


def single(tickets: Sequence[Ticket]) -> list[str]:
    """Which sites had two tickets at one time, and which numbers stand twice."""
    wrong = [f"number {name} stands {count} times" for name, count in _doubled(one.number for one in tickets)]
    by_site: dict[str, list[Ticket]] = defaultdict(list)
    for one in sorted(tickets, key=lambda each: each.opened_at):
        by_site[one.scene.site].append(one)
    for site, lives in by_site.items():
        for before, after in pairwise(lives):
            if before.closed_at is None or after.opened_at < before.closed_at:
                wrong.append(f"{site} has {before.number} and {after.number} at one time")
    return wrong


def sums(tickets: Sequence[Ticket], townships: Mapping[str, int], villages: Sequence[str]) -> list[str]:
    """Whether villages add up to townships and townships to the county.

    ``townships`` is what the wall counts: what is wrong with a device is no dirt of its township.
    """
    mine = Counter(one.scene.township for one in tickets if not _of_a_device(one))
    wrong = [f"township {code}: the wall counts {townships.get(code, 0)} tickets, the book {mine.get(code, 0)}"
             for code in sorted({*mine, *townships}) if townships.get(code, 0) != mine.get(code, 0)]  # fmt: skip
    known = set(villages)
    below: Counter[str] = Counter()
    for code, count in Counter(one.scene.village for one in tickets if not _of_a_device(one)).items():
        if code not in known:
            wrong.append(f"{count} tickets stand in {code}, which is no village")
        below[code[:9]] += count
    if below != mine:
        wrong.append("the tickets of the villages do not add up to those of their townships")
    if mine.total() + sum(_of_a_device(one) for one in tickets) != len(tickets):
        wrong.append("the tickets of the townships do not add up to those of the county")
    return wrong


def _of_a_device(ticket: Ticket) -> bool:
    return ticket.source is Source.EQUIPMENT or ticket.scene.spot.endswith(SENSOR)


def found(happenings: Iterable[Happening], tickets: Sequence[Ticket], end: datetime) -> dict[What, Found]:
    """For each sort of happening that wants a ticket: how many had one at their site while they lasted."""
    lives: dict[str, list[Ticket]] = defaultdict(list)
    for one in tickets:
        lives[one.scene.site].append(one)
    counts: dict[What, list[int]] = {what: [0, 0, 0, 0] for what in What if what.is_duty}
    for happening in happenings:
        if not happening.what.is_duty:
            continue
        count = counts[happening.what]
        count[0] += 1
        if any(happening.overlaps(one.opened_at, one.closed_at) for one in lives.get(happening.site, ())):
            count[1] += 1
        elif happening.began > end - FRESH:
            count[2] += 1
        elif happening.told is None:
            count[3] += 1
    return {what: Found(*count) for what, count in counts.items()}


def true_tickets(happenings: Iterable[Happening], tickets: Sequence[Ticket]) -> int:
    """How many tickets stand for something that was there: at their site, while they were open or were first seen."""
    there: dict[str, list[Happening]] = defaultdict(list)
    for one in happenings:
        there[one.site].append(one)
    return sum(
        any(one.overlaps(ticket.seen_at, ticket.closed_at) for one in there.get(ticket.scene.site, ()))
        for ticket in tickets
    )


def _doubled(names: Iterable[str]) -> list[tuple[str, int]]:
    return [(name, count) for name, count in Counter(names).items() if count > 1]
