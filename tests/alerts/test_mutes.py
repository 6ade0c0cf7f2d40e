"""Mutes: what may be asked for, who may, what nobody may, and how they are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Literal

import pytest
import sqlalchemy as sa

from alerts.asks.fairness import Deed
from alerts.mutes import mute_acts, mute_book, mutes
from alerts.mutes.mute_office import NoMute
from alerts.mutes.mutes import Hold, Scope, Wish
from alerts.store.book import Book
from alerts.store.tables import ALARMS
from alerts.tickets.doing import Refused
from alerts.tickets.entitled import NotEntitled
from alerts.values import Source
from county.snapshot import County
from county.values import Duty, Level, PersonKind, Region, Spot
from tests.alerts.makes import T0, at
from tests.alerts.mute_cases import HOUR, OF_CAMERA, ZONE, Muted, wish
from tests.county.small import (
    BIN,
    CAMERA,
    COUNTY,
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


@pytest.fixture
def room(book: Book, county: County) -> Muted:
    return Muted(book, county)


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
        (wish(daily=(time(22, tzinfo=UTC), time(6))), "不带时区"),
        (wish(daily=(time(22), time(6, tzinfo=UTC))), "不带时区"),
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


FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("begin", "end", "words"),
    [
        (FIRST, at(60), "过去"), (FIRST.replace(tzinfo=timezone(timedelta(hours=14))), at(60), "过去"),
        (LAST, LAST, "提前一年"), (at(0), LAST, "最长"), (at(0), FIRST, "晚于开始"),
        (at(0), LAST.replace(tzinfo=timezone(timedelta(hours=-12))), "最长"),
    ],
)  # fmt: skip
def test_the_first_and_the_last_moment_of_the_calendar_are_refused_like_any_other(
    room: Muted, begin: datetime, end: datetime, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        room.mutes.add(replace(wish(), begin_at=begin, end_at=end), "t1")
    assert room.mutes.listed() == []


def test_what_is_asked_for_while_another_waits_counts_with_it_as_one(room: Muted) -> None:
    assert room.mutes.add(wish(hours=168), "t1").hold is Hold.ASKED
    with pytest.raises(Refused, match="连续静默 336"):
        room.mutes.add(wish(hours=168, begin=168 * HOUR), "t1")
    assert room.mutes.add(wish(hours=20, begin=169 * HOUR), "t1").hold is Hold.HELD, "an hour in which all is told"


@pytest.mark.parametrize("answer", ["grant", "refuse"])
def test_a_short_mute_behind_one_that_waits_does_not_hold_at_once(
    room: Muted, answer: Literal["grant", "refuse"]
) -> None:
    assert [room.mutes.add(wish(hours, begin=begin * HOUR), "t1").hold for hours, begin in ((30, 0), (20, 30))] == [
        Hold.ASKED
    ] * 2
    room.mutes.answer(1, answer, "c1", "再看看")
    assert room.mutes.answer(2, "grant", "c1").hold is Hold.HELD
    assert room.mutes.add(wish(hours=20, begin=50 * HOUR), "t1").hold is Hold.ASKED


def test_what_waited_until_its_time_was_over_makes_nothing_longer(room: Muted) -> None:
    room.mutes.add(wish(hours=30), "t1")
    room.minutes = 30 * HOUR + 1
    assert room.mutes.add(wish(hours=20, begin=room.minutes), "t1").hold is Hold.HELD


def test_the_grant_looks_at_the_length_again(room: Muted) -> None:
    """Two that each were asked for when the other did not count, as the book of an older program may hold them."""
    for begin in (0, 100):
        asked = wish(hours=100, begin=begin * HOUR)
        author = mute_acts.author_at(small_county(), "t1", asked, T0)
        with room.book.writing() as pen:
            mute_book.add(pen.conn, pen.county, mute_acts.asked(asked, author, small_county(), T0))
    assert room.mutes.answer(1, "grant", "c1").hold is Hold.HELD
    with pytest.raises(Refused, match="连续静默 200"):
        room.mutes.answer(2, "grant", "c1")
    assert room.mutes.one(2).mute.hold is Hold.ASKED
    room.mutes.end(1, "t1", "不修了")
    assert room.mutes.answer(2, "grant", "c1").hold is Hold.HELD


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
