"""What people said about an alarm, as a verdict on each picture that told of it: 属实, 不属实 or 看不清.

``judge`` and ``statements`` are the one mapping from acts to verdicts, and pure; ``judged_events`` reads the book and
the inbox with them. Names of people stay in the book: a verdict says on which rung its speaker stands.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import sqlalchemy as sa

from alerts.alarms.rules import dated
from alerts.store.book import Book
from alerts.store.tables import ALARMS, HISTORY, LINKS, TICKETS, ticket_of
from alerts.values import Status, Ticket
from broker.journal import about
from broker.messages import Event, State
from county.snapshot import County
from ingest.inbox import Row
from ingest.store import moment_of

log = logging.getLogger(__name__)

PAGE = 1000
DOUBLE = "重复上报"  # a reason for "not true" that says nothing against the picture


class Verdict(StrEnum):
    """Whether what a picture told was so; ``words`` is what people read."""

    TRUE = "true"
    FALSE = "false"
    UNCLEAR = "unclear"

    @property
    def words(self) -> str:
        """The Chinese name."""
        return {"true": "属实", "false": "不属实", "unclear": "看不清"}[self]


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did with a ticket: when, on which rung (empty: not known), and the line of its history."""

    at: datetime
    name: str
    role: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict: what was said last about it, when, and by whom (rung and act)."""

    verdict: Verdict
    at: datetime
    role: str
    act: str


@dataclass(frozen=True, slots=True)
class JudgedEvent:
    """A dirty look with a picture, the ticket that it belongs to, and the verdict (None: nobody has said)."""

    event: Event
    ticket: UUID
    place: str
    judged: Judged | None


class Rows(Protocol):
    """What is needed of the inbox."""

    def read(self, after: int, limit: int, kinds: Collection[str] | None = None) -> list[Row]:
        """Rows above a number, lowest first."""
        ...


def statements(ticket: Ticket, acts: Sequence[Act]) -> list[Judged]:
    """What the acts of a ticket say about the pictures taken before each of them, oldest first.

    A judgement is said by who confirms, or by who checks on the spot and finds it still there. ``done`` says "it was
    so" only once the ticket is closed; and not where the camera went on seeing it after rework while a person saw it
    clean: then one of the two sees what the other does not. Accepting or denying alone says nothing: nobody drops a
    case alone.
    """
    said = []
    for act in sorted(acts, key=lambda one: one.at):
        verdict = _says(ticket, act)
        if verdict is not None:
            said.append(Judged(verdict, act.at, act.role, act.name))
    return said


def judge(taken_at: datetime, said: Sequence[Judged]) -> Judged | None:
    """The verdict on a picture taken at a moment: only what was said after it counts; None when nothing was.

    Who could not tell is outvoted by who could; two who could and disagree leave it unclear.
    """
    after = [one for one in said if one.at >= taken_at]
    clear = [one for one in after if one.verdict is not Verdict.UNCLEAR]
    if len({one.verdict for one in clear}) > 1:
        last = clear[-1]
        return Judged(Verdict.UNCLEAR, last.at, last.role, last.act)
    spoken = clear or after
    return spoken[-1] if spoken else None


def judged_events(book: Book, inbox: Rows, county: County | None = None) -> Iterator[JudgedEvent]:
    """Every dirty look with a picture that belongs to a ticket, in the inbox's order; an unreadable row is logged.

    Without the county, of a site with several cameras only that is found which opened its ticket.
    """
    tickets = _tickets(book, county)
    acts = _acts(book)
    said = {one.id: statements(one, acts.get(one.id, ())) for each in tickets.values() for one in each}
    cursor = 0
    while rows := inbox.read(cursor, PAGE, {Event.kind}):
        cursor = rows[-1].seq
        for row in rows:
            event = _dirty(row)
            ticket = _of(tickets, event) if event else None
            if event is not None and ticket is not None:
                spot = county.spot(event.device, event.spot) if county is not None else None
                place = spot.device if spot is not None else ticket.scene.place
                yield JudgedEvent(event, ticket.id, place, judge(event.at, said[ticket.id]))


def _says(ticket: Ticket, act: Act) -> Verdict | None:
    if act.name == "done":
        at_odds = bool(ticket.reworks and ticket.dirty)
        return Verdict.TRUE if ticket.status is Status.CLOSED and not at_odds else None
    if act.name == "confirm_false" and DOUBLE in act.words:
        return Verdict.UNCLEAR
    return {
        "confirm_true": Verdict.TRUE, "confirm_false": Verdict.FALSE, "confirm_unclear": Verdict.UNCLEAR,
        "verify_bad": Verdict.TRUE,
    }.get(act.name)  # fmt: skip


def _dirty(row: Row) -> Event | None:
    try:
        message = row.message()
    except ValueError as fault:
        extra = about(device=row.device, village=row.village, message_id=row.message_id)
        log.warning("inbox row %d of %s cannot be read: %s", row.seq, row.device, fault, extra=extra)
        return None
    if not isinstance(message, Event) or message.state is not State.DIRTY or message.picture is None:
        return None
    event = dated(message, row.received_at)
    return event if isinstance(event, Event) else None


def _of(tickets: Mapping[tuple[str, str], Sequence[Ticket]], event: Event) -> Ticket | None:
    """The ticket under which a look fell: of one spot at most one is open at any time."""
    for ticket in reversed(tickets.get((event.device, event.spot), ())):
        if ticket.seen_at <= event.at:
            within = ticket.closed_at is None or event.at <= ticket.closed_at
            return ticket if within and event.what in ticket.kinds else None
    return None


def _tickets(book: Book, county: County | None) -> dict[tuple[str, str], list[Ticket]]:
    """Oldest first, by spot and by either name under which its device may speak.

    Several spots may lie on one site, so a ticket stands under the spot of each of its alarms, not only of its own.
    """
    found: dict[tuple[str, str], list[Ticket]] = {}
    alarms = sa.select(ALARMS.c.ticket, ALARMS.c.place, ALARMS.c.spot).where(ALARMS.c.county == book.county).distinct()
    query = sa.select(TICKETS).where(TICKETS.c.county == book.county).order_by(TICKETS.c.seen_us)
    with book.store.read() as conn:
        spots: dict[UUID, set[tuple[str, str]]] = {}
        for alarm in conn.execute(alarms):
            spots.setdefault(alarm.ticket, set()).add((alarm.place, alarm.spot))
        for row in conn.execute(query):
            ticket = ticket_of(row)
            for name in _names(ticket, spots.get(ticket.id, set()), county):
                found.setdefault(name, []).append(ticket)
    return found


def _names(ticket: Ticket, spots: set[tuple[str, str]], county: County | None) -> set[tuple[str, str]]:
    scene = ticket.scene
    names = {(scene.speaker, scene.spot), (scene.place, scene.spot), *spots}
    devices = {(spot, county.device(place)) for place, spot in spots} if county is not None else set()
    return names | {(device.speaker, spot) for spot, device in devices if device is not None}


def _acts(book: Book) -> dict[UUID, list[Act]]:
    """What people did, from the history; an act of several rows is told once."""
    rows = (
        sa.select(HISTORY.c.ticket, HISTORY.c.at_us, HISTORY.c.caused_by, HISTORY.c.why)
        .join(TICKETS, TICKETS.c.id == HISTORY.c.ticket)
        .where((TICKETS.c.county == book.county) & HISTORY.c.caused_by.startswith("act "))
        .order_by(HISTORY.c.n)
    )
    found: dict[UUID, dict[tuple[int, str], Act]] = {}
    with book.store.read() as conn:
        links = sa.select(LINKS.c.ticket, LINKS.c.person_id, LINKS.c.person_level)
        roles = {(row.ticket, row.person_id): str(row.person_level) for row in conn.execute(links)}
        for row in conn.execute(rows):
            _, name, person = row.caused_by.split(" ", 2)
            act = Act(moment_of(row.at_us), name, roles.get((row.ticket, person), ""), row.why)
            found.setdefault(row.ticket, {}).setdefault((row.at_us, row.caused_by), act)
    return {ticket: list(each.values()) for ticket, each in found.items()}
