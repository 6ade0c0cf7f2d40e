"""One piece of ground, several eyes: one ticket a site, its proof, and its relapses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.desk import Desk
from alerts.engine import Engine
from alerts.store.book import Book
from alerts.tickets.acts import Data
from alerts.values import Check, Clock, Known, Source, Status, Ticket
from alerts.world import World
from broker.messages import Kind
from county.snapshot import County
from county.values import Spot
from tests.alerts.cases import accepted, after, checking, decide, known_after, opened, ticket_of
from tests.alerts.makes import PHOTO, FakeInbox, answer, at, event, last_ticket, reading
from tests.county.small import BIN, CAMERA, SPOT, SPOTS, VILLAGE, small_county

DAY = 24 * 60
SHARED = (
    replace(SPOTS[0], site="village-gate"),
    Spot("cam-1.spot-2", CAMERA, "村口另一角", VILLAGE, "street", site="village-gate"),
    Spot(BIN, BIN, "1号桶", VILLAGE, "street", site="village-gate"),
)


@pytest.fixture
def shared() -> County:
    return small_county(spots=SHARED)


def run(book: Book, county: County, inbox: FakeInbox, minutes: float) -> list[Ticket]:
    engine = Engine(book, inbox, World(lambda: county, lambda: at(minutes)))
    while engine.step():
        pass
    with book.writing() as pen:
        found = pen.open_at("village-gate")
        return [*([found] if found else []), *pen.ended_at("village-gate")]


def test_camera_and_bin_at_one_site_make_one_ticket(book: Book, shared: County) -> None:
    inbox = FakeInbox()
    inbox.add(event(0, what="overflow"), reading(1, 95), reading(2, 95), reading(3, 95), event(4, spot="cam-1.spot-2"))
    (ticket,) = run(book, shared, inbox, 5)
    assert ticket.kinds == ("overflow", "bin_full", "garbage")
    assert ticket.dirty == (f"{CAMERA}/{SPOT}/overflow", f"{BIN}/{BIN}/bin_full", f"{CAMERA}/cam-1.spot-2/garbage")
    assert (ticket.source, ticket.scene.site) == (Source.CAMERA, "village-gate")


def test_a_spot_seen_clean_clears_nothing_that_another_spot_of_the_site_saw(shared: County) -> None:
    first = opened(shared)
    both = decide(replace(first, alarm=None, look=None), event(1, spot="cam-1.spot-2"), shared, at(1))
    ticket = last_ticket(both)
    assert ticket.kinds == ("garbage",)
    left = last_ticket(decide(replace(first, ticket=ticket), event(2, "clean"), shared, at(2)))
    assert (left.is_open, left.dirty) == (True, (f"{CAMERA}/cam-1.spot-2/garbage",))


def test_a_camera_that_sees_clean_against_a_full_bin_is_a_matter_for_a_person(shared: County) -> None:
    ticket = replace(checking(shared, event(0, what="overflow")), dirty=(f"{BIN}/{BIN}/bin_full",))
    assert ticket.check is Check.CAMERA
    look = event(25, "clean", what="overflow", command=ticket.command)
    after_look = last_ticket(decide(Known(ticket=ticket), look, shared, at(25)))
    assert (after_look.status, after_look.check, after_look.person.id) == (Status.TO_CHECK, Check.PERSON, "t1")


def test_a_bin_found_full_by_its_camera_is_looked_at_by_that_camera(shared: County) -> None:
    known = opened(shared, event(0, what="overflow"))
    ticket = replace(ticket_of(known), scene=replace(ticket_of(known).scene, place=BIN, spot=BIN))
    done = after(shared, ticket, ("accept", "v1", 5), ("done", "v1", 20))
    assert (done.check, done.command is not None) == (Check.CAMERA, True)


def walk(book: Book, county: County, inbox: FakeInbox) -> Ticket:
    """Open a ticket, deal with it, report it done: the camera is asked."""
    inbox.add(event(0))
    step(book, county, inbox, 1)
    with book.writing() as pen:
        ticket = pen.open_at(county.spots[0].ground)
    assert ticket is not None
    desk = Desk(book, World(lambda: county, lambda: at(20)))
    code = desk.mint(ticket.id)
    desk.act(code, "accept")
    return desk.act(code, "done", Data(photos=(PHOTO,))).ticket


def step(book: Book, county: County, inbox: FakeInbox, minutes: float) -> None:
    Engine(book, inbox, World(lambda: county, lambda: at(minutes))).step()


def test_only_a_device_of_the_site_answers_for_its_camera(book: Book, shared: County) -> None:
    inbox = FakeInbox()
    command = walk(book, shared, inbox).command
    assert command is not None
    inbox.add(answer(30, command, "failed", device="box-other"))
    step(book, shared, inbox, 31)
    with book.writing() as pen:
        still = pen.open_at("village-gate")
        assert still is not None
        assert still.command == command
    inbox.add(answer(32, command, "failed"))
    step(book, shared, inbox, 33)
    with book.writing() as pen:
        later = pen.open_at("village-gate")
    assert later is not None
    assert later.command is None


def closed_at(county: County, minutes: float) -> Ticket:
    """A ticket of the small county's spot that was dealt with."""
    ticket = checking(county)
    look = event(minutes, "clean", command=ticket.command)
    return last_ticket(decide(Known(ticket=ticket), look, county, at(minutes)))


