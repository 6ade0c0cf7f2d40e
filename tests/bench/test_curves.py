"""Whether every reading is in the series store: a reading that is not there, or with another value, is found."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from bench.curves import PART, Key, found_in, missing, told_by
from broker.identity import new_id
from broker.messages import Message, Reading
from broker.parse import dump
from ingest.inbox import Row
from ingest.series.sqlite import SqliteSeries
from ingest.series.writer import points_of
from ingest.store import micros
from tests.ingest.makes import event

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEY = ("box", "bin", 1)


def row(message: Message, at: datetime, seq: int = 1) -> Row:
    return Row(message.message_id, "640999", "640999101200", "box", message.kind, at, at, dump(message), seq)


def reading(at: datetime, fill: float | None, spot: str = "bin") -> Row:
    told = Reading(message_id=new_id(), device="box", at=at, spot=spot, fill_percent=fill, battery_percent=90)
    return row(told, at)


@pytest.mark.parametrize(
    ("found", "count"),
    [
        ({KEY: 5.0}, 0),
        ({KEY: 5.0, ("box", "bin", 2): 7.0}, 0),
        ({}, 1),
        ({KEY: 6.0}, 1),
        ({("box", "bin", 2): 5.0}, 1),
        ({("box", "other", 1): 5.0}, 1),
        ({("else", "bin", 1): 5.0}, 1),
    ],
)
def test_a_reading_counts_only_at_its_place_and_moment_with_its_value(found: dict[Key, float], count: int) -> None:
    assert missing({KEY: {5.0}}, found) == count


def test_of_two_readings_of_one_moment_either_may_stand() -> None:
    assert missing({KEY: {5.0, 6.0}}, {KEY: 6.0}) == 0


def test_only_a_reading_with_a_fill_tells_one() -> None:
    assert told_by(reading(NOON, 12.3)) == (("box", "bin", micros(NOON)), 12.3)
    assert told_by(reading(NOON, None)) is None
    assert told_by(row(event(), NOON)) is None


def test_what_the_writer_s_points_became_is_read_back_over_any_length_and_a_lost_one_is_missed(tmp_path: Path) -> None:
    rows = [reading(NOON + index * PART / 3, float(index)) for index in range(8)]
    wanted = {key: {value} for key, value in filter(None, map(told_by, rows))}
    assert len(wanted) == 8
    span = (rows[0].at, rows[-1].at + timedelta(seconds=1))
    for kept, gone in ((rows, 0), (rows[:3] + rows[4:], 1)):
        with closing(SqliteSeries(tmp_path / f"{uuid4().hex}.db")) as series:
            series.write(points_of(kept))
            assert missing(wanted, found_in(series, *span)) == gone
