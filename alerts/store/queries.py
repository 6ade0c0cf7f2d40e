"""Reading the book for the wall, the desk and the health page; nothing here writes, the database does the counting.

``Reader(book)`` gives
  ``number()``                      the change number; rises with each committed change of a ticket or its picture (SSE)
  ``queue(Filters(…))`` ``recent(limit)`` ``line(id)``   tickets as ``Line`` rows, worst or newest first
  ``ticket(id)`` ``history(id)`` ``photos(id)`` ``sources(id)`` ``shot(id)`` ``shows(id, sha256)``   one ticket
                                    and its evidence
  ``latest_shot()``                 the newest picture of any ticket, for the wall's snapshot
  ``notices(id)``                   what was sent to whom, and what the channel said
  ``stuck(limit)``                  messages that could not be decided, with the reason
  ``findings(now)`` ``audited_at()``  what the auditor has to say, and when it last ran (its silence is an alarm)
``alerts.store.figures.Figures(book)`` counts: the KPI cards, the funnel, ranking, categories, trend and ladder.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from alerts.audit import SWEEP_LATE, Finding, Promise, audit, kept
from alerts.store.book import AUDITED, Book, counter
from alerts.store.lines import NEWEST, Line, line_of, lines
from alerts.store.tables import ALARMS, HISTORY, NOTICES, PHOTOS, STUCK, TICKETS, boxes_of, moment, photo_of, ticket_of
from alerts.tickets.areas import Part, within
from alerts.tickets.standing import Standing, Step, standing_of
from alerts.values import Clock, Photo, Source, Status, Ticket
from broker.messages import Box
from ingest.store import micros, moment_of


@dataclass(frozen=True, slots=True)
class Filters:
    """Which tickets; empty means all. ``scope`` is a region code (6, 9 or 12 digits).

    ``parts`` is what somebody may see: None is everything, and no part is nothing.
    """

    statuses: tuple[Status, ...] = ()
    scope: str = ""
    level: str = ""
    open_only: bool = True
    overdue_only: bool = False
    limit: int = 100
    offset: int = 0
    parts: tuple[Part, ...] | None = None


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One change or note of a ticket, in order; ``by`` is a person's name or 系统, ``due_at`` the limit afterwards."""

    at: datetime
    old: str
    new: str
    stage: str
    words: str
    by: str
    person: str
    level: str
    caused_by: str
    due_at: datetime | None = None
    clock: Clock | None = None


