"""A revision that drops a rung on which a ticket stands, or a duty beside the ladder, stops no sweep."""

from __future__ import annotations

from alerts.office import Office
from alerts.store.book import Book
from alerts.tickets.doing import Data
from alerts.tickets.handover_round import HandoverRound
from alerts.values import Status
from county.values import Duty, Level, Person
from tests.alerts.loop import Room
from tests.alerts.makes import PHOTO, event
from tests.county.small import COUNTY, DUTIES, PEOPLE, TOWNSHIP, led_county, small_county

HANDED_IN = Data("说明", (PHOTO,))


def led_room() -> Room:
    room = Room(Book("sqlite://", COUNTY), led_county())
    room.feed(event(0))
    return room


def go_on(room: Room, *minutes: float) -> None:
    for room.minutes in minutes:
        room.sweep.step()
        HandoverRound(room.book, room.world).step()


def test_overdue_work_that_a_leader_supervises_goes_on_without_the_rung_of_leaders() -> None:
    room = led_room()
    office = Office(room.book, room.world)
    office.act(room.tickets()[0].id, "accept", room.county.people["v1"], HANDED_IN)
    go_on(room, 40, 80, 120, 160)
    assert room.tickets()[0].level is Level.LEADER
    room.county = small_county(2)
    go_on(room, 400, 800, 1200)
    assert room.tickets()[0].next_at is not None


def test_a_ticket_that_had_climbed_to_the_leader_comes_to_a_rung_that_there_is() -> None:
    room = led_room()
    go_on(room, 40, 80, 120, 160)
    assert room.tickets()[0].level is Level.LEADER
    room.county = small_county(2)
    go_on(room, 400, 800, 1200, 2000, 4000)
    assert room.tickets()[0].level is not Level.LEADER


def test_a_leader_beside_the_ladder_may_do_the_work_and_somebody_else_checks_it() -> None:
    leader = Duty("l1", TOWNSHIP, Level.LEADER, "包乡镇县级领导")
    county = small_county(people=(*PEOPLE, Person("l1", "李县长", "19900000006")), duties=(*DUTIES, leader))
    room = Room(Book("sqlite://", COUNTY), county)
    room.feed(event(0))
    office = Office(room.book, room.world)
    for act in ("accept", "done"):
        office.act(room.tickets()[0].id, act, county.people["l1"], HANDED_IN)
    go_on(room, 20, 40, 60, 80, 100, 120, 400)
    ticket = room.tickets()[0]
    assert ticket.status is Status.TO_CHECK
    assert ticket.person.id not in ("", "l1")
