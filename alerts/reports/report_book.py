"""What people report, in the book: read and written inside the transaction that also decides about the ticket."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from alerts.alarms.grounds import OWN, Where
from alerts.reports import key_book
from alerts.reports.report_tables import BARRED, PLACES, REPORTERS, REPORTS, VERDICTS
from alerts.reports.reporters import Reporter
from alerts.reports.reporting import Report
from alerts.reports.seal import Seal
from alerts.store.book import Book, Pen
from alerts.store.pen import hashed
from alerts.store.tables import TICKETS
from alerts.tickets.verdicts import Verdict
from alerts.values import Source, Who
from county.coordinates import DEGREE_M, WGS84
from county.values import Spot
from ingest.store import micros, moment_of

MOST_AT_ONCE = 1000  # values of one statement
_SLACK = 1.01  # the box around a point is a little wider than the circle in it


@dataclass(frozen=True, slots=True)
class Told:
    """One report as it is kept: nothing of who told it, but the number under which they are sealed."""

    id: UUID
    at: datetime
    source: Source
    what: str
    ticket: UUID
    opened: bool
    region: str
    words: str
    origin: str
    reporter: UUID | None
    digest: str


def near(pen: Pen, where: Where, radius_m: float) -> list[Spot]:
    """The places that earlier reports have made: in a box around the point, or in the village where there is none."""
    t = PLACES.c
    if where.point is None:
        asked = (t.region == where.region) & t.longitude.is_(None)
    else:
        x, y, high = where.point.longitude, where.point.latitude, radius_m * _SLACK / DEGREE_M
        wide = high / max(0.01, math.cos(math.radians(y)))
        asked = t.latitude.between(y - high, y + high) & t.longitude.between(x - wide, x + wide)
    query = sa.select(PLACES).where((t.county == pen.county) & asked).order_by(t.at_us, t.id)
    return [_spot(row) for row in pen.conn.execute(query)]


def keep_place(pen: Pen, spot: Spot, now: datetime) -> None:
    """Remember a place that a report has made; a known one stays as it is."""
    row = {"county": pen.county, "id": spot.id, "region": spot.region, "name": spot.name,
           "longitude": spot.longitude, "latitude": spot.latitude, "at_us": micros(now)}  # fmt: skip
    pen.conn.execute(pen.insert(PLACES).on_conflict_do_nothing().values(row))


def by_key(pen: Pen, key: str) -> Told | None:
    """The report that came in under an idempotency key."""
    return _one(pen.conn, (REPORTS.c.county == pen.county) & (REPORTS.c.key == key))


def by_code(book: Book, code: str) -> Told | None:
    """The report that a progress code opens."""
    with book.store.read() as conn:
        return _one(conn, (REPORTS.c.county == book.county) & (REPORTS.c.code_hash == hashed(code)))


def by_id(conn: sa.Connection, county: str, report: UUID) -> Told | None:
    """One report."""
    return _one(conn, (REPORTS.c.county == county) & (REPORTS.c.id == report))


def of_ticket(conn: sa.Connection, ticket: UUID) -> list[Told]:
    """The reports of a ticket in the order in which they came in."""
    query = sa.select(REPORTS).where(REPORTS.c.ticket == ticket).order_by(REPORTS.c.at_us, REPORTS.c.id)
    return [_told(row) for row in conn.execute(query)]


def newest(book: Book, limit: int = 100, before: datetime | None = None) -> list[Told]:
    """Reports, the newest first."""
    query = sa.select(REPORTS).where(REPORTS.c.county == book.county)
    if before is not None:
        query = query.where(REPORTS.c.at_us < micros(before))
    with book.store.read() as conn:
        return [_told(row) for row in conn.execute(query.order_by(REPORTS.c.at_us.desc(), REPORTS.c.id).limit(limit))]


def add(pen: Pen, told: Told, report: Report, key: str, code: str) -> None:
    """Write a report down."""
    point = report.where.point
    row = {
        "id": told.id, "county": pen.county, "key": key, "digest": told.digest, "code_hash": hashed(code),
        "source": told.source.value, "what": told.what, "at_us": micros(told.at), "ticket": told.ticket,
        "opened": told.opened, "region": told.region, "longitude": point.longitude if point else None,
        "latitude": point.latitude if point else None, "words": told.words, "origin": told.origin,
        "reporter": told.reporter,
    }  # fmt: skip
    pen.conn.execute(REPORTS.insert(), row)


def seal_reporter(
    pen: Pen, reporter: Reporter | None, seal: Seal, now: datetime, staff: Collection[str] = ()
) -> UUID | None:
    """Keep who reported, sealed; None where nobody said. ``BadSeal`` where others are sealed with another key.

    ``staff`` are the marks of the county's people with this phone today: another phone tomorrow lets nobody judge it.
    """
    if reporter is None or not reporter.named:
        return None
    key_book.hold_to(pen, seal, now)
    reporter_id = uuid4()
    row = {
        "id": reporter_id, "county": pen.county, "sealed": seal.close(reporter),
        "mark": seal.mark("phone", reporter.digits), "staff": seal.mark("person", reporter.person),
        "at_us": micros(now), "erased_us": None,
    }  # fmt: skip
    pen.conn.execute(REPORTERS.insert(), row)
    _keep_bars(pen, [(reporter_id, mark) for mark in staff])
    return reporter_id


def sealed_of(conn: sa.Connection, told: Told) -> str | None:
    """Who reported, sealed; None where nobody said, or it was erased."""
    query = sa.select(REPORTERS.c.sealed).where(REPORTERS.c.id == told.reporter)
    return conn.execute(query).scalar_one_or_none() if told.reporter else None


def erase(pen: Pen, told: Told, staff: Mapping[str, Collection[str]], now: datetime, *, everywhere: bool) -> int:
    """Forget who reported, with ``everywhere`` in every report of the same phone; returns how many were forgotten.

    ``staff`` are the marks of the county's people by those of their phones: what remains is who must not judge it.
    """
    t = REPORTERS.c
    which = t.id == told.reporter
    if everywhere:
        mark = pen.conn.execute(sa.select(t.mark).where(which)).scalar_one_or_none()
        which = which | (t.mark == mark) if mark else which
    forgotten = {"sealed": None, "mark": None, "staff": None, "erased_us": micros(now)}
    mine = (t.county == pen.county) & which & t.erased_us.is_(None)
    _bar(pen, pen.conn.execute(sa.select(REPORTERS).where(mine)).all(), staff)
    return pen.conn.execute(REPORTERS.update().where(mine).values(forgotten)).rowcount


def is_barred(conn: sa.Connection, told: Told, mark: str) -> bool:
    """Whether the mark of a member of the staff was that of who reported, whatever is known of them now."""
    same = (BARRED.c.reporter == told.reporter) & (BARRED.c.mark == mark)
    return told.reporter is not None and bool(conn.execute(sa.select(sa.exists().where(same))).scalar_one())


def _bar(pen: Pen, gone: Sequence[sa.Row[Any]], staff: Mapping[str, Collection[str]]) -> None:
    marks = ((row, {row.staff or "", *staff.get(row.mark or "", ())} - {""}) for row in gone)
    _keep_bars(pen, [(row.id, mark) for row, some in marks for mark in some])


def _keep_bars(pen: Pen, marks: Sequence[tuple[UUID, str]]) -> None:
    """Who reported, by the number of the sealed reporter, never judges it: remember them by mark."""
    bars = [{"reporter": reporter, "mark": mark, "county": pen.county} for reporter, mark in marks]
    if bars:
        pen.conn.execute(pen.insert(BARRED).on_conflict_do_nothing(), bars)


def add_verdict(pen: Pen, told: Told, verdict: Verdict, by: Who, said: tuple[str, datetime]) -> None:
    """Write down what somebody says of a report."""
    row = {"report": told.id, "verdict": verdict.value, "by_id": by.id, "by_name": by.name, "words": said[0],
           "at_us": micros(said[1])}  # fmt: skip
    pen.conn.execute(VERDICTS.insert(), row)


def number_of(conn: sa.Connection, ticket: UUID) -> str:
    """The number of a ticket."""
    return numbers_of(conn, [ticket])[ticket]


def numbers_of(conn: sa.Connection, tickets: Iterable[UUID]) -> dict[UUID, str]:
    """The numbers of tickets; "" for one that there is not."""
    wanted = list(dict.fromkeys(tickets))
    found = dict.fromkeys(wanted, "")
    for first in range(0, len(wanted), MOST_AT_ONCE):
        some = TICKETS.c.id.in_(wanted[first : first + MOST_AT_ONCE])
        found |= {row.id: row.number for row in conn.execute(sa.select(TICKETS.c.id, TICKETS.c.number).where(some))}
    return found


def _one(conn: sa.Connection, where: sa.ColumnElement[bool]) -> Told | None:
    row = conn.execute(sa.select(REPORTS).where(where)).one_or_none()
    return _told(row) if row else None


def _told(row: sa.Row[Any]) -> Told:
    return Told(
        row.id, moment_of(row.at_us), Source(row.source), row.what, row.ticket, row.opened, row.region, row.words,
        row.origin, row.reporter, row.digest,
    )  # fmt: skip


def _spot(row: sa.Row[Any]) -> Spot:
    crs = WGS84 if row.longitude is not None else ""
    return Spot(row.id, OWN, row.name, row.region, "", (), (), row.longitude, row.latitude, crs)
