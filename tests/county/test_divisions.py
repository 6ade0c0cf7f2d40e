"""Real division codes load as they are: the counts of the documents, and names that are no keys."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date

import pytest

from county import divisions
from county.files import BadCounty, load, read


def test_linjiang_has_its_townships_villages_and_communities(real: bytes) -> None:
    county = load(divisions.start(real, "220681"))
    kinds = Counter(village.kind for village in county.villages)
    assert county.name == "临江市"
    assert len(county.townships) == 13
    assert (kinds["village"], kinds["community"]) == (70, 22)


def test_jiqiang_has_27_villages_and_12_communities_and_two_tuanjie(real: bytes) -> None:
    town = [region for region in divisions.regions(real, "640422") if region.parent == "640422100"]
    assert Counter(region.kind for region in town) == {"village": 27, "community": 12}
    twins = {region.code: region.name for region in town if region.name.startswith("团结")}
    assert twins == {"640422100011": "团结社区居民委员会", "640422100200": "团结村委会"}


@pytest.mark.parametrize("code", ["220681", "640422", "640221", "140981", "140902"])
def test_every_county_of_the_file_becomes_a_folder_without_problem(real: bytes, code: str) -> None:
    folder = divisions.start(real, code)
    content, problems = read(folder)
    assert problems == []
    assert content is not None
    assert content.regions == divisions.regions(real, code)
    assert code in divisions.counties(real)


def test_a_county_without_people_has_a_gap_for_every_village_and_rung(real: bytes) -> None:
    county = load(divisions.start(real, "220681"))
    assert len(county.gaps(date(2026, 1, 1))) == 92 * 3


def small(**village: object) -> bytes:
    town = {"code": "640999100", "name": "镇", "villages": [{"code": "640999100400", "name": "园区", **village}]}
    return json.dumps({"640999": {"code": "640999", "name": "县", "townships": [town]}}).encode()


def test_a_code_above_400_is_neither_village_nor_community() -> None:
    assert divisions.regions(small(), "640999")[-1].kind == "other"


BROKEN: list[tuple[bytes, str]] = [
    (small(code="64099910020"), "12 digits"),
    (small(code="64099910020x"), "12 digits"),
    (b'{"640999": {"code": "640999", "name": "x"}}', "lacks 'townships'"),
    (b'{"640999": {"code": "640999", "name": "x", "townships": [1]}}', "lacks"),
    (b"[]", "not an object"),
    (b"{", "not JSON"),
    (b"\xff\xfe{", "UTF-16"),
    (b'{"640998": {}}', "640999.*is not in the file.*640998"),
]


@pytest.mark.parametrize(("data", "text"), BROKEN)
def test_a_broken_file_is_named(data: bytes, text: str) -> None:
    with pytest.raises(BadCounty, match=text):
        divisions.regions(data, "640999")