@pytest.mark.parametrize(("days", "relapse"), [(6, 1), (6.99, 1), (7.01, 0), (8, 0)])
def test_the_same_place_and_category_again_within_seven_days_is_a_relapse(days: float, relapse: int) -> None:
    county = small_county(relapse_days=7)
    old = closed_at(county, 25)
    again = decide(Known(earlier=(old,)), event(25 + days * DAY), county, at(25 + days * DAY))
    ticket = last_ticket(again)
    assert (ticket.relapse, ticket.earlier) == (relapse, old.id if relapse else None)
    assert ("反弹" in again[0].reason) == bool(relapse)
    assert ticket.due_clock is Clock.ACCEPT
    assert ticket.due_at == at(25 + days * DAY + 30)


def test_another_category_or_a_place_that_became_clean_by_itself_is_no_relapse(county: County) -> None:
    old = closed_at(county, 25)
    other = last_ticket(decide(Known(earlier=(old,)), event(60, what="overflow"), county, at(60)))
    unaided = replace(old, status=Status.CLOSED_UNAIDED)
    alone = last_ticket(decide(Known(earlier=(unaided,)), event(60), county, at(60)))
    assert (other.relapse, alone.relapse) == (0, 0)
    behind = last_ticket(decide(Known(earlier=(unaided, old)), event(60), county, at(60)))
    assert behind.earlier == old.id


def test_relapses_count_on(county: County) -> None:
    old = replace(closed_at(county, 25), relapse=2)
    assert last_ticket(decide(Known(earlier=(old,)), event(60), county, at(60))).relapse == 3


def test_the_engine_finds_the_ticket_that_relapsed(book: Book, county: County) -> None:
    inbox = FakeInbox()
    old = walk(book, county, inbox)
    inbox.add(event(25, "clean", command=old.command), event(3 * DAY))
    step(book, county, inbox, 3 * DAY)
    with book.writing() as pen:
        found = pen.known(county.spots[0], Kind.GARBAGE).ticket
    assert found is not None
    assert (found.relapse, found.earlier) == (1, old.id)


def test_every_row_of_the_history_says_which_limit_runs(county: County) -> None:
    decisions = decide(Known(), event(0), county, at(0))
    rows = [decision.history for decision in decisions if decision.history]
    assert [(row.due_at, row.clock, row.severity) for row in rows][-1] == (at(30), Clock.ACCEPT, "major")
    ticket = accepted(county)
    assert ticket.due_clock is Clock.HANDLE
    assert known_after(decisions).ticket == last_ticket(decisions)
