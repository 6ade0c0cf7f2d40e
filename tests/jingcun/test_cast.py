"""The demo's county: the devices that play, everything else as it ships, and no problem in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from county.files import load
from county.qingluan import folder
from jingcun.demo.boxes import own_cameras
from jingcun.demo.cast import devices_of, only
from jingcun.demo.day import Day, long_day, short_day
from jingcun.demo.run import Wish, _files
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


def test_own_cameras_take_registered_places_and_a_wrong_one_is_named_before_anything_starts(tmp_path: Path) -> None:
    county = load(folder(demo=True))
    video = tmp_path / "mine.mp4"
    video.touch()
    assert own_cameras(county, [str(video), "rtsp://camera/1"]) == ["qx-cam-01", "qx-cam-02"]
    with pytest.raises(ValueError, match=r"missing\.mp4: no such file"):
        own_cameras(county, [str(video), "missing.mp4"])
    with pytest.raises(ValueError, match="has room for"):
        own_cameras(county, [str(video)] * 9)


def test_with_own_cameras_the_wall_knows_no_device_that_does_not_play() -> None:
    county = load(_files(Wish(cameras=("rtsp://camera/1",)), Day((), ())))
    assert set(county.devices) == {"qx-box-01", "qx-cam-01"}


def test_the_slow_policy_has_longer_limits_and_still_passes_the_check() -> None:
    files = dict(folder(demo=True))
    files["policy.toml"] = slower(files["policy.toml"], 6)
    before, after = load(folder(demo=True)).policy, load(files).policy
    assert [6 * one.value for one in before.limits] == [one.value for one in after.limits]
    assert after.reminder_s == 6 * before.reminder_s
    assert after.bins == before.bins