@dataclass(frozen=True, slots=True)
class Shot:
    """The picture behind an alarm and what was found in it (corners are fractions of the picture)."""

    ticket: UUID
    sha256: str
    at: datetime
    device: str
    what: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One notice: to whom, on which channel, and what became of it."""

    id: UUID
    person: str
    channel: str
    purpose: str
    level: str
    round: int
    state: str
    attempts: int
    created_at: datetime
    sent_at: datetime | None
    answer: str
    maybe_doubled: bool


@dataclass(frozen=True, slots=True)
class StuckLine:
    """A message that could not be decided."""

    message_id: UUID
    device: str
    reason: str
    at: datetime


class Reader:
    """Lists and single tickets of one county's book."""

    def __init__(self, book: Book) -> None:
        """Read through the book's own connections."""
        self._store = book.store
        self._county = book.county

    def number(self) -> int:
        """The present change number, 0 for an empty book."""
        with self._store.read() as conn:
            return counter(conn, self._county, "change")

    def ticket(self, ticket: UUID) -> Ticket | None:
        """A whole ticket."""
        with self._store.read() as conn:
            row = conn.execute(sa.select(TICKETS).where(self._mine & (TICKETS.c.id == ticket))).one_or_none()
        return ticket_of(row) if row else None

    def line(self, ticket: UUID) -> Line | None:
        """One ticket as a row of a list."""
        rows = self._lines(lines().where(self._mine & (TICKETS.c.id == ticket)))
        return rows[0] if rows else None

    def recent(self, limit: int = 30) -> list[Line]:
        """The newest tickets, open or closed."""
        return self._lines(lines().where(self._mine).order_by(*NEWEST).limit(limit))

    def queue(self, filters: Filters = Filters()) -> list[Line]:
        """Tickets to be worked on: overdue first, then by limit."""
        query = lines().where(self._mine, *_conditions(filters))
        order = (TICKETS.c.overdue.desc(), sa.func.coalesce(TICKETS.c.due_us, TICKETS.c.opened_us), TICKETS.c.id)
        return self._lines(query.order_by(*order).limit(filters.limit).offset(filters.offset))

    def history(self, ticket: UUID) -> list[HistoryLine]:
        """Every change and note of a ticket, oldest first."""
        query = sa.select(HISTORY).where(HISTORY.c.ticket == ticket).order_by(HISTORY.c.n)
        with self._store.read() as conn:
            return [
                HistoryLine(moment_of(row.at_us), row.old, row.new, row.stage, row.why, row.by, row.person, row.level,
                            row.caused_by, moment(row.due_us), Clock(row.due_clock) if row.due_clock else None)
                for row in conn.execute(query)
            ]  # fmt: skip

    def photos(self, ticket: UUID) -> list[Photo]:
        """The photos that people handed in, oldest first."""
        query = sa.select(PHOTOS).where(PHOTOS.c.ticket == ticket).order_by(PHOTOS.c.at_us, PHOTOS.c.sha256)
        with self._store.read() as conn:
            return [photo_of(row) for row in conn.execute(query)]

    def sources(self, ticket: UUID) -> tuple[Source, ...]:
        """Who found what a ticket stands for, the first first."""
        query = (
            sa.select(ALARMS.c.source, sa.func.min(ALARMS.c.first_us).label("first")).where(ALARMS.c.ticket == ticket)
            .group_by(ALARMS.c.source).order_by("first", ALARMS.c.source)
        )  # fmt: skip
        with self._store.read() as conn:
            return tuple(Source(row.source) for row in conn.execute(query))

    def shot(self, ticket: UUID) -> Shot | None:
        """The newest picture of a ticket's alarms."""
        return self._shot(ALARMS.c.ticket == ticket)

    def latest_shot(self, but: Collection[str] = ()) -> Shot | None:
        """The newest picture of all, but those of these devices."""
        return self._shot(ALARMS.c.place.not_in(but))

    def shows(self, ticket: UUID, sha256: str) -> bool:
        """Whether a picture belongs to a ticket: what a desk code may open."""
        seen = sa.exists().where((ALARMS.c.ticket == ticket) & (ALARMS.c.picture == sha256))
        sent = sa.exists().where((PHOTOS.c.ticket == ticket) & (PHOTOS.c.sha256 == sha256))
        with self._store.read() as conn:
            return bool(conn.execute(sa.select(sa.or_(seen, sent))).scalar_one())

    def showing(self, sha256: str) -> list[Ticket]:
        """The tickets to which a picture belongs."""
        seen = sa.select(ALARMS.c.ticket).where(ALARMS.c.picture == sha256)
        sent = sa.select(PHOTOS.c.ticket).where(PHOTOS.c.sha256 == sha256)
        query = sa.select(TICKETS).where(self._mine & TICKETS.c.id.in_(seen.union(sent)))
        with self._store.read() as conn:
            return [ticket_of(row) for row in conn.execute(query)]

    def notices(self, ticket: UUID) -> list[NoticeLine]:
        """The notices of a ticket, oldest first."""
        query = sa.select(NOTICES).where(NOTICES.c.ticket == ticket)
        query = query.order_by(
            NOTICES.c.created_us, NOTICES.c.round, NOTICES.c.ask, NOTICES.c.person_id, NOTICES.c.route
        )
        with self._store.read() as conn:
            return [
                NoticeLine(row.id, row.person_name, row.channel, row.purpose, row.level, row.round, row.state,
                           row.attempts, moment_of(row.created_us), moment(row.sent_us), row.answer,
                           row.maybe_doubled)
                for row in conn.execute(query)
            ]  # fmt: skip

    def stuck(self, limit: int = 100) -> list[StuckLine]:
        """Messages that could not be decided, newest first."""
        query = sa.select(STUCK).where(STUCK.c.county == self._county).order_by(STUCK.c.at_us.desc()).limit(limit)
        with self._store.read() as conn:
            return [StuckLine(r.message_id, r.device, r.reason, moment_of(r.at_us)) for r in conn.execute(query)]

    def findings(self, now: datetime) -> list[Finding]:
        """What the auditor says about every open ticket; empty means that each has a person and a next step."""
        query = sa.select(TICKETS).where(self._mine & TICKETS.c.is_open)
        with self._store.read() as conn:
            failed = set(conn.execute(_unreached()).scalars())
            return [finding for row in conn.execute(query) for finding in audit(ticket_of(row), now, row.id in failed)]

    def steps(self, ticket: UUID) -> list[Step]:
        """The history of a ticket as what can be replayed, oldest first."""
        query = sa.select(HISTORY).where(HISTORY.c.ticket == ticket).order_by(HISTORY.c.n)
        with self._store.read() as conn:
            return [Step(row.old, _standing(row)) for row in conn.execute(query)]

    def misfits(self) -> list[Finding]:
        """Open tickets that do not stand where their history ends."""
        last = (
            sa.select(sa.func.max(HISTORY.c.n)).join(TICKETS, TICKETS.c.id == HISTORY.c.ticket)
            .where(self._mine & TICKETS.c.is_open).group_by(HISTORY.c.ticket)
        )  # fmt: skip
        rows = sa.select(HISTORY).where(HISTORY.c.n.in_(last))
        open_now = sa.select(TICKETS).where(self._mine & TICKETS.c.is_open)
        with self._store.read() as conn:
            ends = {row.ticket: _standing(row) for row in conn.execute(rows)}
            tickets = [ticket_of(row) for row in conn.execute(open_now)]
        return [
            Finding(one.id, one.number, "工单与它的历史不一致:请把数据库备份交给维护人员")
            for one in tickets if ends.get(one.id) != standing_of(one)
        ]  # fmt: skip

    def broken_promises(self, now: datetime, since: datetime) -> list[Finding]:
        """Limits that ended between two moments without the step that they call for, or with a late one.

        Where a restless place is clean the limit passes until it has settled (反复变化): that is when the step is due.
        """
        later = HISTORY.alias()
        following = (
            sa.select(later.c.at_us).where((later.c.ticket == HISTORY.c.ticket) & (later.c.n > HISTORY.c.n))
            .order_by(later.c.n).limit(1).scalar_subquery()
        )  # fmt: skip
        ended = (HISTORY.c.promised_us >= micros(since)) & (HISTORY.c.promised_us < micros(now - SWEEP_LATE))
        query = (
            sa.select(HISTORY.c.ticket, TICKETS.c.number, HISTORY.c.promised_us, following.label("next_us"))
            .join(TICKETS, TICKETS.c.id == HISTORY.c.ticket)
            .where(self._mine & ended & (HISTORY.c.promised_us > HISTORY.c.at_us)).order_by(HISTORY.c.n)
        )  # fmt: skip
        with self._store.read() as conn:
            rows = conn.execute(query).all()
        promises = (Promise(row.ticket, row.number, moment_of(row.promised_us), moment(row.next_us)) for row in rows)
        return [finding for promise in promises if (finding := kept(promise, now)) is not None]

    def audited_at(self) -> datetime | None:
        """When the auditor of the running program last looked; None before its first time."""
        with self._store.read() as conn:
            return moment(counter(conn, self._county, AUDITED) or None)

    @property
    def _mine(self) -> sa.ColumnElement[bool]:
        return TICKETS.c.county == self._county

    def _lines(self, query: sa.Select[Any]) -> list[Line]:
        with self._store.read() as conn:
            return [line_of(row) for row in conn.execute(query)]

    def _shot(self, where: sa.ColumnElement[bool]) -> Shot | None:
        query = sa.select(ALARMS).where((ALARMS.c.county == self._county) & ALARMS.c.picture.is_not(None), where)
        with self._store.read() as conn:
            row = conn.execute(query.order_by(ALARMS.c.last_us.desc()).limit(1)).one_or_none()
        if row is None:
            return None
        return Shot(row.ticket, row.picture, moment_of(row.last_us), row.place, row.kind, boxes_of(row.boxes))


