"""Mutes: who may, what nobody may, what is kept meanwhile, and that nothing dirty is lost when one ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.asks import fairness_book
from alerts.asks.fairness import Deed
from alerts.mutes import mute_acts, mute_book, mutes
from alerts.mutes.mute_office import MuteOffice, MuteSweep, NoMute
from alerts.mutes.mute_tables import SUPPRESSED
from alerts.mutes.mutes import Hold, Mute, Scope, Wish
from alerts.store.book import Book
from alerts.store.tables import ALARMS
from alerts.tickets.doing import Refused
from alerts.tickets.entitled import NotEntitled
from alerts.values import Source, Status
from broker.messages import Event, State
from county.policy.equipment import Fault
from county.snapshot import County
from county.values import Device, DeviceKind, Duty, Level, PersonKind, Region, Spot
from tests.alerts.loop import Killed, Room
from tests.alerts.makes import T0, at, event, reading
from tests.alerts.test_equipment import Watched
from tests.county.small import (
    BIN,
    BOX,
    CAMERA,
    COUNTY,
    DEVICES,
    DUTIES,
    OTHER_VILLAGE,
    PEOPLE,
    REGIONS,
    SPOT,
    SPOTS,
    TOWNSHIP,
    VILLAGE,
    small_county,
)

HOUR = 60
ZONE = ZoneInfo("Asia/Shanghai")
OF_CAMERA = Scope(CAMERA)


def wish(hours: float = 8, scope: Scope = OF_CAMERA, begin: float = 0, **more: object) -> Wish:
    """A mute of garbage at the camera, for a reason, from minute ``begin`` on."""
    values: dict[str, object] = {"reason": "修路堆料", "categories": ("garbage",), **more}
    return Wish(scope, begin_at=at(begin), end_at=at(begin + hours * HOUR), **values)  # type: ignore[arg-type]


class Muted(Room):
    """A room with its office for mutes, and the sweep that ends them."""

    def __init__(self, book: Book, county: County) -> None:
        super().__init__(book, county)
        self.mutes = MuteOffice(book, self.world)
        self.mute_sweep = MuteSweep(book, self.world)

    def at(self, minutes: float) -> None:
        self.minutes = minutes
        self.mute_sweep.step()

    def sees(self, minutes: float, state: State | str = State.DIRTY, what: str = "garbage") -> None:
        self.at(minutes)
        self.feed(event(minutes, state, what=what))

    def kept(self) -> list[tuple[str, int, bool]]:
        with self.book.store.read() as conn:
            rows = conn.execute(sa.select(SUPPRESSED).order_by(SUPPRESSED.c.n))
            return [(row.kind, row.merged, row.is_open) for row in rows]

    def log(self) -> list[tuple[Deed, str, str, str]]:
        """The fairness log, oldest first: deed, who, why, what."""
        lines = [line.entry for line in reversed(fairness_book.lines(self.book))]
        return [(Deed(one.deed), one.author.name, one.reason, one.words) for one in lines]


@pytest.fixture
def room(book: Book, county: County) -> Muted:
    return Muted(book, county)


# The row R05 (无差别) and what it forbids


def test_of_24_hourly_events_none_is_dropped_at_night_neither(book: Book, county: County) -> None:
    room = Muted(book, county)
    for hour in range(24):
        room.sees(hour * HOUR)
    with book.store.read() as conn:
        (alarm,) = conn.execute(sa.select(ALARMS)).all()
    assert (alarm.merged, len(room.tickets())) == (24, 1), "one alarm, 23 merged into it, nights too"


def test_of_24_hourly_events_those_under_a_mute_are_kept_and_counted(room: Muted) -> None:
    room.mutes.add(wish(hours=10, begin=0), "t1")
    for hour in range(24):
        room.sees(hour * HOUR)
    with room.book.store.read() as conn:
        merged = conn.execute(sa.select(ALARMS.c.merged)).scalar_one()
    ((kind, under, is_open),) = room.kept()
    assert (kind, under, is_open) == ("garbage", 10, False)
    assert merged == 1 + 14, "the ticket of the end of the mute, and each of the 14 that followed"
    assert (Deed.SUPPRESSED, "田乡官", "修路堆料", "第1号静默期间共压下 1 处发现(10 次观察)") in room.log()


@pytest.mark.parametrize("reason", ["", "   ", "\n\t", "\x00"])
def test_a_mute_without_a_reason_is_refused(room: Muted, reason: str) -> None:
    with pytest.raises(Refused, match="为什么"):
        room.mutes.add(wish(reason=reason), "t1")
    assert (room.mutes.listed(), room.log()) == ([], [])


def test_a_mute_without_an_end_is_refused(county: County) -> None:
    endless = replace(wish(), end_at=None)
    with pytest.raises(Refused, match="到什么时候为止"):
        mute_acts.asked(endless, mute_acts.author_at(county, "t1", endless, T0), county, T0)


YARD = replace(SPOTS[0], zone="yard")
HOUSE = Region(VILLAGE + "001", "马家", VILLAGE, "户")


@pytest.mark.parametrize(
    ("scope", "spots"),
    [
        (Scope(CAMERA, SPOT), (YARD,)),
        (Scope(CAMERA), (YARD,)),
        (Scope(CAMERA), (replace(YARD, site="house"), replace(YARD, id="second", site="house"))),
        (Scope(area=HOUSE.code), (SPOTS[0],)),
        (Scope(area=VILLAGE), (YARD, Spot(BIN, BIN, "1号桶", OTHER_VILLAGE, "street"))),
    ],
)
def test_no_single_household_can_be_muted_by_whatever_name(scope: Scope, spots: tuple[Spot, ...]) -> None:
    county = small_county(spots=spots, regions=(*REGIONS, HOUSE))
    with pytest.raises(Refused, match="无差别"):
        mute_acts.asked(wish(scope=scope), mute_acts.author_at(county, "t1", wish(scope=scope), T0), county, T0)


def test_a_camera_that_sees_nothing_but_yards_is_not_muted_with_however_many_spots() -> None:
    spots = tuple(replace(SPOTS[0], id=f"{CAMERA}.y{n}", name=f"马家院子{n}", zone="yard") for n in (1, 2))
    county = small_county(spots=spots)
    asked = wish()
    with pytest.raises(Refused, match="无差别"):
        mute_acts.asked(asked, mute_acts.author_at(county, "t1", asked, T0), county, T0)


def test_a_camera_that_sees_a_street_too_may_be_muted_and_so_may_a_village_with_many_yards() -> None:
    street = replace(SPOTS[0], id="street")
    county = small_county(spots=(YARD, street))
    for scope in (OF_CAMERA, Scope(area=VILLAGE)):
        assert (
            mute_acts.asked(
                wish(scope=scope), mute_acts.author_at(county, "t1", wish(scope=scope), T0), county, T0
            ).number
            == 0
        )


# What may be asked for, and by whom


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (wish(begin=-10), "过去"),
        (wish(begin=400 * 24 * HOUR), "提前一年"),
        (wish(hours=0), "晚于开始"),
        (wish(hours=-1, begin=120), "晚于开始"),
        (wish(hours=169), "最长 168 小时"),
        (wish(hours=2161, works=True), "最长 2160 小时"),
        (wish(scope=Scope()), "只能选一样"),
        (wish(scope=Scope(CAMERA, area=VILLAGE)), "只能选一样"),
        (wish(scope=Scope("cam-9")), "没有登记这台设备"),
        (wish(scope=Scope(area="999999")), "没有登记这个区域"),
        (wish(scope=Scope(CAMERA, "nowhere")), "没有登记这个点位"),
        (wish(categories=("garbage", "smell")), "没有“smell”这一类"),
        (wish(daily=(time(8), time(8))), "起止不能相同"),
    ],
)
def test_what_makes_no_sense_is_refused_in_plain_words(county: County, asked: Wish, words: str) -> None:
    author = mute_acts.author_at(county, "t1", wish(), T0)
    with pytest.raises(Refused, match=words):
        mute_acts.asked(asked, author, county, T0)


@pytest.mark.parametrize(("person", "words"), [("v1", "乡镇、县级"), ("v2", "不负责"), ("nobody", "没有登记")])
def test_who_may_not_mute_a_place_is_told_why(room: Muted, person: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        room.mutes.add(wish(), person)
    assert room.mutes.listed() == []


def test_who_answers_for_one_camera_may_not_mute_the_village(book: Book) -> None:
    duties = (*DUTIES, Duty("v1b", CAMERA, Level.TOWNSHIP, "运维"))
    room = Muted(book, small_county(duties=duties))
    assert room.mutes.add(wish(), "v1b").hold is Hold.HELD
    with pytest.raises(Refused, match="乡镇、县级"):
        room.mutes.add(wish(scope=Scope(area=VILLAGE)), "v1b")


def test_who_is_on_leave_only_helps_or_answers_for_one_category_mutes_no_more_than_that(book: Book) -> None:
    helper = replace(PEOPLE[3], id="h1", kind=PersonKind.VOLUNTEER)
    duties = (
        *DUTIES, Duty("h1", TOWNSHIP, Level.TOWNSHIP, "协管员", 5),
        Duty("v1b", TOWNSHIP, Level.TOWNSHIP, "环卫", 6, categories=("garbage",)),
    )  # fmt: skip
    room = Muted(book, small_county(people=(*PEOPLE, helper), duties=duties))
    with pytest.raises(NotEntitled, match="不负责"):
        room.mutes.add(wish(), "h1")
    with pytest.raises(NotEntitled, match="乡镇、县级"):
        room.mutes.add(wish(categories=("garbage", "overflow")), "v1b")
    assert room.mutes.add(wish(), "v1b").hold is Hold.HELD


@pytest.mark.parametrize(
    ("asked", "hold"),
    [
        (wish(hours=24), Hold.HELD),
        (wish(hours=24.1), Hold.ASKED),
        (wish(categories=("dumped",)), Hold.ASKED),
        (wish(categories=()), Hold.ASKED),
        (wish(hours=1, works=True), Hold.ASKED),
    ],
)
def test_a_long_or_grave_mute_and_works_wait_for_a_grant(county: County, asked: Wish, hold: Hold) -> None:
    assert mute_acts.asked(asked, mute_acts.author_at(county, "t1", asked, T0), county, T0).hold is hold


@pytest.mark.parametrize(
    ("begin", "scope", "categories", "hold"),
    [
        (19, OF_CAMERA, ("garbage",), Hold.ASKED),  # overlapping
        (20.1, Scope(CAMERA, SPOT), ("garbage", "overflow"), Hold.ASKED),  # a spot of it, hardly later
        (20, Scope(area=VILLAGE), ("garbage",), Hold.ASKED),
        (20, OF_CAMERA, ("overflow",), Hold.HELD),
        (20, Scope(BIN), ("garbage",), Hold.HELD),
        (24, OF_CAMERA, ("garbage",), Hold.HELD),  # four hours in which everything is told
    ],
)
def test_mutes_in_a_row_over_the_same_ground_wait_for_a_grant_like_one_long_mute(
    room: Muted, begin: float, scope: Scope, categories: tuple[str, ...], hold: Hold
) -> None:
    assert room.mutes.add(wish(hours=20), "t1").hold is Hold.HELD
    assert room.mutes.add(wish(20, scope, begin * HOUR, categories=categories), "t1").hold is hold


def test_one_person_alone_does_not_hide_a_thing_for_a_month(room: Muted) -> None:
    waits = 0
    for day in range(30):
        room.at(day * 19 * HOUR)
        waits += room.mutes.add(wish(hours=20, begin=room.minutes), "t1").hold is Hold.ASKED
        room.sees(room.minutes)
    assert waits > 10
    assert len(room.tickets()) == 1


def test_mutes_in_a_row_last_no_longer_than_one_may_even_with_grants(room: Muted) -> None:
    for day in range(7):
        room.at(day * 24 * HOUR)
        mute = room.mutes.add(wish(hours=24, begin=room.minutes), "t1")
        if day:
            room.mutes.answer(mute.number, "grant", "c1")
    room.at(7 * 24 * HOUR)
    with pytest.raises(Refused, match="连续静默 169"):
        room.mutes.add(wish(hours=1, begin=room.minutes), "t1")


def test_a_mute_holds_only_once_somebody_above_has_granted_it(room: Muted) -> None:
    mute = room.mutes.add(wish(hours=48), "t1")
    room.sees(1)
    assert len(room.tickets()) == 1, "not granted yet"
    for person, words in (("t1", "自己申请"), ("v1", "上一级"), ("v2", "不负责")):
        with pytest.raises(Refused, match=words):
            room.mutes.answer(mute.number, "grant", person)
    granted = room.mutes.answer(mute.number, "grant", "c1")
    assert (granted.hold, granted.granted_by) == (Hold.HELD, "郝县官")
    room.sees(2, what="overflow")
    assert room.kept() == [], "another category"
    with pytest.raises(Refused, match="已生效,不用再批"):
        room.mutes.answer(mute.number, "grant", "c1")
    assert [deed[:3] for deed in room.log()] == [
        (Deed.SILENCED, "田乡官", "修路堆料"), (Deed.SILENCED, "郝县官", "修路堆料"),
    ]  # fmt: skip


def test_at_the_top_another_person_grants(book: Book) -> None:
    second = replace(PEOPLE[-1], id="c2", name="second")
    county = small_county(people=(*PEOPLE, second), duties=(*DUTIES, Duty("c2", COUNTY, Level.COUNTY, "局长")))
    room = Muted(book, county)
    mute = room.mutes.add(wish(hours=48), "c1")
    with pytest.raises(Refused, match="上一级"):
        room.mutes.answer(mute.number, "grant", "t1")
    assert room.mutes.answer(mute.number, "grant", "c2").hold is Hold.HELD


def test_a_refusal_needs_a_reason_and_a_mute_whose_time_is_over_cannot_be_granted(room: Muted) -> None:
    mute = room.mutes.add(wish(hours=48), "t1")
    with pytest.raises(Refused, match="为什么不批准"):
        room.mutes.answer(mute.number, "refuse", "c1", " ")
    assert room.mutes.answer(mute.number, "refuse", "c1", "太长").hold is Hold.REFUSED
    room.sees(1)
    assert len(room.tickets()) == 1
    late = room.mutes.add(wish(hours=48, begin=2), "t1")
    room.minutes = 49 * HOUR
    with pytest.raises(Refused, match="已经过了"):
        room.mutes.answer(late.number, "grant", "c1")
    room.mute_sweep.step()
    assert room.log()[-1][3] == "到期未批准"
    with pytest.raises(NoMute):
        room.mutes.answer(99, "grant", "c1")


# While it holds, and afterwards


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


def test_the_list_says_how_each_stands_and_how_much_it_holds_back(room: Muted) -> None:
    room.mutes.add(wish(), "t1")
    room.mutes.add(wish(hours=48, scope=Scope(CAMERA, SPOT), categories=("garbage", "overflow")), "t1")
    room.sees(1)
    first, second = reversed(room.mutes.listed())
    assert (first.mute.place, first.mute.hold, first.count) == (
        "柳林镇 石门村 村口摄像机", Hold.HELD, mute_book.Count(1, 1),
    )  # fmt: skip
    assert (second.mute.place, second.mute.hold.words) == ("柳林镇 石门村 村口垃圾点", "待批准")
    with room.book.store.read() as conn:
        assert [one.reason for one in mute_book.kept_under(conn, COUNTY, 1)] == ["第1分钟dirty"]
    room.at(9 * HOUR)
    assert [one.mute.number for one in room.mutes.listed(only_open=True)] == [2]


@pytest.mark.parametrize(
    ("daily", "hour", "mutes_then"),
    [
        ((8, 18), 8, True), ((8, 18), 17.9, True), ((8, 18), 18, False), ((8, 18), 7.9, False),
        ((22, 6), 23, True), ((22, 6), 5.9, True), ((22, 6), 6, False), ((22, 6), 12, False),
    ],
)  # fmt: skip
def test_daily_hours_are_those_of_the_county(daily: tuple[int, int], hour: float, mutes_then: bool) -> None:
    county = small_county()
    asked = wish(hours=72, daily=(time(daily[0]), time(daily[1])))
    mute = replace(mute_acts.asked(asked, mute_acts.author_at(county, "c1", asked, T0), county, T0), hold=Hold.HELD)
    midnight = datetime(2026, 11, 22, tzinfo=ZONE).astimezone(UTC)
    assert mute.in_force(midnight + timedelta(hours=hour), ZONE) is mutes_then


def test_nobodys_report_is_muted(county: County) -> None:
    mute = mute_acts.asked(wish(), mute_acts.author_at(county, "t1", wish(), T0), county, T0)
    assert mutes.muting([mute], Source.CAMERA, at(1), county) is mute
    for source in (Source.REPORT, Source.PATROL, Source.SUPERIOR):
        assert mutes.muting([mute], source, at(1), county) is None


@pytest.mark.parametrize("block", [{"levels": []}, {"works_longest_h": 10}, {"longest_h": 0}, {"forever": True}])
def test_a_silence_block_that_makes_no_sense_is_refused(block: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        small_county(silence=block)


Step = tuple[str, int]
LIVES: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(st.sampled_from(["dirty", "clean", "unknown", "mute", "end", "sweep"]), st.integers(1, 50)),
    min_size=1, max_size=30,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
