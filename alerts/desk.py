"""The desk: what somebody sees and does who opened the link of a notice. One code opens one ticket for one person.

``Desk.open_code(code) -> TicketView`` and ``Desk.act(code, act, data, key) -> TicketView``. Errors carry Chinese words
for the screen: ``UnknownCode`` (404), ``NotEntitled`` (403), ``Refused`` (409), ``Conflict`` (409, try again).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from alerts import office
from alerts.asks import ask_book
from alerts.asks.asks import Ask, Case
from alerts.store.book import Book, Link
from alerts.store.queries import HistoryLine, Reader, Shot
from alerts.tickets import acts, voice_book
from alerts.tickets.acts import Data, Doing
from alerts.tickets.entitled import NotEntitled
from alerts.tickets.moves import category, person_at
from alerts.tickets.own_reports import aware
from alerts.tickets.photos import pair
from alerts.tickets.stages import StageTime, stage_times
from alerts.tickets.taking import passed_on
from alerts.tickets.voice_book import Spoken
from alerts.values import Photo, Source, Status, Ticket, Who
from alerts.world import World
from county.policy.phrasing import phrases
from county.snapshot import County
from county.values import Level

LINK_LASTS = timedelta(days=14)
NOTHING = Data()


class UnknownCode(LookupError):
    """No such code, or it has expired."""


@dataclass(frozen=True, slots=True)
class Step:
    """One of the four steps that the phone shows."""

    name: str
    at: datetime | None
    done: bool


@dataclass(frozen=True, slots=True)
class TicketView:
    """Everything the phone shows about one ticket to one person."""

    ticket: Ticket
    viewer: Who
    what_name: str
    severity_name: str
    township: Who | None
    picture: Shot | None
    steps: tuple[Step, ...]
    acts: tuple[str, ...]
    history: tuple[HistoryLine, ...]
    photos: tuple[Photo, ...]
    stages: tuple[StageTime, ...] = ()
    sources: tuple[Source, ...] = ()
    asks: tuple[Ask, ...] = ()
    moves: tuple[str, ...] = ()
    zone: str = "Asia/Shanghai"
    earlier: str = ""  # the number of the ticket that it relapsed after
    voices: tuple[Spoken, ...] = ()
    phrases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # what may be said with one tap, by act
    near_m: float = 200.0
    unit: str = ""  # of the viewer

    @property
    def pair(self) -> tuple[Photo | None, Photo | None]:
        """The photo of the problem and the one of what became of it."""
        return pair(self.photos)

    @property
    def you(self) -> str:
        """Who looks, with their unit."""
        return f"{self.viewer.name}({self.unit})" if self.unit else self.viewer.name

    @property
    def arrived(self) -> HistoryLine | None:
        """The last arrival, as the history tells it."""
        there = (row for row in reversed(self.history) if row.new == Status.ON_SITE.words and "到场(" in row.words)
        return next(there, None)

    @property
    def reason(self) -> str | None:
        """Why it was last sent back or reported as not true, or None."""
        rows = (row.words for row in reversed(self.history) if "返工" in row.words or "不属实" in row.words)
        return next(rows, None) if self.ticket.is_open else None


class Desk:
    """The acts of people, each in one transaction of the book."""

    def __init__(self, book: Book, world: World) -> None:
        """Act by the world's county and clock."""
        self._book = book
        self._world = world
        self._reader = Reader(book)

    def open_code(self, code: str) -> TicketView:
        """Show the ticket that a code opens; ``UnknownCode`` for any other."""
        link = self._link(code)
        return self._view(link)

    def show(self, ticket: UUID) -> TicketView | None:
        """Show a ticket to somebody who only looks: without acts. None when there is no such ticket."""
        known = self._reader.ticket(ticket)
        return replace(self._view(Link(ticket, known.person)), acts=(), moves=()) if known else None

    def act(self, code: str, act: str, data: Data = NOTHING, key: str = "") -> TicketView:
        """Do an act. The same ``key`` (Idempotency-Key) again changes nothing and shows the ticket as it is."""
        return self._view(self.do(code, act, data, key))

    def do(self, code: str, act: str, data: Data = NOTHING, key: str = "") -> Link:
        """Do an act without showing what came of it; returns what the code opens."""
        link, now = self._link(code), self._world.now()
        with self._book.writing() as pen:
            ticket = pen.ticket(link.ticket)
            if ticket is None:
                raise UnknownCode("工单不存在")
            _must_be_theirs(link, self._world.county())
            if not key or pen.first_time(link.ticket, f"{link.person.id} {key}", act, now):
                office.must_not_judge_own(pen, ticket, act, link.person, self._world)
                known = aware(ticket, pen.conn, self._world)
                voice_book.keep(pen, ticket.id, act, (data.voices, link.person.name), now)
                office.act_on(pen, known, act, Doing(link.person, now, data), self._world.county())
                self._world.crash("alerts.before_commit")
        self._world.crash("alerts.after_commit")
        return link

    def mint(self, ticket: UUID, person: Who | None = None) -> str:
        """Make a code for who must act now (or ``person``): for the demo and for staff who pass a ticket on."""
        with self._book.writing() as pen:
            known = pen.ticket(ticket)
            if known is None:
                raise UnknownCode("工单不存在")
            return pen.mint_link(ticket, person or known.person, self._world.now(), LINK_LASTS)

    def link(self, code: str) -> Link:
        """What a code opens, for photo uploads and pictures; ``UnknownCode`` for any other."""
        return self._link(code)

    def offers(self, ticket: Ticket, link: Link) -> tuple[str, ...]:
        """The acts that a link lets its person do with the ticket now, the most likely first."""
        county = self._world.county()
        if passed_on(county, link.person):
            return ()
        may = acts.allowed(ticket, link.person, county, self._world.now())
        with self._book.store.read() as conn:
            return office.without_own(may, conn, ticket, link.person.id, self._world)

    def _link(self, code: str) -> Link:
        link = self._book.link(code, self._world.now())
        if link is None:
            raise UnknownCode("链接无效或已过期,请用最新通知里的链接")
        return link

    def _view(self, link: Link) -> TicketView:
        ticket = self._reader.ticket(link.ticket)
        if ticket is None:
            raise UnknownCode("工单不存在")
        county, now = self._world.county(), self._world.now()
        history = tuple(self._reader.history(ticket.id))
        photos = tuple(self._reader.photos(ticket.id))
        case = Case(ticket, tuple(ask_book.of_ticket(self._book, ticket.id)))
        theirs = not passed_on(county, link.person)
        return TicketView(
            ticket, link.person, category(county, ticket.what)[0],
            county.policy.severities.get(ticket.severity, ticket.severity),
            person_at(county, ticket.area, Level.TOWNSHIP, now),
            self._reader.shot(ticket.id) or _handed_in(ticket, photos), _steps(ticket),
            self.offers(ticket, link), history, photos, stage_times(history, ticket, county, now),
            self._reader.sources(ticket.id), case.asks,
            office.by_phone(case, link.person, county, now) if theirs else (),
            county.calendar.zone, self._number(ticket.earlier), voice_book.of_ticket(self._book, ticket.id),
            phrases(county.policy.phrases, ticket.what), county.policy.photo.far_m, _unit(county, link.person.id),
        )  # fmt: skip

    def _number(self, ticket: UUID | None) -> str:
        known = self._reader.ticket(ticket) if ticket is not None else None
        return known.number if known is not None else ""


def _must_be_theirs(link: Link, county: County) -> None:
    """Refuse whoever holds the link of somebody whose row of the register is another's by now."""
    if passed_on(county, link.person):
        heir = county.people[link.person.id].name
        raise NotEntitled(f"这个链接是发给{link.person.name}的,这个岗位现在是{heir},请{heir}用自己的通知办理")


def _unit(county: County, person: str) -> str:
    known = county.people.get(person)
    return known.unit if known is not None else ""


def _handed_in(ticket: Ticket, photos: tuple[Photo, ...]) -> Shot | None:
    """Where no device saw it, the photo of who reported it is the picture of the ticket."""
    before = pair(photos)[0]
    return Shot(ticket.id, before.sha256, before.at, before.person, ticket.what, ()) if before else None


def _steps(ticket: Ticket) -> tuple[Step, ...]:
    closed = ticket.status is Status.CLOSED
    reported = ticket.done_at if ticket.status in (Status.TO_CHECK, Status.CLOSED) else None
    return (
        Step("派单", ticket.opened_at, True),
        Step("接单", ticket.accepted_at, ticket.accepted_at is not None),
        Step("处置", reported, reported is not None),
        Step("核查", ticket.closed_at if closed else None, closed),
    )
