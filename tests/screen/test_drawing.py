"""Spots and masks on a picture: what cannot be, what is odd, and what becomes of the county's files. Pure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from county.content import Content
from county.snapshot import County
from county.values import Mask, Spot
from detect.filters import Filter
from screen.county.drawing import Drawing, DrawnMask, DrawnSpot, changes, faults, laid, notes, overlap
from tests.county.small import CAMERA, SPOT, SPOTS, small_county

SQUARE = ((0.1, 0.1), (0.4, 0.1), (0.4, 0.4), (0.1, 0.4))
ASIDE = ((0.6, 0.6), (0.9, 0.6), (0.9, 0.9))
KNOWN = DrawnSpot(SPOT, SPOTS[0].name, "street", SPOTS[0].kinds, SPOTS[0].polygon)
NEW = DrawnSpot("", "桥头", "", (), ASIDE)
MASK = DrawnMask("", "邻家窗户", ((0.0, 0.0), (0.05, 0.0), (0.05, 0.05)))


def county(*masks: Mask) -> County:
    content: Content = small_county().content
    return County(replace(content, masks=masks))


def said(*spots: DrawnSpot, masks: tuple[DrawnMask, ...] = ()) -> list[str]:
    whole = county()
    return faults(Drawing(spots, masks), whole, whole.devices[CAMERA])


def test_what_is_drawn_well_has_no_fault() -> None:
    assert said(KNOWN, NEW, masks=(MASK,)) == []
    assert said(replace(KNOWN, polygon=())) == [], "the whole picture"


@pytest.mark.parametrize(
    ("polygon", "words"),
    [
        (((0.1, 0.1), (0.2, 0.2)), "少于三个角"),
        (((0.1, 0.1), (0.100001, 0.1), (0.1, 0.100001)), "少于三个角"),
        (((0.1, 0.1), (0.4, 0.4), (0.4, 0.1), (0.1, 0.4)), "自己相交"),
        (((0.1, 0.1), (0.4, 0.1), (0.4, 0.4), (0.25, 0.1), (0.1, 0.4)), "自己相交"),
        (((0.1, 0.1), (0.12, 0.1), (0.12, 0.12)), "太小"),
    ],
)
def test_a_shape_of_which_nobody_can_say_what_lies_inside_is_refused(
    polygon: tuple[tuple[float, float], ...], words: str
) -> None:
    for found in (said(KNOWN, replace(NEW, polygon=polygon)), said(KNOWN, masks=(replace(MASK, polygon=polygon),))):
        assert len(found) == 1
        assert words in found[0]


def test_what_passes_here_the_box_takes() -> None:
    for polygon in (SQUARE, ASIDE, SPOTS[0].polygon, MASK.polygon):
        assert Filter(masks=(polygon,)).masks == (polygon,)


def test_ids_names_zones_and_kinds_are_those_of_the_county() -> None:
    assert "已经不在了" in said(KNOWN, replace(NEW, id="gone"))[0]
    assert "出现了两次" in said(KNOWN, replace(KNOWN, name="另一个"))[0]
    assert "都叫" in said(KNOWN, replace(NEW, name=KNOWN.name))[0]
    assert "区域类型" in said(KNOWN, replace(NEW, zone="moon"))[0]
    assert "问题类别" in said(KNOWN, replace(NEW, kinds=("ufo",)))[0]
    assert "同意书" in said(KNOWN, replace(NEW, zone="yard"))[0]
    assert "至少留一个点位" in said()[0]


def test_overlaps_and_spots_behind_a_mask_are_told_but_not_refused() -> None:
    whole = DrawnMask("", "全遮", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
    part = DrawnMask("", "一半", ((0.7, 0.5), (1.0, 0.5), (1.0, 0.99)))
    assert notes(Drawing((KNOWN, NEW), ())) == ["点位“村口垃圾点”和“桥头”重叠，同一处垃圾可能算两次"]
    assert notes(Drawing((NEW,), (whole,))) == ["点位“桥头”全在遮挡“全遮”里，什么也看不到"]
    assert "有一部分" in notes(Drawing((NEW,), (part,)))[0]
    assert notes(Drawing((NEW,), (MASK,))) == []
    assert overlap(SQUARE, SQUARE)
    assert not overlap(SQUARE, ((0.4, 0.1), (0.7, 0.1), (0.7, 0.4), (0.4, 0.4))), "they only touch"
    assert overlap(SQUARE, ((0.2, 0.2), (0.3, 0.2), (0.3, 0.3))), "one lies in the other"


def test_old_spots_keep_their_place_and_what_is_not_drawn_and_new_ones_get_an_id() -> None:
    other = Spot("other", "bin-1", "别处", SPOTS[0].region)
    located = replace(SPOTS[0], longitude=106.2, latitude=36.1, crs="CGCS2000", site="gate", ways=())
    content = replace(small_county().content, spots=(located, other), masks=(Mask("mask-1", CAMERA, "旧", SQUARE),))
    old = County(content)
    moved = replace(KNOWN, polygon=((0.123456, 0.1), (0.4, 0.1), (0.4, 0.4)))
    spots, masks = laid(Drawing((moved, NEW), (MASK, replace(MASK, id="mask-1"))), old, old.devices[CAMERA])
    assert [spot.id for spot in spots] == [SPOT, "other", "cam-1.spot-2"]
    assert spots[0] == replace(located, polygon=((0.1235, 0.1), (0.4, 0.1), (0.4, 0.4)))
    assert spots[2].region == old.devices[CAMERA].village
    assert [mask.id for mask in masks] == ["mask-1", "mask-2"]
    new = County(replace(content, spots=spots, masks=masks))
    assert changes(old, new, CAMERA) == [
        "新增点位“桥头”", "改了点位“村口垃圾点”（位置）", "新增遮挡“邻家窗户”", "改了遮挡“邻家窗户”（名称、位置）",
    ]  # fmt: skip
    assert changes(new, old, CAMERA)[0] == "删去点位“桥头”"
    assert changes(old, old, CAMERA) == []
