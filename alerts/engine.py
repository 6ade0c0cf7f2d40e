"""The engine: reads the inbox in its order and decides; what a few messages change and the cursor is one transaction.

One commit for each message would bound the engine to what the disk can sync: a thousand readings a second then make an
alarm wait for minutes. A message that cannot be decided is put aside with its reason and the engine goes on; a database
that is away is for the caller, who waits and calls again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from alerts import ladder
from alerts.alarms import applying, cross_book, rules
from alerts.alarms.applying import Moment, Sitting
from alerts.alarms.condition_book import Conditions
from alerts.alarms.cross_book import Crossings
from alerts.alarms.edits import Edits
from alerts.alarms.rule_sweep import RuleSweep
from alerts.sensors import readings
from alerts.sensors.bin_book import Page
from alerts.sensors.bins import Heard
from alerts.store.book import Book, Conflict
from alerts.tickets.own_reports import aware
from alerts.values import Decision, Known, Ticket
from alerts.world import World
from broker.journal import about
from broker.messages import Answer, Event, Message, Reading, State
from county.snapshot import County
from county.values import Spot
from ingest.inbox import Row
from ingest.store import StoreAway

log = logging.getLogger(__name__)
CURSOR = "alerts"
AT_ONCE = 1000  # messages of one transaction: a backlog of readings goes twice as fast as with 200
FEW = 20  # messages for which one question each is cheaper than one about all sites
PATIENCE = 5  # times that one message may meet a conflict before a person must look at it
KINDS = frozenset({Event.kind, Reading.kind, Answer.kind})
Tell = Callable[[Row, Sequence[Decision]], None]


class Rows(Protocol):
    """What the engine needs of the inbox."""

    def read(self, after: int, limit: int, kinds: Collection[str] | None = None) -> list[Row]:
        """Rows above a number, lowest first."""
        ...


def _unheard(row: Row, decisions: Sequence[Decision]) -> None:
    """Nobody listens to the decisions."""


@dataclass(frozen=True, slots=True)
class _Desk:
    """What one transaction works on: the bins, how far the rules are, and the county's revision."""

    page: Page
    conditions: Conditions
    county: County
    crossings: Crossings


class Engine:
    """Decides about what the inbox holds. ``tell`` hears every decision after it is committed."""

    def __init__(self, book: Book, inbox: Rows, world: World, tell: Tell = _unheard) -> None:
        """Decide by the world's county and clock."""
        self._book = book
        self._inbox = inbox
        self._world = world
        self._tell = tell
        self._conflicts = 0
        self._edits = Edits(book, world)
        self.decided = 0
        self.stuck = 0
        self.read_until: datetime | None = None  # what arrived here up to then is decided

    def step(self, limit: int = AT_ONCE) -> int:
        """Decide about up to ``limit`` messages; returns how many. ``StoreAway`` and ``Conflict`` mean: call again."""
        self._edits.settle()
        asked, cursor = self._world.now(), self._book.cursor()
        rows = self._inbox.read(cursor, limit, KINDS)
        if len(rows) < 2 or not self._take_all(rows, cursor):
            for row in rows:
                self._take(row, cursor)
                cursor = row.seq
        if len(rows) < limit:
            self.read_until = asked
        return len(rows)

    def _take_all(self, rows: Sequence[Row], cursor: int) -> bool:
        """Decide about rows in one transaction; False when it was undone, for one of them cannot be decided."""
        try:
            decided = self._decide(rows, cursor)
        except StoreAway:
            raise
        except Exception:  # which one it is, and what becomes of it, comes out when they are taken one by one
            log.info("%d messages are decided one by one", len(rows), exc_info=True)
            return False
        self._committed(rows, decided)
        return True

    def _take(self, row: Row, cursor: int) -> None:
        try:
            decided = self._decide([row], cursor)
        except StoreAway:
            raise
        except Conflict as fault:
            self._conflicts += 1
            if self._conflicts < PATIENCE or self._book.cursor() != cursor:
                raise
            log.warning("message %s of %s is put aside: %s", row.message_id, row.device, fault, extra=_about(row))
            self._put_aside(row, cursor, f"Conflict: {fault}")
            return
        except Exception as fault:
            log.exception("message %s of %s could not be decided", row.message_id, row.device, extra=_about(row))
            self._put_aside(row, cursor, f"{type(fault).__name__}: {fault}")
            return
        self._committed([row], decided)

    def _committed(self, rows: Sequence[Row], decided: Sequence[Sequence[Decision]]) -> None:
        self._world.crash("alerts.after_commit")
        self._conflicts = 0
        self.decided += len(rows)
        for row, decisions in zip(rows, decided, strict=True):
            self._tell(row, decisions)

    def _decide(self, rows: Sequence[Row], cursor: int) -> list[list[Decision]]:
        with self._book.writing() as pen:
            county = self._world.county()
            messages = [row.message() for row in rows]
            about = [(one, spot) for one in messages if (spot := _spot_of(one, county)) is not None]
            page = Page(pen, {spot.device for one, spot in about if isinstance(one, Reading)})
            crossings = Crossings(page, county, self._world.now(), _sites(about))
            desk = _Desk(page, Conditions(pen, _ruled(about, county)), county, crossings)
            decided = [self._decide_one(desk, row, message) for row, message in zip(rows, messages, strict=True)]
            page.write()
            desk.conditions.write()
            crossings.write()
            pen.move_cursor(cursor, rows[-1].seq)
            self._world.crash("alerts.before_commit")
        return decided

    def _decide_one(self, desk: _Desk, row: Row, message: Message) -> list[Decision]:
        pen, county = desk.page.pen, desk.county
        if not isinstance(message, Event | Reading | Answer):
            raise TypeError(f"a message of kind {row.kind} is not for the alert engine")
        message = rules.dated(message, row.received_at)
        now = self._world.now()
        sitting = Sitting(desk.conditions, county, Moment(now, now, f"message {row.message_id}"))
        if isinstance(message, Reading):
            decisions = readings.take(desk.page, message, Heard(row.received_at, now), sitting)
        elif isinstance(message, Event):
            decisions = _looked(desk.page, message, row.received_at, sitting)
        else:
            decisions = rules.decide(_known(desk.page, message, sitting), message, county, now)
            pen.apply(decisions, sitting.moment.by, now)
        decisions = [*decisions, *sitting.regrade(decisions)]
        if isinstance(message, Event | Reading):
            spot = county.spot(message.device, message.spot)
            if spot is None:
                pen.stuck(row.message_id, row.device, decisions[0].reason, now)
            elif spot.site:  # what camera and bin sensor of one ground say of each other
                seen = isinstance(message, Event)
                decisions += desk.crossings.after(spot, decisions, sitting.moment.by, seen=seen)
        return decisions

    def _put_aside(self, row: Row, cursor: int, reason: str) -> None:
        self.stuck += 1
        self._conflicts = 0
        with self._book.writing() as pen:
            pen.stuck(row.message_id, row.device, reason, self._world.now())
            pen.move_cursor(cursor, row.seq)


