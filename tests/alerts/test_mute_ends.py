"""What is found under a mute is kept, and nothing dirty is lost when it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.asks.fairness import Deed
from alerts.mutes.mute_office import MuteOffice, MuteSweep
from alerts.mutes.mute_tables import SUPPRESSED
from alerts.mutes.mutes import Hold, Mute, Scope
from alerts.reports.reports import Reports
from alerts.store.book import Book
from alerts.store.tables import ALARMS
from alerts.tickets.acts import Data
from alerts.tickets.doing import Refused
from alerts.values import Check, Source, Status
from broker.messages import Event
from county.policy.equipment import Fault
from county.snapshot import County
from county.values import Device, DeviceKind, Spot
from tests.alerts.loop import Killed
from tests.alerts.makes import PHOTO, at, event, reading
from tests.alerts.mute_cases import HOUR, ZONE, Muted, wish
from tests.alerts.said import SEAL, report, reporting_county
from tests.alerts.test_equipment import Watched
from tests.county.small import (
    BIN,
    BOX,
    COUNTY,
    DEVICES,
    SPOT,
    SPOTS,
    TOWNSHIP,
    VILLAGE,
    small_county,
)
from tests.depth import depth

PERSON_CHECKS = {"recheck": {"looks": 1, "tries": 1, "retry_s": 60, "expires_s": 60}}


def verified_by_a_person(room: Muted, what: str = "garbage") -> None:
    """A citizen tells of it at minute 2, v1 cleans up by minute 10, t1 finds it clean at minute 25."""
    room.minutes = 2
    Reports(room.book, room.world, SEAL).take(report(SPOT, what=what), "k1")
    acts: list[tuple[float, str, Data]] = [
        (3, "accept", Data()), (10, "done", Data("", (PHOTO,))), (12, "", Data()), (14, "", Data()),
        (25, "verify_ok", Data()),
    ]  # fmt: skip
    for minute, act, data in acts:
        room.minutes = minute
        room.sweep.step()
        room.post.step()
        if act:
            room.desk.act(room.code(), act, data)
    assert [(one.status, one.check) for one in room.tickets()] == [(Status.CLOSED, Check.PERSON)]


def test_what_a_person_has_found_clean_meanwhile_opens_nothing_when_the_mute_ends(book: Book) -> None:
    room = Muted(book, reporting_county(**PERSON_CHECKS))
    room.mutes.add(wish(4), "t1")
    room.sees(1)
    verified_by_a_person(room)
    room.at(4 * HOUR)
    assert (len(room.tickets()), room.kept()) == (1, [("garbage", 1, False)])


def test_what_is_seen_after_that_person_or_is_another_thing_gets_its_ticket(book: Book) -> None:
    room = Muted(book, reporting_county(**PERSON_CHECKS))
    room.mutes.add(wish(4, categories=("garbage", "overflow")), "t1")
    room.sees(1)
    room.sees(1.5, what="overflow")
    verified_by_a_person(room)
    room.sees(60)
    room.at(4 * HOUR)
    assert sorted(room.tickets()[-1].kinds) == ["garbage", "overflow"]


@pytest.fixture
def room(book: Book, county: County) -> Muted:
    return Muted(book, county)


def test_what_is_still_dirty_when_a_mute_ends_gets_its_ticket_at_once(room: Muted) -> None:
    room.mutes.add(wish(hours=8), "t1")
    room.sees(10)
    room.post.step()
    assert (room.tickets(), room.channel.letters) == ([], []), "no ticket, no notice"
    room.sees(60)
    room.at(8 * HOUR - 1)
    assert room.tickets() == []
    room.at(8 * HOUR)
    (ticket,) = room.tickets()
    assert (ticket.kinds, ticket.status, ticket.seen_at) == (("garbage",), Status.DISPATCHED, at(60))
    assert "第1号静默期间共发现2次,静默已结束" in room.reader.history(ticket.id)[0].words
    assert room.kept() == [("garbage", 2, False)]
    room.post.step()
    assert len(room.channel.letters) == 1
    room.at(8 * HOUR + 5)
    assert len(room.tickets()) == 1


def test_what_became_clean_under_a_mute_opens_nothing(room: Muted) -> None:
    room.mutes.add(wish(hours=8), "t1")
    room.sees(10)
    room.sees(20, "clean")
    assert room.kept() == [("garbage", 1, False)]
    room.sees(30)
    room.sees(40, "unknown")
    room.sees(50, "clean")
    room.at(9 * HOUR)
    assert room.tickets() == []
    assert room.mutes.listed()[0].count.finds == 2


def test_unknown_ends_nothing_that_is_kept(room: Muted) -> None:
    room.mutes.add(wish(hours=8), "t1")
    room.sees(10)
    room.sees(20, "unknown")
    room.at(8 * HOUR)
    assert len(room.tickets()) == 1


def test_a_mute_ended_early_lets_go_of_what_it_held_with_a_reason(room: Muted) -> None:
    mute = room.mutes.add(wish(hours=8), "t1")
    room.sees(10)
    for person, reason, words in (("v1", "完工", "同级以上"), ("t1", "", "为什么")):
        with pytest.raises(Refused, match=words):
            room.mutes.end(mute.number, person, reason)
    room.minutes = 20
    assert room.mutes.end(mute.number, "c1", "已完工").hold is Hold.ENDED
    assert room.log()[-2:] == [
        (Deed.SILENCED, "郝县官", "已完工", "提前结束"),
        (Deed.SUPPRESSED, "田乡官", "修路堆料", "第1号静默期间共压下 1 处发现(1 次观察)"),
    ]  # fmt: skip
    room.mute_sweep.step()
    assert len(room.tickets()) == 1
    with pytest.raises(Refused, match="已结束"):
        room.mutes.end(mute.number, "c1", "再结束")


def test_a_place_under_control_is_muted_only_in_its_hours(room: Muted) -> None:
    mute = room.mutes.add(wish(hours=72, works=True, daily=(time(8), time(18))), "t1")
    room.mutes.answer(mute.number, "grant", "c1", "工地围挡施工")
    room.sees(60)  # eleven in the morning
    room.at(8 * HOUR - 1)
    assert room.tickets() == []
    room.at(8 * HOUR)  # six in the evening
    assert len(room.tickets()) == 1


def test_a_category_added_to_an_open_ticket_is_kept_too(room: Muted) -> None:
    room.sees(0)
    room.mutes.add(wish(categories=("overflow",)), "t1")
    room.sees(10, what="overflow")
    (ticket,) = room.tickets()
    assert ticket.kinds == ("garbage",)
    room.at(8 * HOUR)
    assert room.tickets()[0].kinds == ("garbage", "overflow")


def test_an_open_ticket_goes_on_under_a_mute(room: Muted) -> None:
    room.sees(0)
    room.mutes.add(wish(), "t1")
    room.sees(10)
    assert room.kept() == []
    assert len(room.tickets()) == 1


def test_another_mute_over_the_same_place_goes_on_holding(room: Muted) -> None:
    room.mutes.add(wish(hours=1), "t1")
    room.mutes.add(wish(hours=3, scope=Scope(area=TOWNSHIP)), "t1")
    room.sees(10)
    room.at(2 * HOUR)
    assert room.tickets() == []
    room.at(3 * HOUR)
    assert len(room.tickets()) == 1


def test_a_bin_that_is_full_under_a_mute_is_told_when_it_ends_unless_it_was_emptied(room: Muted) -> None:
    room.mutes.add(wish(scope=Scope(BIN), categories=("bin_full",)), "t1")
    room.minutes = 10
    room.feed(reading(10, 95))
    room.feed(reading(40, 5))
    room.feed(reading(70, 96))
    assert room.kept() == [("bin_full", 1, False), ("bin_full", 1, True)]
    room.at(8 * HOUR)
    (ticket,) = room.tickets()
    assert (ticket.kinds, ticket.source) == (("bin_full",), Source.SENSOR)


def test_a_picture_that_comes_later_is_kept_with_what_it_shows(room: Muted) -> None:
    room.mutes.add(wish(), "t1")
    told = event(10, event_id=uuid4())
    again = told.model_copy(update={"message_id": uuid4(), "revision": 1, "looks": 0, "picture": "cd" * 32})
    room.feed(told)
    room.feed(Event.model_validate(again.model_dump()))
    room.at(8 * HOUR)
    shot = room.reader.shot(room.tickets()[0].id)
    assert shot is not None
    assert shot.sha256 == "cd" * 32


def test_a_planned_power_cut_mutes_the_equipment_of_a_village_and_its_end_tells_who_is_still_silent(
    book: Book,
) -> None:
    room = Watched(book)
    office, sweep = MuteOffice(book, room.world), MuteSweep(book, room.world)
    office.add(wish(hours=1, scope=Scope(area=VILLAGE), categories=(Fault.BOX_SILENT,), reason="计划停电"), "t1")
    room.rounds(range(2), BOX, "box-2")
    room.rounds(range(2, 59), "box-2")
    sweep.step()
    assert room.tickets() == []
    with book.store.read() as conn:
        assert conn.execute(sa.select(SUPPRESSED.c.merged)).scalar_one() == 1, "told once, not every minute"
    room.rounds(range(59, 61), "box-2")
    sweep.step()
    assert room.only().kinds == (Fault.BOX_SILENT,)
    room.rounds(range(61, 65), BOX, "box-2")
    assert room.only().status is Status.CLOSED_UNAIDED


def test_what_a_countys_own_rule_raises_is_muted_like_anything_else(book: Book) -> None:
    thrice = {"name": "连看三次", "on": "event", "category": "garbage", "repeat": 3, "severity": "urgent"}
    room = Muted(book, small_county(rule=[thrice]))
    room.mutes.add(wish(hours=8), "t1")
    for minute in (1, 2):
        room.sees(minute)
    assert room.kept() == []
    room.sees(3)
    assert room.kept() == [("garbage", 1, True)]
    room.at(8 * HOUR)
    (ticket,) = room.tickets()
    assert (ticket.severity, ticket.kinds) == ("urgent", ("garbage",))
    room.sees(8 * HOUR + 1, "clean")
    assert not room.tickets()[0].is_open


def test_what_left_the_registry_is_let_go(book: Book) -> None:
    second = Device("cam-2", DeviceKind.CAMERA, "二号", VILLAGE, BOX)
    extra = Spot("cam-2.s", "cam-2", "二号点", VILLAGE, "street")
    room = Muted(book, small_county(devices=(*DEVICES, second), spots=(*SPOTS, extra)))
    room.mutes.add(wish(scope=Scope("cam-2")), "t1")
    room.feed(event(1, spot="cam-2.s"))
    room.county = small_county()
    room.at(9 * HOUR)
    assert room.tickets() == []
    assert room.kept() == [("garbage", 1, False)]


def test_what_is_let_go_because_its_spot_was_renamed_stands_in_the_fairness_log(room: Muted) -> None:
    room.mutes.add(wish(hours=5), "t1")
    room.sees(1)
    room.county = small_county(2, spots=(replace(SPOTS[0], id="cam-1.spot-9"),))
    room.at(6 * HOUR)
    assert (room.tickets(), [one[2] for one in room.kept()]) == ([], [False])
    ((deed, author, reason, words),) = [one for one in room.log() if SPOT in one[3]]
    assert (deed, author, reason) == (Deed.SUPPRESSED, "田乡官", "修路堆料")
    assert "改名、撤销" in words


@pytest.mark.parametrize("point", ["alerts.before_commit", "alerts.after_commit"])
def test_a_kill_while_a_mute_ends_loses_and_doubles_nothing(room: Muted, point: str) -> None:
    room.mutes.add(wish(), "t1")
    room.sees(10)
    room.minutes = 8 * HOUR
    room.kill_at = point
    with pytest.raises(Killed):
        room.mute_sweep.step()
    room.mute_sweep.step()
    assert len(room.tickets()) == 1
    assert [deed for deed, *_ in room.log()] == [Deed.SILENCED, Deed.SILENCED, Deed.SUPPRESSED]


Step = tuple[str, int]
LIVES: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(st.sampled_from(["dirty", "clean", "unknown", "mute", "end", "sweep"]), st.integers(1, 50)),
    min_size=1, max_size=30,
)  # fmt: skip


@settings(max_examples=depth(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LIVES)
def test_whatever_happens_what_is_dirty_has_a_ticket_or_a_mute_that_holds(steps: list[Step]) -> None:
    book = Book("sqlite://", COUNTY)
    room, minute, state, held = Muted(book, small_county()), 0.0, "", list[Mute]()
    dirty = told_again = 0
    for what, minutes in steps:
        minute += minutes
        room.minutes = minute
        if what == "mute":
            held.append(room.mutes.add(wish(hours=minutes / 10, begin=minute), "t1"))
        elif what == "end" and held:
            number = held.pop().number
            if next(one.mute for one in room.mutes.listed() if one.mute.number == number).hold is Hold.HELD:
                room.mutes.end(number, "t1", "提前")
        elif what in ("dirty", "clean", "unknown"):
            room.feed(event(minute, what))
            state = what if what != "unknown" else state
            dirty += what == "dirty"
        told_again += sum(one.alarm is not None and one.alarm.version == 0 for one in room.mute_sweep.step())
        check(room, state)
    with book.store.read() as conn:
        alarms = conn.execute(sa.select(sa.func.coalesce(sa.func.sum(ALARMS.c.merged), 0))).scalar_one()
        under = conn.execute(sa.select(sa.func.coalesce(sa.func.sum(SUPPRESSED.c.merged), 0))).scalar_one()
    assert alarms + under - told_again == dirty, "every dirty look is counted once"
    book.close()


def check(room: Muted, state: str) -> None:
    now = at(room.minutes)
    holds = any(one.mute.in_force(now, ZONE) for one in room.mutes.listed())
    open_tickets = [ticket for ticket in room.tickets() if ticket.is_open]
    if state == "dirty":
        assert bool(open_tickets) or holds
    else:  # what turns again and again stays open until it has been clean for a while (test_flapping)
        assert all(ticket.flaps.changes > room.county.policy.flapping.changes for ticket in open_tickets)
