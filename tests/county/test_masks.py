"""masks.geojson and the legal record of a camera: in, out, what is wrong, what is lacking."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from county.diff import differences
from county.files import dump, load, read
from county.legal import lacking
from county.snapshot import County
from county.values import LegalBasis, Mask
from tests.county.small import CAMERA, DEVICES, POLICY_TOML, SPOTS, small_county, small_folder

MASK = Mask("m1", CAMERA, "邻家窗户", ((0.0, 0.0), (0.25, 0.0), (0.25, 0.2)))


def masks(*properties: dict[str, Any]) -> bytes:
    features = [{"type": "Feature", "geometry": None, "properties": one} for one in properties]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


GOOD: dict[str, Any] = {"id": "m1", "device": CAMERA, "name": "窗", "polygon": [[0, 0], [0.2, 0], [0.2, 0.2]]}


def test_masks_and_the_legal_record_come_back_as_they_were_written() -> None:
    camera = replace(DEVICES[1], purpose="公共环境卫生", sign_date=date(2026, 3, 1))
    content = replace(small_county().content, masks=(MASK,), devices=(DEVICES[0], camera, DEVICES[2]))
    folder = dump(content, POLICY_TOML.encode())
    again = load(folder)
    assert again.masks_of(CAMERA) == (MASK,)
    assert again.masks_of("other") == ()
    assert again.devices[CAMERA] == camera
    assert dump(again.content, POLICY_TOML.encode()) == folder
    told = [str(one) for one in differences(small_county().content, again.content)]
    assert told == [
        "~ devices.csv: cam-1 purpose: ∅ → 公共环境卫生, sign_date: ∅ → 2026-03-01",
        "+ masks.geojson: cam-1 m1 邻家窗户",
    ]


def test_who_alone_sees_a_camera_comes_back_as_it_was_written() -> None:
    camera = replace(DEVICES[1], viewers=("county", "v1"))
    folder = dump(replace(small_county().content, devices=(DEVICES[0], camera, DEVICES[2])), POLICY_TOML.encode())
    again = load(folder)
    assert again.devices[CAMERA].viewers == ("county", "v1")
    assert dump(again.content, POLICY_TOML.encode()) == folder
    assert "viewers" not in small_folder()["devices.csv"].decode(), (
        "a county that keeps nothing back has no such column"
    )


@pytest.mark.parametrize(
    ("device", "viewers", "words"),
    [
        (1, ("nobody",), "unknown viewer 'nobody'"),
        (1, ("county", "../x"), "unknown viewer '../x'"),
        (0, ("county",), "a box with viewers"),
        (2, ("county",), "a bin with viewers"),
    ],
)
def test_viewers_that_cannot_be_are_refused_with_their_place(device: int, viewers: tuple[str, ...], words: str) -> None:
    devices = [*DEVICES]
    devices[device] = replace(devices[device], viewers=viewers)
    _, problems = read(dump(replace(small_county().content, devices=tuple(devices)), POLICY_TOML.encode()))
    assert [words in str(one) and "devices.csv" in str(one) for one in problems] == [True]


def test_a_county_without_masks_writes_no_file_of_them() -> None:
    assert "masks.geojson" not in small_folder()


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ([GOOD | {"device": "nobody"}], "no camera"),
        ([GOOD | {"device": "box-1"}], "no camera"),
        ([GOOD, GOOD], "used twice"),
        ([GOOD | {"polygon": []}], "no polygon"),
        ([GOOD | {"polygon": [[0, 0], [1, 1]]}], "no area"),
        ([GOOD | {"polygon": [[0, 0], [1, 1], [1, 0], [0, 0.8]]}], "crosses itself"),
        ([GOOD | {"polygon": [[0, 0], [2, 1], [1, 0]]}], "outside the picture"),
        ([GOOD | {"id": "../x"}], "id"),
        ([GOOD | {"name": ""}], "name"),
    ],
)
def test_a_wrong_mask_is_refused_with_its_place(properties: list[dict[str, Any]], words: str) -> None:
    _, problems = read({**small_folder(), "masks.geojson": masks(*properties)})
    assert problems
    assert "masks.geojson" in str(problems[0])
    assert words in str(problems[0])


def test_a_camera_lacks_what_the_regulation_asks_for_until_it_is_entered() -> None:
    county: County = small_county()
    bare = replace(DEVICES[1], legal_basis=LegalBasis.NONE)
    yard = (replace(SPOTS[0], zone="yard"),)
    assert lacking(bare, yard, county.policy) == (
        "没有登记安装依据", "没有登记用途", "没有登记提示标识的设置日期", "对着农户庭院，没有同意书或法律文书",
    )  # fmt: skip
    whole = replace(DEVICES[1], purpose="公共环境卫生", sign_date=date(2026, 3, 1), consent="1号 2026-03-01")
    assert lacking(whole, yard, county.policy) == ()
    inside = replace(whole, legal_basis=LegalBasis.NON_PUBLIC, sign_date=None)
    assert lacking(inside, SPOTS, county.policy) == (), "no sign is asked for where nobody of the public comes"
    assert lacking(DEVICES[0], (), county.policy) == ()
