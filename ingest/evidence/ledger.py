"""The ledger: one row for each file with what is known about it, and the chain that says what happened, in order.

A row and its link are written in one transaction, under the county's evidence lock. ``keeping`` → ``going`` →
``gone``: a row that is going says that its file may or may not be there any more, so a crash leaves no lie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from ingest.evidence.chain import Fact, Head, Link, link_after
from ingest.evidence.holds import HOLDS, Holding, lock_evidence
from ingest.store import BIG, METADATA, Store, micros, moment_of, open_store

KEPT, GOING, GONE = "kept", "going", "gone"
PAGE = 1000
EVIDENCE = sa.Table(
    "evidence", METADATA,
    sa.Column("county", sa.String(6), primary_key=True), sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False), sa.Column("size", BIG, nullable=False),
    sa.Column("event_id", sa.Uuid()), sa.Column("kept_us", BIG, nullable=False),
    sa.Column("state", sa.String(8), nullable=False), sa.Index("evidence_due", "state", "kind", "kept_us"),
)  # fmt: skip
CHAIN = sa.Table(
    "evidence_chain", METADATA,
    sa.Column("county", sa.String(6), primary_key=True), sa.Column("n", BIG, primary_key=True, autoincrement=False),
    sa.Column("sha256", sa.String(64), nullable=False), sa.Column("once", sa.String(64)),
    sa.Column("before", sa.String(64), nullable=False), sa.Column("body", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False), sa.Index("evidence_chain_sha256", "sha256"),
    sa.UniqueConstraint("county", "once", name="evidence_chain_once"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """A whole file: class (``picture``, ``clip``, ``photo``), bytes, and what its sender said about it."""

    sha256: str
    kind: str
    size: int
    facts: Mapping[str, Fact]
    event_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A row as it stands."""

    sha256: str
    kind: str
    size: int
    kept_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Total:
    """How many files of a class there are, and their bytes."""

    kind: str
    files: int
    size: int