def _standing(row: sa.Row[Any]) -> Standing:
    return Standing(row.new, row.stage, row.person, row.level, row.severity, moment(row.due_us), row.due_clock)


def _conditions(filters: Filters) -> Sequence[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if filters.open_only:
        conditions.append(TICKETS.c.is_open)
    if filters.overdue_only:
        conditions.append(TICKETS.c.overdue)
    if filters.statuses:
        conditions.append(TICKETS.c.status.in_([status.value for status in filters.statuses]))
    if filters.scope:
        conditions.append(TICKETS.c.region.startswith(filters.scope, autoescape=True))
    if filters.level:
        conditions.append(TICKETS.c.level == filters.level)
    if filters.parts is not None:
        conditions.append(within(filters.parts))
    return conditions


def _unreached() -> sa.Select[Any]:
    """Tickets whose present step told nobody: every notice of it failed for good."""
    step = (NOTICES.c.level == TICKETS.c.level) & (NOTICES.c.round == TICKETS.c.round) & (NOTICES.c.ask == "")
    good = sa.func.sum(sa.case((NOTICES.c.state.in_(["failed", "declined"]), 0), else_=1))
    return (
        sa.select(TICKETS.c.id).join(NOTICES, (NOTICES.c.ticket == TICKETS.c.id) & step)
        .where(TICKETS.c.is_open & TICKETS.c.calling).group_by(TICKETS.c.id).having(good == 0)
    )  # fmt: skip
