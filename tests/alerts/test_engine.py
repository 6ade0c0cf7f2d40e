"""Engine, sweep and relay around one book: killed anywhere they go on where they were; odd messages stop nobody."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from alerts.store.book import Book, Conflict
from alerts.values import Status
from broker.messages import Health
from county.snapshot import County
from county.values import Duty, Level
from ingest.store import StoreAway
from tests.alerts.loop import Killed, Room
from tests.alerts.makes import PHOTO, answer, at, event, reading, row_of
from tests.county.small import BOX, CAMERA, DUTIES, SPOT, SPOTS, small_county


@pytest.fixture
def room(sqlite_book: Book, county: County) -> Room:
    return Room(sqlite_book, county)


def send(room: Room, *acts: str) -> None:
    """Let the person of the newest notice act."""
    from alerts.tickets.acts import Data

    for act in acts:
        room.desk.act(room.code(), act, Data("说明", (PHOTO,)), key=f"{act}{room.minutes}")


def test_the_whole_loop_closes_on_a_clean_look(room: Room) -> None:
    room.feed(event(0))
    room.post.step()
    send(room, "accept", "arrive", "done")
    assert room.relay.step() == 1
    command = next(iter(room.commands.taken.values()))
    assert (command.device, command.name) == (BOX, "recheck")
    room.minutes = 3
    room.feed(event(3, "clean", command=command.command_id))
    assert room.tickets()[0].status is Status.CLOSED
    assert [row.new for row in room.reader.history(room.tickets()[0].id)][-3:] == ["待核查", "已结案", "已结案"]


def test_two_spots_are_two_tickets_and_one_spot_is_one(room: Room) -> None:
    room.feed(event(0), event(1, what="overflow"), event(2), reading(3, 99))
    assert [len(ticket.kinds) for ticket in room.tickets()] == [2, 1]


def test_two_spots_of_one_camera_on_two_sites_are_two_tickets_each_for_its_own_person(book: Book) -> None:
    second = f"{CAMERA}.spot-2"
    spots = (replace(SPOTS[0], site="gate"), replace(SPOTS[0], id=second, name="桥头", site="bridge"))
    duties = (*DUTIES, Duty("v2", second, Level.VILLAGE, "桥头管护人"))
    room = Room(book, small_county(spots=spots, duties=duties))
    room.feed(event(0), event(0, spot=second), event(1), event(1, spot=second, what="overflow"))
    first, other = sorted(room.tickets(), key=lambda ticket: ticket.scene.site, reverse=True)
    assert [(one.scene.site, one.scene.spot, one.person.id, one.kinds) for one in (first, other)] == [
        ("gate", SPOT, "v1", ("garbage",)), ("bridge", second, "v2", ("garbage", "overflow")),
    ]  # fmt: skip
    room.post.step()
    assert sorted(letter.person for letter in room.channel.letters) == ["何村官", "马村官"]
    room.feed(event(2, "clean"))
    assert {one.scene.site: one.is_open for one in room.tickets()} == {"gate": False, "bridge": True}


@pytest.mark.parametrize("days", [1, 365, 20_000])
def test_a_look_from_the_future_counts_as_of_its_arrival_and_hides_no_later_look(room: Room, days: int) -> None:
    early = event(days * 1440)
    room.inbox.rows.append(replace(row_of(early, 1), received_at=at(0)))
    room.engine.step()
    ticket = room.tickets()[0]
    assert ticket.opened_at == at(0)
    assert "设备时钟不准" in room.reader.history(ticket.id)[0].words
    room.feed(event(1, "clean"))
    assert room.tickets()[0].status is Status.CLOSED_UNAIDED


@pytest.mark.parametrize("point", ["alerts.before_commit", "alerts.after_commit"])
def test_a_killed_engine_decides_each_message_once(room: Room, point: str) -> None:
    room.inbox.add(event(0), event(1))
    room.kill_at = point
    with pytest.raises(Killed):
        room.engine.step()
    assert room.book.cursor() == (0 if point == "alerts.before_commit" else 2)
    room.engine.step()
    assert len(room.tickets()) == 1
    assert room.book.cursor() == 2


def test_a_killed_sweep_climbs_once(room: Room) -> None:
    room.feed(event(0))
    for point in ("alerts.before_commit", "alerts.after_commit"):
        room.minutes += 30
        room.kill_at = point
        with pytest.raises(Killed):
            room.sweep.step()
        room.sweep.step()
    assert room.tickets()[0].person.id == "c1"
    climbs = [row for row in room.reader.history(room.tickets()[0].id) if "上报" in row.words]
    assert len(climbs) == 2


def test_a_killed_relay_hands_over_again_and_the_door_takes_it_once(room: Room) -> None:
    room.feed(event(0))
    room.post.step()
    send(room, "accept", "done")
    room.kill_at = "alerts.before_relay_mark"
    with pytest.raises(Killed):
        room.relay.step()
    assert room.relay.step() == 1
    assert len(room.commands.taken) == 1
    assert room.relay.step() == 0


def test_the_cursor_that_the_door_knows_follows_and_never_leads(room: Room) -> None:
    room.relay.tell_cursor()
    assert room.inbox.cursors == {}
    room.feed(event(0), event(1))
    assert room.inbox.cursor("alerts") == 0
    room.relay.tell_cursor()
    assert room.inbox.cursor("alerts") == room.book.cursor() == 2


def test_a_message_that_cannot_be_decided_is_put_aside_and_the_next_one_is_handled(room: Room) -> None:
    room.inbox.add(event(0))
    broken = room.inbox.rows[0]
    object.__setattr__(broken, "payload", b"{")
    room.inbox.add(event(1))
    assert room.engine.step() == 2
    assert (room.engine.stuck, len(room.tickets())) == (1, 1)
    assert "ValidationError" in room.reader.stuck()[0].reason


def test_an_unregistered_spot_is_shown_to_the_operator(room: Room) -> None:
    room.feed(event(0, spot="nowhere"), event(1))
    assert "点位未登记:box-1/nowhere" in room.reader.stuck()[0].reason
    assert len(room.tickets()) == 1


def test_a_kind_that_is_not_for_the_engine_is_put_aside(room: Room) -> None:
    room.inbox.add(Health(message_id=uuid4(), device=BOX, at=at(0)))
    assert room.engine.step() == 0, "the engine does not even read it"
    object.__setattr__(room.inbox.rows[0], "kind", "health")
    room.engine._take(room.inbox.rows[0], 0)
    assert "not for the alert engine" in room.reader.stuck()[0].reason


def test_another_box_cannot_answer_for_this_one(room: Room) -> None:
    room.feed(event(0))
    room.post.step()
    send(room, "accept", "done")
    room.relay.step()
    asked = next(iter(room.commands.taken.values())).command_id
    room.feed(answer(1, asked, "failed", device="cam-1"))
    assert room.tickets()[0].command == asked
    room.feed(answer(1, asked, "failed"))
    assert room.tickets()[0].command is None


def test_a_book_that_is_away_is_for_the_caller(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.inbox.add(event(0))

    def away(*_args: object) -> None:
        raise StoreAway("disk full")

    monkeypatch.setattr("alerts.store.book.Pen.move_cursor", away)
    with pytest.raises(StoreAway):
        room.engine.step()
    monkeypatch.undo()
    assert room.engine.step() == 1
    assert room.engine.stuck == 0


def test_a_second_engine_on_the_same_book_decides_nothing_twice(room: Room, county: County) -> None:
    room.inbox.add(event(0))
    room.engine.step()
    with pytest.raises(Conflict, match="another engine"):
        room.engine._take(room.inbox.rows[0], 0)
    assert len(room.tickets()) == 1


def test_a_message_that_conflicts_for_ever_is_put_aside(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def conflict(*_args: object) -> None:
        raise Conflict("always")

    room.inbox.add(event(0), reading(1, 95))
    monkeypatch.setattr("alerts.store.book.Pen._keep_alarm", conflict)
    for _ in range(4):
        with pytest.raises(Conflict):
            room.engine.step()
    with pytest.raises(Conflict):
        room.engine.step()
    assert "always" in room.reader.stuck()[0].reason
    monkeypatch.undo()
    assert room.engine.step() == 1
    assert len(room.tickets()) == 1


def test_every_decision_is_told_with_its_message_after_it_is_committed(room: Room) -> None:
    from alerts.engine import Engine

    told: list[tuple[int, int, str]] = []
    engine = Engine(room.book, room.inbox, room.world,
                    lambda row, decisions: told.append((room.book.cursor(), row.seq, decisions[0].reason)))  # fmt: skip
    room.inbox.add(event(0), event(1, "unknown"))
    engine.step()
    assert [(cursor >= seq, seq) for cursor, seq, _ in told] == [(True, 1), (True, 2)]
    assert "看不清" in told[1][2]
