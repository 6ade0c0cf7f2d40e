"""Attempts in the book: counted, so that nobody is flooded with messages, and forgotten after a day."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from alerts.bindings.attempts import (
    BEGUN_HOUR,
    LASTS,
    TEXTS_DAY,
    TEXTS_HOUR,
    Attempt,
    Refused,
    State,
    code_hash,
    new_digits,
)
from alerts.bindings.binding_book import mark_of
from alerts.bindings.binding_tables import BINDING_ATTEMPTS as ATTEMPTS
from alerts.channels import By
from alerts.store.book import Pen
from county.values import Person
from ingest.store import micros, moment_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_FORGOTTEN = {"address": "", "pair": "", "code": ""}  # by what it was scanned, and what would have confirmed it
TOO_OFTEN = "绑定试得太多,请过一小时再来"
TOO_MANY_TEXTS = "给这个手机号的验证码发得太多,请过一小时再试"


@dataclass(frozen=True, slots=True)
class Begun:
    """Who begins to be bound or unbound, by which channel."""

    person: Person
    by: By
    channel: str
    unbinds: bool


def begin(pen: Pen, begun: Begun, scene: str, now: datetime) -> None:
    """Write an attempt down; the former one of this person and way ends. ``Refused`` after too many."""
    mine = (ATTEMPTS.c.county == pen.county) & (ATTEMPTS.c.person == begun.person.id)
    if _count(pen, mine & (ATTEMPTS.c.begun_us > micros(now - HOUR))) >= BEGUN_HOUR:
        raise Refused(TOO_OFTEN)
    end_all(pen, begun.person.id, begun.by)
    pen.conn.execute(ATTEMPTS.insert(), {
        "county": pen.county, "scene": _hashed(scene), "person": begun.person.id, "by": begun.by.value,
        "channel": begun.channel, "state": (State.SCANNED if begun.unbinds else State.OPEN).value,
        "unbinds": begun.unbinds, "phone": _hashed(begun.person.phone), "mark": mark_of(begun.person),
        "begun_us": micros(now), "until_us": micros(now + LASTS), "tries": 0, "texted_us": None, "told": "",
        **_FORGOTTEN,
    })  # fmt: skip


def found(pen: Pen, scene: str) -> Attempt | None:
    """The attempt of a scene; None for a scene that nobody has begun."""
    row = pen.conn.execute(sa.select(ATTEMPTS).where(_at(pen, scene))).one_or_none()
    if row is None:
        return None
    return Attempt(
        row.person, By(row.by), row.channel, State(row.state), row.unbinds, row.mark, moment_of(row.until_us), scene,
        row.address, row.pair, row.code, row.tries, row.texted_us is not None, row.told or "",
    )  # fmt: skip


def scan(pen: Pen, scene: str, address: str, channel: str, now: datetime) -> str:
    """Note by what a code was scanned, and give the two digits for it; empty where it does not count.

    The first who scans counts, and is given the same digits again.
    """
    attempt = found(pen, scene)
    if attempt is None or attempt.channel != channel or attempt.unbinds or now >= attempt.until:
        return ""
    if attempt.state is State.SCANNED and attempt.address == address:
        return attempt.pair
    if attempt.state is not State.OPEN:
        return ""
    pair = new_digits(2)
    change(pen, scene, {"state": State.SCANNED.value, "address": address, "pair": pair})
    return pair


def text(pen: Pen, scene: str, now: datetime) -> tuple[Attempt, str] | None:
    """Take the sending of the six digits in hand, once; None where it is not to be sent, and the page is told why."""
    attempt = found(pen, scene)
    if attempt is None or attempt.state is not State.SCANNED or attempt.texted or now >= attempt.until:
        return None
    phone = pen.conn.execute(sa.select(ATTEMPTS.c.phone).where(_at(pen, scene))).scalar_one()
    sent = (ATTEMPTS.c.county == pen.county) & (ATTEMPTS.c.phone == phone)
    hour = _count(pen, sent & (ATTEMPTS.c.texted_us > micros(now - HOUR)))
    if hour >= TEXTS_HOUR or _count(pen, sent & (ATTEMPTS.c.texted_us > micros(now - DAY))) >= TEXTS_DAY:
        change(pen, scene, {"told": TOO_MANY_TEXTS})
        return None
    code = new_digits(6)
    change(pen, scene, {"texted_us": micros(now), "code": code_hash(scene, code)})
    return attempt, code


def change(pen: Pen, scene: str, values: Mapping[str, Any]) -> None:
    """Change what is known of one attempt."""
    pen.conn.execute(ATTEMPTS.update().where(_at(pen, scene)).values(**values))


def end(pen: Pen, scene: str, state: State) -> None:
    """End an attempt; by what it was scanned is forgotten at once."""
    change(pen, scene, {"state": state.value, **_FORGOTTEN})


def end_all(pen: Pen, person: str, by: By) -> None:
    """End what somebody has begun by this way."""
    which = (ATTEMPTS.c.county == pen.county) & (ATTEMPTS.c.person == person) & (ATTEMPTS.c.by == by.value)
    live = which & ATTEMPTS.c.state.in_([State.OPEN.value, State.SCANNED.value])
    pen.conn.execute(ATTEMPTS.update().where(live).values(state=State.OVER.value, **_FORGOTTEN))


def forget(pen: Pen, now: datetime) -> None:
    """Forget by what was scanned what nobody confirmed in time, and after a day that there was an attempt."""
    mine = ATTEMPTS.c.county == pen.county
    late = mine & (ATTEMPTS.c.until_us <= micros(now)) & (ATTEMPTS.c.address != "")
    pen.conn.execute(ATTEMPTS.update().where(late).values(state=State.OVER.value, **_FORGOTTEN))
    pen.conn.execute(ATTEMPTS.delete().where(mine & (ATTEMPTS.c.begun_us <= micros(now - DAY - HOUR))))


def _at(pen: Pen, scene: str) -> sa.ColumnElement[bool]:
    return (ATTEMPTS.c.county == pen.county) & (ATTEMPTS.c.scene == _hashed(scene))


def _count(pen: Pen, which: sa.ColumnElement[bool]) -> int:
    return int(pen.conn.execute(sa.select(sa.func.count()).select_from(ATTEMPTS).where(which)).scalar_one())


def _hashed(what: str) -> str:
    return hashlib.sha256(what.encode()).hexdigest()
