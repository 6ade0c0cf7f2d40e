"""Sorts what is due before it is sent: what waits for the morning, what goes by itself, what is joined into a digest.

One transaction under the county's lock: either a notice names its digest and the digest stands there, or neither. So a
kill loses nothing, and of two processes the second one finds the work done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from alerts.asks.move_tables import ASKS
from alerts.notices.cap import Due, Ration, rationed
from alerts.notices.quiet_hours import hold_back, waiting_for_morning
from alerts.notices.statements import FREE, IS_DIGEST, SEVERITY, WANTED, of_county
from alerts.store.book import Book, Pen
from alerts.store.tables import NOTICES, TICKETS, moment, who_columns, who_of
from alerts.tickets.moves import identity
from alerts.tickets.silent import lapses_at
from alerts.values import Purpose
from alerts.world import World
from county.policy.base import RANK
from county.policy.channels import split
from ingest.store import micros, moment_of

_MOST = 1000  # looked at in one transaction; what is left is sorted at the next look
_LIMIT = sa.func.coalesce(
    sa.select(ASKS.c.due_us).where(ASKS.c.id == NOTICES.c.ask).scalar_subquery(),
    sa.select(TICKETS.c.due_us).where(TICKETS.c.id == NOTICES.c.ticket).scalar_subquery(),
).label("limit_us")


class Sorting:
    """The sorting of one county's letters."""

    def __init__(self, book: Book, world: World, rings: Callable[[str], bool]) -> None:
        """``rings(channel)``: whether it reaches one person; a group, a loudspeaker or a file is nobody's phone."""
        self._book = book
        self._world = world
        self._rings = rings
        fresh = FREE & of_county(book.county) & WANTED & NOTICES.c.admitted_us.is_(None) & ~IS_DIGEST
        self._fresh = (
            sa.select(NOTICES, SEVERITY, _LIMIT).where(fresh)
            .order_by(NOTICES.c.created_us, NOTICES.c.id).limit(_MOST)
        )  # fmt: skip

    @property
    def on(self) -> bool:
        """Whether the county has a cap; without one nothing need be sorted."""
        return self._world.county().policy.cap.letters > 0

    def step(self, moment_now: Mapping[str, int]) -> int:
        """Sort what is due; returns how many were joined. ``moment_now`` are the parameters of ``FREE``."""
        with self._book.store.read() as conn:
            if conn.execute(self._fresh.limit(1), moment_now).first() is None:
                return 0
        now, county = self._world.now(), self._world.county()
        joined = 0
        with self._book.writing() as pen:
            rows = pen.conn.execute(self._fresh, moment_now).all()
            held = waiting_for_morning([row for row in rows if row.state == "waiting"], county, now)
            hold_back(pen, held)
            for own in _by_person([row for row in rows if row.id not in held]):
                joined += self._sort(pen, own, now)
            self._world.crash("alerts.before_commit")
        return joined

    def _sort(self, pen: Pen, rows: Sequence[sa.Row[Any]], now: datetime) -> int:
        """Sort the letters for one person by one way."""
        cap = self._world.county().policy.cap
        waits = pen.conn.execute(_waiting_digest(pen.county, rows[0])).one_or_none()
        had = pen.conn.execute(_had(pen.county, rows[0], now - timedelta(minutes=cap.within_minutes))).scalar_one()
        due = [self._due(pen, row) for row in rows]
        told = rationed(due, had, moment(waits.ready_us) if waits is not None else None, cap, now)
        pen.conn.execute(NOTICES.update().where(NOTICES.c.id.in_(told.now)).values(admitted_us=micros(now)))
        if told.joined:
            _join(pen, [row for row in rows if row.id in set(told.joined)], waits, told, now)
        return len(told.joined)

    def _due(self, pen: Pen, row: sa.Row[Any]) -> Due:
        tried = row.attempts > 0 or row.state != "waiting" or row.channel != split(row.route)[0]
        exempt = tried or bool(row.mute) or not self._rings(row.channel)
        ticket = pen.ticket(row.ticket) if row.purpose == Purpose.STILL.value else None
        lapse = lapses_at(ticket, self._world.county()) if ticket is not None else None
        limit = lapse or moment(row.limit_us)  # the question must be there before the acceptance lapses
        return Due(row.id, row.severity or "minor", moment_of(row.created_us), limit, exempt)


def _by_person(rows: Sequence[sa.Row[Any]]) -> list[list[sa.Row[Any]]]:
    grouped: defaultdict[tuple[str, str], list[sa.Row[Any]]] = defaultdict(list)
    for row in rows:
        grouped[row.person_id, row.route].append(row)
    return list(grouped.values())


def _own(county: str, row: sa.Row[Any]) -> sa.ColumnElement[bool]:
    """What goes to the same person by the same way."""
    return sa.and_(NOTICES.c.person_id == row.person_id, NOTICES.c.route == row.route, of_county(county))


def _had(county: str, row: sa.Row[Any], since: datetime) -> sa.Select[Any]:
    return sa.select(sa.func.count()).where(_own(county, row) & (NOTICES.c.admitted_us > micros(since)))


def _waiting_digest(county: str, row: sa.Row[Any]) -> sa.Select[Any]:
    """The digest that nobody has tried to send yet."""
    untried = IS_DIGEST & (NOTICES.c.state == "waiting") & (NOTICES.c.attempts == 0)
    first = NOTICES.c.channel == split(row.route)[0]
    query = sa.select(NOTICES, SEVERITY).where(_own(county, row) & untried & first)
    return query.order_by(NOTICES.c.created_us.desc()).limit(1)


def _join(pen: Pen, rows: Sequence[sa.Row[Any]], waits: sa.Row[Any] | None, told: Ration, now: datetime) -> None:
    """Put letters into the digest that waits, or into a new one."""
    assert told.goes_at is not None
    top = max((*rows, *((waits,) if waits is not None else ())), key=lambda row: RANK.get(row.severity, 0))
    goes = {"ready_us": micros(told.goes_at), "admitted_us": micros(told.goes_at), "ticket": top.ticket}
    digest: UUID = waits.id if waits is not None else identity("digest", now.isoformat(), *(row.id for row in rows))
    if waits is not None:
        pen.conn.execute(NOTICES.update().where(NOTICES.c.id == digest).values(**goes))
    else:
        channel, *rest = split(top.route)
        pen.conn.execute(NOTICES.insert(), {
            "id": digest, **goes, "level": top.level, "round": 0, **who_columns(who_of(top)), "route": top.route,
            "channel": channel, "rest": " > ".join(rest), "purpose": Purpose.DIGEST.value, "words": "",
            "ask": str(digest), "mute": 0, "state": "waiting", "created_us": micros(now),
        })  # fmt: skip
    mine = NOTICES.c.id.in_([row.id for row in rows])
    pen.conn.execute(NOTICES.update().where(mine).values(state="digested", digest=digest, answer=told.why[:300]))
