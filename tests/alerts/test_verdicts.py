"""From what people did to a verdict on each picture: the mapping as a table, its laws, the whole way by the desk."""

from __future__ import annotations

import logging
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.reports.reports import Reports
from alerts.store.book import Book
from alerts.tickets.acts import Data
from alerts.tickets.verdicts import Act, Judged, JudgedEvent, Verdict, judge, judged_events, statements
from alerts.values import Status, Ticket
from broker.messages import Kind, State
from county.snapshot import County
from county.values import Device, DeviceKind, Spot
from tests.alerts.cases import opened, ticket_of
from tests.alerts.loop import Room
from tests.alerts.makes import PHOTO, at, event
from tests.alerts.said import SEAL, report, reporting_county
from tests.county.small import COUNTY, DEVICES, SPOT, SPOTS, VILLAGE, small_county

TRUE, FALSE, UNCLEAR = Verdict.TRUE, Verdict.FALSE, Verdict.UNCLEAR
SHA = "c" * 64


@pytest.fixture
def ticket(county: County) -> Ticket:
    return ticket_of(opened(county))


@pytest.mark.parametrize(
    ("end", "acts", "taken", "verdict"),
    [
        ("dispatched", "", 0, None),
        ("accepted", "accept 5", 0, None),
        ("to_confirm", "not_true 5", 0, None),  # nobody drops a case alone
        ("not_filed", "not_true 5, confirm_false 9", 0, FALSE),
        ("not_filed", "not_true 5, confirm_false 9:重复上报", 0, UNCLEAR),
        ("dispatched", "not_true 5, confirm_true 9", 0, TRUE),
        ("dispatched", "not_true 5, confirm_true 9", 10, None),  # taken after it was said
        ("to_confirm", "not_true 5, confirm_unclear 9", 0, UNCLEAR),
        ("not_filed", "not_true 5, confirm_unclear 9, confirm_false 12", 0, FALSE),
        ("not_filed", "confirm_true 9, not_true 20, confirm_false 30", 0, UNCLEAR),  # two who could tell disagree
        ("not_filed", "confirm_true 9, not_true 20, confirm_false 30", 15, FALSE),
        ("closed", "accept 5, arrive 7, done 20", 0, TRUE),
        ("to_check", "accept 5, done 20", 0, None),  # not before it is seen clean
        ("on_site", "done 20, verify_bad 40", 30, TRUE),
        ("closed", "done 20, verify_bad 40, done 50, verify_ok 60", 30, TRUE),
        ("closed_unaided", "", 0, None),
    ],
)
def test_acts_become_a_verdict(ticket: Ticket, end: str, acts: str, taken: float, verdict: Verdict | None) -> None:
    parts = [one.split(" ") for one in acts.split(", ") if one]
    done = [Act(at(float(when.partition(":")[0])), name, "township", when) for name, when in parts]
    judged = judge(at(taken), statements(replace(ticket, status=Status(end)), done))
    assert (judged.verdict if judged else None) == verdict


def test_where_a_person_sees_it_clean_and_the_camera_never_does_nobody_is_believed(ticket: Ticket) -> None:
    acts = [Act(at(20), "done", "village"), Act(at(60), "verify_ok", "township")]
    reworked = replace(ticket, status=Status.CLOSED, reworks=1)
    assert judge(at(0), statements(reworked, acts)) is None
    assert judge(at(0), statements(replace(reworked, dirty=()), acts)) == Judged(TRUE, at(20), "village", "done")


SAID = st.lists(st.tuples(st.integers(0, 50), st.sampled_from(Verdict)), max_size=6).map(
    lambda pairs: [Judged(verdict, at(minute), "township", "confirm") for minute, verdict in sorted(pairs)]
)


@given(SAID, st.integers(0, 50))
def test_a_verdict_is_never_made_of_what_was_said_before_the_picture(said: list[Judged], taken: int) -> None:
    judged = judge(at(taken), said)
    assert judged == judge(at(taken), [one for one in said if one.at >= at(taken)])
    assert judged is None or judged.at >= at(taken)


@given(SAID)
def test_who_cannot_tell_never_turns_what_others_could(said: list[Judged]) -> None:
    clear = [one for one in said if one.verdict is not UNCLEAR]
    judged = judge(at(0), said)
    if clear:
        assert judged == judge(at(0), clear)
        agreed = {one.verdict for one in clear}
        assert judged is not None
        assert judged.verdict == (agreed.pop() if len(agreed) == 1 else UNCLEAR)
    else:
        assert judged == (said[-1] if said else None)


def test_each_verdict_has_its_words() -> None:
    assert [one.words for one in Verdict] == ["属实", "不属实", "看不清"]


@pytest.fixture
def room(book: Book, county: County) -> Room:
    return Room(book, county)


def judged(room: Room) -> list[JudgedEvent]:
    return list(judged_events(room.book, room.inbox))


def deny(room: Room, *then: str) -> None:
    """The village says "not true"; those above answer one after the other."""
    room.post.step()
    room.desk.act(room.code(), "not_true", Data("没有东西"))
    for act in then:
        room.minutes += 1
        room.post.step()
        room.desk.act(room.code(), act, Data("看了现场"))


