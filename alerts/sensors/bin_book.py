"""What the book keeps of bins: the state of each, and every emptying as proof of a collection."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

import msgspec
import sqlalchemy as sa

from alerts.sensors.bins import Absorbed, BinState
from alerts.sensors.fill import Emptying
from alerts.store.book import Book, Pen, counter
from alerts.store.tables import ALARMS, BINS, COLLECTIONS
from broker.messages import Kind
from ingest.store import micros, moment_of

_NAMES = ("county", "place", "silent", "heard_us", "state")
AT_ONCE = 500  # bins of one question; SQLite takes no more than some thousand values
FEW = 50  # bins that are asked about by name; for more, all that have an open alarm are read
WRITTEN = "bins_written"  # a counter of the county: how many transactions wrote states
_read, _written = msgspec.json.Decoder(BinState).decode, msgspec.json.Encoder().encode
_SELECT = sa.select(BINS.c.place, BINS.c.state).where(
    (BINS.c.county == sa.bindparam("county")) & BINS.c.place.in_(sa.bindparam("places", expanding=True))
)
_HEARD = sa.select(BINS.c.place, BINS.c.heard_us, BINS.c.silent).where(BINS.c.county == sa.bindparam("county"))
_OPEN = sa.select(ALARMS.c.place).distinct().where((ALARMS.c.county == sa.bindparam("county")) & ALARMS.c.is_open)
_OPEN_OF = _OPEN.where(ALARMS.c.place.in_(sa.bindparam("places", expanding=True)))


@dataclass(frozen=True, slots=True)
class Collected:
    """One emptying of one bin."""

    place: str
    emptying: Emptying


class Page:
    """The states that one transaction of the book works on: read together, written together.

    A statement for each reading would cost more than all the rules.
    """

    def __init__(self, pen: Pen, places: Collection[str] = ()) -> None:
        """Read the states of these bins; others are read when they are asked for."""
        self.pen = pen
        self._number: int | None = None  # of the counter, once states are asked for
        self._shelf: Mapping[str, BinState] = {}
        self._states: dict[str, BinState] = {}
        self._asked: set[str] = set()  # of which it is known whether an alarm is open
        self._asked_all = False
        self._busy: set[str] = set()
        self._changed: dict[str, BinState] = {}
        self._emptied: list[dict[str, Any]] = []
        if places:
            self._load(places)
            self._ask(places)

    def state(self, place: str) -> BinState:
        """The state of a bin as this transaction has made it; a new one where nothing was heard of it."""
        if place not in self._states:
            self._load([place])
        return self._states[place]

    def has_ticket(self, place: str) -> bool:
        """Whether an alarm of this bin or its sensor may be open; where none is, what is over changes nothing."""
        if place not in self._asked and not self._asked_all:
            self._ask([place])
        return place in self._busy

    def opened(self, place: str) -> None:
        """Note that a ticket of this bin was opened, or may have been."""
        self._busy.add(place)

    def keep(self, absorbed: Absorbed, caused_by: str) -> None:
        """Note what a reading, or a silence, made of a bin; ``write`` stores it."""
        state, emptied = absorbed.state, absorbed.emptied
        self._states[state.place] = self._changed[state.place] = state
        if emptied is not None:
            self._emptied.append({
                "county": self.pen.county, "place": state.place, "at_us": micros(emptied.at),
                "before": emptied.before, "after": emptied.after, "caused_by": caused_by[:100],
            })  # fmt: skip

    def write(self) -> None:
        """Store what was noted."""
        if not self._states:
            return
        before = after = self._begun()
        rows = [_columns(self.pen.county, one) for one in self._changed.values()]
        if rows:
            self.pen.conn.exec_driver_sql(_upsert(self.pen.postgres), rows)
            after += 1
            self.pen.note(WRITTEN, after)
        if self._emptied:
            self.pen.conn.execute(self.pen.insert(COLLECTIONS).on_conflict_do_nothing(), self._emptied)
        self.pen.committed.append(partial(self.pen.shelf.put, before, after, dict(self._states)))
        self._number, self._changed, self._emptied = after, {}, []

    def _begun(self) -> int:
        """Where the counter of written states stands in this transaction; read when states are first needed."""
        if self._number is None:
            self._number = counter(self.pen.conn, self.pen.county, WRITTEN)
            self._shelf = self.pen.shelf.at(self._number)
        return self._number

    def _load(self, places: Collection[str]) -> None:
        self._begun()
        unread = []
        for place in places:
            known = self._shelf.get(place)
            if known is None:
                unread.append(place)
            else:
                self._states[place] = known
        if unread:
            self._read(sorted(unread))

    def _read(self, places: Sequence[str]) -> None:
        for start in range(0, len(places), AT_ONCE):
            some = places[start : start + AT_ONCE]
            self._states |= {place: BinState(place) for place in some}
            for place, text in self.pen.conn.execute(_SELECT, {"county": self.pen.county, "places": some}):
                self._states[place] = state_of(text)

    def _ask(self, places: Collection[str]) -> None:
        self._asked.update(places)
        self._busy.update(self._with_alarms(places))
        self._busy.update(place for place, _, _ in self.pen.muting.kept)

    def _with_alarms(self, places: Collection[str]) -> Iterable[str]:
        """Of these bins those with an open alarm; where many are asked about, all bins and cameras that have one."""
        if len(places) > FEW:
            self._asked_all = True
            return self.pen.conn.execute(_OPEN, {"county": self.pen.county}).scalars()
        asked = {"county": self.pen.county, "places": sorted(places)}
        return self.pen.conn.execute(_OPEN_OF, asked).scalars()


def text_of(state: BinState) -> str:
    """How a state stands in the book: JSON."""
    return _written(state).decode()


def state_of(text: str) -> BinState:
    """The state that was written so; what an earlier release wrote besides is passed over."""
    return _read(text)


def _columns(county: str, state: BinState) -> tuple[str, str, bool, int | None, str]:
    heard_us = micros(state.heard_at) if state.heard_at is not None else None
    return county, state.place, Kind.BIN_SILENT in state.wrong, heard_us, text_of(state)


@cache
def _upsert(is_postgres: bool) -> str:
    """The statement of every reading, written out: putting its values together cost as much as running it."""
    marks = ", ".join(["%s" if is_postgres else "?"] * len(_NAMES))
    news = ", ".join(f"{name} = excluded.{name}" for name in _NAMES[2:])
    return f"INSERT INTO bins ({', '.join(_NAMES)}) VALUES ({marks}) ON CONFLICT (county, place) DO UPDATE SET {news}"


def note_unheard(pen: Pen, places: Iterable[str], now: datetime) -> None:
    """Begin to count the silence of bins that were never heard; those that are known stay as they are."""
    silence = {"county": pen.county, "silent": False, "heard_us": micros(now)}
    rows = [{**silence, "place": place, "state": text_of(BinState(place))} for place in places]
    if rows:
        pen.conn.execute(pen.insert(BINS).on_conflict_do_nothing(), rows)


def unheard_since(book: Book, moment: datetime) -> list[str]:
    """The bins that were not heard since a moment and whose silence is not told."""
    late = (BINS.c.county == book.county) & (BINS.c.heard_us < micros(moment)) & ~BINS.c.silent
    with book.store.read() as conn:
        return list(conn.execute(sa.select(BINS.c.place).where(late)).scalars())


def heard_moments(book: Book, places: Sequence[str] | None = None) -> dict[str, tuple[datetime, bool]]:
    """When each of these bins was last heard (or first waited for), and whether its silence is told; None: all."""
    known = _HEARD if places is None else _HEARD.where(BINS.c.place.in_(sa.bindparam("places", expanding=True)))
    found: dict[str, tuple[datetime, bool]] = {}
    with book.store.read() as conn:
        for some in _some(places):
            rows = conn.execute(known, {"county": book.county} | ({} if some is None else {"places": some}))
            found |= {row.place: (moment_of(row.heard_us), row.silent) for row in rows if row.heard_us}
    return found


def _some(places: Sequence[str] | None) -> Iterator[Sequence[str] | None]:
    """As many places as one question may name; None: no names."""
    if places is None:
        yield None
        return
    yield from (places[start : start + AT_ONCE] for start in range(0, len(places), AT_ONCE))


def states(book: Book) -> dict[str, BinState]:
    """The state of every bin that was ever heard, by its id."""
    query = sa.select(BINS.c.place, BINS.c.state).where(BINS.c.county == book.county).order_by(BINS.c.place)
    found: dict[str, BinState] = {}
    with book.store.read() as conn:
        for place, text in conn.execute(query):
            known, state = book.parsed.get(place, ("", None))
            found[place] = state if known == text else state_of(text)
            book.parsed[place] = text, found[place]
    return {place: one for place, one in found.items() if one.at is not None}


def collections(book: Book, since: datetime, until: datetime, place: str | None = None) -> list[Collected]:
    """The emptyings from ``since`` up to ``until``, the oldest first: when, and the fill before and after."""
    which = (COLLECTIONS.c.county == book.county) & (COLLECTIONS.c.at_us >= micros(since))
    which &= COLLECTIONS.c.at_us < micros(until)
    if place is not None:
        which &= COLLECTIONS.c.place == place
    query = sa.select(COLLECTIONS).where(which).order_by(COLLECTIONS.c.at_us, COLLECTIONS.c.place)
    with book.store.read() as conn:
        return [
            Collected(row.place, Emptying(moment_of(row.at_us), row.before, row.after)) for row in conn.execute(query)
        ]
