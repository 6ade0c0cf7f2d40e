"""What would have been: past messages decided again, by another policy, in a book that is thrown away.

Both sides of a comparison are replayed alike: the same messages in the same order, the clock turned by their arrival
and by what falls due. Nobody accepts or reports anything in a replay, so its tickets climb until the place is seen
clean: it says what a policy would open, whom it would call and how often, not how people would have worked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from alerts.engine import KINDS, Engine, Rows, Sweep
from alerts.store.book import Book
from alerts.tickets.daily_round import DailyRound
from alerts.tickets.moves import category
from alerts.values import Decision, Ticket, Word
from alerts.world import World
from county.policy import Policy
from county.snapshot import County
from ingest.inbox import Row

STEP = timedelta(seconds=10)  # messages that arrived within it are decided at one moment
HOUR = timedelta(hours=1)
AT_ONCE = 200
SLACK = timedelta(minutes=1)  # a ticket opened by so little later is the same in time


class NothingToReplay(ValueError):
    """No message of a kind that decides anything arrived in the asked time."""


@dataclass(slots=True)
class Tale:
    """What one policy made of the messages: tickets as they stood at the end, alarms, notices, climbs, faults."""

    tickets: dict[str, Ticket] = field(default_factory=dict)
    messages: int = 0
    alarms: int = 0
    notices: int = 0
    climbs: int = 0
    stuck: int = 0

    def add(self, decisions: Sequence[Decision]) -> None:
        """Take down what was decided."""
        for one in decisions:
            if one.ticket is not None:
                before = self.tickets.get(str(one.ticket.id))
                climbed = before is not None and one.ticket.level is not before.level and one.ticket.overdue
                self.climbs += climbed
                self.tickets[str(one.ticket.id)] = one.ticket
            self.alarms += one.alarm is not None and one.word in {Word.OPENED, Word.ATTACHED}
            self.notices += len(one.notices)


@dataclass(frozen=True, slots=True)
class Difference:
    """One ticket that the other policy treats otherwise; ``before`` or ``after`` is None where it opens none."""

    place: str
    spot: str
    before: Ticket | None
    after: Ticket | None
    words: str  # plain Chinese


def replay(inbox: Rows, county: County, begin: datetime, end: datetime) -> Tale:
    """Decide everything that arrived from ``begin`` up to ``end`` (aware) by this county's policy.

    Raises NothingToReplay where nothing arrived. The inbox is only read.
    """
    tale = Tale()
    with TemporaryDirectory(prefix="jingcun-replay-") as folder:
        book = Book(f"sqlite:///{Path(folder) / 'book.db'}", county.code, county.calendar.zone)
        with closing(book):
            clock = _Clock(begin)
            world = World(lambda: county, clock)
            page = _Page()
            engine = Engine(book, page, world, lambda _row, decisions: tale.add(decisions))
            time = _Time(book, world, clock)
            for rows in steps(inbox, begin, end):
                time.pass_until(rows[0].received_at, tale)
                page.rows = rows
                while engine.step(AT_ONCE):
                    pass
                tale.messages += len(rows)
            if not tale.messages:
                raise NothingToReplay(f"nothing that decides anything arrived from {begin} to {end}; ask another time")
            time.pass_until(end, tale)
            tale.stuck = engine.stuck
    return tale


def with_policy(county: County, policy: Policy) -> County:
    """The same county under another policy."""
    return County(replace(county.content, policy=policy), county.revision)


def steps(inbox: Rows, begin: datetime, end: datetime) -> Iterator[list[Row]]:
    """The rows that arrived in this time, in order, in handfuls that arrived at about one moment."""
    handful: list[Row] = []
    after = _before(inbox, begin)
    while rows := inbox.read(after, AT_ONCE, KINDS):
        after = rows[-1].seq
        for row in rows:
            if row.received_at >= end:
                break
            if row.received_at < begin:
                continue
            if handful and (row.received_at - handful[0].received_at > STEP or len(handful) >= AT_ONCE):
                yield handful
                handful = []
            handful.append(row)
        else:
            continue
        break
    if handful:
        yield handful


def compare(before: Tale, after: Tale, county: County, end: datetime) -> list[Difference]:
    """The tickets that differ, by time. Tickets of one spot that were open at one moment are the same ticket.

    ``county`` gives the names for the words; ``end`` is where the replay stopped.
    """
    left = list(after.tickets.values())
    found: list[Difference] = []
    for one in before.tickets.values():
        other = next((each for each in left if _same(one, each, end)), None)
        if other is not None:
            left.remove(other)
        words = _changed(one, other, county)
        if words:
            found.append(Difference(one.scene.place, one.scene.spot, one, other, words))
    found += [Difference(one.scene.place, one.scene.spot, None, one, "新规则下会立案") for one in left]
    return sorted(found, key=_opened)


class _Clock:
    """A clock that is turned by hand, and never back."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def reach(self, moment: datetime) -> None:
        self.now = max(self.now, moment)


