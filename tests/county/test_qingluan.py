"""The fictional county that ships: whole, fresh, and nobody in it can be reached by phone."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from county import generate
from county.__main__ import main as room
from county.files import load, to_path
from county.geo import crosses_itself
from county.qingluan import folder, qingluan
from county.snapshot import County
from county.terrain import contains, make_terrain
from county.values import DeviceKind, Level


@pytest.fixture(scope="module")
def county() -> County:
    return qingluan()


def test_the_files_are_what_the_generator_writes() -> None:
    fresh = generate.files()
    stale = [name for name, data in fresh.items() if folder()[name] != data]
    assert stale == [], "run python -m county.generate"
    assert generate.main(["--check"]) == 0


def test_it_has_the_size_of_a_real_county(county: County) -> None:
    kinds = Counter(device.kind for device in county.devices.values())
    assert (county.code, county.name) == ("640999", "青峦县")
    assert (len(county.townships), len(county.villages)) == (14, 259)
    assert tuple(town.name for town in county.townships) == generate.TOWNSHIPS
    assert (kinds[DeviceKind.CAMERA], kinds[DeviceKind.BIN], kinds[DeviceKind.BOX]) == (186, 423, 93)


@pytest.mark.parametrize("day", [date(1999, 1, 1), date(2026, 11, 21), date(2090, 12, 31)])
def test_every_village_has_four_named_people_on_every_day(county: County, day: date) -> None:
    assert county.gaps(day) == []
    for village in county.villages:
        chain = county.chain(village.code, day)
        assert chain.complete
        assert None not in (chain.county, chain.leader)
        assert len({chain.at(level) for level in Level}) == 4
        assert chain.village is not None
        assert chain.village.unit.startswith(village.name)


@pytest.mark.parametrize("level", list(Level))
def test_a_removed_duty_is_a_gap(county: County, level: Level) -> None:
    village = county.villages[100]
    person = county.responsible(village.code, level, date(2026, 3, 1))
    assert person is not None
    lines = folder()["duties.csv"].decode().splitlines(keepends=True)
    areas = (village.code, village.code[:9])
    kept = [line for line in lines if not (line.split(",")[1] in areas and line.split(",")[2] == level.value)]
    gaps = load({**folder(), "duties.csv": "".join(kept).encode()}).gaps(date(2026, 3, 1))
    assert village.code in {gap.village for gap in gaps}
    assert {gap.level for gap in gaps} == {level}
    assert all("：2026-03-01 起" in gap.text for gap in gaps)


def test_nobody_in_it_can_be_called(county: County) -> None:
    """+999 is a country code that is assigned to nobody."""
    assert {person.phone[:4] for person in county.people.values()} == {"+999"}
    assert len({person.phone for person in county.people.values()}) == len(county.people)
    assert county.people["c100-1"].phone_masked == "199****0001"


def test_the_demo_devices_are_in_it(county: County) -> None:
    for number in range(1, 9):
        box, camera, trash = f"qx-box-{(number + 1) // 2:02d}", f"qx-cam-{number:02d}", f"qx-bin-{number:02d}"
        seen, full = county.spot(box, f"{camera}.spot-1"), county.spot(box, trash)
        assert seen is not None
        assert full is not None
        assert seen.device == camera
        assert seen.kinds == ("garbage", "overflow", "dumped")
        village = county.regions[seen.region[:12]]
        assert county.devices[box].village[:9] == village.code[:9], "a box serves one township"
        assert county.regions[full.region[:12]] == village
        assert contains((*seen.polygon, seen.polygon[0]), (0.5, 0.7))
    places = {county.devices[f"qx-cam-{number:02d}"].village for number in range(1, 9)}
    assert (len(places), len({code[:9] for code in places})) == (8, 4)


def test_a_name_is_no_key(county: County) -> None:
    names = Counter(village.name for village in county.villages)
    assert names.most_common(1)[0][1] > 5


def test_the_demo_differs_only_in_its_limits(county: County) -> None:
    demo, start = qingluan(demo=True), datetime(2026, 11, 21, tzinfo=UTC)

    def seconds(stage: str, level: str) -> float:
        due = demo.due(stage, level, start)  # type: ignore[arg-type]
        assert due is not None
        return (due - start) / timedelta(seconds=1)

    assert (seconds("accept", "village"), seconds("handle", "village"), seconds("accept", "township")) == (12, 60, 20)
    assert demo.content.devices == county.content.devices
    assert demo.policy.categories == county.policy.categories
    assert {name for name in folder() if folder(demo=True)[name] != folder()[name]} == {"policy.toml"}


def test_the_holidays_are_those_of_the_notice(county: County) -> None:
    """国办 2025-11-04: free on National Day, worked on the Sunday before, an ordinary Monday is worked."""
    works = {day: county.calendar.works(day) for day in (date(2026, 10, 1), date(2026, 9, 20), date(2026, 3, 2))}
    assert list(works.values()) == [False, True, True]
    assert sum(not day.works for day in county.calendar.days.values()) == 33


def test_neighbours_share_their_border_and_no_ring_crosses_itself() -> None:
    terrain = make_terrain(14, generate.SEED)
    edges = Counter(edge for ring in terrain.townships for edge in pairwise(ring))
    assert set(edges.values()) == {1}, "an edge runs once in each direction at most"
    alone = {(a, b) for a, b in edges if (b, a) not in edges}
    assert alone == set(pairwise(terrain.county)), "what no neighbour shares is the outline of the county"
    assert not any(crosses_itself(ring[:-1]) for ring in (*terrain.townships, terrain.county))


def test_every_village_lies_in_its_township_on_the_outline(county: County) -> None:
    features = {f["properties"]["code"]: f for f in json.loads(county.outline)["features"]}
    assert list(features) == [county.code, *(town.code for town in county.townships)]
    for village in county.villages:
        ring = tuple((x, y) for x, y in features[village.parent]["geometry"]["coordinates"][0])
        assert village.longitude is not None
        assert village.latitude is not None
        assert contains(ring, (village.longitude, village.latitude)), village.code


def test_check_says_what_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "policy.toml").write_bytes(folder()["policy.toml"])
    monkeypatch.setattr(generate, "HOME", tmp_path)
    assert generate.main(["--check"]) == 1
    assert "people.csv is stale; run python -m county.generate" in capsys.readouterr().err
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0


def test_the_room_runs_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    day = date(2026, 3, 1)
    assert room([str(generate.HOME)], day) == 0
    assert capsys.readouterr().out.endswith("0 problems, 0 gaps\n")
    files = {**folder(), "people.csv": folder()["people.csv"].replace(b",", b";", 1)}
    to_path(files, tmp_path)
    assert room([str(tmp_path)], day) == 1
    assert "people.csv:1: column id, name is missing → the columns are: id,name,phone,unit" in capsys.readouterr().out
    assert room([], day) == room([str(tmp_path / "nowhere")], day) == 2
    assert "is not a folder" in capsys.readouterr().err
