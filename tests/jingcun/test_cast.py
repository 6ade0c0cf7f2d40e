"""The demo's county: the devices that play, everything else as it ships, and no problem in it."""

from __future__ import annotations

import pytest

from county.files import load
from county.qingluan import folder
from jingcun.demo.cast import devices_of, only
from jingcun.demo.day import Day, long_day, short_day
from jingcun.demo.slow import slower


@pytest.mark.parametrize("day", [short_day(), long_day()])
def test_the_registry_holds_exactly_the_cast_and_every_spot_that_plays(day: Day) -> None:
    county = load(only(folder(demo=True), devices_of(day)))
    assert set(county.devices) == devices_of(day)
    for camera in day.cameras:
        assert county.spot(camera.box, f"{camera.camera}.spot-1") is not None
    for one in day.bins:
        assert county.spot(one.box, one.bin) is not None
    assert len(county.villages) == 259


def test_the_slow_policy_has_longer_limits_and_still_passes_the_check() -> None:
    files = dict(folder(demo=True))
    files["policy.toml"] = slower(files["policy.toml"], 6)
    before, after = load(folder(demo=True)).policy, load(files).policy
    assert [6 * one.value for one in before.limits] == [one.value for one in after.limits]
    assert after.reminder_s == 6 * before.reminder_s
    assert after.bins == before.bins
