"""Who is bound. Each change is a row of who, when and why; the openid or userid itself stands in one place only.

A binding is to a person as ``people.csv`` knew them when it was made: the next holder of the same row, with another
name or phone, gets nothing by it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from alerts.bindings.binding_tables import BINDING_MOVES, BINDINGS
from alerts.channels import By
from alerts.store.book import Book, Pen
from county.values import Person
from ingest.store import micros, moment_of

BOUND_BY = {By.WECHAT: "微信", By.WECOM: "企业微信"}


class Taken(ValueError):
    """The openid or userid serves another person already; the words are Chinese."""


@dataclass(frozen=True, slots=True)
class New:
    """Who becomes known by what; ``how`` is 扫码 or 导入, ``who`` did it."""

    person: Person
    by: By
    address: str = field(repr=False)
    how: str
    who: str


@dataclass(frozen=True, slots=True)
class Move:
    """That somebody was bound or unbound: everything but by which id."""

    person: str
    by: By
    bound: bool
    at: datetime
    who: str
    why: str


def mark_of(person: Person) -> str:
    """The same for as long as ``people.csv`` means the same person by this row."""
    return hashlib.sha256(f"{person.id}\0{person.name}\0{person.phone}".encode()).hexdigest()


def address_of(conn: sa.Connection, county: str, person: Person, by: By) -> str:
    """By what a bound person is known; empty where they are not, or the row means somebody else by now."""
    which = _of(county, person.id, by) & (BINDINGS.c.mark == mark_of(person))
    return str(conn.execute(sa.select(BINDINGS.c.address).where(which)).scalar_one_or_none() or "")


def bind(pen: Pen, new: New, now: datetime) -> bool:
    """Bind somebody, instead of what they were bound by; False where nothing changes. ``Taken`` where another is."""
    same, mark = _same(new.by, new.address), mark_of(new.person)
    there = (BINDINGS.c.county == pen.county) & (BINDINGS.c.by == new.by.value) & (BINDINGS.c.same == same)
    holder = pen.conn.execute(sa.select(BINDINGS.c.person, BINDINGS.c.mark).where(there)).one_or_none()
    if holder is not None and holder.person != new.person.id:
        raise Taken(f"这个{BOUND_BY[new.by]}已经绑定了另一位责任人,请先在那边解除绑定(取消关注也会解除)")
    if holder is not None and holder.mark == mark:
        return False
    unbind(pen, new.person.id, new.by, ("系统", "换了一个绑定"), now)
    pen.conn.execute(BINDINGS.insert(), {
        "county": pen.county, "person": new.person.id, "by": new.by.value, "address": new.address, "same": same,
        "how": new.how, "mark": mark, "at_us": micros(now), "gone_us": None,
    })  # fmt: skip
    _keep(pen, Move(new.person.id, new.by, True, now, new.who, f"{new.how}绑定"))
    return True


def unbind(pen: Pen, person: str, by: By, who_why: tuple[str, str], now: datetime) -> bool:
    """Forget by what somebody is known, and keep who ended it and why; False where nothing was known."""
    if not pen.conn.execute(BINDINGS.delete().where(_of(pen.county, person, by))).rowcount:
        return False
    who, why = who_why
    _keep(pen, Move(person, by, False, now, who, why))
    return True


def unbind_address(pen: Pen, by: By, address: str, who_why: tuple[str, str], now: datetime) -> int:
    """The same for whoever is known by this id; returns how many were bound by it."""
    there = (BINDINGS.c.by == by.value) & (BINDINGS.c.same == _same(by, address)) & (BINDINGS.c.county == pen.county)
    people = list(pen.conn.execute(sa.select(BINDINGS.c.person).where(there)).scalars())
    return sum(unbind(pen, one, by, who_why, now) for one in people)


def bound_since(book: Book, person: Person) -> Mapping[By, datetime]:
    """By which ways somebody is reached that they have bound, and since when."""
    which = (BINDINGS.c.county == book.county) & (BINDINGS.c.person == person.id) & (BINDINGS.c.mark == mark_of(person))
    with book.store.read() as conn:
        rows = conn.execute(sa.select(BINDINGS.c.by, BINDINGS.c.at_us).where(which)).all()
    return {By(row.by): moment_of(row.at_us) for row in rows}


def counts(book: Book) -> Mapping[By, int]:
    """How many people are bound by each way."""
    query = sa.select(BINDINGS.c.by, sa.func.count()).where(BINDINGS.c.county == book.county).group_by(BINDINGS.c.by)
    with book.store.read() as conn:
        return {By(by): int(count) for by, count in conn.execute(query)}


def moves_of(book: Book, person: str) -> list[Move]:
    """How somebody was bound and unbound, the oldest first."""
    which = (BINDING_MOVES.c.county == book.county) & (BINDING_MOVES.c.person == person)
    with book.store.read() as conn:
        rows = conn.execute(sa.select(BINDING_MOVES).where(which).order_by(BINDING_MOVES.c.n)).all()
    return [Move(row.person, By(row.by), row.bound, moment_of(row.at_us), row.who, row.why) for row in rows]


def _of(county: str, person: str, by: By) -> sa.ColumnElement[bool]:
    return (BINDINGS.c.county == county) & (BINDINGS.c.person == person) & (BINDINGS.c.by == by.value)


def _same(by: By, address: str) -> str:
    """WeCom does not tell small letters of a userid from large ones; an openid is as it is."""
    return address.lower() if by is By.WECOM else address


def _keep(pen: Pen, move: Move) -> None:
    pen.conn.execute(BINDING_MOVES.insert(), {
        "county": pen.county, "person": move.person, "by": move.by.value, "bound": move.bound,
        "at_us": micros(move.at), "who": move.who[:64], "why": move.why[:200],
    })  # fmt: skip