class _Page:
    """An inbox that holds one handful at a time."""

    def __init__(self) -> None:
        self.rows: Sequence[Row] = ()

    def read(self, after: int, limit: int, _kinds: object = None) -> list[Row]:
        return [row for row in self.rows if row.seq > after][:limit]


class _Time:
    """Lets happen what falls due, each at its own time; what is still there the next day is looked for every hour."""

    def __init__(self, book: Book, world: World, clock: _Clock) -> None:
        self._sweep = Sweep(book, world)
        self._daily = DailyRound(book, world, posted=False)
        self._clock = clock
        self._hourly = clock.now + HOUR if world.county().policy.daily else None

    def pass_until(self, until: datetime, tale: Tale) -> None:
        """Turn the clock up to a moment."""
        while (due := self._next()) is not None and due <= until:
            self._clock.reach(due)
            tale.add(self._sweep.step())
            if self._hourly is not None and self._hourly <= due:
                self._hourly += HOUR
                tale.add(self._daily.step())
        self._clock.reach(until)

    def _next(self) -> datetime | None:
        moments = [one for one in (self._sweep.next_moment(), self._hourly) if one is not None]
        return min(moments, default=None)


def _before(inbox: Rows, begin: datetime) -> int:
    """A number below the first row that arrived at ``begin`` or later, found by halving; arrivals rise with numbers."""
    low, high = 0, 1
    while (rows := inbox.read(high, 1)) and rows[0].received_at < begin - STEP:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        rows = inbox.read(middle, 1)
        if rows and rows[0].received_at < begin - STEP:
            low = middle
        else:
            high = middle
    return low


def _same(one: Ticket, other: Ticket, end: datetime) -> bool:
    if (one.scene.place, one.scene.spot) != (other.scene.place, other.scene.spot):
        return False
    return one.opened_at <= (other.closed_at or end) and other.opened_at <= (one.closed_at or end)


def _changed(one: Ticket, other: Ticket | None, county: County) -> str:
    if other is None:
        return "新规则下不立案"
    facts = zip(_facts(one, county).items(), _facts(other, county).values(), strict=True)
    told = [f"{name}由{old}变为{new}" for (name, old), new in facts if old != new]
    moved = other.opened_at - one.opened_at
    if abs(moved) > SLACK:
        told.append(f"立案{'推迟' if moved > timedelta(0) else '提前'}{abs(moved) / timedelta(minutes=1):.0f}分钟")
    return ",".join(told)


def _opened(difference: Difference) -> datetime:
    ticket = difference.before or difference.after
    assert ticket is not None
    return ticket.opened_at


def _facts(ticket: Ticket, county: County) -> dict[str, str]:
    """What two tickets are compared by, in words."""
    policy = county.policy
    return {
        "问题": category(county, ticket.what)[0],
        "等级": policy.severities.get(ticket.severity, ticket.severity),
        "责任级别": policy.levels.rung(ticket.level),
        "责任人": ticket.person.name,
        "超期": "是" if ticket.overdue else "否",
        "状态": ticket.status.words,
    }
