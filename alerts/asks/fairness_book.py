"""The fairness log in the book: added to in the transaction of the act, read by area and level, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from alerts.asks.fairness import Deed, Entry, Line
from alerts.asks.move_tables import FAIRNESS
from alerts.store.book import Book, Pen
from alerts.values import Who
from county.values import Level
from ingest.store import micros, moment_of


@dataclass(frozen=True, slots=True)
class Which:
    """Which lines; empty means all. ``areas`` are region codes (an entry below any of them counts).

    ``before`` is the number from which on nothing is shown; 0 is the newest.
    ``readable`` is what somebody may read: region codes, each with the levels whose deeds; None is everything.
    """

    areas: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()
    deeds: tuple[Deed, ...] = ()
    limit: int = 200
    offset: int = 0
    readable: tuple[tuple[str, tuple[Level, ...]], ...] | None = None
    before: int = 0


def note(pen: Pen, entry: Entry) -> None:
    """Add an entry; it stands or falls with what else this pen writes."""
    row = {
        "county": pen.county, "deed": entry.deed.value, "area": entry.area, "place": entry.place,
        "ticket": entry.ticket, "number": entry.number, "author_id": entry.author.id,
        "author_name": entry.author.name, "level": entry.author.level.value, "reason": entry.reason,
        "words": entry.words, "at_us": micros(entry.at),
    }  # fmt: skip
    pen.conn.execute(FAIRNESS.insert(), row)


def lines(book: Book, which: Which = Which()) -> list[Line]:
    """The lines asked for, newest first."""
    t = FAIRNESS.c
    where = [t.county == book.county]
    if which.areas:
        where.append(sa.or_(*(t.area.startswith(area, autoescape=True) for area in which.areas)))
    if which.levels:
        where.append(t.level.in_([level.value for level in which.levels]))
    if which.deeds:
        where.append(t.deed.in_([deed.value for deed in which.deeds]))
    if which.before:
        where.append(t.n < which.before)
    if which.readable is not None:
        where.append(sa.or_(sa.false(), *(_readable(area, levels) for area, levels in which.readable)))
    query = sa.select(FAIRNESS).where(*where).order_by(t.n.desc()).limit(which.limit).offset(which.offset)
    with book.store.read() as conn:
        return [_line(row) for row in conn.execute(query)]


def _readable(area: str, levels: tuple[Level, ...]) -> sa.ColumnElement[bool]:
    t = FAIRNESS.c
    return t.area.startswith(area, autoescape=True) & t.level.in_([level.value for level in levels])


def _line(row: sa.Row[Any]) -> Line:
    author = Who(row.author_id, row.author_name, "", Level(row.level))
    entry = Entry(
        Deed(row.deed), author, row.reason, moment_of(row.at_us), row.area, row.place, row.ticket, row.number,
        row.words,
    )  # fmt: skip
    return Line(row.n, entry)
