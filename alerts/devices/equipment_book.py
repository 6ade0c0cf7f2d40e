"""What the book keeps of equipment: the memory of each fault, which have a ticket, and who is covered by what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from alerts.devices.cover import Key, Memory
from alerts.devices.equipment_tables import EQUIPMENT, INHIBITED
from alerts.store.book import Book, Pen, counter
from alerts.store.tables import ALARMS, moment, stamp
from broker.messages import Kind, State
from county.policy.equipment import OF_EQUIPMENT
from ingest.store import micros, moment_of

ASLEEP = timedelta(minutes=5)  # a gap between two rounds in which we count as away
DEAF = "equipment_deaf"  # since when nobody is heard, 0 while somebody is: for the dead man's switch
_TOLD = (*sorted(OF_EQUIPMENT), Kind.BIN_SILENT.value)


@dataclass(frozen=True, slots=True)
class Inhibited:
    """A device that had no ticket of its own because ``by`` (``place/fault``) stood for it; ``until`` None: still."""

    place: str
    fault: str
    by: str
    since: datetime
    until: datetime | None


def awake_since(pen: Pen, what: str, now: datetime) -> datetime:
    """Note that we listen now, and tell since when we do so without a gap or a jump of the clock."""
    last, since = counter(pen.conn, pen.county, f"{what}_watched"), counter(pen.conn, pen.county, f"{what}_since")
    if not last or not timedelta(0) <= now - moment_of(last) <= ASLEEP:
        since = micros(now)
        pen.note(f"{what}_since", since)
    pen.note(f"{what}_watched", micros(now))
    return moment_of(since)


def heard_anew(pen: Pen, what: str, now: datetime) -> None:
    """Begin to count every silence anew: until now nobody could be heard."""
    pen.note(f"{what}_since", micros(now))


def note_deaf(pen: Pen, deaf: bool, now: datetime) -> bool:
    """Note since when nobody is heard; returns whether nobody was heard before."""
    before = counter(pen.conn, pen.county, DEAF)
    if deaf != bool(before):
        pen.note(DEAF, micros(now) if deaf else 0)
    return bool(before)


def deaf_since(book: Book) -> datetime | None:
    """Since when no device of the county is heard, None while one is: our own side is to be looked at."""
    with book.store.read() as conn:
        return moment(counter(conn, book.county, DEAF) or None)


def memory(pen: Pen) -> dict[Key, Memory]:
    """All that is remembered of equipment."""
    rows = pen.conn.execute(sa.select(EQUIPMENT).where(EQUIPMENT.c.county == pen.county))
    return {
        (row.place, row.fault): Memory(row.place, row.fault, moment(row.bad_us), moment(row.freed_us),
                                       moment(row.seen_us), row.good, row.covered_by)
        for row in rows
    }  # fmt: skip


def told(pen: Pen) -> frozenset[Key]:
    """The faults for which an alarm is open and holds."""
    mine = (ALARMS.c.county == pen.county) & ALARMS.c.is_open & (ALARMS.c.state == State.DIRTY.value)
    query = sa.select(ALARMS.c.place, ALARMS.c.kind).where(mine & ALARMS.c.kind.in_(_TOLD))
    kept = ((place, kind) for (place, _, kind), _ in pen.muting.kept.items() if kind in _TOLD)
    return frozenset([*((row.place, row.kind) for row in pen.conn.execute(query)), *kept])


def keep(pen: Pen, changed: Sequence[Memory], before: Mapping[Key, Memory], now: datetime) -> None:
    """Store what changed, and a row for every device that became covered or free."""
    if not changed:
        return
    pen.conn.execute(_upsert(pen.postgres), [_columns(pen.county, one) for one in changed])
    moved = [one for one in changed if one.covered_by != before.get(one.key, Memory(*one.key)).covered_by]
    _end(pen, moved, now)
    begun = [
        {"county": pen.county, "place": one.place, "fault": one.fault, "covered_by": one.covered_by,
         "from_us": micros(now)}
        for one in moved if one.covered_by
    ]  # fmt: skip
    if begun:
        pen.conn.execute(INHIBITED.insert(), begun)


def inhibited(book: Book, open_only: bool = False) -> list[Inhibited]:
    """Who was covered by what, in the order in which it began."""
    query = sa.select(INHIBITED).where(INHIBITED.c.county == book.county).order_by(INHIBITED.c.n)
    if open_only:
        query = query.where(INHIBITED.c.until_us.is_(None))
    with book.store.read() as conn:
        return [
            Inhibited(row.place, row.fault, row.covered_by, moment_of(row.from_us), moment(row.until_us))
            for row in conn.execute(query)
        ]


def remembered(book: Book) -> dict[Key, Memory]:
    """``memory`` for those who only read."""
    with book.writing() as pen:
        return memory(pen)


def _end(pen: Pen, moved: Sequence[Memory], now: datetime) -> None:
    mine = (
        (INHIBITED.c.county == pen.county) & INHIBITED.c.until_us.is_(None)
        & (INHIBITED.c.place == sa.bindparam("_place")) & (INHIBITED.c.fault == sa.bindparam("_fault"))
    )  # fmt: skip
    ended = [{"_place": one.place, "_fault": one.fault, "until_us": micros(now)} for one in moved]
    if ended:
        pen.conn.execute(INHIBITED.update().where(mine), ended)


def _columns(county: str, one: Memory) -> dict[str, object]:
    return {
        "county": county, "place": one.place, "fault": one.fault, "bad_us": stamp(one.bad_at),
        "freed_us": stamp(one.freed_at), "seen_us": stamp(one.seen), "good": one.good, "covered_by": one.covered_by,
    }  # fmt: skip


@cache
def _upsert(is_postgres: bool) -> postgresql.Insert | sqlite.Insert:
    insert = postgresql.insert(EQUIPMENT) if is_postgres else sqlite.insert(EQUIPMENT)
    news = {name: insert.excluded[name] for name in ("bad_us", "freed_us", "seen_us", "good", "covered_by")}
    return insert.on_conflict_do_update(index_elements=list(EQUIPMENT.primary_key), set_=news)
