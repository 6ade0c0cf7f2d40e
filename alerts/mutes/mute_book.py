"""What the book keeps of mutes: each with its standing, and what was found under it, for as long as that is open."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any

import sqlalchemy as sa

from alerts.mutes.mute_tables import MUTES, SUPPRESSED
from alerts.mutes.mutes import Hold, Kept, Mute, Scope
from alerts.store.tables import boxes_of, moment, stamp
from alerts.values import Alarm, Look, Source, Who
from broker.messages import State
from county.values import Level, Spot
from ingest.store import micros, moment_of

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Count:
    """How much was found under a mute: so many finds, of so many looks."""

    finds: int
    looks: int


class Muting:
    """The mutes that wait or hold, and what is open under them, as one transaction sees them: both are few."""

    def __init__(self, conn: sa.Connection, county: str) -> None:
        """Read them once."""
        self._conn = conn
        self._county = county
        held = (MUTES.c.county == county) & MUTES.c.hold.in_([Hold.ASKED.value, Hold.HELD.value])
        self.mutes = [_mute(row) for row in conn.execute(sa.select(MUTES).where(held).order_by(MUTES.c.n))]
        open_ = (SUPPRESSED.c.county == county) & SUPPRESSED.c.is_open
        found = [_kept(row) for row in conn.execute(sa.select(SUPPRESSED).where(open_).order_by(SUPPRESSED.c.n))]
        self.kept: dict[Key, Kept] = {one.key: one for one in found}

    def about(self, spot: Spot, category: str) -> tuple[Mute, ...]:
        """The mutes that are about a category at a spot, whether they hold now or not."""
        return tuple(one for one in self.mutes if one.covers(spot, category))

    def keep(self, kept: Kept) -> None:
        """Store what was found under a mute."""
        before = self.kept.get(kept.key)
        values = {"county": self._county, **_kept_columns(kept)}
        if before is None:
            self._conn.execute(SUPPRESSED.insert(), values)
        else:
            self._conn.execute(SUPPRESSED.update().where(self._open(kept.key)).values(values))
        if kept.is_open:
            self.kept[kept.key] = kept
        else:
            self.kept.pop(kept.key, None)

    def looked(self, look: Look) -> None:
        """A clean look ends what was found at its key."""
        kept = self.kept.get((look.place, look.spot, look.kind))
        if kept is not None and look.state is State.CLEAN:
            self.keep(replace(kept, state=State.CLEAN, last_at=look.at, is_open=False))

    def opened(self, alarm: Alarm) -> None:
        """An alarm with a ticket takes over what was found at its key."""
        kept = self.kept.get((alarm.place, alarm.spot, alarm.kind))
        if kept is not None:
            self.keep(replace(kept, is_open=False))

    def _open(self, key: Key) -> sa.ColumnElement[bool]:
        place, spot, kind = key
        return (
            (SUPPRESSED.c.county == self._county) & SUPPRESSED.c.is_open & (SUPPRESSED.c.place == place)
            & (SUPPRESSED.c.spot == spot) & (SUPPRESSED.c.kind == kind)
        )  # fmt: skip


def add(conn: sa.Connection, county: str, mute: Mute) -> Mute:
    """Store a new mute; returns it with its number."""
    answer = conn.execute(MUTES.insert().returning(MUTES.c.n), {"county": county, **_columns(mute)})
    return replace(mute, number=int(answer.scalar_one()))


def change(conn: sa.Connection, county: str, mute: Mute) -> None:
    """Store how a mute stands now."""
    mine = (MUTES.c.county == county) & (MUTES.c.n == mute.number)
    conn.execute(MUTES.update().where(mine).values(_columns(mute)))


def by_number(conn: sa.Connection, county: str, number: int) -> Mute | None:
    """A mute, or None."""
    mine = (MUTES.c.county == county) & (MUTES.c.n == number)
    row = conn.execute(sa.select(MUTES).where(mine)).one_or_none()
    return _mute(row) if row else None


def newest(conn: sa.Connection, county: str, limit: int, only_open: bool = False) -> list[Mute]:
    """Mutes, the newest first; ``only_open``: those that wait or hold."""
    query = sa.select(MUTES).where(MUTES.c.county == county).order_by(MUTES.c.n.desc()).limit(limit)
    if only_open:
        query = query.where(MUTES.c.hold.in_([Hold.ASKED.value, Hold.HELD.value]))
    return [_mute(row) for row in conn.execute(query)]


def around(conn: sa.Connection, county: str, since: datetime) -> list[Mute]:
    """Mutes that wait, hold or held and whose time was not over at ``since``, oldest first; later ones too."""
    mine = (MUTES.c.county == county) & (MUTES.c.end_us >= micros(since))
    query = sa.select(MUTES).where(mine & (MUTES.c.hold != Hold.REFUSED.value)).order_by(MUTES.c.n)
    return [_mute(row) for row in conn.execute(query)]


def counts(conn: sa.Connection, county: str, numbers: Sequence[int]) -> dict[int, Count]:
    """How much was found under each of these mutes."""
    mine = (SUPPRESSED.c.county == county) & SUPPRESSED.c.mute.in_(numbers)
    query = (
        sa.select(SUPPRESSED.c.mute, sa.func.count().label("finds"), sa.func.sum(SUPPRESSED.c.merged).label("looks"))
        .where(mine).group_by(SUPPRESSED.c.mute)
    )  # fmt: skip
    found = {row.mute: Count(row.finds, int(row.looks)) for row in conn.execute(query)}
    return {number: found.get(number, Count(0, 0)) for number in numbers}


def kept_under(conn: sa.Connection, county: str, number: int) -> list[Kept]:
    """Everything that was found under a mute, oldest first."""
    mine = (SUPPRESSED.c.county == county) & (SUPPRESSED.c.mute == number)
    return [_kept(row) for row in conn.execute(sa.select(SUPPRESSED).where(mine).order_by(SUPPRESSED.c.n))]


def _columns(mute: Mute) -> dict[str, Any]:
    scope, author = mute.scope, mute.author
    return {
        "device": scope.device, "spot": scope.spot, "area": scope.area, "categories": ",".join(mute.categories),
        "begin_us": micros(mute.begin_at), "end_us": micros(mute.end_at), "works": mute.works,
        "daily": "-".join(one.isoformat() for one in mute.daily) if mute.daily else "", "reason": mute.reason,
        "author_id": author.id, "author_name": author.name, "author_level": author.level.value,
        "hold": mute.hold.value, "place": mute.place, "region": mute.region, "granted_by": mute.granted_by,
        "ended_us": stamp(mute.ended_at), "round": mute.round, "next_us": stamp(mute.next_at),
    }  # fmt: skip


def _mute(row: sa.Row[Any]) -> Mute:
    begins, _, ends = row.daily.partition("-")
    return Mute(
        row.n, Scope(row.device, row.spot, row.area), row.reason, moment_of(row.begin_us), moment_of(row.end_us),
        Who(row.author_id, row.author_name, "", Level(row.author_level)), Hold(row.hold), row.place, row.region,
        tuple(one for one in row.categories.split(",") if one),
        (time.fromisoformat(begins), time.fromisoformat(ends)) if ends else None,
        row.works, row.granted_by, moment(row.ended_us), row.round, moment(row.next_us),
    )  # fmt: skip


def _kept_columns(kept: Kept) -> dict[str, Any]:
    return {
        "place": kept.place, "spot": kept.spot, "kind": kept.kind, "mute": kept.mute,
        "first_us": micros(kept.first_at), "last_us": micros(kept.last_at), "reason": kept.reason,
        "score": kept.score, "looks": kept.looks, "merged": kept.merged, "event_id": kept.event_id,
        "revision": kept.revision, "picture": kept.picture,
        "boxes": json.dumps([box.model_dump() for box in kept.boxes]), "source": kept.source.value,
        "rendered": kept.rendered, "severity": kept.severity, "state": kept.state.value, "is_open": kept.is_open,
    }  # fmt: skip


def _kept(row: sa.Row[Any]) -> Kept:
    return Kept(
        row.place, row.spot, row.kind, row.mute, moment_of(row.first_us), moment_of(row.last_us), row.reason,
        row.score, row.looks, row.event_id, row.revision, row.merged, row.picture, boxes_of(row.boxes),
        Source(row.source), row.rendered, row.severity, State(row.state), row.is_open,
    )  # fmt: skip
