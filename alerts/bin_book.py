"""What the book keeps of bins: the state of each, and every emptying as proof of a collection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from pydantic import TypeAdapter

from alerts.bins import Absorbed, BinState
from alerts.book import Book, Pen
from alerts.fill import Emptying
from alerts.tables import BINS, COLLECTIONS
from broker.messages import Kind
from ingest.store import micros, moment_of

_STATES = TypeAdapter(BinState)


@dataclass(frozen=True, slots=True)
class Collection:
    """One emptying of one bin."""

    place: str
    emptying: Emptying


def state_of(pen: Pen, place: str) -> BinState:
    """The state of a bin; a new one where nothing was heard of it."""
    query = sa.select(BINS.c.state).where((BINS.c.county == pen.county) & (BINS.c.place == place))
    text = pen.conn.execute(query).scalar_one_or_none()
    return BinState(place) if text is None else _STATES.validate_json(text)


def keep(pen: Pen, absorbed: Absorbed, caused_by: str) -> None:
    """Store what a reading, or a silence, made of a bin."""
    state = absorbed.state
    values = {
        "county": pen.county, "place": state.place, "silent": Kind.BIN_SILENT in state.wrong,
        "heard_us": micros(state.heard_at) if state.heard_at is not None else None,
        "state": _STATES.dump_json(state).decode(),
    }  # fmt: skip
    insert = pen.insert(BINS).values(values)
    news = {name: insert.excluded[name] for name in ("silent", "heard_us", "state")}
    pen.conn.execute(insert.on_conflict_do_update(index_elements=["county", "place"], set_=news))
    if absorbed.emptied is not None:
        row = {
            "county": pen.county, "place": state.place, "at_us": micros(absorbed.emptied.at),
            "before": absorbed.emptied.before, "after": absorbed.emptied.after, "caused_by": caused_by[:100],
        }  # fmt: skip
        pen.conn.execute(pen.insert(COLLECTIONS).on_conflict_do_nothing().values(row))


def note_unheard(pen: Pen, places: Iterable[str], now: datetime) -> None:
    """Begin to count the silence of bins that were never heard; those that are known stay as they are."""
    rows = [
        {"county": pen.county, "place": place, "silent": False, "heard_us": micros(now),
         "state": _STATES.dump_json(BinState(place)).decode()}
        for place in places
    ]  # fmt: skip
    if rows:
        pen.conn.execute(pen.insert(BINS).on_conflict_do_nothing(), rows)


def heard_moments(book: Book) -> dict[str, tuple[datetime, bool]]:
    """For every known bin when it was last heard (or first waited for), and whether its silence is told already."""
    query = sa.select(BINS.c.place, BINS.c.heard_us, BINS.c.silent).where(BINS.c.county == book.county)
    with book.store.read() as conn:
        return {row.place: (moment_of(row.heard_us), row.silent) for row in conn.execute(query) if row.heard_us}


def states(book: Book) -> dict[str, BinState]:
    """The state of every bin that was ever heard, by its id."""
    query = sa.select(BINS.c.state).where(BINS.c.county == book.county).order_by(BINS.c.place)
    with book.store.read() as conn:
        found = [_STATES.validate_json(text) for text in conn.execute(query).scalars()]
    return {one.place: one for one in found if one.at is not None}


def collections(book: Book, since: datetime, until: datetime, place: str | None = None) -> list[Collection]:
    """The emptyings from ``since`` up to ``until``, the oldest first: when, and the fill before and after."""
    which = (COLLECTIONS.c.county == book.county) & (COLLECTIONS.c.at_us >= micros(since))
    which &= COLLECTIONS.c.at_us < micros(until)
    if place is not None:
        which &= COLLECTIONS.c.place == place
    query = sa.select(COLLECTIONS).where(which).order_by(COLLECTIONS.c.at_us, COLLECTIONS.c.place)
    with book.store.read() as conn:
        return [
            Collection(row.place, Emptying(moment_of(row.at_us), row.before, row.after)) for row in conn.execute(query)
        ]
