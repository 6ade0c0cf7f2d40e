"""The register in the book's database: added to by every program, read by page, verified from the first row on."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from alerts.register.deeds import Deed, Entry, facts_of
from alerts.register.tables import REGISTER
from alerts.schema import METADATA
from ingest.evidence.chain import Break, Fact, Head, Link, first_break, link_after
from ingest.store import Store, micros, moment_of

log = logging.getLogger(__name__)
PAGE = 1_000  # rows in memory while all are walked
DAY_US = 86_400_000_000
END_US = 253_402_300_800_000_000  # the year 10,000, which no time of Python reaches
_COLUMNS = ("county", "at_us", "account", "deed", "subject", "once")


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is read; ``facts`` is everything that it says."""

    n: int
    hash: str
    facts: dict[str, Fact]

    @property
    def at(self) -> datetime:
        """When, in UTC."""
        stamp = self.facts.get("at_us")
        return moment_of(stamp if isinstance(stamp, int) and 0 <= stamp < END_US else 0)

    def said(self, name: str) -> str:
        """One fact as text; empty where the row has none."""
        value = self.facts.get(name)
        return "" if value is None else str(value)

    @property
    def details(self) -> dict[str, Fact]:
        """What else the row says."""
        return {name[1:]: value for name, value in self.facts.items() if name.startswith("+")}


@dataclass(frozen=True, slots=True)
class Which:
    """Which rows; empty means all. ``before`` is the cursor: only rows with a smaller number."""

    account: str = ""
    deed: Deed | None = None
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk over the whole chain found: how many rows, the head, and the first row that does not stand."""

    rows: int
    head: Head
    broken: Break | None


class Register:
    """The register of one county."""

    def __init__(self, where: str | Store, county: str) -> None:
        """Open it at a database address, or in an open store of the book; ``StoreAway`` when it cannot be reached."""
        self._own = isinstance(where, str)
        self.store = Store(where, METADATA) if isinstance(where, str) else where
        self.county = county

    def add(self, entry: Entry) -> int | None:
        """Add a row and return its number; None where a row of the same ``once`` stands. ``StoreAway``: not added."""
        with self.store.write() as conn:
            return self.add_in(conn, entry)

    def add_in(self, conn: sa.Connection, entry: Entry) -> int | None:
        """The same within a writing transaction: it stands or falls with what else that one writes."""
        self.store.lock(conn, f"register/{self.county}")
        if entry.once is not None and conn.execute(self._of_once(entry.once)).first() is not None:
            return None
        last = conn.execute(self._last()).first()
        head = Head(last.n, last.hash) if last else Head()
        stamp = micros(entry.at)
        if last is not None and last.at_us // DAY_US != stamp // DAY_US:
            self._anchor(head)
        facts = facts_of(entry, stamp, self.county)
        link = link_after(head, facts)
        row = {name: facts[name] for name in _COLUMNS}
        more = {"n": link.n, "body": link.body, "before": link.before, "hash": link.hash}
        conn.execute(REGISTER.insert(), row | more)
        return link.n

    def head(self) -> Head:
        """The last row: noted elsewhere it shows later whether rows were cut off or all made anew."""
        with self.store.read() as conn:
            last = conn.execute(self._last()).first()
        return Head(last.n, last.hash) if last else Head()

    def rows(self, which: Which = Which()) -> list[Row]:
        """The rows asked for, newest first."""
        t = REGISTER.c
        query = sa.select(t.n, t.hash, t.body).where(*self._where(which)).order_by(t.n.desc()).limit(which.limit)
        with self.store.read() as conn:
            return [Row(row.n, row.hash, _read(row.body)) for row in conn.execute(query)]

    def granted(self, account: str, subject: str, since: datetime) -> Row | None:
        """The newest grant of an account for the pictures of something since a moment."""
        found = self.rows(Which(account, Deed.EVIDENCE_GRANTED, subject, since, limit=1))
        return found[0] if found else None

    def has(self, once: str) -> bool:
        """Whether a row of this ``once`` stands."""
        with self.store.read() as conn:
            return conn.execute(self._of_once(once)).first() is not None

    def verify(self, noted: Iterable[Head] = ()) -> Verdict:
        """Walk every row in order and name the first that is not as it was written. Memory does not grow with rows.

        ``noted`` are heads that were written down elsewhere; without one a cut-off end cannot be seen.
        """
        count, head = 0, Head()

        def walked() -> Iterator[Link]:
            nonlocal count, head
            for link in self._links():
                yield link
                count, head = count + 1, Head(link.n, link.hash)

        broken = first_break(walked(), noted)
        return Verdict(count, head, broken)

    def close(self) -> None:
        """Close the connections, where they are its own."""
        if self._own:
            self.store.close()

    def _links(self) -> Iterator[Link]:
        t, last = REGISTER.c, 0
        while True:
            query = sa.select(REGISTER).where(t.county == self.county, t.n > last).order_by(t.n).limit(PAGE)
            with self.store.read() as conn:
                page = conn.execute(query).all()
            for row in page:
                yield _link(row)
                last = row.n
            if len(page) < PAGE:
                return

    def _where(self, which: Which) -> list[sa.ColumnElement[bool]]:
        t = REGISTER.c
        where = [t.county == self.county]
        if which.account:
            where.append(t.account == which.account)
        if which.deed is not None:
            where.append(t.deed == which.deed.value)
        if which.subject:
            where.append(t.subject == which.subject)
        if which.since is not None:
            where.append(t.at_us >= micros(which.since))
        if which.until is not None:
            where.append(t.at_us < micros(which.until))
        if which.before is not None:
            where.append(t.n < which.before)
        return where

    def _last(self) -> sa.Select[Any]:
        t = REGISTER.c
        return sa.select(t.n, t.hash, t.at_us).where(t.county == self.county).order_by(t.n.desc()).limit(1)

    def _of_once(self, once: str) -> sa.Select[Any]:
        return sa.select(REGISTER.c.n).where(REGISTER.c.county == self.county, REGISTER.c.once == once)

    def _anchor(self, head: Head) -> None:
        """Say the head once a day where the log is kept: a warning, so that logs that hold decisions back have it."""
        log.warning("审计登记链头 %s %s", self.county, head)


def _link(row: sa.Row[Any]) -> Link:
    """A row as a link; one whose columns do not say what its text says is as wrong as an altered text."""
    facts = _read(row.body)
    same = all(facts.get(name) == getattr(row, name) for name in _COLUMNS)
    return Link(row.n, row.before, row.body if same else "", row.hash)


def _read(body: str) -> dict[str, Fact]:
    try:
        facts = json.loads(body)
    except ValueError:  # altered beyond reading: its hash says so
        return {}
    return facts if isinstance(facts, dict) else {}
