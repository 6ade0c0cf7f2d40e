"""The office's queue: one page of tickets after another by a cursor, and how many each tab holds.

A page begins after the last ticket of the one before (keyset), so that the thousandth page costs what the first does.
Open tickets come overdue first, then by limit; with closed ones among them, the newest first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from alerts.store.book import Book
from alerts.store.lines import Line, line_of, lines
from alerts.store.tables import DUE_OR_OPENED, TICKETS
from alerts.tickets.areas import Part, within
from alerts.values import Check, Status

CURSOR = r"^([01])\.([0-9]{1,16})\.([0-9a-f]{32})$"
_T = TICKETS.c


class Tab(StrEnum):
    """What a page of the queue is about."""

    MINE = "mine"  # waits for this person: to accept, to confirm, to verify, or an ask to answer
    ACCEPT = "accept"
    WORK = "work"
    CHECK = "check"
    OVERDUE = "overdue"
    OPEN = "open"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Sift:
    """Which tickets, beside the tab; empty means all. ``parts`` is what somebody may see: None is everything.

    ``person`` (id) has the ticket; ``words`` stand in its number, place or person; ``scope`` is a region code.
    """

    parts: tuple[Part, ...] | None = None
    scope: str = ""
    severity: str = ""
    what: str = ""
    person: str = ""
    words: str = ""
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Mine:
    """Who asks (the id of a person, "" for the admin), and the tickets with an ask that waits for their answer."""

    person: str = ""
    asked: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Some tickets, and where the next page begins; "" at the end."""

    lines: tuple[Line, ...] = ()
    after: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many tickets each tab holds; the names are those of ``Tab``."""

    mine: int = 0
    accept: int = 0
    work: int = 0
    check: int = 0
    overdue: int = 0
    open: int = 0
    all: int = 0


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue of one county's book."""

    book: Book
    sift: Sift = field(default_factory=Sift)
    mine: Mine = field(default_factory=Mine)

    def page(self, tab: Tab, after: str = "", limit: int = 50) -> Page:
        """One page of a tab; ``after`` is the cursor of the page before (``ValueError`` for a broken one)."""
        query = lines(_T.opened_us).where(*_sifted(self.book, self.sift), *_said(self.sift.words), _in(tab, self.mine))
        query = _newest(query, after) if tab is Tab.ALL else _pressing(query, after)
        with self.book.store.read() as conn:
            rows = conn.execute(query.limit(limit + 1)).all()
        more = len(rows) > limit
        rows = rows[:limit]
        return Page(tuple(line_of(row) for row in rows), _cursor(rows[-1], tab) if more else "")

    def counts(self) -> Counts:
        """How many tickets each tab holds, of those that are sifted; words that are searched for do not count.

        So it is two looks at an index: the tabs stay what they are while somebody types. Closed tickets, of which there
        are ever more, are only counted; what the tabs ask for is asked of open ones.
        """
        tabs = [Tab(one.name) for one in fields(Counts) if one.name != Tab.ALL.value]
        columns = (_sum(_in(tab, self.mine)).label(tab.value) for tab in tabs)
        sifted = _sifted(self.book, self.sift)
        closed = sa.select(sa.func.count()).select_from(TICKETS).where(*sifted, ~_T.is_open)
        with self.book.store.read() as conn:
            row = conn.execute(sa.select(*columns).where(*sifted, _T.is_open)).one()
            ended = conn.execute(closed).scalar_one()
        found = {tab.value: getattr(row, tab.value) or 0 for tab in tabs}
        return Counts(**found, all=found[Tab.OPEN.value] + ended)


def _sifted(book: Book, sift: Sift) -> Sequence[sa.ColumnElement[bool]]:
    """What the columns of one index decide."""
    same = {_T.severity: sift.severity, _T.what: sift.what, _T.person_id: sift.person}
    found = [_T.county == book.county, *(column == value for column, value in same.items() if value)]
    if sift.parts is not None:
        found.append(within(sift.parts))
    if sift.scope:
        found.append(_T.region.startswith(sift.scope, autoescape=True))
    if sift.overdue:
        found.append(_T.overdue)
    return found


def _said(words: str) -> Sequence[sa.ColumnElement[bool]]:
    told = (_T.number, _T.place_name, _T.spot_name, _T.person_name) if words else ()
    return [sa.or_(*(column.icontains(words, autoescape=True) for column in told))] if told else []


def _in(tab: Tab, mine: Mine) -> sa.ColumnElement[bool]:
    """The tickets of a tab."""
    return {
        Tab.MINE: lambda: _T.is_open & _waits(mine),
        Tab.ACCEPT: lambda: _T.is_open & (_T.status == Status.DISPATCHED.value),
        Tab.WORK: lambda: _T.is_open & _T.status.in_([Status.ACCEPTED.value, Status.ON_SITE.value]),
        Tab.CHECK: lambda: _T.is_open & (_T.status == Status.TO_CHECK.value),
        Tab.OVERDUE: lambda: _T.is_open & _T.overdue,
        Tab.OPEN: lambda: _T.is_open & sa.true(),
        Tab.ALL: sa.true,
    }[tab]()


def _waits(mine: Mine) -> sa.ColumnElement[bool]:
    """What waits for somebody: a ticket that is theirs to take up, to confirm or to verify, or an ask."""
    judged = _T.status.in_([Status.DISPATCHED.value, Status.TO_CONFIRM.value])
    verified = (_T.status == Status.TO_CHECK.value) & (_T.check_by == Check.PERSON.value)
    own = (_T.person_id == mine.person) & (judged | verified) if mine.person else sa.false()
    return sa.or_(own, _T.id.in_(mine.asked)) if mine.asked else own


def _sum(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def _pressing(query: sa.Select[Any], after: str) -> sa.Select[Any]:
    if after:
        late, at_us, ticket = _place(after)
        due = DUE_OR_OPENED
        further = sa.or_(due > at_us, (due == at_us) & (_T.id > ticket))
        query = query.where(sa.or_(~_T.overdue, further) if late else ~_T.overdue & further)
    return query.order_by(_T.overdue.desc(), DUE_OR_OPENED, _T.id)


def _newest(query: sa.Select[Any], after: str) -> sa.Select[Any]:
    if after:
        _, at_us, ticket = _place(after)
        query = query.where(sa.or_(_T.opened_us < at_us, (_T.opened_us == at_us) & (_T.id < ticket)))
    return query.order_by(_T.opened_us.desc(), _T.id.desc())


def _cursor(row: sa.Row[Any], tab: Tab) -> str:
    pressing = row.opened_us if row.due_us is None else row.due_us
    return f"{int(row.overdue)}.{row.opened_us if tab is Tab.ALL else pressing}.{row.id.hex}"


def _place(after: str) -> tuple[bool, int, UUID]:
    told = re.fullmatch(CURSOR, after)
    if told is None:
        raise ValueError("not a cursor of this queue")
    return told[1] == "1", int(told[2]), UUID(told[3])
