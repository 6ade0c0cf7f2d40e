"""Rows are kept by the month of their id: nothing unread goes, no copy comes in twice, and clocks may be wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from alerts.engine import CURSOR as ALERTS
from broker.downward import Outcome
from broker.identity import time_of
from ingest import months, orders
from ingest.evidence import keeping
from ingest.inbox import Inbox
from ingest.lease import Lease
from ingest.months import Months, Span, Standing, first_id, later, month_of
from ingest.series import writer as series
from ingest.shift import READERS
from ingest.store import Store, StoreAway
from tests.county.small import COUNTY
from tests.ingest.makes import NOON, event, incoming


class Shelf:
    """An inbox that is tended, and a clock that the test moves."""

    def __init__(self, store: Store, keep: int = 2) -> None:
        fence = Lease(store, COUNTY).take("test", NOON)
        assert fence is not None
        self.store, self.fence, self.keep = store, fence, keep
        self.inbox = Inbox(store, COUNTY)
        self.months = Months(store, READERS, keep)
        self.tend(NOON)

    def tend(self, now: datetime) -> None:
        self.months.tend(now)

    def put(self, *ids: UUID) -> list[tuple[Outcome, str]]:
        lines = self.inbox.append([incoming(event(one)) for one in ids], self.fence)
        return [(line.outcome, line.reason.partition(":")[0]) for line in lines]

    def stored(self) -> list[UUID]:
        return [row.message_id for row in self.inbox.read(0, 100_000)]

    def all_read(self) -> None:
        for name in READERS:
            self.inbox.move(name, self.inbox.cursor(name), self.inbox.last())


@pytest.fixture
def shelf(store: Store) -> Shelf:
    return Shelf(store)


def minted(moment: datetime) -> UUID:
    """A UUIDv7 of this moment."""
    random = uuid4().int
    bits = (int(moment.timestamp() * 1000) << 80) | (random & ((1 << 80) - 1))
    return UUID(int=(bits & ~(0xF << 76) | 0x7 << 76) & ~(0x3 << 62) | 0x2 << 62)


STORED, COPY = (Outcome.STORED, ""), (Outcome.DUPLICATE, "")
STRAY, STRAY_COPY = (Outcome.STORED, "stray"), (Outcome.DUPLICATE, "stray")
TWO_MONTHS_AGO = NOON - timedelta(days=61)


def test_a_copy_months_later_is_a_duplicate_as_long_as_its_month_is_kept(shelf: Shelf) -> None:
    old = minted(TWO_MONTHS_AGO)
    assert shelf.put(old) == [STORED]
    shelf.all_read()
    shelf.tend(NOON)
    assert shelf.put(old) == [COPY]
    assert shelf.stored() == [old]


def test_a_month_goes_when_it_is_old_and_read_and_its_copies_are_kept_apart_and_never_read(shelf: Shelf) -> None:
    old, now = minted(TWO_MONTHS_AGO), NOON + timedelta(days=31)
    shelf.put(old)
    later_one = minted(now)
    shelf.put(later_one)
    shelf.all_read()
    shelf.tend(now)
    assert shelf.stored() == [later_one]
    assert shelf.put(old, old) == [STRAY, STRAY_COPY]
    assert shelf.put(old) == [STRAY_COPY]
    assert (shelf.stored(), shelf.inbox.late()) == ([later_one], 1)


@pytest.mark.parametrize("slow", READERS)
def test_nothing_goes_before_the_slowest_reader_has_passed_it(shelf: Shelf, slow: str) -> None:
    old, now = minted(TWO_MONTHS_AGO), NOON + timedelta(days=31)
    shelf.put(minted(NOON))
    for name in READERS:
        shelf.inbox.move(name, 0, shelf.inbox.last())
    shelf.put(old, minted(now))
    for name in set(READERS) - {slow}:
        shelf.inbox.move(name, 1, shelf.inbox.last())
    shelf.tend(now)
    assert old in shelf.stored()
    assert shelf.put(old) == [COPY]
    shelf.inbox.move(slow, 1, shelf.inbox.last())
    shelf.tend(now)
    assert old not in shelf.stored()


def test_every_county_of_a_database_must_have_read_its_rows(shelf: Shelf) -> None:
    old, now = minted(TWO_MONTHS_AGO), NOON + timedelta(days=31)
    shelf.put(old, minted(now))
    shelf.all_read()
    other = Lease(shelf.store, "640998").take("test", NOON)
    assert other is not None
    row = incoming(event(minted(TWO_MONTHS_AGO)))
    theirs = type(row)(**{name: getattr(row, name) for name in row.__slots__} | {"county": "640998"})
    neighbour = Inbox(shelf.store, "640998")
    neighbour.append([theirs], other)
    shelf.tend(now)
    assert len(neighbour.read(0, 9)) == 1
    for name in READERS:
        neighbour.move(name, 0, neighbour.last())
    shelf.tend(now)
    assert (neighbour.read(0, 9), old in shelf.stored()) == ([], False)


def test_a_server_whose_clock_alone_runs_ahead_drops_nothing(shelf: Shelf) -> None:
    old, far = minted(TWO_MONTHS_AGO), NOON + timedelta(days=400)
    shelf.put(old, minted(NOON))
    shelf.all_read()
    shelf.tend(far)
    assert old in shelf.stored()
    assert shelf.put(minted(NOON)) == [STORED]


@pytest.mark.parametrize(
    "wrong",
    [
        datetime(1970, 1, 1, 0, 5, tzinfo=UTC),  # no battery
        datetime(2024, 6, 1, tzinfo=UTC),  # the date of its firmware
        NOON + timedelta(days=3000),
        None,  # no UUIDv7 at all
    ],
)
def test_an_id_of_a_wrong_clock_is_stored_once_told_as_stray_and_never_dropped(
    shelf: Shelf, wrong: datetime | None
) -> None:
    odd = uuid4() if wrong is None else minted(wrong)
    assert shelf.put(odd) == [STRAY]
    assert shelf.put(odd) == [STRAY_COPY]
    assert shelf.stored() == [odd]
    shelf.all_read()
    for days in range(0, 200, 30):
        now = NOON + timedelta(days=days)
        shelf.put(minted(now))
        shelf.all_read()
        shelf.tend(now)
    assert shelf.put(odd) == [STRAY_COPY]
    assert odd in shelf.stored()


def test_an_id_from_the_future_is_known_again_when_its_month_has_come(shelf: Shelf) -> None:
    early = minted(NOON + timedelta(days=75))
    assert shelf.put(early) == [STRAY]
    seq = shelf.inbox.last()
    shelf.tend(NOON + timedelta(days=60))
    assert shelf.put(early) == [COPY]
    assert [row.seq for row in shelf.inbox.read(0, 9)] == [seq]


def test_a_clock_set_back_opens_no_closed_month_again(shelf: Shelf) -> None:
    old, now = minted(TWO_MONTHS_AGO), NOON + timedelta(days=31)
    shelf.put(old, minted(now))
    shelf.all_read()
    shelf.tend(now)
    shelf.tend(NOON)
    assert shelf.put(old) == [STRAY]


def test_what_was_kept_apart_goes_too_and_a_further_copy_is_kept_apart_again(shelf: Shelf) -> None:
    old, now = minted(TWO_MONTHS_AGO), NOON + timedelta(days=31)
    shelf.put(old, minted(now))
    shelf.all_read()
    shelf.tend(now)
    shelf.put(old)  # received at NOON
    shelf.tend(NOON + timedelta(days=150))
    assert shelf.inbox.late() == 0
    assert shelf.put(old) == [STRAY]


def test_order_and_numbers_hold_across_months(shelf: Shelf) -> None:
    ids = [minted(NOON - timedelta(days=days)) for days in (0, 61, 30, 1, 45)]
    shelf.put(*ids)
    rows = shelf.inbox.read(0, 10)
    assert [row.message_id for row in rows] == ids
    assert [row.message_id for row in shelf.inbox.read(rows[1].seq, 2)] == ids[2:4]


def test_a_closed_month_is_emptied_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(months, "PIECE", 10)
    store = Store(f"sqlite:///{tmp_path / 'inbox.db'}")
    shelf, now = Shelf(store), NOON + timedelta(days=31)
    shelf.put(*(minted(TWO_MONTHS_AGO) for _ in range(25)), minted(now))
    shelf.all_read()
    left = []
    for _ in range(4):
        shelf.tend(now)
        left.append(shelf.inbox.count())
    store.close()
    assert left == [16, 6, 1, 1]


@pytest.mark.real
def test_on_postgresql_a_month_is_a_table_and_going_is_a_drop(real_postgres: str) -> None:
    store = Store(real_postgres)
    shelf = Shelf(store)
    assert _tables(store) == ["202609", "202610", "202611", "202612", "stray"]
    shelf.put(minted(TWO_MONTHS_AGO), now := minted(NOON + timedelta(days=31)), uuid4())
    shelf.all_read()
    shelf.tend(NOON + timedelta(days=31))
    assert _tables(store) == ["202610", "202611", "202612", "202701", "stray"]
    assert now in shelf.stored()
    store.close()


@pytest.mark.real
def test_tending_gives_up_before_a_long_reader_holds_up_the_writers(real_postgres: str) -> None:
    store, reader = Store(real_postgres), Store(real_postgres)
    shelf = Shelf(store)
    with reader.read() as conn:
        conn.execute(sa.text("SELECT 1 FROM inbox"))
        with pytest.raises(StoreAway, match="lock"):
            shelf.tend(NOON + timedelta(days=31))
        assert shelf.put(minted(NOON)) == [STORED]
    shelf.tend(NOON + timedelta(days=31))
    store.close()
    reader.close()


@pytest.mark.real
def test_an_inbox_of_before_moves_in_with_its_rows_and_numbers(real_postgres: str) -> None:
    store = Store(real_postgres)
    with store.write() as conn:
        conn.execute(sa.text(
            "CREATE TABLE inbox (seq BIGSERIAL PRIMARY KEY, message_id UUID NOT NULL UNIQUE,"
            " county VARCHAR(6) NOT NULL,"
            " village VARCHAR(12) NOT NULL, device VARCHAR(64) NOT NULL, kind VARCHAR(16) NOT NULL,"
            " at_us BIGINT NOT NULL, received_us BIGINT NOT NULL, payload BYTEA NOT NULL)"
        ))  # fmt: skip
        old = [minted(NOON), minted(TWO_MONTHS_AGO), uuid4()]
        for seq, one in zip((3, 5, 9), old, strict=True):
            row = "INSERT INTO inbox VALUES (:seq, :id, '640999', '-', 'a', 'event', 0, 0, '')"
            conn.execute(sa.text(row), {"seq": seq, "id": one})
    shelf = Shelf(store)
    assert [row.seq for row in shelf.inbox.read(0, 9)] == [3, 5, 9]
    assert shelf.put(*old, minted(NOON)) == [COPY, COPY, STRAY_COPY, STORED]
    assert shelf.inbox.last() > 9
    store.close()


def test_the_readers_that_are_waited_for_are_those_that_read() -> None:
    assert set(READERS) == {ALERTS, orders.NAME, series.NAME, keeping.NAME}


@given(st.datetimes(datetime(2024, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_id_lies_between_the_bounds_of_its_own_month(moment: datetime) -> None:
    one = minted(moment)
    month = month_of(time_of(one) or NOON)
    assert first_id(month) <= one < first_id(later(month, 1))


@given(st.integers(0, 1200), st.integers(-1200, 1200))
def test_months_are_counted_without_a_gap(start: int, by: int) -> None:
    month = later(202401, start)
    assert 1 <= month % 100 <= 12
    assert later(later(month, by), -by) == month


@pytest.mark.parametrize(
    ("moment", "stands"),
    [
        (datetime(2026, 8, 31, 23, tzinfo=UTC), Standing.UNTIMELY),
        (datetime(2026, 9, 1, tzinfo=UTC), Standing.LATE),
        (datetime(2026, 10, 1, tzinfo=UTC), Standing.OPEN),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), Standing.OPEN),
        (datetime(2027, 1, 1, tzinfo=UTC), Standing.UNTIMELY),
    ],
)
def test_where_an_id_belongs(moment: datetime, stands: Standing) -> None:
    assert Span(202609, 202612, 202609).standing(minted(moment)) is stands
    assert Span().standing(minted(moment)) is Standing.OPEN


@pytest.mark.parametrize("text", ["ffffffff-ffff-7fff-bfff-ffffffffffff", "e677d21f-dc00-7000-8000-000000000000"])
def test_an_id_beyond_every_calendar_is_stray_and_ends_nothing(shelf: Shelf, text: str) -> None:
    assert time_of(UUID(text)) is None
    assert shelf.put(UUID(text)) == [(Outcome.STORED, "stray")]
    assert shelf.put(UUID(text)) == [(Outcome.DUPLICATE, "stray")]


_bits = st.sampled_from([(0x7 << 76) | (0b10 << 62), 0x4 << 76 | 0b10 << 62, 0x7 << 76 | 0b11 << 62, 0])
_spans = st.sampled_from([Span(), Span(202609, 202612, 202609), Span(202611, 202612), Span(202312, 202402, 202312)])


@given(_spans, st.dates(date(2023, 11, 1), date(2027, 1, 31)), _bits, st.integers(0, 0xFFF))
def test_many_ids_at_once_stand_where_each_alone_stands(span: Span, day: date, bits: int, rest: int) -> None:
    milliseconds = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
    ids = [UUID(int=(milliseconds + late << 80) | bits | rest) for late in (-1, 0, 1)]
    assert span.standings(ids) == [span.standing(one) for one in ids]


def _tables(store: Store) -> list[str]:
    query = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'inbox'::regclass"
    with store.read() as conn:
        return sorted(name.removeprefix("inbox_") for name in conn.execute(sa.text(query)).scalars())
