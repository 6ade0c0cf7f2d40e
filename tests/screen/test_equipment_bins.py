"""Bins on the wall: level, tone and forecast come from the one state, by the county's own limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.sensors.bins import BinState, Heard, absorb
from broker.messages import Kind, Reading
from county.snapshot import County
from screen.wall.equipment import News, bins_silent, fill_series, full_soon, map_bins
from tests.alerts.makes import at, reading
from tests.county.small import BIN, small_county

COUNTY = small_county()
NOW = at(240)


def state(*percents: float, county: County = COUNTY) -> BinState:
    """Readings an hour apart, the last one now."""
    made = BinState(BIN)
    for number, percent in enumerate(percents):
        made = _after(made, reading(240 - 60 * (len(percents) - 1 - number), percent), county)
    return made


def _after(made: BinState, one: Reading, county: County) -> BinState:
    return absorb(made, one, Heard(one.at, one.at), county.devices[BIN], county.policy.bins).state


def news(*states: BinState) -> News:
    return News({}, {}, {}, True, {one.place: one for one in states}, {})


@pytest.mark.parametrize(
    ("percent", "dirty", "tone"),
    [(85, 90, "warn"), (85, 80, "alarm"), (75, 90, "plain"), (75, 80, "warn"), (95, 90, "alarm")],
)
def test_the_colour_of_a_bin_follows_the_countys_limits(percent: float, dirty: float, tone: str) -> None:
    county = small_county(bins={"dirty": dirty})
    (shown,) = map_bins(county, news(state(percent, county=county)), NOW)
    assert (shown.fill, shown.tone) == (percent, tone)


def test_a_burning_bin_is_an_alarm_however_empty_and_an_unheard_one_is_unknown() -> None:
    burning = replace(state(5), wrong=frozenset({Kind.BIN_FIRE}))
    assert map_bins(COUNTY, news(burning), NOW)[0].tone == "alarm"
    (unheard,) = map_bins(COUNTY, news(), NOW)
    assert (unheard.fill, unheard.tone) == (None, "unknown")
    assert bins_silent(COUNTY, news(), NOW) == 1
    assert bins_silent(COUNTY, news(state(5)), NOW) == 0


def test_a_bin_that_fills_is_told_with_how_sure_that_is() -> None:
    (soon,) = full_soon(COUNTY, news(state(20, 30, 40, 50, 60)), NOW)
    assert (soon.id, soon.fill, soon.eta_min, soon.earliest_min, soon.latest_min) == (BIN, 60, 180, 180, 180)
    (uneven,) = full_soon(COUNTY, news(state(20, 35, 40, 58, 60)), NOW)
    assert uneven.earliest_min is not None
    assert uneven.latest_min is not None
    assert uneven.eta_min is not None
    assert uneven.earliest_min < uneven.eta_min < uneven.latest_min


@pytest.mark.parametrize("percents", [(20, 20, 20, 20), (20, 21, 21, 22), (60, 40, 30, 20)])
def test_a_bin_that_will_not_be_full_within_a_day_is_not_listed(percents: tuple[float, ...]) -> None:
    assert full_soon(COUNTY, news(state(*percents)), NOW) == []


def test_a_full_bin_comes_first_and_a_silent_one_says_nothing_about_tomorrow() -> None:
    assert [one.eta_min for one in full_soon(COUNTY, news(state(95)), NOW)] == [0]
    assert full_soon(COUNTY, news(state(95)), NOW + timedelta(hours=5)) == []


def test_the_curve_is_the_last_day_of_the_state() -> None:
    (curve,) = fill_series(COUNTY, news(state(20, 35)), NOW)
    assert curve.points == [(at(180), 20), (at(240), 35)]
    assert fill_series(COUNTY, news(state(20, 35)), NOW + timedelta(hours=25)) == []
