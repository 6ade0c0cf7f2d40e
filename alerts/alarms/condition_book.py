"""What the book keeps of rules: read and written together for all the places that one transaction works on."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects import postgresql, sqlite

from alerts.alarms.conditions import Run, Said, State, is_idle, rejudged
from alerts.alarms.grading import Grading, gravest
from alerts.alarms.opening import Seen
from alerts.alarms.rule_tables import CONDITIONS, RULE_TEXTS
from alerts.alarms.ruling import Case
from alerts.store.book import Book, Pen
from alerts.store.tables import ALARMS, HISTORY, moment, stamp
from alerts.tickets.moves import SYSTEM, category
from alerts.values import Ticket
from county.policy import Severity
from county.policy.definition import Definition, Law, definition_of
from county.snapshot import County
from county.values import Spot
from ingest.store import micros, moment_of

log = logging.getLogger(__name__)
AT_ONCE = 500  # places of one question
_SEEN = TypeAdapter(Seen)
_AT = sa.select(CONDITIONS).where(
    (CONDITIONS.c.county == sa.bindparam("county")) & CONDITIONS.c.place.in_(sa.bindparam("places", expanding=True))
)
_WORDS = sa.select(RULE_TEXTS.c.definition).where(
    (RULE_TEXTS.c.county == sa.bindparam("county")) & (RULE_TEXTS.c.digest == sa.bindparam("digest"))
)
_CLOCKS = (
    sa.select(
        HISTORY.c.at_us, HISTORY.c.due_us, HISTORY.c.due_clock, HISTORY.c.old, HISTORY.c.new, HISTORY.c.person,
        HISTORY.c.by,
    )
    .where(HISTORY.c.ticket == sa.bindparam("ticket"))
    .order_by(HISTORY.c.n.desc())
)  # fmt: skip
Key = tuple[str, str, str]  # place, spot, name of the rule


@dataclass(frozen=True, slots=True)
class Kept:
    """One row: a rule at a spot as it was last written."""

    place: str
    spot: str
    rule: str
    category: str
    digest: str
    state: State
    seen: Seen | None
    next_at: datetime | None

    @property
    def key(self) -> Key:
        """What the row is found by."""
        return self.place, self.spot, self.rule


class Conditions:
    """The rows of the places that a transaction works on; ``write`` stores what was changed."""

    def __init__(self, pen: Pen, places: Collection[str] = ()) -> None:
        """Read the rows of these places; others are read when they are asked for."""
        self.pen = pen
        self._rows: dict[Key, Kept] = {}
        self._read: set[str] = set()
        self._changed: dict[Key, tuple[Kept, Definition] | None] = {}
        self._load(places)

    def at(self, place: str, spot: str) -> list[Kept]:
        """Every row of a spot."""
        if place not in self._read:
            self._load([place])
        return [row for key, row in self._rows.items() if key[:2] == (place, spot)]

    def knows(self, place: str, spot: str, law: Law) -> bool:
        """Whether anything is under way for a rule at a spot."""
        if place not in self._read:
            self._load([place])
        return (place, spot, law.rule.name) in self._rows

    def case(self, place: str, spot: str, law: Law) -> Case | None:
        """How far a rule is at a spot, by the rule as it is now; None where nothing is under way."""
        if place not in self._read:
            self._load([place])
        row = self._rows.get((place, spot, law.rule.name))
        if row is None:
            return None
        state = row.state
        if row.digest != law.rule.digest:
            state = rejudged(state, self.definition(row.digest) or law.rule, law)
        return Case(law, state, row.seen, row.next_at)

    def keep(self, place: str, spot: str, case: Case) -> None:
        """Note how far a rule is at a spot; ``write`` stores it."""
        rule = case.law.rule
        row = Kept(place, spot, rule.name, rule.category, rule.digest, case.state, case.seen, case.next_at)
        self._rows[row.key] = row
        self._changed[row.key] = row, rule

    def put(self, spot: Spot, cases: Iterable[Case]) -> None:
        """Keep the cases of a spot, and forget those where nothing is under way."""
        for case in cases:
            if is_idle(case.state, case.law):
                self.drop((spot.device, spot.id, case.law.rule.name))
            else:
                self.keep(spot.device, spot.id, case)

    def drop(self, key: Key) -> None:
        """Forget a rule at a spot, if it was known there."""
        if self._rows.pop(key, None) is not None:
            self._changed[key] = None

    def definition(self, digest: str) -> Definition | None:
        """A rule as it stood when something was counted by it."""
        text = self.pen.conn.execute(_WORDS, {"county": self.pen.county, "digest": digest}).scalar_one_or_none()
        return definition_of(text) if text is not None else None

    def grading(self, ticket: Ticket, county: County) -> Grading:
        """The severity of each alarm of a ticket that holds, its days, and since when the ticket's clock runs."""
        keys = [tuple(key.split("/")) for key in ticket.dirty]
        self._load({key[0] for key in keys} - self._read)
        raised: dict[str, list[Severity]] = {}
        for row in self._rows.values():
            if row.state.raised is not None:
                raised.setdefault(f"{row.place}/{row.spot}/{row.category}", []).append(row.state.raised)
        grades: dict[str, Severity] = {}
        days = self._days(ticket) if county.policy.daily else {}
        for key, (*_, what) in zip(ticket.dirty, keys, strict=True):
            grades[key] = gravest(*raised[key]) if key in raised else category(county, what)[1]
        return Grading(grades, began(self.pen.conn, ticket), days)

    def _days(self, ticket: Ticket) -> dict[str, int]:
        """On how many days each open alarm of a ticket was still there."""
        mine = sa.select(ALARMS.c.place, ALARMS.c.spot, ALARMS.c.kind, ALARMS.c.days).where(
            (ALARMS.c.ticket == ticket.id) & ALARMS.c.is_open
        )
        return {f"{row.place}/{row.spot}/{row.kind}": row.days for row in self.pen.conn.execute(mine)}

    def write(self) -> None:
        """Store what was changed."""
        kept = [one for one in self._changed.values() if one is not None]
        gone = [key for key, one in self._changed.items() if one is None]
        if kept:
            self._remember({rule.digest: rule for _, rule in kept})
            self.pen.conn.execute(_upsert(self.pen.postgres), [_columns(self.pen.county, row) for row, _ in kept])
        for place, spot, name in gone:
            self.pen.conn.execute(_DELETE, {"county": self.pen.county, "p": place, "s": spot, "r": name})
        self._changed = {}

    def _remember(self, rules: Mapping[str, Definition]) -> None:
        rows = [
            {"county": self.pen.county, "digest": digest, "definition": rule.text} for digest, rule in rules.items()
        ]
        self.pen.conn.execute(self.pen.insert(RULE_TEXTS).on_conflict_do_nothing(), rows)

    def _load(self, places: Collection[str]) -> None:
        wanted = sorted(set(places) - self._read)
        for start in range(0, len(wanted), AT_ONCE):
            some = wanted[start : start + AT_ONCE]
            for row in self.pen.conn.execute(_AT, {"county": self.pen.county, "places": some}):
                kept = kept_of(row)
                self._rows[kept.key] = kept
        self._read.update(wanted)


