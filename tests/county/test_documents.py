"""What five county documents ask of the registry, with their own figures on real division codes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from county import divisions
from county.files import dump, read
from county.staff import Unit, UnitKind
from county.values import Device, DeviceKind, Duty, LegalBasis, Level, Person, Region, Spot
from county.ways import Way, WayKind
from tests.county.real import JIQIANG, LINJIANG, PINGLUO, QUKOU, XIJI, XINFU, YUANPING, county_of, one_each, people

DAY = date(2026, 3, 2)  # a Monday
JINQIAO, QUKOU_VILLAGE = f"{QUKOU}204", f"{QUKOU}200"  # 金桥, 渠口
CAMERA = "cam-1"


def camera(village: str) -> tuple[Device, ...]:
    return (Device(CAMERA, DeviceKind.CAMERA, "路边摄像机", village, legal_basis=LegalBasis.ART7),)


def test_580_villages_of_two_counties_have_a_device_each_and_an_unknown_code_is_refused(real: bytes) -> None:
    kinds = (
        (DeviceKind.CAMERA, LegalBasis.ART7), (DeviceKind.BIN, LegalBasis.NONE), (DeviceKind.TRUCK, LegalBasis.NONE)
    )  # fmt: skip
    counted: Counter[DeviceKind] = Counter()
    for code in (XINFU, YUANPING):
        villages = [region.code for region in divisions.regions(real, code) if region.kind == "village"]
        devices = tuple(
            Device(f"d-{n}", kinds[n % 3][0], f"终端{n}", village, legal_basis=kinds[n % 3][1])
            for n, village in enumerate(villages)
        )
        county = county_of(real, code, devices=devices)
        assert Counter(device.village for device in county.devices.values()) == Counter(villages)
        assert all(county.regions[device.village].level == "village" for device in county.devices.values())
        counted.update(device.kind for device in county.devices.values())
        strange = replace(county.content, devices=(replace(devices[0], village=f"{code}100999"),))
        _, problems = read(dump(strange, divisions.start(real, code)["policy.toml"]))
        assert [problem.text for problem in problems] == [f"device d-0: unknown village '{code}100999'"]
    assert counted.total() == 580


def test_a_ticket_always_has_the_person_of_its_day_and_the_old_name_stays_after_a_hand_over(real: bytes) -> None:
    day = date(2026, 7, 1)
    people = (Person("old", "旧任", "+99900000001"), Person("new", "新任", "+99900000002"))
    duties = (
        Duty("old", JINQIAO, Level.VILLAGE, "村支书", valid_to=day),
        Duty("new", JINQIAO, Level.VILLAGE, "村支书", valid_from=day),
    )
    county = county_of(real, PINGLUO, people=people, duties=duties)

    def who(on: date) -> list[str]:
        return [person.name for person in county.responsibles(JINQIAO, "village", on)]

    assert [who(day - timedelta(days=1)), who(day), who(day + timedelta(days=999))] == [["旧任"], ["新任"], ["新任"]]
    assert [who(day - timedelta(days=999))] == [["旧任"]], "asked later about an earlier day, the old name still stands"


def test_a_contractor_may_be_answerable_and_its_clock_is_that_of_anybody(real: bytes) -> None:
    """发现问题明确责任、及时整改: 二泉公司 cleans 渠口乡."""
    units = (Unit("erquan", "二泉公司", UnitKind.CONTRACTOR), Unit("jinqiao", "金桥村委会", UnitKind.GOVERNMENT))
    people = (Person("e", "二泉经理", "+99900000001", "erquan"), Person("v", "村支书", "+99900000002", "金桥村委会"))
    duties = (Duty("e", JINQIAO, Level.VILLAGE, "保洁公司"), Duty("v", f"{QUKOU}205", Level.VILLAGE, "村支书"))
    county = county_of(real, PINGLUO, units=units, people=people, duties=duties)
    assert county.responsible(JINQIAO, "village", DAY) == county.people["e"]
    kinds = [unit.kind for unit in map(county.unit_of, ("e", "v")) if unit]
    assert kinds == [UnitKind.CONTRACTOR, UnitKind.GOVERNMENT]
    start = datetime(2026, 3, 2, 9, tzinfo=ZoneInfo(county.calendar.zone))
    assert county.due("handle", "village", start) == start + timedelta(hours=24), "the limit asks for no unit"


def test_one_village_resolves_to_the_three_names_of_the_threefold_bond(real: bytes) -> None:
    """县直部门包片、乡镇干部包村、村(居)干部包户; what is missing is listed as a gap."""
    people = (
        Person("dep", "部门联系人", "+99900000001"), Person("town", "包村干部", "+99900000002"),
        Person("vil", "村支书", "+99900000003"),
    )  # fmt: skip
    duties = (
        Duty("dep", QUKOU, Level.COUNTY, "县直部门包片"),
        Duty("town", JINQIAO, Level.TOWNSHIP, "包村干部"),
        Duty("vil", JINQIAO, Level.VILLAGE, "村干部包户"),
    )
    county = county_of(real, PINGLUO, people=people, duties=duties)
    chain = county.chain(JINQIAO, DAY)
    names = [who.name for who in (chain.village, chain.township, chain.county) if who]
    assert names == ["村支书", "包村干部", "部门联系人"]
    county = county_of(real, PINGLUO, people=people, duties=duties[:2])
    (gap,) = [gap for gap in county.gaps(DAY) if gap.village == JINQIAO]
    assert (gap.level, gap.start, gap.end) == (Level.VILLAGE, DAY, None)
    assert f"村 {JINQIAO}（渠口乡 金桥" in gap.text


LEADERS = """
[[need]]  # 26名县级干部分包13个乡镇(街)
role = "包乡镇县级领导"
level = "leader"
area = "township"
least = 2
most = 2
"""
OFFICERS = """
[[need]]  # 86名乡镇领导与所辖村结成包保对子
role = "包村屯乡镇领导"
level = "township"
area = "village"
kind = "village"
"""
PARTNERS = """
[[need]]  # 62个中省直、市直部门, 20户重点企业与各村
role = "联村帮建单位"
level = "county"
area = "village"
kind = "village"
"""


def test_26_leaders_on_13_townships_are_two_each_and_one_with_a_single_leader_is_listed(real: bytes) -> None:
    towns = [region.code for region in divisions.regions(real, LINJIANG) if region.level == "township"]
    leaders, duties = one_each([town for town in towns for _ in range(2)], Level.LEADER, "包乡镇县级领导")
    duties = tuple(replace(duty, rank=n % 2) for n, duty in enumerate(duties))
    assert (len(leaders), len(towns)) == (26, 13)
    county = county_of(real, LINJIANG, LEADERS, people=leaders, duties=duties)
    assert [gap for gap in county.gaps(DAY) if gap.kind == "need"] == []
    assert {len(county.responsibles(town, "leader", DAY)) for town in towns} == {26 // 13}
    left = county_of(real, LINJIANG, LEADERS, people=leaders, duties=duties[:-1])
    assert [gap.text for gap in left.gaps(DAY) if gap.kind == "need"] == [
        "乡镇 220681200（蚂蚁河乡）的包乡镇县级领导（县领导）应有 2 人，现有 1 人：2026-03-02 起"
    ]


def test_86_officers_are_bound_to_70_villages_and_every_village_has_one(real: bytes) -> None:
    villages = [region.code for region in divisions.regions(real, LINJIANG) if region.kind == "village"]
    officers, duties = one_each([*villages, *villages[:16]], Level.TOWNSHIP, "包村屯乡镇领导")
    duties = tuple(replace(duty, rank=n // len(villages)) for n, duty in enumerate(duties))
    assert (len(officers), len(villages), round(86 / 70, 2)) == (86, 70, 1.23)
    county = county_of(real, LINJIANG, OFFICERS, people=officers, duties=duties)
    assert [gap for gap in county.gaps(DAY) if gap.kind == "need"] == []
    counts = Counter(len(county.responsibles(village, "township", DAY)) for village in villages)
    assert counts == {2: 16, 1: 54}
    vacant = county_of(real, LINJIANG, OFFICERS, people=officers, duties=duties[:69])
    assert [gap.area for gap in vacant.gaps(DAY) if gap.kind == "need"] == [villages[69]]


def test_the_five_bonds_stand_beside_each_other(real: bytes) -> None:
    """五包五责: leaders on townships, officers and partner units on villages; the village's own people below them."""
    regions = divisions.regions(real, LINJIANG)
    towns = [region.code for region in regions if region.level == "township"]
    villages = [region.code for region in regions if region.kind == "village"]
    kinds = [UnitKind.DEPARTMENT] * 62 + [UnitKind.COMPANY] * 20
    units = tuple(Unit(f"u{n}", f"帮建单位{n}", kind) for n, kind in enumerate(kinds))
    everyone = [
        *((town, Level.LEADER, "包乡镇县级领导", rank) for rank in range(2) for town in towns),
        *((village, Level.TOWNSHIP, "包村屯乡镇领导", 0) for village in villages),
        *((villages[n % 70], Level.COUNTY, "联村帮建单位", n // 70) for n in range(82)),
        *((village, Level.VILLAGE, "村党支部书记", 0) for village in villages),
    ]
    named = [replace(who, unit=f"u{n % 82}") for n, who in enumerate(people(len(everyone)))]
    duties = tuple(Duty(who.id, *bond) for who, bond in zip(named, everyone, strict=True))
    policy = LEADERS + OFFICERS + PARTNERS
    county = county_of(real, LINJIANG, policy, people=tuple(named), duties=duties, units=units)
    assert [gap for gap in county.gaps(DAY) if gap.kind == "need"] == []
    assert {gap.village for gap in county.gaps(DAY)}.isdisjoint(villages), "only communities are without their people"
    chain = county.chain(villages[0], DAY)
    assert None not in (chain.village, chain.township, chain.county, chain.leader)


def jiqiang(real: bytes) -> list[Region]:
    """吉强镇 as of its text: five of today's communities were made later, and 176 groups lie under its villages."""
    made = date(2022, 6, 1)
    regions = list(divisions.regions(real, XIJI))
    communities = [region.code for region in regions if region.parent == JIQIANG and region.kind == "community"]
    later = set(communities[7:])
    regions = [replace(region, valid_from=made) if region.code in later else region for region in regions]
    villages = [region for region in regions if region.parent == JIQIANG and region.kind == "village"]
    groups = [villages[n % len(villages)] for n in range(176)]
    taken: Counter[str] = Counter()
    for village in groups:
        taken[village.code] += 1
        number = taken[village.code]
        regions.append(Region(f"{village.code}{number:03d}", f"{number}组", village.code, "group"))
    return regions


def test_jiqiang_of_2021_has_27_villages_7_communities_and_176_groups_below_them(real: bytes) -> None:
    county = county_of(real, XIJI, regions=tuple(jiqiang(real)))

    def on(day: date) -> Counter[str]:
        return Counter(r.kind for r in county.regions.values() if r.parent == JIQIANG and r.holds(day))

    assert on(date(2021, 12, 31)) == {"village": 27, "community": 7}
    assert on(date(2023, 12, 31)) == {"village": 27, "community": 12}
    groups = [region for region in county.regions.values() if region.kind == "group"]
    assert (len(groups), round(len(groups) / 27, 2)) == (176, 6.52)
    assert {group.level for group in groups} == {"below"}
    assert {county.regions[group.parent].kind for group in groups} == {"village"}


def test_the_tree_may_go_deeper_and_each_layer_may_have_its_keeper(real: bytes) -> None:
    """支部 + 网格长 + 网格员 + 农户: village, group, grid, household."""
    codes = [f"{JIQIANG}204"]
    for _ in range(3):
        codes.append(f"{codes[-1]}001")
    deeper = [Region(code, name, parent, kind) for code, name, parent, kind in zip(
        codes[1:], ("一组", "第一网格", "张家"), codes, ("group", "grid", "household"), strict=False,
    )]  # fmt: skip
    people, duties = one_each(codes, Level.VILLAGE, "网格长")
    county = county_of(real, XIJI, regions=(*divisions.regions(real, XIJI), *deeper), people=people, duties=duties)
    for who, code in zip(people, codes, strict=True):
        assert county.responsible(code, "village", DAY) == who
    assert county.place_name(codes[-1]) == "吉强镇 高同村委会 一组 第一网格 张家"
    lowest = county_of(real, XIJI, regions=county.content.regions, people=people, duties=duties[:1])
    assert lowest.responsible(codes[-1], "village", DAY) == people[0], "without keepers below the village answers"


@pytest.mark.parametrize("words", [("县", "乡", "村", "组"), ("镇", "村", "组", "户")])
def test_the_same_codes_run_with_the_levels_called_otherwise(real: bytes, words: tuple[str, ...]) -> None:
    top, middle, low, below = words
    labels = f'[levels]\ncounty = "{top}"\ntownship = "{middle}"\nvillage = "{low}"\nbelow = ["{below}"]'
    county = county_of(real, PINGLUO, labels)
    levels = county.policy.levels
    assert [levels.rung(level) for level in county.policy.ladder] == [f"{low}级", f"{middle}级", f"{top}级"]
    assert county.policy.levels.below == (below,)
    assert county.content.regions == divisions.regions(real, PINGLUO)
    assert f"没有{middle}级责任人：" in next(gap.text for gap in county.gaps(DAY) if gap.level is Level.TOWNSHIP)


def test_each_place_has_one_of_four_zones_and_a_yard_needs_a_consent(real: bytes) -> None:
    """交通沿线、村庄街巷、农户庭院、田间地头."""
    zones = ("road", "street", "yard", "field")
    devices = tuple(
        Device(f"cam-{zone}", DeviceKind.CAMERA, zone, JINQIAO, legal_basis=LegalBasis.ART7) for zone in zones
    )
    spots = tuple(Spot(f"spot-{zone}", f"cam-{zone}", zone, JINQIAO, zone) for zone in zones)
    agreed = tuple(replace(one, consent="同意书2026-014 2026-03-01") if one.name == "yard" else one for one in devices)
    county = county_of(real, PINGLUO, devices=agreed, spots=spots)
    assert [county.policy.zones[zone] for zone in zones] == ["交通沿线", "村庄街巷", "农户庭院", "田间地头"]
    assert [spot.id for spot in county.spots if spot.zone == "field"] == ["spot-field"]
    with pytest.raises(AssertionError, match=r"private zone 'yard'.* camera cam-yard has no consent"):
        county_of(real, PINGLUO, devices=devices, spots=spots)


def test_a_place_on_a_named_road_counts_for_the_village_whose_stretch_it_is(real: bytes) -> None:
    """沿黄路、城滨路、301等主干道路两侧 (渠口乡)."""
    ways = (
        Way("yanhuang-jinqiao", WayKind.ROAD, "金桥段", JINQIAO, "沿黄路"),
        Way("yanhuang-qukou", WayKind.ROAD, "渠口段", QUKOU_VILLAGE, "沿黄路"),
        Way("chengbin-jinqiao", WayKind.ROAD, "金桥段", JINQIAO, "城滨路"),
    )
    people, duties = one_each([way.id for way in ways], Level.VILLAGE, "路段责任人")
    spot = Spot("roadside", CAMERA, "沿黄路东侧", JINQIAO, "road", ways=("yanhuang-jinqiao",))
    parts: dict[str, Any] = {"people": people, "duties": duties, "devices": camera(JINQIAO)}
    county = county_of(real, PINGLUO, ways=ways, spots=(spot,), **parts)
    assert [way.title for way in county.on_road("沿黄路")] == ["沿黄路 金桥段", "沿黄路 渠口段"]
    found = county.spot(CAMERA, "roadside")
    assert found is not None
    assert county.regions[found.region].name.startswith("金桥")
    assert county.responsible(found.region, "village", DAY, found.id) == people[0]
    wrong = replace(spot, ways=("yanhuang-qukou",))
    with pytest.raises(AssertionError, match="lies in 640221202204, but yanhuang-qukou"):
        county_of(real, PINGLUO, ways=ways, spots=(wrong,), **parts)


def test_seven_roads_down_and_six_across_are_13_stretches_with_one_person_and_a_rota_each(real: bytes) -> None:
    """对辖区内“7纵6横”主干道 (吉强镇)."""
    villages = [r.code for r in divisions.regions(real, XIJI) if r.parent == JIQIANG and r.kind == "village"]
    names = [f"纵{n}路" for n in range(1, 8)] + [f"横{n}路" for n in range(1, 7)]
    ways = tuple(
        Way(f"road-{n}", WayKind.ROAD, name, villages[n], name, rota=(n % 5, n % 5 + 2)) for n, name in enumerate(names)
    )
    people, duties = one_each([way.id for way in ways], Level.VILLAGE, "路段责任人")
    county = county_of(real, XIJI, ways=ways, people=people, duties=duties)
    assert len(county.ways) == 7 + 6 == 13
    for way, person in zip(county.ways.values(), people, strict=True):
        assert county.responsibles(way.region, "village", DAY, way.id) == (person,)
        assert len(way.due_days(DAY, DAY + timedelta(days=7))) == 2
    assert [gap for gap in county.gaps(DAY) if gap.kind == "way"] == []
    vacant = county_of(real, XIJI, ways=ways, people=people, duties=duties[1:])
    assert [gap.area for gap in vacant.gaps(DAY) if gap.kind == "way"] == ["road-0"]


def test_an_alarm_of_the_waters_goes_to_who_keeps_the_ditch(real: bytes) -> None:
    """逐一清理水面和岸边垃圾: what floats is the ditch keeper's, what lies on the lane beside it is not."""
    ways = (Way("lane-1", WayKind.LANE, "渠边巷", JINQIAO), Way("ditch-1", WayKind.DITCH, "惠农渠金桥段", JINQIAO))
    people, duties = one_each([JINQIAO, "lane-1", "ditch-1"], Level.VILLAGE, "责任人")
    duties = (*duties[:2], replace(duties[2], categories=("floating_waste",)))
    spot = Spot("bank", CAMERA, "渠边", JINQIAO, "field", ways=("lane-1", "ditch-1"))
    county = county_of(
        real, PINGLUO, ways=ways, people=people, duties=duties, devices=camera(JINQIAO), spots=(spot,)
    )  # fmt: skip
    village, lane, ditch = people
    assert county.responsible(JINQIAO, "village", DAY, "bank", "floating_waste") == ditch
    assert county.responsible(JINQIAO, "village", DAY, "bank", "garbage") == lane
    assert county.responsible(JINQIAO, "village", DAY, "elsewhere", "floating_waste") == village


def test_a_ticket_at_a_lane_names_the_lane_keeper_and_a_vacant_lane_is_listed(real: bytes) -> None:
    """全面推行街巷长制."""
    ways = tuple(Way(f"lane-{n}", WayKind.LANE, f"{n}巷", JINQIAO) for n in range(1, 4))
    people, duties = one_each([way.id for way in ways], Level.VILLAGE, "巷长")
    spot = Spot("mouth", CAMERA, "巷口", JINQIAO, "street", ways=("lane-1",))
    county = county_of(
        real, PINGLUO, ways=ways, people=people, duties=duties[:2], devices=camera(JINQIAO), spots=(spot,)
    )  # fmt: skip
    assert county.responsible(JINQIAO, "village", DAY, "mouth") == people[0]
    assert [gap.text for gap in county.gaps(DAY) if gap.kind == "way"] == [
        "巷 lane-3（渠口乡 金桥村委会 3巷）没有巷长：2026-03-02 起"
    ]
