"""The handbook names every file and column that a county may have, and what it says in examples can be loaded."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from pathlib import Path

import pytest

from county.files import FILES
from county.geo import write_spots
from county.policy_file import read_policy
from county.sheets import SHEETS
from county.staff import UnitKind
from county.values import DeviceKind, Level
from county.ways import WayKind
from tests.county.small import DUTIES, POLICY_TOML, REGIONS, small_county, wayside

PAGE = (Path(__file__).parents[2] / "docs/handbook/county.md").read_text()


def section(title: str) -> str:
    """What stands under the heading that begins so."""
    found = re.search(rf"^## {re.escape(title)}.*?(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[0]


@pytest.mark.parametrize("name", [name for name in FILES if name != "outline.geojson"])
def test_every_file_has_its_section(name: str) -> None:
    assert name in section(name)


@pytest.mark.parametrize("name", list(SHEETS))
def test_every_column_is_explained_under_its_file(name: str) -> None:
    told = section(name)
    assert [column for column in SHEETS[name].header if f"`{column}`" not in told] == []


def test_every_property_of_a_spot_is_explained() -> None:
    county = wayside()
    written = write_spots([*county.content.spots]).decode() + '"site": ""'
    told = section("spots.geojson")
    for name in re.findall(r'"(\w+)":', written):
        if name not in ("type", "features", "coordinates"):
            assert f"`{name}`" in told, name


def test_every_word_that_a_cell_may_hold_is_explained() -> None:
    kinds: dict[str, type[StrEnum]] = {
        "units.csv": UnitKind, "ways.csv": WayKind, "devices.csv": DeviceKind, "duties.csv": Level,
    }  # fmt: skip
    for name, words in kinds.items():
        assert [word.value for word in words if word.value not in section(name)] == [], name


def test_the_blocks_of_policy_in_the_page_are_read() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    policy, problems = read_policy((POLICY_TOML + "\n".join(blocks)).encode())
    assert problems == []
    assert policy is not None
    assert [(need.least, need.most, need.kind) for need in policy.needs] == [(2, 2, ""), (1, None, "village")]
    limit = policy.limit("handle", "village", "dumped", "road", "urgent")
    assert limit is not None
    assert (limit.value, limit.unit) == (4, "work_hour")


def test_what_check_says_is_what_the_page_quotes() -> None:
    vacant = wayside(duties=()).gaps(date(2026, 3, 1))
    lone = small_county(
        ladder=["village"], duties=DUTIES[2:3], regions=(*REGIONS[:2], REGIONS[3]), devices=(), spots=()
    ).gaps(date(2026, 3, 1))
    said = {gap.text.split("：")[0].split("）", 1)[1] for gap in (*vacant, *lone)}
    quoted = set(re.findall(r"`(?:村|点位|巷) …([^`]*?)：", section("check")))
    assert quoted == {"没有乡镇级责任人", "没有村级责任人", "没有巷长", "各级都是同一个人"}
    assert quoted <= said
