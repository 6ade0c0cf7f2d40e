"""How deep a bin is, in the county's files and limits: what is read, what is refused, what comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from county.files import load, read
from county.policy import BinThresholds
from county.values import ID, LONGEST_BIN_ID, sensor_of
from tests.county.small import BIN, BOX, VILLAGE, small_county, small_folder

COLUMNS = "id,kind,name,village,box,longitude,latitude,crs,legal_basis,valid_from,valid_to,empty_mm,full_mm"


def folder(depth: str, kind: str = "bin", identity: str = BIN) -> dict[str, bytes]:
    rows = [f"{BOX},box,盒子,{VILLAGE},,,,,,,,,", f"{identity},{kind},1号桶,{VILLAGE},{BOX},,,,,,,{depth}"]
    return small_folder(devices_csv="\n".join([COLUMNS, *rows]) + "\n", spots_geojson="")


def test_the_depth_of_a_bin_is_read_and_written_again() -> None:
    county = load(folder("1050.5,180"))
    assert (county.devices[BIN].empty_mm, county.devices[BIN].full_mm) == (1050.5, 180)
    assert load(folder(",")).devices[BIN].empty_mm is None


@pytest.mark.parametrize(
    ("depth", "kind", "words"),
    [
        ("1000,", "bin", "only one of"), (",200", "bin", "only one of"), ("200,1000", "bin", "at least 100 more"),
        ("250,200", "bin", "at least 100 more"), ("20000,200", "bin", "up to 10000"), ("1000,-5", "bin", "millimetres"),
        ("1000,200", "truck", "only a bin"), ("tief,200", "bin", "plain number"), ("nan,200", "bin", "plain number"),
    ],
)  # fmt: skip
def test_a_depth_that_cannot_be_is_named_with_its_cure(depth: str, kind: str, words: str) -> None:
    _, problems = read(folder(depth, kind))
    assert any(words in str(one) and one.file == "devices.csv" and one.line == 3 for one in problems), problems


def test_the_id_of_a_bin_leaves_room_for_its_sensors() -> None:
    _, problems = read(folder(",", identity="b" * (LONGEST_BIN_ID + 1)))
    assert any("its sensor is named by it" in one.cure for one in problems)
    county = load(folder(",", identity="b" * LONGEST_BIN_ID))
    (spot,) = county.spots
    assert ID.fullmatch(sensor_of(spot).id)
    assert sensor_of(spot).id == f"{spot.id}.sensor"


def test_an_id_that_names_a_sensor_is_taken() -> None:
    _, problems = read(folder(",", identity="b.sensor"))
    assert any("names the sensor in it" in one.cure for one in problems)


def test_the_people_of_a_bin_are_those_of_its_sensor() -> None:
    county = small_county()
    (spot,) = [one for one in county.spots if one.device == BIN]
    assert sensor_of(spot).name == "1号桶(传感器)"
    assert replace(sensor_of(spot), id=spot.id, name=spot.name, kinds=spot.kinds) == spot


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"dirty": 40, "clean": 40}, "below dirty"),
        ({"warn": 95}, "between clean and dirty"),
        ({"warn": 10}, "between clean and dirty"),
        ({"battery": 40}, "flutter"),
        ({"weak_dbm": -100}, "flutter"),
        ({"fire_over_c": 45}, "flutter"),
        ({"median": 0}, "greater than"),
        ({"silent_reports": 1}, "greater than"),
        ({"report_s": 0}, "greater than"),
    ],
)
def test_limits_that_would_flutter_or_mean_nothing_are_refused(limits: dict[str, float], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        BinThresholds.model_validate(limits)


def test_a_county_that_says_only_when_a_bin_is_full_has_the_rest() -> None:
    limits = BinThresholds(dirty=70, clean=30)
    assert (limits.warns_at, limits.silent_after) == (60, timedelta(hours=3))
    assert BinThresholds(dirty=45, clean=40).warns_at == 40
