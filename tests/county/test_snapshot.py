"""The look-ups of a county: who answers, where a spot is, which village has nobody from when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.messages import RENDERED_ONLY, Kind
from county.policy import Policy
from county.policy.equipment import Fault
from county.snapshot import County
from county.values import LADDER, Device, DeviceKind, Duty, Level, Person, Region, Spot
from tests.county.small import (
    BIN,
    BOX,
    CAMERA,
    COUNTY,
    DEVICES,
    DUTIES,
    OTHER_VILLAGE,
    REGIONS,
    SPOT,
    SPOTS,
    TOWNSHIP,
    VILLAGE,
    led_county,
    limits,
    small_county,
)  # fmt: skip

DAY = date(2026, 3, 1)
GRID = Region(f"{VILLAGE}001", "第一网格", VILLAGE)


def without(person: str) -> tuple[Duty, ...]:
    return tuple(duty for duty in DUTIES if duty.person != person)


def test_a_village_resolves_to_three_names() -> None:
    chain = small_county().chain(VILLAGE, DAY)
    assert chain.complete
    assert [person.id for person in (chain.village, chain.township, chain.county) if person] == ["v1", "t1", "c1"]
    assert chain.at("township") == chain.township


def test_a_county_may_have_its_leaders_as_a_fourth_rung() -> None:
    county = led_county()
    chain = county.chain(VILLAGE, DAY)
    assert chain.complete
    assert [person.name for level in Level if (person := chain.at(level))] == ["马村官", "田乡官", "郝县官", "李县长"]
    assert county.policy.levels.rung("leader") == "县领导"
    assert [county.policy.levels.rung(level) for level in LADDER] == ["村级", "乡镇级", "县级"]


def test_without_a_leader_the_chain_of_four_has_a_gap_and_that_of_three_has_none() -> None:
    four, three = led_county(duties=DUTIES), small_county()
    assert not four.chain(VILLAGE, DAY).complete
    assert [(gap.village, gap.level) for gap in four.gaps(DAY)] == [
        (VILLAGE, Level.LEADER), (OTHER_VILLAGE, Level.LEADER),
    ]  # fmt: skip
    assert "没有县领导责任人：2026-03-01 起" in four.gaps(DAY)[0].text
    assert three.chain(VILLAGE, DAY).complete
    assert three.gaps(DAY) == []


def test_a_leader_may_answer_for_the_whole_county() -> None:
    county = led_county(duties=(*DUTIES, Duty("l1", COUNTY, Level.LEADER, "分管副县长")))
    assert county.gaps(DAY) == []


def test_a_leader_in_the_ladder_needs_limits() -> None:
    with pytest.raises(ValueError, match="no limit for stage 'accept' at level 'leader'"):
        led_county(limits=limits())


def test_deputies_come_after_the_first() -> None:
    assert [person.id for person in small_county().responsibles(VILLAGE, "village", DAY)] == ["v1", "v1b"]


def test_the_narrowest_area_with_somebody_counts() -> None:
    duties = (
        *DUTIES,
        Duty("v2", GRID.code, Level.VILLAGE, "网格员"),
        Duty("t1", SPOT, Level.VILLAGE, "点长", valid_to=DAY),
    )
    county = small_county(regions=(*REGIONS, GRID), duties=duties)

    def who(code: str, day: date, spot: str = "") -> str:
        person = county.responsible(code, "village", day, spot)
        return person.id if person else "nobody"

    assert who(VILLAGE, DAY) == "v1"
    assert who(GRID.code, DAY) == "v2"
    assert who(GRID.code, DAY - timedelta(days=1), SPOT) == "t1"
    assert who(GRID.code, DAY, SPOT) == "v2", "the duty at the spot has ended"
    assert county.chain(GRID.code, DAY).county is not None, "the chain goes on above the grid"


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2026, 2, 28), "v1"), (date(2026, 3, 1), "v2"), (date(2026, 3, 31), "v2"), (date(2026, 4, 1), None)],
)
def test_a_duty_ends_before_its_valid_to(day: date, expected: str | None) -> None:
    duties = (
        Duty("v1", VILLAGE, Level.VILLAGE, "书记", valid_to=date(2026, 3, 1)),
        Duty("v2", VILLAGE, Level.VILLAGE, "书记", valid_from=date(2026, 3, 1), valid_to=date(2026, 4, 1)),
    )
    person = small_county(duties=duties).responsible(VILLAGE, "village", day)
    assert (person.id if person else None) == expected


GAPS: list[tuple[str, tuple[Duty, ...], list[tuple[str, str, date, date | None]]]] = [
    ("nobody is missing", DUTIES, []),
    ("a village head is missing", without("v2"), [(OTHER_VILLAGE, "village", DAY, None)]),
    (
        "the township has nobody from April",
        (*without("t1"), Duty("t1", TOWNSHIP, Level.TOWNSHIP, "包村干部", valid_to=date(2026, 4, 1))),
        [(VILLAGE, "township", date(2026, 4, 1), None), (OTHER_VILLAGE, "township", date(2026, 4, 1), None)],
    ),
    (
        "a month between two heads, and none in the end",
        (
            *without("v2"),
            Duty("v2", OTHER_VILLAGE, Level.VILLAGE, "书记", valid_to=date(2026, 4, 1)),
            Duty("v1", OTHER_VILLAGE, Level.VILLAGE, "书记", 0, date(2026, 5, 1), date(2026, 6, 1)),
        ),
        [
            (OTHER_VILLAGE, "village", date(2026, 4, 1), date(2026, 5, 1)),
            (OTHER_VILLAGE, "village", date(2026, 6, 1), None),
        ],
    ),
    ("a deputy covers", (*without("v2"), Duty("v2", OTHER_VILLAGE, Level.VILLAGE, "副职", 1)), []),
    ("a grid keeper is no village head", (*without("v2"), Duty("v2", GRID.code, Level.VILLAGE, "网格员")),
     [(OTHER_VILLAGE, "village", DAY, None)]),
    ("a past duty does not count", (*without("v2"), Duty("v2", OTHER_VILLAGE, Level.VILLAGE, "书记", valid_to=DAY)),
     [(OTHER_VILLAGE, "village", DAY, None)]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "duties", "expected"), GAPS, ids=[each[0] for each in GAPS])
def test_a_gap_is_found_with_its_days(
    name: str, duties: tuple[Duty, ...], expected: list[tuple[str, str, date, date | None]]
) -> None:
    gaps = small_county(regions=(*REGIONS, GRID), duties=duties).gaps(DAY)
    assert [(gap.village, gap.level.value, gap.start, gap.end) for gap in gaps] == expected, name


def test_a_gap_says_who_is_missing_since_when() -> None:
    duties = (*without("t1"), Duty("t1", TOWNSHIP, Level.TOWNSHIP, "包村干部", valid_to=DAY))
    text = small_county(duties=duties, levels={"township": "镇"}).gaps(date(2026, 1, 1))[0].text
    assert text == f"村 {VILLAGE}（柳林镇 石门村）没有镇级责任人：2026-03-01 起"


def test_a_village_has_no_gap_before_it_exists_or_after_it_ends() -> None:
    merged = replace(REGIONS[3], valid_from=date(2026, 4, 1), valid_to=date(2026, 6, 1))
    county = small_county(regions=(*REGIONS[:3], merged), duties=without("v2"))
    assert [(gap.start, gap.end) for gap in county.gaps(DAY)] == [(date(2026, 4, 1), date(2026, 6, 1))]
    assert county.gaps(date(2026, 6, 1)) == []


def test_only_the_rungs_of_the_ladder_need_people() -> None:
    county = small_county(duties=without("c1"), ladder=["village", "township"])
    assert county.gaps(DAY) == []
    assert len(small_county(duties=without("c1")).gaps(DAY)) == 2


dates = st.dates(date(2026, 1, 1), date(2026, 2, 10))


@given(st.lists(st.tuples(dates, dates).filter(lambda pair: pair[0] < pair[1]), max_size=4), dates)
def test_gaps_are_exactly_the_days_without_anybody(spans: list[tuple[date, date]], day: date) -> None:
    heads = [
        Duty("v2", OTHER_VILLAGE, Level.VILLAGE, "书记", rank, start, end) for rank, (start, end) in enumerate(spans)
    ]
    county = small_county(duties=(*without("v2"), *heads))
    gaps = county.gaps(day)
    for offset in range(60):
        probe = day + timedelta(days=offset)
        vacant = county.responsible(OTHER_VILLAGE, "village", probe) is None
        assert vacant == any(gap.start <= probe and (gap.end is None or probe < gap.end) for gap in gaps), probe


def test_a_spot_is_found_under_its_box_and_under_its_device() -> None:
    county = small_county()
    assert county.spot(BOX, SPOT) == county.spot(CAMERA, SPOT) == SPOTS[0]
    assert county.spot(BIN, SPOT) is None, "another device behind the same box does not see this spot"
    assert county.spot(BOX, "nowhere") is None
    assert county.spot("stranger", SPOT) is None


def test_a_bin_is_its_own_spot_unless_the_file_says_more() -> None:
    county = small_county()
    found = county.spot(BOX, BIN)
    assert found is not None
    assert (found.name, found.region, found.kinds) == ("1号桶", VILLAGE, ("bin_full",))
    said = Spot("depot", BIN, "集中点", VILLAGE, kinds=("bin_full",))
    county = small_county(spots=(*SPOTS, said))
    assert (county.spot(BOX, "depot"), county.spot(BOX, BIN)) == (said, None)


def test_two_boxes_may_use_the_same_spot_id() -> None:
    other = (
        Device("box-2", DeviceKind.BOX, "二号盒子", OTHER_VILLAGE),
        Device("cam-2", DeviceKind.CAMERA, "二号摄像机", OTHER_VILLAGE, "box-2"),
    )
    twin = replace(SPOTS[0], device="cam-2", region=OTHER_VILLAGE)
    county = small_county(devices=(*DEVICES, *other), spots=(*SPOTS, twin))
    assert (county.spot(BOX, SPOT), county.spot("box-2", SPOT)) == (SPOTS[0], twin)


def test_places_are_named_from_the_township_down() -> None:
    county = small_county(regions=(*REGIONS, GRID))
    assert county.place_name(VILLAGE) == "柳林镇 石门村"
    assert county.place_name(GRID.code) == "柳林镇 石门村 第一网格"
    assert county.place_name(COUNTY) == "青峦县"
    assert county.place_name("999999") == "999999"


def test_a_point_comes_from_the_spot_else_its_device_else_its_village() -> None:
    county = small_county()
    assert county.point_of(SPOTS[0]) == (106.2, 36.1, "CGCS2000")
    assert county.point_of(replace(SPOTS[0], longitude=106.3, latitude=36.2, crs="WGS-84")) == (106.3, 36.2, "WGS-84")
    blind = tuple(replace(device, longitude=None, latitude=None) for device in DEVICES)
    assert small_county(devices=blind).point_of(SPOTS[0]) is None
    village = replace(REGIONS[2], longitude=106.1, latitude=36.0, crs="CGCS2000")
    county = small_county(devices=blind, regions=(*REGIONS[:2], village, REGIONS[3]))
    assert county.point_of(SPOTS[0]) == (106.1, 36.0, "CGCS2000")


def test_a_due_time_uses_the_narrowest_limit() -> None:
    start = datetime(2026, 3, 1, 8, tzinfo=UTC)
    more = [
        {"stage": "handle", "level": "village", "value": 4, "unit": "hour", "category": "dumped"},
        {"stage": "handle", "level": "village", "value": 2, "unit": "hour", "zone": "yard"},
        {"stage": "handle", "level": "village", "value": 1, "unit": "hour", "category": "dumped", "zone": "yard"},
    ]
    county = small_county(limits=[*(limit.model_dump() for limit in small_county().policy.limits), *more])

    def minutes(what: str, zone: str) -> float:
        due = county.due("handle", "village", start, what, zone)
        assert due is not None
        return (due - start) / timedelta(minutes=1)

    assert [minutes("garbage", "street"), minutes("dumped", ""), minutes("", "yard"), minutes("dumped", "yard")] == [
        30, 240, 120, 60,
    ]  # fmt: skip
    assert county.due("verify", "village", start) is None


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13800001234", "138****1234"),
        ("+8613800001234", "138****1234"),
        ("05511234567", "055****4567"),
        ("123", "****"),
    ],
)
def test_a_masked_phone_shows_seven_digits_at_most(phone: str, masked: str) -> None:
    assert Person("x", "名", phone).phone_masked == masked


@pytest.mark.parametrize(
    ("code", "level"), [(COUNTY, "county"), (TOWNSHIP, "township"), (VILLAGE, "village"), (GRID.code, "below")]
)
def test_the_code_says_the_level(code: str, level: str) -> None:
    assert Region(code, "x").level == level


def test_levels_are_named_by_the_county() -> None:
    for names in (
        {"county": "县", "township": "乡", "village": "村"},
        {"county": "镇", "township": "村", "village": "组"},
    ):
        levels = small_county(levels=names).policy.levels
        assert {level: levels.of(level) for level in names} == names


def test_a_category_is_found_by_its_code() -> None:
    policy = small_county().policy
    assert policy.category("dumped") is not None
    assert policy.category("noise") is None


def test_a_snapshot_cannot_be_changed() -> None:
    county: County = small_county()
    with pytest.raises(TypeError):
        county.people["v1"] = county.people["v2"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        county.people["v1"].name = "x"  # type: ignore[misc]


def test_a_county_that_never_heard_of_the_further_kinds_has_words_for_them_with_their_remark() -> None:
    policy = small_county().policy
    for kind in RENDERED_ONLY:
        category = policy.category(kind.value)
        assert category is not None
        assert category.remark == "仅经渲染场景验证"
    assert {one.code for one in policy.categories if one.remark} == {kind.value for kind in RENDERED_ONLY}


def test_what_a_county_says_of_a_further_kind_counts() -> None:
    told = [{"code": kind.value, "name": kind.value} for kind in Kind if kind not in RENDERED_ONLY]
    own = {"code": "straw_pile", "name": "草垛", "severity": "major"}
    policy = Policy.model_validate(small_county().policy.model_dump(by_alias=True) | {"category": [*told, own]})
    straw = policy.category("straw_pile")
    assert straw is not None
    assert (straw.name, straw.severity, straw.remark) == ("草垛", "major", "")
    assert len(policy.categories) == len(Kind) + len(Fault)
