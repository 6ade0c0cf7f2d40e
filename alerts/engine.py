"""The engine: reads the inbox in its order and decides; what a few messages change and the cursor is one transaction.

One commit for each message would bound the engine to what the disk can sync: a thousand readings a second then make an
alarm wait for minutes. A message that cannot be decided is put aside with its reason and the engine goes on; a database
that is away is for the caller, who waits and calls again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Protocol

from alerts import ladder, readings, rules
from alerts.bin_book import Page
from alerts.bins import Heard
from alerts.book import Book, Conflict, Pen
from alerts.values import Decision, Known, Ticket
from alerts.world import World
from broker.journal import about
from broker.messages import Answer, Event, Message, Reading, State
from county.snapshot import County
from ingest.inbox import Row
from ingest.store import StoreAway

log = logging.getLogger(__name__)
CURSOR = "alerts"
AT_ONCE = 1000  # messages of one transaction: a backlog of readings goes twice as fast as with 200
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


class Engine:
    """Decides about what the inbox holds. ``tell`` hears every decision after it is committed."""

    def __init__(self, book: Book, inbox: Rows, world: World, tell: Tell = _unheard) -> None:
        """Decide by the world's county and clock."""
        self._book = book
        self._inbox = inbox
        self._world = world
        self._tell = tell
        self._conflicts = 0
        self.decided = 0
        self.stuck = 0

    def step(self, limit: int = AT_ONCE) -> int:
        """Decide about up to ``limit`` messages; returns how many. ``StoreAway`` and ``Conflict`` mean: call again."""
        cursor = self._book.cursor()
        rows = self._inbox.read(cursor, limit, KINDS)
        if len(rows) > 1 and self._take_all(rows, cursor):
            return len(rows)
        for row in rows:
            self._take(row, cursor)
            cursor = row.seq
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
            messages = [row.message() for row in rows]
            page = Page(pen, _places(messages, self._world.county()))
            decided = [self._decide_one(page, row, message) for row, message in zip(rows, messages, strict=True)]
            page.write()
            pen.move_cursor(cursor, rows[-1].seq)
            self._world.crash("alerts.before_commit")
        return decided

    def _decide_one(self, page: Page, row: Row, message: Message) -> list[Decision]:
        pen = page.pen
        if not isinstance(message, Event | Reading | Answer):
            raise TypeError(f"a message of kind {row.kind} is not for the alert engine")
        message = rules.dated(message, row.received_at)
        now, county = self._world.now(), self._world.county()
        if isinstance(message, Reading):
            decisions = readings.take(page, message, Heard(row.received_at, now), county)
        else:
            decisions = rules.decide(_known(pen, message, county), message, county, now)
            pen.apply(decisions, f"message {row.message_id}", now)
        if not isinstance(message, Answer) and county.spot(message.device, message.spot) is None:
            pen.stuck(row.message_id, row.device, decisions[0].reason, now)
        return decisions

    def _put_aside(self, row: Row, cursor: int, reason: str) -> None:
        self.stuck += 1
        self._conflicts = 0
        with self._book.writing() as pen:
            pen.stuck(row.message_id, row.device, reason, self._world.now())
            pen.move_cursor(cursor, row.seq)


class Sweep:
    """Moves what time has made due: climbs, reminders, the next look."""

    def __init__(self, book: Book, world: World) -> None:
        """One sweep works on the indexed ``next_us``; there is no job per ticket."""
        self._book = book
        self._world = world

    def step(self) -> list[Decision]:
        """Decide about every ticket whose moment has come; returns what was decided."""
        done: list[Decision] = []
        now, county = self._world.now(), self._world.county()
        for ticket_id in self._book.due(now):
            with self._book.writing() as pen:
                ticket = pen.ticket(ticket_id)
                decisions = ladder.overdue_step(ticket, county, now) if ticket else []
                pen.apply(decisions, "sweep", now)
                self._world.crash("alerts.before_commit")
            self._world.crash("alerts.after_commit")
            done.extend(decisions)
        return done


def _about(row: Row) -> dict[str, str]:
    return about(device=row.device, village=row.village, message_id=row.message_id)


def _places(messages: Sequence[Message], county: County) -> set[str]:
    """The bins that readings speak of."""
    spots = (county.spot(one.device, one.spot) for one in messages if isinstance(one, Reading))
    return {spot.device for spot in spots if spot is not None}


def _known(pen: Pen, message: Event | Answer, county: County) -> Known:
    if isinstance(message, Answer):
        ticket = pen.asked_by(message.command_id)
        return Known(ticket=ticket if ticket is not None and _may_answer(message, ticket, county) else None)
    spot = county.spot(message.device, message.spot)
    if spot is None:
        return Known()
    known = pen.known(spot, message.what, may_open=message.state is State.DIRTY)
    return known if message.command_id is None else replace(known, beside=pen.looks_at(spot))


def _may_answer(answer: Answer, ticket: Ticket, county: County) -> bool:
    """Whether a device speaks for a spot of the ticket's site: no other may answer for its camera."""
    devices = (county.device(spot.device) for spot in county.on_ground(ticket.scene.site))
    return answer.device in {device.speaker for device in devices if device is not None}
