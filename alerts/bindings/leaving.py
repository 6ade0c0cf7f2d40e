"""Whose binding ends because they have left: decided from the county, kept for a day in case it was loaded wrongly."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from alerts.bindings.attempt_book import forget
from alerts.bindings.binding_book import mark_of, unbind
from alerts.bindings.binding_tables import BINDINGS
from alerts.channels import By
from alerts.store.book import Book, Pen
from alerts.world import World
from county.snapshot import County
from ingest.store import micros

GRACE = timedelta(days=1)  # a list that was loaded wrongly and is put right within a day costs nobody their binding


def gone(county: County, person: str, mark: str, now: datetime) -> str:
    """Why somebody who was bound is not there any more; empty where they are.

    Somebody on leave is still there, and so is who takes up a duty later.
    """
    known = county.people.get(person)
    if known is None:
        return "已不在人员名单里"
    if mark_of(known) != mark:
        return "这一行换了人或换了手机号"
    day = now.astimezone(ZoneInfo(county.calendar.zone)).date()
    if not any(duty.person == person and (duty.valid_to is None or duty.valid_to > day)
               for duty in county.content.duties):  # fmt: skip
        return "已没有任何责任"
    return ""


class Leaving:
    """Ends the bindings of those who have left, and forgets attempts that are over."""

    def __init__(self, book: Book, world: World) -> None:
        """``world`` gives the county and the clock."""
        self._book = book
        self._world = world

    def step(self) -> int:
        """Look at every binding once; returns how many ended."""
        now, county = self._world.now(), self._world.county()
        with self._book.writing() as pen:
            forget(pen, now)
            rows = pen.conn.execute(sa.select(BINDINGS).where(BINDINGS.c.county == pen.county)).all()
            return sum(_looked_at(pen, row, gone(county, row.person, row.mark, now), now) for row in rows)


def _looked_at(pen: Pen, row: sa.Row[Any], why: str, now: datetime) -> bool:
    """Note since when somebody has been gone, or that they are back; True where the binding ends."""
    if why and row.gone_us is not None and row.gone_us <= micros(now - GRACE):
        return unbind(pen, row.person, By(row.by), ("系统", why), now)
    if bool(why) != (row.gone_us is not None):
        which = (BINDINGS.c.county == pen.county) & (BINDINGS.c.person == row.person) & (BINDINGS.c.by == row.by)
        pen.conn.execute(BINDINGS.update().where(which).values(gone_us=micros(now) if why else None))
    return False