class Sweep:
    """Moves what time has made due: climbs, reminders, the next look, and what the county's rules wait for."""

    def __init__(self, book: Book, world: World, until: Callable[[], datetime | None] | None = None) -> None:
        """One sweep works on the indexed ``next_us``; there is no job per ticket. ``until``: see ``RuleSweep``."""
        self._book = book
        self._world = world
        self._edits = Edits(book, world)
        self._rules = RuleSweep(book, world, until)

    def next_moment(self) -> datetime | None:
        """When something falls due next; None where nothing waits."""
        moments = (self._book.next_moment(), self._rules.next_moment())
        return min((one for one in moments if one is not None), default=None)

    def step(self) -> list[Decision]:
        """Decide about everything whose moment has come; returns what was decided."""
        done = [*self._edits.settle(), *self._tickets()]
        return [*done, *self._rules.step()]

    def _tickets(self) -> list[Decision]:
        done: list[Decision] = []
        now, county = self._world.now(), self._world.county()
        for ticket_id in self._book.due(now):
            with self._book.writing() as pen:
                ticket = pen.ticket(ticket_id)
                known = aware(ticket, pen.conn, self._world) if ticket else None
                decisions = ladder.overdue_step(known, county, now) if known else []
                pen.apply(decisions, "sweep", now)
                self._world.crash("alerts.before_commit")
            self._world.crash("alerts.after_commit")
            done.extend(decisions)
        return done


def _about(row: Row) -> dict[str, str]:
    return about(device=row.device, village=row.village, message_id=row.message_id)


def _spot_of(message: Message, county: County) -> Spot | None:
    """What an event or reading is about, if anybody entered it."""
    return county.spot(message.device, message.spot) if isinstance(message, Event | Reading) else None


def _ruled(about: Sequence[tuple[Message, Spot]], county: County) -> set[str]:
    """The bins and cameras spoken of for which the county has rules of its own."""
    if not county.policy.rules:
        return set()
    return {
        spot.device for one, spot in about
        if county.laws_at("reading" if isinstance(one, Reading) else "event", spot)
    }  # fmt: skip


def _sites(about: Sequence[tuple[Message, Spot]]) -> set[str]:
    """The shared sites spoken of, where there are so many that they are better asked about together."""
    return {spot.ground for _, spot in about if spot.site} if len(about) > FEW else set()


def _looked(page: Page, message: Event, received_at: datetime, sitting: Sitting) -> list[Decision]:
    """An event: by the county's own rules where any is meant for it, else it counts at once."""
    county, moment, pen = sitting.county, sitting.moment, page.pen
    spot, known = county.spot(message.device, message.spot), _known(page, message, sitting)
    command = known.ticket.command if known.ticket is not None else None
    made: list[Decision] = []
    if spot is not None and command is not None and command == message.command_id:
        applying.asked_for(sitting, message, received_at, spot, known)
    elif spot is not None:
        ruled = applying.event(sitting, message, received_at, spot, known)
        made = ruled.decisions
        if ruled.governed:
            return made
        known = _known(page, message, sitting) if made else known
    decisions = rules.decide(known, message, county, moment.now)
    pen.apply(decisions, moment.by, moment.now)
    return [*made, *decisions]


def _known(page: Page, message: Event | Answer, sitting: Sitting) -> Known:
    pen, county = page.pen, sitting.county
    if isinstance(message, Answer):
        ticket = pen.asked_by(message.command_id)
        return Known(ticket=ticket if ticket is not None and _may_answer(message, ticket, county) else None)
    spot = county.spot(message.device, message.spot)
    if spot is None:
        return Known()
    known = pen.known(spot, message.what, may_open=message.state is State.DIRTY)
    if message.command_id is None:
        return known
    emptied = tuple(cross_book.fills(page, spot, county, sitting.moment.now))
    return replace(known, beside=pen.looks_at(spot), fills=emptied)


def _may_answer(answer: Answer, ticket: Ticket, county: County) -> bool:
    """Whether a device speaks for a spot of the ticket's site: no other may answer for its camera."""
    devices = (county.device(spot.device) for spot in county.on_ground(ticket.scene.site))
    return answer.device in {device.speaker for device in devices if device is not None}