def due(book: Book, until: datetime, limit: int = 200) -> list[tuple[str, str, str]]:
    """Place, spot and category of what the passing of time may have changed, the longest ago first."""
    late = (CONDITIONS.c.county == book.county) & (CONDITIONS.c.next_us <= micros(until))
    query = sa.select(CONDITIONS.c.place, CONDITIONS.c.spot, CONDITIONS.c.category).where(late)
    with book.store.read() as conn:
        rows = conn.execute(query.order_by(CONDITIONS.c.next_us).limit(limit)).all()
    return list(dict.fromkeys((row.place, row.spot, row.category) for row in rows))


def next_moment(book: Book) -> datetime | None:
    """When time alone may change something next; None where nothing waits."""
    query = sa.select(sa.func.min(CONDITIONS.c.next_us)).where(CONDITIONS.c.county == book.county)
    with book.store.read() as conn:
        found = conn.execute(query).scalar_one()
    return None if found is None else moment_of(found)


def let_go(book: Book, key: Key, fault: Exception) -> None:
    """Forget a row that nothing can be decided by: one such row must not stand before all others for ever."""
    log.error("rule %s at %s/%s begins anew: %s", key[2], key[0], key[1], fault)
    with book.writing() as pen:
        place, spot, name = key
        pen.conn.execute(_DELETE, {"county": pen.county, "p": place, "s": spot, "r": name})


