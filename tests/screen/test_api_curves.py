"""``/api/v1/curves``: raw values, hours and days with their gaps, bounded, and refused in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.series import Point, SeriesAway
from ingest.series.history import Span
from screen.wall.curves import Wish, checked
from tests.alerts.makes import T0
from tests.county.small import BIN, BOX, VILLAGE
from tests.screen.browser import TestClient
from tests.screen.site import Site

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


@pytest.fixture
def official(site: Site) -> Iterator[TestClient]:
    with site.signed_in() as client:
        yield client


def ask(client: TestClient, **words: object) -> Any:
    answer = client.get("/api/v1/curves", params={name.rstrip("_"): str(value) for name, value in words.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()


def refusal(client: TestClient, **words: object) -> tuple[int, str]:
    answer = client.get("/api/v1/curves", params={name.rstrip("_"): str(value) for name, value in words.items()})
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["detail"]


def measured(site: Site, *percents: float) -> None:
    """Readings an hour apart, the last one now."""
    tags, start = {"device": BOX, "village": VILLAGE, "spot": BIN}, site.now - (len(percents) - 1) * HOUR
    site.series.write([
        Point("reading", tags, {"fill_percent": value}, start + number * HOUR) for number, value in enumerate(percents)
    ])  # fmt: skip


def times(curve: dict[str, Any]) -> list[datetime]:
    return [datetime.fromisoformat(at) for at in curve["at"]]


def test_a_curve_by_the_hour_has_its_gap_its_name_and_its_newest_value(site: Site, official: TestClient) -> None:
    measured(site, 10, 20, 30, 40, 50, 60)  # an hour apart, the last one now
    tags = {"device": BOX, "village": VILLAGE, "spot": BIN}
    site.series.write([Point("reading", tags, {"fill_percent": 30.0}, T0 - 5 * HOUR + timedelta(minutes=30))])
    site.series.write([Point("reading", tags, {"fill_percent": 5.0}, T0 - 9 * HOUR)])
    told = ask(official, from_=T0 - 9 * HOUR, to=T0 + HOUR)
    (curve,) = told["curves"]
    assert (curve["device"], curve["spot"], curve["village"], curve["name"]) == (BOX, BIN, VILLAGE, "1号桶")
    assert times(curve) == [T0 - hours * HOUR for hours in (9, 5, 4, 3, 2, 1, 0)]
    assert curve["value"] == [5, 20, 20, 30, 40, 50, 60]
    assert (curve["low"][1], curve["high"][1], curve["n"][1]) == (10, 30, 2)
    assert [[datetime.fromisoformat(edge) for edge in gap] for gap in curve["gaps"]] == [[T0 - 8 * HOUR, T0 - 5 * HOUR]]
    assert (datetime.fromisoformat(curve["latest"][0]), curve["latest"][1]) == (T0, 60)


def test_raw_values_and_days_of_the_same_readings(site: Site, official: TestClient) -> None:
    measured(site, *range(10, 34))
    raw = ask(official, by="raw", spot=BIN)["curves"][0]
    assert raw["value"] == list(range(10, 33))  # until before now
    assert (raw["low"], raw["n"], raw["gaps"]) == ([], [], [])
    days = ask(official, by="day")
    (curve,) = days["curves"]
    assert [at.hour for at in times(curve)] == [16] * len(curve["at"])  # midnight of the county's clock
    assert sum(curve["n"]) == 24
    assert datetime.fromisoformat(days["end"]) - datetime.fromisoformat(days["start"]) == 91 * DAY


def test_what_is_counted_of_events_and_what_nobody_measured(site: Site, official: TestClient) -> None:
    tags = {"device": BOX, "village": VILLAGE, "spot": "cam-1.spot-1", "what": "garbage", "state": "dirty"}
    site.series.write([Point("event", tags, {"count": 1.0, "score": 0.9}, T0 - HOUR)])
    (curve,) = ask(official, what="events")["curves"]
    assert (curve["name"], curve["tags"]) == ("村口垃圾点", {"what": "garbage", "state": "dirty"})
    assert curve["n"] == [1]
    assert ask(official, what="tilt_degrees")["curves"] == []


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        ({"by": "hour", "from_": T0 - 9 * DAY}, 422, "只看一个设备"),
        ({"by": "raw", "from_": T0 - 32 * DAY, "spot": BIN}, 422, "最多 31 天"),
        ({"by": "day", "from_": T0 - 4000 * DAY, "village": VILLAGE}, 422, "最多 3660 天"),
        ({"from_": T0 + HOUR}, 422, "开始时间不对"),
        ({"to": "1999-12-31T00:00:00Z"}, 422, "结束时间不对"),
        ({"from_": "0001-01-01T00:00:00+14:00"}, 422, "开始时间不对"),
        ({"to": "9999-12-31T23:59:59-12:00"}, 422, "结束时间不对"),
        ({"from_": "2026-11-21T00:00:00"}, 422, ""),
        ({"what": "password"}, 422, ""),
        ({"by": "minute"}, 422, ""),
        ({"village": "1' OR '1'='1"}, 422, ""),
        ({"spot": '"} or {"'}, 422, ""),
    ],
)
def test_too_much_or_nonsense_is_refused_in_chinese(
    official: TestClient, words: dict[str, Any], status: int, told: str
) -> None:
    found, detail = refusal(official, **words)
    assert found == status
    assert told in detail
    assert any("一" <= sign <= "鿿" for sign in detail)


def test_a_month_of_one_village_is_not_too_much(site: Site, official: TestClient) -> None:
    measured(site, 50)
    assert len(ask(official, village=VILLAGE, from_=T0 - 30 * DAY, to=T0 + HOUR)["curves"]) == 1
    assert ask(official, village="640999101299", from_=T0 - 30 * DAY)["curves"] == []


def test_a_series_store_that_is_away_is_503_and_worth_a_retry(
    site: Site, official: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise SeriesAway("InfluxDB answered 502")

    monkeypatch.setattr(official.wired.state.rooms.series, "last", away)
    answer = official.get("/api/v1/curves")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    del site


@pytest.mark.parametrize(("by", "hour"), [("hour", 7), ("day", 16)])
def test_a_span_is_widened_to_whole_windows(by: Any, hour: int) -> None:
    start = T0.replace(hour=7, minute=10, second=5)
    wish = checked(Wish(Span("reading", "f", start, start + timedelta(minutes=1)), by), {"spot": BIN})
    assert (wish.span.start.hour, wish.span.start.minute, wish.span.start.second) == (hour, 0, 0)
    assert wish.span.end - wish.span.start == {"hour": HOUR, "day": DAY}[by]
    assert wish.span.start <= start < wish.span.end
