"""What happens in the county that is not there, and what its bins say of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from broker.messages import Reading
from county.values import Device, DeviceKind, Spot
from jingcun.simulate.bins import BRIM, FULL, Bin, Rounds, Yard, Yards
from jingcun.simulate.chance import Dice
from jingcun.simulate.grow import grown
from jingcun.simulate.happenings import Truth, What
from jingcun.simulate.rates import Rates
from jingcun.simulate.sky import Sky
from jingcun.simulate.town import NothingToSimulate, Town
from tests.county.small import VILLAGE, small_county
from tests.jingcun.simulate.month import BEGIN, BUSY, county, later, rates

SKY = Sky(ZoneInfo("Asia/Shanghai"), 6.5, 18.0)
STILL = {"spikes_per_bin_day": 0.0, "tips_per_bin_day": 0.0}
DEVICE = Device("bin-1", DeviceKind.BIN, "1号桶", VILLAGE, empty_mm=1000, full_mm=200)
SPOT = Spot("bin-1", "bin-1", "1号桶", VILLAGE, site="point-1")
COMES = Rounds(frozenset(), 99)
NEVER = Rounds(frozenset(range(400)), 99)
QUIET = {"fires_per_bin_day": 0.0, "falls_per_bin_day": 0.0, "interval_days": [1], "skipped": 0.0}
SOUND = {"weak_per_bin_day": 0.0, "broken_per_bin_day": 0.0}


class Place:
    """One bin, read every half hour."""

    def __init__(self, of: Rates, rounds: Rounds = COMES, device: Device = DEVICE) -> None:
        self.truth = Truth()
        self.brims: list[bool] = []
        yard = Yard(of, self.truth, SKY, BEGIN, lambda _site, _at, full: self.brims.append(full))
        self.bin = Bin(device, SPOT, yard, rounds, Dice(1, "bin"))

    def live(self, days: float) -> list[Reading]:
        moments = (later(minutes=30 * number) for number in range(1, int(days * 48) + 1))
        return [said for at in moments if (said := self.bin.reading(at)) is not None]


def place(rounds: Rounds = COMES, device: Device = DEVICE, **changes: Mapping[str, Any]) -> Place:
    told: dict[str, Mapping[str, Any]] = {"noise": STILL, "equipment": SOUND, "bins": QUIET}
    return Place(rates({block: {**values, **changes.get(block, {})} for block, values in told.items()}), rounds, device)


def fills(told: list[Reading]) -> list[float]:
    return [(1000 - one.distance_mm) / 8 for one in told if one.distance_mm is not None]


def test_a_bin_fills_and_the_truck_empties_it_every_day() -> None:
    here = place()
    told = fills(here.live(10))
    falls = [number for number in range(1, len(told)) if told[number - 1] - told[number] > 15]
    assert 9 <= len(falls) <= 11
    assert max(told) < BRIM


def test_a_bin_that_no_truck_empties_runs_over_once_and_stays_so_until_somebody_comes() -> None:
    here = place(NEVER)
    here.live(8)
    assert [one.what for one in here.truth.all] == [What.FULL, What.OVERFLOWING]
    assert here.truth.is_dirty("point-1")
    here.bin.clean(later(days=8))
    assert not here.truth.is_dirty("point-1")
    assert here.brims == [True, False]
    assert here.bin.onsets == 1, "a plain threshold calls it out once"


def test_a_sensor_that_tells_percents_tells_no_distance() -> None:
    told = place(device=replace(DEVICE, empty_mm=None, full_mm=None)).live(1)
    assert all(one.distance_mm is None and one.fill_percent is not None for one in told)


def test_a_spike_is_a_raw_event_and_nothing_true() -> None:
    here = place(noise={"spikes_per_bin_day": 5.0})
    told = fills(here.live(20))
    assert here.bin.onsets > 40
    assert sum(one > FULL - 5 for one in told) >= here.bin.onsets
    assert here.truth.all == []


def test_a_broken_sensor_says_nothing_until_it_is_mended() -> None:
    here = place(equipment={"broken_per_bin_day": 10.0})
    told = here.live(5)
    assert len(told) < 48
    assert [one.what for one in here.truth.all] == [What.SILENT]
    assert here.truth.all[0].site == "bin-1/bin-1.sensor"
    here.bin.mend(later(days=5))
    assert here.truth.all[0].ended == later(days=5)


def test_a_battery_runs_down_and_is_changed() -> None:
    here = place(equipment={"battery_days": 10})
    told = here.live(12)
    assert [one.what for one in here.truth.all] == [What.BATTERY]
    levels = [one.battery_percent or 0 for one in told]
    assert levels == sorted(levels, reverse=True)
    here.bin.mend(later(days=12))
    assert (here.bin.reading(later(days=12, minutes=30)) or told[0]).battery_percent == pytest.approx(100, abs=1)


@pytest.mark.parametrize(("rate", "what"), [("fires_per_bin_day", What.FIRE), ("falls_per_bin_day", What.FALLEN)])
def test_what_burns_or_has_fallen_is_told_by_every_reading(rate: str, what: What) -> None:
    here = place(bins={rate: 20.0})
    told = here.live(0.25)
    assert here.truth.all[0].what is what
    hot, flat = (one.temperature_c or 0 for one in told[-1:]), (one.tilt_degrees or 0 for one in told[-1:])
    assert max(hot) > 60 if what is What.FIRE else max(flat) > 45
    here.bin.clean(later(days=1))
    assert all(one.ended is not None for one in here.truth.all)


def test_every_bin_speaks_once_in_each_stretch() -> None:
    heard: list[tuple[str, datetime]] = []
    bins = [place(device=replace(DEVICE, id=f"bin-{number}")).bin for number in range(3)]
    yards = Yards(bins, BEGIN, timedelta(minutes=30))
    count = yards.speak(later(hours=2), lambda one, _village: heard.append((one.device, one.at)))
    assert count == len(heard) == 12
    assert [at for _, at in heard] == sorted(at for _, at in heard)


def lived(days: int, act: Callable[[Town, datetime], None] = lambda _town, _now: None, seed: int = 1) -> Town:
    town = Town(county(6, 12), rates(BUSY), seed, BEGIN)
    for step in range(1, days * 48 + 1):
        now = later(minutes=30 * step)
        town.until(now)
        act(town, now)
    return town


def outline(town: Town) -> list[tuple[What, str, datetime, datetime | None]]:
    return [(one.what, one.site, one.began, one.ended) for one in town.truth.all]


def test_one_seed_is_one_history_and_another_is_another() -> None:
    assert outline(lived(2)) == outline(lived(2))
    assert outline(lived(2)) != outline(lived(2, seed=2))


def test_what_devices_say_and_what_arrives_add_up() -> None:
    town = Town(county(6, 12), rates(BUSY), 1, BEGIN)
    rows = town.until(later(days=1))
    told = town.counted()
    assert town.sent == len(rows) + told.under_way == told.events + told.readings + told.doubled
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))


def test_who_cleans_every_site_leaves_nothing_dirty() -> None:
    def clean(town: Town, now: datetime) -> None:
        for one in list(town.truth.all):
            if one.ended is None:
                town.clean(one.site, now)

    town = lived(2, clean)
    left = [one.what for one in town.truth.all if one.ended is None]
    assert set(left) <= {What.OUTAGE}
    assert {What.DUMPING, What.PILE} <= {one.what for one in town.truth.all}


def test_a_county_of_another_size_has_its_devices_in_all_villages() -> None:
    made = grown(small_county(), 5, 22, 0.5, 1)
    cameras = [one for one in made.devices.values() if one.kind is DeviceKind.CAMERA]
    bins = [one for one in made.devices.values() if one.kind is DeviceKind.BIN]
    assert (len(cameras), len(bins)) == (5, 22)
    assert {one.village for one in cameras} == {one.village for one in bins} == {one.code for one in made.villages}
    shared = {spot.ground for spot in made.spots if spot.device == "cam-1"}
    assert any(spot.ground in shared for spot in made.spots if spot.device.startswith("bin-"))
    assert 0 < sum(one.empty_mm is not None for one in bins) < 22


@pytest.mark.parametrize(("cameras", "bins"), [(-1, 0), (0, -1), (100_001, 0)])
def test_numbers_of_devices_that_are_none_are_refused(cameras: int, bins: int) -> None:
    with pytest.raises(ValueError, match="give numbers from 0"):
        grown(small_county(), cameras, bins, 0.5, 1)


def test_a_county_without_cameras_and_bins_has_nothing_to_simulate() -> None:
    with pytest.raises(NothingToSimulate, match="neither"):
        Town(grown(small_county(), 0, 0, 0.5, 1), rates(), 1, BEGIN)
