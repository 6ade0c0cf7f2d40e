"""Who somebody is at a place: by region, grid, spot, way and category, on the day that it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from alerts.tickets.entitled import NotEntitled, acting, acting_levels, is_helper, levels_over, may_inspect, people_over
from alerts.tickets.moves import rank
from alerts.values import Ticket
from county.snapshot import County
from county.staff import Leave, Unit, UnitKind
from county.values import Duty, Level, Person, Spot
from tests.alerts.cases import accepted
from tests.alerts.makes import at
from tests.alerts.side_cases import MORE_DUTIES, MORE_PEOPLE, full_county
from tests.county.small import COUNTY, DUTIES, OTHER_VILLAGE, PEOPLE, SPOT, SPOTS, TOWNSHIP, VILLAGE, small_county

KEEPER = Person("k1", "渠管护", "19900000011")


def kept(*duties: Duty) -> County:
    return small_county(people=(*MORE_PEOPLE, KEEPER), duties=(*MORE_DUTIES, *duties))


def duty(area: str, level: Level = Level.VILLAGE, role: str = "管护员", **more: object) -> Duty:
    return Duty("k1", area, level, role, rank=5, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def ticket() -> Ticket:
    return replace(accepted(full_county()), what="garbage")


@pytest.mark.parametrize(
    ("area", "over"),
    [
        (VILLAGE, True), (TOWNSHIP, True), (COUNTY, True), (SPOT, True), (OTHER_VILLAGE, False), ("640422100", False),
        (f"{VILLAGE}01", False), ("cam-1", False), ("ditch-1", False),
    ],
)  # fmt: skip
def test_a_duty_is_over_what_lies_in_its_area(ticket: Ticket, area: str, over: bool) -> None:
    assert bool(levels_over(kept(duty(area)), "k1", ticket, at(0))) is over


def test_the_keeper_of_a_way_is_over_what_lies_on_it(ticket: Ticket) -> None:
    on_ditch = replace(ticket, scene=replace(ticket.scene, way="ditch-1"))
    assert levels_over(kept(duty("ditch-1")), "k1", on_ditch, at(0)) == (Level.VILLAGE,)


def test_a_grid_is_over_its_own_part_of_the_village(ticket: Ticket) -> None:
    in_grid = replace(ticket, scene=replace(ticket.scene, region=f"{VILLAGE}01"))
    assert levels_over(kept(duty(f"{VILLAGE}01")), "k1", in_grid, at(0))
    assert not levels_over(kept(duty(f"{VILLAGE}02")), "k1", in_grid, at(0))


@pytest.mark.parametrize(("categories", "over"), [((), True), (("garbage",), True), (("overflow",), False)])
def test_a_duty_for_some_categories_is_over_those(ticket: Ticket, categories: tuple[str, ...], over: bool) -> None:
    assert bool(levels_over(kept(duty(VILLAGE, categories=categories)), "k1", ticket, at(0))) is over


def test_a_duty_counts_on_its_days_only(ticket: Ticket) -> None:
    past = kept(duty(VILLAGE, valid_to=date(2026, 11, 21)))
    assert levels_over(past, "k1", ticket, at(0)) == ()
    assert levels_over(kept(duty(VILLAGE, valid_from=date(2026, 11, 21))), "k1", ticket, at(0))


def test_somebody_acts_on_the_highest_of_their_levels(ticket: Ticket) -> None:
    both = kept(duty(VILLAGE), duty(TOWNSHIP, Level.TOWNSHIP))
    assert levels_over(both, "k1", ticket, at(0)) == (Level.VILLAGE, Level.TOWNSHIP)
    assert acting(both, KEEPER, ticket, at(0)).level is Level.TOWNSHIP


def test_whoever_has_a_ticket_acts_on_it_although_the_duty_has_ended(ticket: Ticket) -> None:
    gone = small_county(duties=tuple(one for one in MORE_DUTIES if one.person not in {"v1", "c2", "h1"}))
    assert acting(gone, gone.people["v1"], ticket, at(0)) == ticket.person
    assert acting_levels(gone, ticket.person, ticket, at(0)) == (Level.VILLAGE,)
    with pytest.raises(NotEntitled, match="何村官今天不负责这个地方"):
        acting(gone, gone.people["v2"], ticket, at(0))


def test_a_helper_answers_for_nothing_and_is_asked_for_nothing(ticket: Ticket) -> None:
    county = full_county()
    assert is_helper(county, "h1")
    assert not is_helper(county, "nobody")
    assert levels_over(county, "h1", ticket, at(0)) == ()
    assert "h1" not in [who.id for who in people_over(county, ticket, (Level.VILLAGE,), at(0))]
    assert acting(county, county.people["h1"], ticket, at(0)).level is Level.VILLAGE


def test_who_is_on_leave_or_whose_unit_has_ended_has_no_right(ticket: Ticket) -> None:
    away = small_county(leaves=(Leave("t1", date(2026, 11, 20), date(2026, 11, 25)),))
    assert levels_over(away, "t1", ticket, at(0)) == ()
    assert levels_over(away, "t1", ticket, at(4 * 24 * 60))
    ended = Unit("u1", "清洁公司", UnitKind.CONTRACTOR, valid_to=date(2026, 11, 21))
    hired = replace(KEEPER, unit="u1")
    county = small_county(people=(*MORE_PEOPLE, hired), duties=(*MORE_DUTIES, duty(VILLAGE)), units=(ended,))
    assert levels_over(county, "k1", ticket, at(0)) == ()


def test_deputies_come_after_the_first(ticket: Ticket) -> None:
    found = people_over(full_county(), ticket, (Level.COUNTY, Level.VILLAGE), at(0))
    assert [who.id for who in found] == ["c1", "c2", "v1", "v1b"]


def test_levels_rise_from_the_village() -> None:
    assert sorted(Level, key=rank) == list(Level)
    assert rank(Level.VILLAGE) < rank(Level.TOWNSHIP) < rank(Level.COUNTY)


def test_who_may_inspect_a_place() -> None:
    spot, alone = SPOTS[0], Spot("r-1", "@site", "桥下", OTHER_VILLAGE)
    lane = Duty("lane", "lane-1", Level.VILLAGE, "巷长")
    burns = Duty("burns", TOWNSHIP, Level.TOWNSHIP, "秸秆专班", categories=("dumped",))
    office = Duty("office", COUNTY, Level.COUNTY, "专班", categories=("dumped",))
    people = tuple(replace(PEOPLE[0], id=name) for name in ("lane", "burns", "office", "idle"))
    county = small_county(duties=(*DUTIES, lane, burns, office), people=(*PEOPLE, *people))
    on_lane = replace(spot, ways=("lane-1",))

    def may(person: str, where: Spot, what: str = "garbage") -> bool:
        return may_inspect(county, person, where, what, at(0))

    assert [may(one, spot) for one in ("v1", "v1b", "v2", "t1", "c1", "idle", "nobody")] == [
        True, True, False, True, True, False, False
    ]  # fmt: skip
    assert [may(one, alone) for one in ("v1", "v2", "t1", "c1")] == [False, True, True, True]
    assert (may("lane", spot), may("lane", on_lane)) == (False, True)
    assert (may("burns", spot), may("burns", spot, "dumped")) == (False, True)
    assert may("office", spot), "a county level stands above every place"
