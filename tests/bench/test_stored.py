"""What is counted in InfluxDB is what stands there, and a rate is only of what came."""

from __future__ import annotations

from urllib.request import Request, urlopen

import pytest

from bench.stored import _empty, counted, stored_of
from bench.stores import BUCKET, HOST
from tests.servers_influx import Influx, real_influx

__all__ = ["real_influx"]


def test_a_rate_is_from_the_end_of_the_warm_up_to_the_last_new_point() -> None:
    samples = [(100.0, 8), (101.0, 500), (102.0, 1000), (103.0, 2000), (104.0, 3000), (105.0, 3000), (110.0, 3000)]
    stored = stored_of(samples, begun=100.0, warm=2.0, points=2992)
    assert (stored.per_second, stored.seconds, stored.points) == (1000.0, 4.0, 2992)


@pytest.mark.parametrize("samples", [[], [(100.0, 5)], [(103.0, 7), (104.0, 7)]])
def test_where_nothing_came_there_is_no_rate(samples: list[tuple[float, int]]) -> None:
    with pytest.raises(ValueError, match="no point came"):
        stored_of(samples, begun=100.0, warm=2.0, points=0)


def test_points_are_counted_from_a_moment_on_and_an_emptied_database_takes_new_ones(real_influx: Influx) -> None:
    pair = real_influx.pair
    _empty(pair)
    assert counted(pair) == 0
    for again in range(2):
        lines = "\n".join(f"reading,spot=s fill_percent={number} {1000 + number}" for number in range(10))
        url = f"http://{HOST}:{pair.port}/write?db={BUCKET}&precision=u"
        with urlopen(Request(url, data=lines.encode()), timeout=20) as answer:
            assert answer.status == 204
        assert (again, counted(pair), counted(pair, 1004)) == (again, 10, 6)
        _empty(pair)
        assert counted(pair) == 0