def every(book: Book, place: str = "") -> list[Kept]:
    """Every row of the county, or of one place, by place, spot and rule."""
    query = sa.select(CONDITIONS).where(CONDITIONS.c.county == book.county)
    if place:
        query = query.where(CONDITIONS.c.place == place)
    with book.store.read() as conn:
        rows = conn.execute(query.order_by(CONDITIONS.c.place, CONDITIONS.c.spot, CONDITIONS.c.rule)).all()
    return [kept_of(row) for row in rows]


def began(conn: sa.Connection, ticket: Ticket) -> datetime | None:
    """When the clock of a ticket was started, told from its history; None where nobody knows.

    A row of ours that only put another limit in place of the old (an edit, another severity) started nothing. Where a
    person has moved the limit (延期), it stands: None.
    """
    rows = conn.execute(_CLOCKS, {"ticket": ticket.id}).all()
    if not rows or (rows[0].due_us, rows[0].due_clock) != (stamp(ticket.due_at), ticket.due_clock):
        return None
    for row, older in pairwise(rows):
        if row.due_us == older.due_us and row.due_clock == older.due_clock:
            continue
        same_step = (row.old, row.due_clock, row.person) == (row.new, older.due_clock, older.person)
        if not same_step:
            return moment_of(row.at_us)
        if row.by != SYSTEM:
            return None
    return moment_of(rows[-1].at_us)


def kept_of(row: sa.Row[Any]) -> Kept:
    """A row of the table as a value."""
    state = _state_of(json.loads(row.state), row.raised)
    seen = _SEEN.validate_json(row.seen) if row.seen is not None else None
    return Kept(row.place, row.spot, row.rule, row.category, row.digest, state, seen, moment(row.next_us))


def _columns(county: str, row: Kept) -> dict[str, Any]:
    return {
        "county": county, "place": row.place, "spot": row.spot, "rule": row.rule, "category": row.category,
        "digest": row.digest, "raised": row.state.raised, "next_us": stamp(row.next_at),
        "state": json.dumps(_state_columns(row.state), ensure_ascii=False, separators=(",", ":")),
        "seen": _SEEN.dump_json(row.seen).decode() if row.seen is not None else None,
    }  # fmt: skip


def _state_columns(state: State) -> dict[str, Any]:
    """Short, for it is written with every message that a rule waits for: times in microseconds, ids in hex."""
    return {
        "floor": [micros(state.floor[0]), state.floor[1].hex, state.floor[2]] if state.floor else None,
        "said": [[micros(one.at), one.id.hex, one.revision, dict(one.values)] for one in state.said],
        "received": stamp(state.received_at),
        "before": [[stamp(run.since), run.count, [micros(at) for at in run.times]] for run in state.before],
    }  # fmt: skip


def _state_of(told: Any, raised: Severity | None) -> State:
    floor = told["floor"]
    return State(
        (moment_of(floor[0]), UUID(floor[1]), floor[2]) if floor else None,
        tuple(Said(moment_of(at), UUID(one), values, revision) for at, one, revision, values in told["said"]),
        moment(told["received"]),
        tuple(_run_of(*run) for run in told["before"]), raised,
    )  # fmt: skip


def _run_of(since: int | None, count: int, times: Sequence[int]) -> Run:
    return Run(moment(since), count, tuple(moment_of(at) for at in times))


_DELETE = CONDITIONS.delete().where(
    (CONDITIONS.c.county == sa.bindparam("county")) & (CONDITIONS.c.place == sa.bindparam("p"))
    & (CONDITIONS.c.spot == sa.bindparam("s")) & (CONDITIONS.c.rule == sa.bindparam("r"))
)  # fmt: skip


@cache
def _upsert(is_postgres: bool) -> postgresql.Insert | sqlite.Insert:
    insert = postgresql.insert(CONDITIONS) if is_postgres else sqlite.insert(CONDITIONS)
    names = ("category", "digest", "raised", "next_us", "state", "seen")
    return insert.on_conflict_do_update(
        index_elements=list(CONDITIONS.primary_key), set_={name: insert.excluded[name] for name in names}
    )