class Ledger:
    """The ledger of one county."""

    def __init__(self, where: str | Store, county: str) -> None:
        """Open the tables at a database address or in an open store."""
        self._store = open_store(where)
        self.county = county

    def kept(self, file: Kept, now: datetime, here: Callable[[], bool] = lambda: True) -> bool:
        """Note that a file is whole and in the store; False when that stands there already, or it is not ``here``.

        ``here`` is asked once more where no deletion can come in between.
        """
        if self._state(file.sha256) == KEPT:
            return False
        row = {"county": self.county, "sha256": file.sha256, "kind": file.kind, "size": file.size,
               "event_id": file.event_id, "kept_us": micros(now), "state": KEPT}  # fmt: skip
        facts: dict[str, Fact] = {
            **file.facts, "act": "kept", "sha256": file.sha256, "kind": file.kind, "size": file.size,
            "event_id": str(file.event_id) if file.event_id else None, "kept_at": now.isoformat(),
        }  # fmt: skip
        with self._writing() as conn:
            if self._state_in(conn, file.sha256) == KEPT or not here():
                return False
            insert = self._store.insert(EVIDENCE).values(row)
            conn.execute(insert.on_conflict_do_update(index_elements=list(EVIDENCE.primary_key), set_=row))
            self._append(conn, file.sha256, facts)
        return True

    def told(self, sha256: str, facts: Mapping[str, Fact], once: str, event_id: UUID) -> bool:
        """Note what an event says about a file, here or still on its way; False when this ``once`` was noted before."""
        with self._writing() as conn:
            same = (CHAIN.c.county == self.county) & (CHAIN.c.once == once)
            if conn.execute(sa.select(CHAIN.c.n).where(same)).first() is not None:
                return False
            unnamed = self._mine(sha256) & EVIDENCE.c.event_id.is_(None)
            conn.execute(EVIDENCE.update().where(unnamed).values(event_id=event_id))
            self._append(conn, sha256, {**facts, "act": "told", "sha256": sha256}, once)
        return True

    def begin(self, sha256: str) -> bool:
        """Note that a file is going; False when it is not kept (any more)."""
        with self._writing() as conn:
            here = self._mine(sha256) & (EVIDENCE.c.state == KEPT)
            return conn.execute(EVIDENCE.update().where(here).values(state=GOING)).rowcount == 1

    @contextmanager
    def ending(self, sha256: str) -> Iterator[Ending | None]:
        """One transaction about a file that is going, None when it is not: no hold can come in between."""
        with self._writing() as conn:
            query = sa.select(EVIDENCE).where(self._mine(sha256) & (EVIDENCE.c.state == GOING))
            row = conn.execute(query).one_or_none()
            yield Ending(self, conn, row) if row is not None else None

    def going(self) -> list[str]:
        """The files whose deletion was begun and not ended."""
        query = sa.select(EVIDENCE.c.sha256).where(self._county, EVIDENCE.c.state == GOING)
        with self._store.read() as conn:
            return list(conn.execute(query).scalars())

    def loose(self, kind: str, before: datetime, limit: int) -> list[str]:
        """Files of a class that nothing has held since ``before``: never held ones first, then the oldest."""
        mine = _holds_of_row()
        fresh = mine.where(HOLDS.c.released_us.is_(None) | (HOLDS.c.released_us > micros(before)))
        query = (
            sa.select(EVIDENCE.c.sha256)
            .where(self._county, EVIDENCE.c.state == KEPT, EVIDENCE.c.kind == kind)
            .where(EVIDENCE.c.kept_us <= micros(before), ~fresh.exists())
            .order_by(mine.exists(), EVIDENCE.c.kept_us, EVIDENCE.c.sha256)
            .limit(limit)
        )
        with self._store.read() as conn:
            return list(conn.execute(query).scalars())

    def totals(self) -> list[Total]:
        """What is there, by class."""
        query = (
            sa.select(EVIDENCE.c.kind, sa.func.count(), sa.func.sum(EVIDENCE.c.size))
            .where(self._county, EVIDENCE.c.state != GONE).group_by(EVIDENCE.c.kind).order_by(EVIDENCE.c.kind)
        )  # fmt: skip
        with self._store.read() as conn:
            return [Total(kind, files, int(size)) for kind, files, size in conn.execute(query)]

    def used(self) -> int:
        """The bytes of all files that are there."""
        return sum(total.size for total in self.totals())

    def known(self, names: Sequence[str]) -> set[str]:
        """Which of these files have a row."""
        query = sa.select(EVIDENCE.c.sha256).where(self._county, EVIDENCE.c.sha256.in_(names))
        with self._store.read() as conn:
            return set(conn.execute(query).scalars())

    def rows(self) -> Iterator[Held]:
        """Every row in the order of names, read page by page."""
        last = ""
        while True:
            query = sa.select(EVIDENCE).where(self._county, EVIDENCE.c.sha256 > last)
            with self._store.read() as conn:
                page = conn.execute(query.order_by(EVIDENCE.c.sha256).limit(PAGE)).all()
            for row in page:
                yield Held(row.sha256, row.kind, row.size, moment_of(row.kept_us), row.state)
            if len(page) < PAGE:
                return
            last = page[-1].sha256

    def links(self, sha256: str | None = None) -> Iterator[Link]:
        """Every link in order, or those about one file, read page by page."""
        last = 0
        while True:
            query = sa.select(CHAIN).where(CHAIN.c.county == self.county, CHAIN.c.n > last)
            if sha256 is not None:
                query = query.where(CHAIN.c.sha256 == sha256)
            with self._store.read() as conn:
                page = conn.execute(query.order_by(CHAIN.c.n).limit(PAGE)).all()
            for row in page:
                yield Link(row.n, row.before, row.body, row.hash)
            if len(page) < PAGE:
                return
            last = page[-1].n

    def head(self) -> Head:
        """The last link."""
        with self._store.read() as conn:
            return self._head(conn)

    def close(self) -> None:
        """Close the database connections."""
        self._store.close()

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with self._store.write() as conn:
            lock_evidence(self._store, conn, self.county)
            yield conn

    def _append(self, conn: sa.Connection, sha256: str, facts: Mapping[str, Fact], once: str | None = None) -> None:
        link = link_after(self._head(conn), facts)
        row = {"county": self.county, "n": link.n, "sha256": sha256, "once": once, "before": link.before,
               "body": link.body, "hash": link.hash}  # fmt: skip
        conn.execute(CHAIN.insert().values(row))

    def _head(self, conn: sa.Connection) -> Head:
        query = sa.select(CHAIN.c.n, CHAIN.c.hash).where(CHAIN.c.county == self.county)
        row = conn.execute(query.order_by(CHAIN.c.n.desc()).limit(1)).one_or_none()
        return Head(row.n, row.hash) if row else Head()

    def _state(self, sha256: str) -> str | None:
        with self._store.read() as conn:
            return self._state_in(conn, sha256)

    def _state_in(self, conn: sa.Connection, sha256: str) -> str | None:
        return conn.execute(sa.select(EVIDENCE.c.state).where(self._mine(sha256))).scalar_one_or_none()

    def _mine(self, sha256: str) -> sa.ColumnElement[bool]:
        return (EVIDENCE.c.county == self.county) & (EVIDENCE.c.sha256 == sha256)

    @property
    def _county(self) -> sa.ColumnElement[bool]:
        return EVIDENCE.c.county == self.county


class Ending:
    """One open transaction about a file that is going: it ends spared or gone."""

    def __init__(self, ledger: Ledger, conn: sa.Connection, row: sa.Row[Any]) -> None:
        """Only ``Ledger.ending`` makes one."""
        self._ledger = ledger
        self._conn = conn
        self.file = Held(row.sha256, row.kind, row.size, moment_of(row.kept_us), row.state)
        mine = HOLDS.c.sha256 == row.sha256
        if row.event_id is not None:
            mine |= HOLDS.c.event_id == row.event_id
        query = sa.select(HOLDS.c.released_us).where((HOLDS.c.county == ledger.county) & mine)
        ends = list(conn.execute(query).scalars())
        held = any(end is None for end in ends)
        self.holding = Holding(held, None if held or not ends else moment_of(max(ends)))

    def spare(self) -> None:
        """The file stays after all."""
        self._set(KEPT)

    def gone(self, why: str, now: datetime) -> None:
        """The file is deleted: a link says what it was, when and why."""
        self._set(GONE)
        file = self.file
        facts: dict[str, Fact] = {
            "act": "deleted", "sha256": file.sha256, "kind": file.kind, "size": file.size,
            "kept_at": file.kept_at.isoformat(), "at": now.isoformat(), "why": why,
        }  # fmt: skip
        self._ledger._append(self._conn, file.sha256, facts)

    def _set(self, state: str) -> None:
        self._conn.execute(EVIDENCE.update().where(self._ledger._mine(self.file.sha256)).values(state=state))


def _holds_of_row() -> sa.Select[Any]:
    """The holds of the evidence row of the query around this one."""
    same = (HOLDS.c.sha256 == EVIDENCE.c.sha256) | (HOLDS.c.event_id == EVIDENCE.c.event_id)
    return sa.select(HOLDS.c.id).where((HOLDS.c.county == EVIDENCE.c.county) & same).correlate(EVIDENCE)
