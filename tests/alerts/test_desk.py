"""The desk by its code: what the phone sees, acts, keys, and that one code opens one ticket only."""

from __future__ import annotations

import pytest

from alerts.desk import UnknownCode
from alerts.store.book import Book
from alerts.tickets.acts import Data, Refused
from alerts.values import Status
from county.snapshot import County
from tests.alerts.loop import Killed, Room
from tests.alerts.makes import PHOTO, event, person
from tests.county.small import small_county


@pytest.fixture
def room(sqlite_book: Book, county: County) -> Room:
    made = Room(sqlite_book, county)
    made.feed(event(0, picture="c" * 64))
    made.post.step()
    return made


def test_the_code_in_the_letter_opens_the_ticket(room: Room) -> None:
    view = room.desk.open_code(room.code())
    assert (view.ticket.number, view.viewer.name, view.what_name) == ("GD-1121-0001", "马村官", "暴露垃圾")
    assert (view.severity_name, view.acts) == ("重要", ("accept", "not_mine", "not_true"))
    assert view.township is not None
    assert view.township.name == "田乡官"
    assert view.picture is not None
    assert (view.picture.sha256, len(view.picture.boxes)) == ("c" * 64, 1)
    assert [(step.name, step.done) for step in view.steps] == [
        ("派单", True), ("接单", False), ("处置", False), ("核查", False)
    ]  # fmt: skip
    assert room.desk.link(room.code()).person == person(room.county, "v1")


@pytest.mark.parametrize("code", ["", "aaaaaaaaaaaa", "' OR 1=1 --"])
def test_any_other_code_opens_nothing(room: Room, code: str) -> None:
    with pytest.raises(UnknownCode, match="无效或已过期"):
        room.desk.open_code(code)


def test_a_code_expires(room: Room) -> None:
    code = room.code()
    room.minutes = 15 * 24 * 60
    with pytest.raises(UnknownCode):
        room.desk.act(code, "accept")


def test_from_accept_to_done_and_back_for_rework(room: Room) -> None:
    code = room.code()
    room.desk.act(code, "accept")
    room.desk.act(code, "arrive")
    view = room.desk.act(code, "done", Data("清理了", (PHOTO,)))
    assert (view.ticket.status, view.acts) == (Status.TO_CHECK, ())
    assert [photo.sha256 for photo in view.photos] == [PHOTO]
    assert [step.done for step in view.steps] == [True, True, True, False]
    room.relay.step()
    command = next(iter(room.commands.taken.values()))
    room.minutes = 2
    room.feed(event(2, command=command.command_id))
    view = room.desk.open_code(code)
    assert (view.ticket.status, view.acts) == (Status.ON_SITE, ("done", "dispute", "not_true"))
    assert "第1次返工" in (view.reason or "")
    assert not view.steps[2].done


def test_the_same_key_again_changes_nothing(room: Room) -> None:
    code = room.code()
    first = room.desk.act(code, "accept", key="k-1")
    again = room.desk.act(code, "accept", key="k-1")
    assert again.ticket.version == first.ticket.version
    with pytest.raises(Refused):
        room.desk.act(code, "accept", key="k-2")


def test_a_refused_act_keeps_its_key_free(room: Room) -> None:
    code = room.code()
    room.desk.act(code, "accept")
    with pytest.raises(Refused, match="照片"):
        room.desk.act(code, "done", key="k-1")
    assert room.desk.act(code, "done", Data(photos=(PHOTO,)), key="k-1").ticket.status is Status.TO_CHECK


def test_an_act_killed_before_its_commit_did_not_happen(room: Room) -> None:
    room.kill_at = "alerts.before_commit"
    with pytest.raises(Killed):
        room.desk.act(room.code(), "accept", key="k-1")
    assert room.desk.open_code(room.code()).ticket.status is Status.DISPATCHED
    assert room.desk.act(room.code(), "accept", key="k-1").ticket.status is Status.ACCEPTED


def test_a_ticket_that_is_gone_opens_nothing(room: Room) -> None:
    from alerts.store.tables import TICKETS

    code, ticket = room.code(), room.tickets()[0].id
    with room.book.store.write() as conn:
        conn.execute(TICKETS.delete())
    with pytest.raises(UnknownCode, match="不存在"):
        room.desk.open_code(code)
    with pytest.raises(UnknownCode, match="不存在"):
        room.desk.act(code, "accept")
    with pytest.raises(UnknownCode, match="不存在"):
        room.desk.mint(ticket)


def test_the_phone_sees_a_new_revision_of_the_county_at_once(room: Room) -> None:
    room.county = small_county(revision=2, duties=())
    assert room.desk.open_code(room.code()).township is None


def test_closed_tickets_show_every_step_done_and_no_reason(room: Room) -> None:
    code = room.code()
    room.desk.act(code, "accept")
    room.desk.act(code, "done", Data(photos=(PHOTO,)))
    room.minutes = 1
    room.feed(event(1, "clean"))
    view = room.desk.open_code(code)
    assert [step.done for step in view.steps] == [True] * 4
    assert (view.reason, view.acts) == (None, ())
