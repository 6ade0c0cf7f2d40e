"""Troubles of accounts in the book: noted with the letters that met them, ended by letters that go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from alerts.channels import Answer, Result, Trouble
from alerts.notices.trouble_tables import TROUBLES
from alerts.notices.troubles import Standing
from alerts.store.book import Book, Pen
from alerts.store.tables import moment
from ingest.store import micros, moment_of


def note(pen: Pen, channel: str, answer: Answer, now: datetime) -> None:
    """Write down what an answer says of the account; a letter that is tried again has not failed."""
    if answer.trouble is not None:
        _began(pen, channel, answer, now, int(answer.result is Result.FAILED))
    elif answer.result.went:
        ended(pen, channel, now, but=Trouble.LOW)


def ended(pen: Pen, channel: str, now: datetime, cause: Trouble | None = None, but: Trouble | None = None) -> None:
    """Letters go again; of this cause alone, or of all others."""
    which = _open(pen.county) & (TROUBLES.c.channel == channel) & TROUBLES.c.good_us.is_(None)
    if cause is not None:
        which &= TROUBLES.c.cause == cause.value
    if but is not None:
        which &= TROUBLES.c.cause != but.value
    pen.conn.execute(TROUBLES.update().where(which).values(good_us=micros(now)))


def standing(book: Book) -> list[Standing]:
    """The troubles that letters still meet, the oldest first: what panels and metrics show."""
    return [one for one in unended(book) if one.over_at is None and one.good_at is None]


def unended(book: Book) -> list[Standing]:
    """All about which something is still to be done."""
    query = sa.select(TROUBLES).where((TROUBLES.c.county == book.county) & ~TROUBLES.c.ended)
    with book.store.read() as conn:
        return [_standing(row) for row in conn.execute(query.order_by(TROUBLES.c.since_us, TROUBLES.c.channel))]


def change(pen: Pen, one: Standing, **columns: int | bool | None) -> None:
    """Change a trouble's row."""
    which = (TROUBLES.c.county == pen.county) & (TROUBLES.c.channel == one.channel)
    which &= (TROUBLES.c.cause == one.cause.value) & (TROUBLES.c.since_us == micros(one.since))
    pen.conn.execute(TROUBLES.update().where(which).values(**columns))


def _began(pen: Pen, channel: str, answer: Answer, now: datetime, letters: int) -> None:
    assert answer.trouble is not None
    which = _open(pen.county) & (TROUBLES.c.channel == channel) & (TROUBLES.c.cause == answer.trouble.value)
    told: Mapping[str, Any] = {"last_us": micros(now), "words": answer.words[:300], "good_us": None}
    again = TROUBLES.update().where(which).values(**told, letters=TROUBLES.c.letters + letters)
    if pen.conn.execute(again).rowcount:
        return
    row = {"county": pen.county, "channel": channel, "cause": answer.trouble.value, "since_us": micros(now)}
    first = pen.insert(TROUBLES).values(**row, **told, letters=letters, ended=False)
    pen.conn.execute(first.on_conflict_do_nothing())


def _open(county: str) -> sa.ColumnElement[bool]:
    return (TROUBLES.c.county == county) & ~TROUBLES.c.ended & TROUBLES.c.over_us.is_(None)


def _standing(row: sa.Row[Any]) -> Standing:
    return Standing(
        row.channel, Trouble(row.cause), moment_of(row.since_us), row.letters, row.words, moment(row.good_us),
        moment(row.told_us), moment(row.tried_us), moment(row.over_us),
    )  # fmt: skip