def test_a_denied_alarm_makes_all_its_pictures_false_and_names_nobody(room: Room) -> None:
    first, again = event(0, picture=SHA), event(3, picture="d" * 64, revision=1)
    room.feed(first, event(1, revision=1), event(2, State.UNKNOWN, picture="e" * 64))
    room.feed(again)
    room.minutes = 5
    deny(room, "confirm_false")
    found = judged(room)
    assert [one.event.message_id for one in found] == [first.message_id, again.message_id]
    assert {one.ticket for one in found} == {room.tickets()[0].id}
    assert {one.judged for one in found} == {Judged(FALSE, at(6), "township", "confirm_false")}
    assert "田乡官" not in repr(found)


def test_work_that_ends_clean_makes_them_true(room: Room) -> None:
    room.feed(event(0, picture=SHA), event(2, what=Kind.OVERFLOW, picture="d" * 64))
    room.post.step()
    code = room.code()
    room.minutes = 5
    room.desk.act(code, "accept")
    room.desk.act(code, "done", Data("清理了", (PHOTO,)))
    assert [one.judged for one in judged(room)] == [None, None]
    room.relay.step()
    command = next(iter(room.commands.taken.values()))
    room.feed(event(7, State.CLEAN, command=command.command_id, picture="f" * 64))
    assert [one.judged for one in judged(room)] == [Judged(TRUE, at(5), "village", "done")] * 2


def test_who_could_not_tell_is_heard_until_somebody_can(room: Room) -> None:
    room.feed(event(0, picture=SHA))
    deny(room, "confirm_unclear")
    assert [one.judged and one.judged.verdict for one in judged(room)] == [UNCLEAR]
    room.post.step()
    room.minutes += 1
    room.desk.act(room.code(), "confirm_true")
    assert [one.judged and (one.judged.verdict, one.judged.role) for one in judged(room)] == [(TRUE, "county")]


def test_a_later_ticket_of_the_same_spot_has_verdicts_of_its_own(room: Room) -> None:
    room.feed(event(0, picture=SHA))
    deny(room, "confirm_false")
    room.minutes = 60
    room.feed(event(60, picture="d" * 64))
    assert [one.judged and one.judged.verdict for one in judged(room)] == [FALSE, None]
    assert len({one.ticket for one in judged(room)}) == 2


def test_an_event_of_another_spot_kind_or_time_belongs_to_no_ticket(room: Room) -> None:
    room.feed(event(0, picture=SHA))
    deny(room, "confirm_false")
    outside = (event(-5, picture=SHA), event(0, picture=SHA, spot="elsewhere"), event(0, picture=SHA, what="overflow"))
    room.inbox.add(*outside, event(500, picture=SHA))
    assert len(judged(room)) == 1


def test_cameras_that_share_a_site_are_each_judged_by_its_ticket(book: Book) -> None:
    other = Device("cam-2", DeviceKind.CAMERA, "第二台", VILLAGE, "box-2")
    box = Device("box-2", DeviceKind.BOX, "第二个盒子", VILLAGE)
    spots = (replace(SPOTS[0], site="gate"), Spot("cam-2.spot-1", "cam-2", "另一角", VILLAGE, site="gate"))
    shared = small_county(devices=(*DEVICES, box, other), spots=spots)
    room = Room(book, shared)
    seen = event(1, picture="d" * 64, spot="cam-2.spot-1").model_copy(update={"device": "box-2"})
    room.feed(event(0, picture=SHA), seen)
    deny(room, "confirm_false")
    told = list(judged_events(room.book, room.inbox, shared))
    assert [(one.place, one.judged and one.judged.verdict) for one in told] == [("cam-1", FALSE), ("cam-2", FALSE)]
    assert len(list(judged_events(room.book, room.inbox))) == 1, "who does not know the county cannot tell"


def test_what_people_reported_is_no_camera(book: Book) -> None:
    room = Room(book, reporting_county())
    Reports(book, room.world, SEAL).take(report(SPOT), "key-1")
    room.minutes = 1
    room.feed(event(1, picture=SHA))
    assert [one.place for one in judged_events(room.book, room.inbox, room.county)] == ["cam-1"]


def test_a_row_that_cannot_be_read_costs_one_line(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    room.feed(event(0, picture=SHA))
    room.inbox.rows.insert(0, replace(room.inbox.rows[0], payload=b"\x00{", message_id=uuid4(), seq=0))
    room.inbox.rows[0] = replace(room.inbox.rows[0], seq=1)
    room.inbox.rows[1] = replace(room.inbox.rows[1], seq=2)
    with caplog.at_level(logging.WARNING, "alerts.tickets.verdicts"):
        assert len(judged(room)) == 1
    assert [one.message.startswith("inbox row 1 of box-1") for one in caplog.records] == [True]


def test_another_countys_book_says_nothing(room: Room, book: Book) -> None:
    room.feed(event(0, picture=SHA))
    assert list(judged_events(Book(book.store, "640998"), room.inbox)) == []
    assert book.county == COUNTY


def test_a_device_whose_clock_ran_ahead_is_taken_at_its_arrival(room: Room) -> None:
    ahead = event(60, picture=SHA)
    room.inbox.add(ahead)
    room.inbox.rows[0] = replace(room.inbox.rows[0], received_at=at(0))
    room.engine.step()
    room.minutes = 5
    deny(room, "confirm_false")
    found = judged(room)
    assert [(one.event.at, one.judged and one.judged.verdict) for one in found] == [(at(0), FALSE)]
