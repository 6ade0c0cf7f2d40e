"""Who a ticket goes to: by place and category, lane, road and ditch, deputies, contractors; whom it counts for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from alerts.ladder import overdue_step
from alerts.store.book import Book
from alerts.values import Clock, Decision, Known, Ticket
from broker.messages import Kind
from county.snapshot import County
from county.staff import Leave, Unit, UnitKind
from county.values import Device, DeviceKind, Duty, LegalBasis, Level, Person, Spot
from county.ways import Way, WayKind
from tests.alerts.cases import after, decide
from tests.alerts.loop import Room
from tests.alerts.makes import at, event, last_ticket
from tests.county.small import (
    BOX,
    CAMERA,
    DEVICES,
    DITCH,
    DUTIES,
    KEEPERS,
    LANE,
    OTHER_VILLAGE,
    PEOPLE,
    SPOT,
    SPOTS,
    VILLAGE,
    limits,
    small_county,
    wayside,
)  # fmt: skip

EVERY_KIND = tuple(replace(spot, kinds=(), ways=(LANE, DITCH)) for spot in SPOTS)


def sent(county: County, what: str = "garbage", spot: str = SPOT) -> Ticket:
    decisions: list[Decision] = decide(Known(), event(0, what=what, spot=spot), county, at(0))
    return last_ticket(decisions)


@pytest.mark.parametrize(
    ("duties", "what", "who", "way"),
    [
        ((), "garbage", "v1", LANE),
        (KEEPERS[:1], "garbage", "v1b", LANE),
        ((replace(KEEPERS[1], categories=("floating_waste",)),), "floating_waste", "v2", DITCH),
        ((replace(KEEPERS[1], categories=("floating_waste",)),), "garbage", "v1", LANE),
        ((KEEPERS[0], replace(KEEPERS[1], categories=("floating_waste",))), "floating_waste", "v2", DITCH),
        ((Duty("t1", SPOT, Level.VILLAGE, "点长", categories=("dumped",)),), "dumped", "t1", LANE),
        ((Duty("t1", SPOT, Level.VILLAGE, "点长", categories=("dumped",)),), "garbage", "v1", LANE),
    ],
)
def test_place_and_category_say_who_gets_it_and_on_which_way_it_lies(
    duties: tuple[Duty, ...], what: str, who: str, way: str
) -> None:
    ticket = sent(wayside(spots=EVERY_KIND, duties=(*DUTIES, *duties)), what)
    assert (ticket.person.id, ticket.scene.way, ticket.scene.village) == (who, way, VILLAGE)


def test_the_water_of_a_ditch_goes_to_its_keeper_and_climbs_from_there_as_everything_does() -> None:
    water = replace(KEEPERS[1], categories=(Kind.FLOATING_WASTE.value,))
    county = wayside(spots=EVERY_KIND, duties=(*DUTIES, KEEPERS[0], water))
    ticket = sent(county, Kind.FLOATING_WASTE)
    assert (ticket.person.name, ticket.scene.way, ticket.level) == ("何村官", DITCH, Level.VILLAGE)
    assert last_ticket(overdue_step(ticket, county, at(30))).person.id == "t1"


def test_a_ticket_on_a_road_counts_for_the_village_whose_stretch_it_is(book: Book) -> None:
    stretches = (
        Way("yh-1", WayKind.ROAD, "石门段", VILLAGE, "沿黄路"),
        Way("yh-2", WayKind.ROAD, "上河段", OTHER_VILLAGE, "沿黄路"),
    )
    spots = (
        replace(SPOTS[0], ways=("yh-1",)),
        Spot("cam-1.spot-2", CAMERA, "沿黄路口", OTHER_VILLAGE, "road", ways=("yh-2",)),
    )
    county = small_county(ways=stretches, spots=spots)
    room = Room(book, county)
    room.feed(event(0), event(1, spot="cam-1.spot-2"))
    tickets = {one.scene.way: one for one in room.tickets()}
    assert {way: one.scene.village for way, one in tickets.items()} == {"yh-1": VILLAGE, "yh-2": OTHER_VILLAGE}
    assert {way: one.person.id for way, one in tickets.items()} == {"yh-1": "v1", "yh-2": "v2"}
    assert [way.id for way in county.on_road("沿黄路")] == ["yh-1", "yh-2"]


def test_each_of_thirteen_stretches_of_seven_roads_down_and_six_across_sends_to_its_own_person() -> None:
    names = [f"{way}{number}" for way, count in (("纵", 7), ("横", 6)) for number in range(1, count + 1)]
    people = tuple(Person(f"p{n}", f"{name}路长", f"1990000{n:04d}") for n, name in enumerate(names))
    ways = tuple(Way(f"w{n}", WayKind.ROAD, name, VILLAGE, "7纵6横") for n, name in enumerate(names))
    devices = (*DEVICES, Device("cam-x", DeviceKind.CAMERA, "路口", VILLAGE, BOX, legal_basis=LegalBasis.ART7))
    spots = tuple(Spot(f"s{n}", "cam-x", name, VILLAGE, "road", ways=(f"w{n}",)) for n, name in enumerate(names))
    duties = tuple(Duty(f"p{n}", f"w{n}", Level.VILLAGE, "路段责任人") for n in range(13))
    county = small_county(
        people=(*PEOPLE, *people), ways=ways, devices=devices, spots=spots, duties=(*DUTIES, *duties)
    )  # fmt: skip
    tickets = [sent(county, spot=f"s{n}") for n in range(13)]
    assert [one.person.name for one in tickets] == [f"{name}路长" for name in names]
    assert {one.scene.way for one in tickets} == {f"w{n}" for n in range(13)}


def test_a_contractor_s_person_gets_the_ticket_with_the_same_clock_and_climbs_the_same_way() -> None:
    firm = Unit("erquan", "二泉公司", UnitKind.CONTRACTOR)
    worker = Person("k1", "泉师傅", "19900000011", "erquan")
    own = (*DUTIES, Duty("k1", SPOT, Level.VILLAGE, "保洁员"))
    county = small_county(units=(firm,), people=(*PEOPLE, worker), duties=own)
    ticket, usual = sent(county), sent(small_county())
    assert (ticket.person.id, county.people["k1"].unit) == ("k1", "二泉公司")
    assert (ticket.due_at, ticket.due_clock) == (usual.due_at, Clock.ACCEPT)
    late = last_ticket(overdue_step(ticket, county, at(30)))
    assert (late.person.id, late.overdue) == ("t1", True)
    assert last_ticket(overdue_step(late, county, at(60))).person.id == "c1"


def test_who_is_on_leave_is_stood_in_for_by_the_deputy() -> None:
    away = small_county(leaves=(Leave("v1", date(2026, 11, 20), date(2026, 11, 25)),), limits=limits(3, "day"))
    assert sent(away).person.id == "v1b"
    everybody = small_county(leaves=tuple(Leave(who, date(2026, 11, 20)) for who in ("v1", "v1b")))
    assert (sent(everybody).person.id, sent(everybody).meant) == ("t1", Level.VILLAGE)


def test_a_case_confirmed_and_one_that_is_returned_go_by_place_and_category_too() -> None:
    water = replace(KEEPERS[1], categories=("floating_waste",))
    county = wayside(spots=EVERY_KIND, duties=(*DUTIES, water))
    ticket = sent(county, "floating_waste")
    doubt = after(county, ticket, ("not_true", "v2", 3))
    assert (doubt.person.id, after(county, doubt, ("confirm_true", "t1", 5)).person.id) == ("t1", "v2")
