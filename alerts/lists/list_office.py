"""Red and black lists in the book: drawn up from the month's tickets, changed act by act, read. One transaction each.

Errors carry Chinese words: ``NoList``, ``Refused``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from pydantic import TypeAdapter

from alerts.lists import list_acts
from alerts.lists.list_board import on_board
from alerts.lists.list_rights import By
from alerts.lists.list_tables import STANDS, VILLAGE_LISTS
from alerts.lists.reckoning import Tally, draft
from alerts.lists.village_list import VillageList
from alerts.store.book import Book, Pen
from alerts.store.counting import of_devices
from alerts.store.tables import TICKETS, stamp
from alerts.tickets.doing import Refused
from alerts.values import DEALT
from alerts.world import World
from county.snapshot import County
from ingest.store import micros

_BODY = TypeAdapter(VillageList)
MOST = 500  # lists that are read at once: some years of a county and its townships


class NoList(LookupError):
    """No such list."""


class ListOffice:
    """The lists of one county. A person is an id of people.csv."""

    def __init__(self, book: Book, world: World) -> None:
        """Act by the world's county and clock."""
        self._book = book
        self._world = world

    def by(self, person: str) -> By:
        """Somebody of the registry as who acts now; ``Refused`` for anybody else."""
        county = self._world.county()
        if person not in county.people:
            raise Refused("没有登记这个人")
        return By(county.people[person], county, self._world.now())

    def propose(self, area: str, month: str, person: str) -> VillageList:
        """Draw up the list of an area (county or township) and month (2026-11) from its tickets."""
        by = self.by(person)
        with self._book.writing() as pen:
            made = draft(_tallies(pen, by.county, area, self._span(month)), by.policy)
            one = list_acts.proposed(by, area, month, made)
            there = _mine(pen.county) & (VILLAGE_LISTS.c.area == area) & (VILLAGE_LISTS.c.month == month) & STANDS
            if pen.conn.execute(sa.select(VILLAGE_LISTS.c.n).where(there)).first() is not None:
                raise Refused("这一片这个月的榜已经有了，要重拟请先撤回")
            row = {"county": pen.county, "area": area, "month": month, **_columns(one)}
            number = int(pen.conn.execute(VILLAGE_LISTS.insert().returning(VILLAGE_LISTS.c.n), row).scalar_one())
        return replace(one, number=number)

    def do(
        self, number: int, revision: int | None, person: str, act: Callable[[VillageList, By], VillageList]
    ) -> VillageList:
        """Do something to a list as it was seen (``revision``; None: however it is now)."""
        by = self.by(person)
        with self._book.writing() as pen:
            one = _found(pen.conn, pen.county, number)
            if revision not in (None, one.revision):
                raise Refused("这张榜刚刚有改动，请看过新的再办")
            after = act(one, by)
            where = _mine(pen.county) & (VILLAGE_LISTS.c.n == number)
            pen.conn.execute(VILLAGE_LISTS.update().where(where).values(_columns(after)))
        return after

    def one(self, number: int) -> VillageList:
        """A list by its number; ``NoList`` for any other."""
        with self._book.store.read() as conn:
            return _found(conn, self._book.county, number)

    def listed(self) -> list[VillageList]:
        """The lists, the newest month first."""
        t = VILLAGE_LISTS.c
        query = sa.select(t.n, t.body).where(_mine(self._book.county)).order_by(t.month.desc(), t.area, t.n.desc())
        with self._book.store.read() as conn:
            return [_list(row.n, row.body) for row in conn.execute(query.limit(MOST))]

    def public(self) -> list[VillageList]:
        """What the public board may show now. Strangers ask for it, so no more is read than was published lately."""
        policy, now, t = self._world.county().policy.lists, self._world.now(), VILLAGE_LISTS.c
        since = micros(now - timedelta(days=policy.shown_days))
        query = sa.select(t.n, t.body).where(_mine(self._book.county) & (t.published_us > since)).limit(MOST)
        with self._book.store.read() as conn:
            lists = [_list(row.n, row.body) for row in conn.execute(query)]
        return on_board(lists, policy, now)

    def _span(self, month: str) -> tuple[datetime, datetime]:
        first = datetime.strptime(month, "%Y-%m").replace(tzinfo=self._book.zone)
        return first, (first + timedelta(days=31)).replace(day=1)


def _tallies(pen: Pen, county: County, area: str, span: tuple[datetime, datetime]) -> list[Tally]:
    """Every village of an area with its tickets opened in the span; what devices say of themselves counts for none."""
    t = TICKETS.c
    dealt = t.status.in_([one.value for one in DEALT])
    mine = (t.county == pen.county) & t.village.startswith(area, autoescape=True) & ~of_devices(TICKETS)
    query = sa.select(
        t.village, _count(dealt | t.is_open).label("found"), _count(dealt | (t.is_open & t.overdue)).label("judged"),
        _count(dealt & t.in_time).label("in_time"), _count(dealt & (t.relapse > 0)).label("relapsed"),
        _count((dealt | t.is_open) & t.overdue).label("overdue"),
    ).where(mine & (t.opened_us >= micros(span[0])) & (t.opened_us < micros(span[1]))).group_by(t.village)  # fmt: skip
    counted = {row.village: Tally(row[0], *(int(many) for many in row[1:])) for row in pen.conn.execute(query)}
    return [counted.get(one.code, Tally(one.code)) for one in county.villages if one.code.startswith(area)]


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def _mine(county: str) -> sa.ColumnElement[bool]:
    return VILLAGE_LISTS.c.county == county


def _found(conn: sa.Connection, county: str, number: int) -> VillageList:
    query = sa.select(VILLAGE_LISTS.c.body).where(_mine(county) & (VILLAGE_LISTS.c.n == number))
    body = conn.execute(query).scalar_one_or_none()
    if body is None:
        raise NoList(f"没有第{number}号红黑榜")
    return _list(number, body)


def _list(number: int, body: str) -> VillageList:
    return replace(_BODY.validate_json(body), number=number)


def _columns(one: VillageList) -> dict[str, str | int | None]:
    body = _BODY.dump_json(one).decode()
    return {"state": one.state.value, "published_us": stamp(one.published_at), "body": body}
