"""A mute that waits is told to whoever may grant it, and told again until they have; never after that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from alerts.metrics import book_samples
from alerts.mutes.grant_letters import grantor
from alerts.mutes.mutes import Hold, Mute, Scope
from alerts.post import Post, PostSettings
from alerts.store.book import Book
from alerts.store.proof import loop_figures
from alerts.store.tables import NOTICES
from alerts.values import Purpose, Who
from county.snapshot import County
from county.staff import Leave
from county.values import Duty, Level, Person
from tests.alerts.loop import Killed
from tests.alerts.makes import at, event
from tests.alerts.mute_cases import Muted, wish
from tests.county.small import COUNTY, DUTIES, PEOPLE, TOWNSHIP, VILLAGE, led_county, small_county

DEPUTY = Person("c2", "钱副县官", "19900000012", "青峦县政府")
DEPUTIES = (*DUTIES, Duty("c2", TOWNSHIP, Level.COUNTY, "副职", rank=1))


@pytest.fixture
def room(book: Book) -> Muted:
    return Muted(book, small_county(people=(*PEOPLE, DEPUTY), duties=DEPUTIES, reminder_s=1800))


def told(room: Muted) -> list[str]:
    """Whom the post has told since it was asked last."""
    before = len(room.channel.letters)
    room.post.step()
    return [letter.person for letter in room.channel.letters[before:]]


def test_the_level_above_is_told_at_once_what_waits_for_whose_grant_and_why(room: Muted) -> None:
    mute = room.mutes.add(wish(hours=72), "t1")
    assert mute.hold is Hold.ASKED
    assert told(room) == ["郝县官"]
    (letter,) = room.channel.letters
    assert letter.text == (
        "【净村】柳林镇 石门村 村口摄像机 田乡官(乡镇级)申请第1号静默,暴露垃圾,到 11月24日 10:00 为止。"
        "原因:修路堆料。请批准或不批准;没有批准以前照常报警。登录处理:https://desk.example/office#mutes"
    )
    assert (letter.number, letter.purpose, letter.phone) == ("静默1", Purpose.GRANT, "19900000005")


def test_a_mute_that_holds_at_once_is_told_to_nobody(room: Muted) -> None:
    assert room.mutes.add(wish(hours=8), "t1").hold is Hold.HELD
    room.at(60)
    assert told(room) == []


def test_it_is_told_again_until_it_is_granted_ever_more_seldom_and_at_least_once_a_day(room: Muted) -> None:
    room.mutes.add(wish(hours=72), "t1")
    moments = [0] if told(room) else []
    for minute in range(10, 72 * 60, 10):
        room.at(minute)
        moments += [minute] if told(room) else []
    assert moments == [0, 30, 90, 210, 450, 930, 1890, 3330]
    assert "再次提醒" in room.channel.letters[-1].text
    room.at(72 * 60)
    assert told(room) == [], "its time is over"


def test_a_mute_whose_time_is_over_is_told_to_nobody_even_before_the_sweep_has_ended_it(room: Muted) -> None:
    room.mutes.add(wish(hours=72), "t1")
    room.minutes = 72 * 60
    assert told(room) == []
    assert room.post.drop_unwanted() == 1


@pytest.mark.parametrize("end", ["grant", "refuse", "end"])
def test_after_it_was_granted_refused_or_ended_nobody_is_told_any_more(room: Muted, end: str) -> None:
    room.mutes.add(wish(hours=72), "t1")
    room.minutes = 1
    acts: dict[str, Callable[[], Mute]] = {
        "grant": lambda: room.mutes.answer(1, "grant", "c1"),
        "refuse": lambda: room.mutes.answer(1, "refuse", "c1", "不必"),
        "end": lambda: room.mutes.end(1, "t1", "不修了"),
    }
    acts[end]()
    assert told(room) == [], "not even what was written before"
    for minute in (31, 100, 2000):
        room.at(minute)
        assert told(room) == []
    assert room.post.drop_unwanted() == 1


def test_whoever_is_on_duty_that_day_is_told(book: Book) -> None:
    away = small_county(
        people=(*PEOPLE, DEPUTY), duties=DEPUTIES, leaves=(Leave("c1", at(0).date(), at(24 * 60).date()),)
    )
    room = Muted(book, away)
    room.mutes.add(wish(hours=72), "t1")
    assert told(room) == ["钱副县官"]
    room.minutes = 24 * 60
    room.mute_sweep.step()
    assert told(room) == ["郝县官"], "who is back the next day"


def test_where_nobody_above_is_on_duty_it_is_told_as_soon_as_somebody_is(book: Book) -> None:
    alone = small_county(duties=[duty for duty in DUTIES if duty.person != "c1"])
    room = Muted(book, alone)
    room.mutes.add(wish(hours=72), "t1")
    assert told(room) == []
    room.county = small_county()
    room.at(20)
    assert told(room) == []
    room.at(31)
    assert told(room) == ["郝县官"]


def _waiting(author: Who, scope: Scope, region: str) -> Mute:
    return Mute(1, scope, "修路", at(0), at(9999), author, Hold.ASKED, "石门村", region, ("garbage",))


@pytest.mark.parametrize(
    ("author", "county", "by"),
    [
        (Who("t1", "田乡官", "", Level.TOWNSHIP), led_county(), "c1"),
        (Who("c1", "郝县官", "", Level.COUNTY), led_county(), "l1"),
        (Who("c1", "郝县官", "", Level.COUNTY), small_county(people=(*PEOPLE, DEPUTY), duties=DEPUTIES), "c2"),
        (Who("c1", "郝县官", "", Level.COUNTY), small_county(), None),
    ],
)
def test_the_lowest_rung_that_may_grant_it_is_told_and_at_the_top_somebody_else_of_it(
    author: Who, county: County, by: str | None
) -> None:
    who = grantor(_waiting(author, Scope("cam-1"), VILLAGE), county, at(0))
    assert (who.id if who else None) == by


def test_whoever_answers_for_a_part_only_is_not_told_of_the_whole_county() -> None:
    author = Who("c9", "县城管", "", Level.COUNTY)
    assert grantor(_waiting(author, Scope(area=COUNTY), COUNTY), small_county(), at(0)) is None


def test_a_kill_between_mute_and_notice_leaves_both_or_none(room: Muted) -> None:
    room.mutes.add(wish(hours=72), "t1")
    told(room)
    room.minutes = 31
    for point in ("alerts.before_commit", "alerts.after_commit"):
        room.kill_at = point
        with pytest.raises(Killed):
            room.mute_sweep.step()
    room.mute_sweep.step()
    assert told(room) == ["郝县官"]


def test_another_countys_post_does_not_send_it_and_the_figures_of_tickets_leave_it_out(room: Muted) -> None:
    room.mutes.add(wish(hours=72), "t1")
    room.feed(event(1))
    other = Post(Book(room.book.store, "640998"), {"console": room.channel}, PostSettings("https://d/"), room.world)
    assert other.step() == 0
    assert sorted(told(room)) == ["郝县官", "马村官"]
    assert loop_figures(room.book).notices == 1
    (notice,) = room.reader.notices(room.tickets()[0].id)
    assert notice.person == "马村官"
    assert room.reader.findings(room.world.now()) == []


def test_a_notice_of_a_mute_that_reaches_nobody_is_counted(room: Muted) -> None:
    room.mutes.add(wish(hours=72), "t1")
    with room.book.store.write() as conn:
        conn.execute(sa.update(NOTICES).values(state="failed"))
    samples = book_samples(room.book, room.world.now())
    assert [(one.value, one.labels["state"]) for one in samples if one.name == "alerts_notices"] == [(1, "failed")]


def test_a_mute_of_before_this_rule_is_told_with_the_next_sweep(room: Muted) -> None:
    from alerts.mutes import mute_book

    mute = room.mutes.add(wish(hours=72), "t1")
    with room.book.writing() as pen:
        mute_book.change(pen.conn, pen.county, replace(mute, round=0, next_at=None))
        pen.conn.execute(NOTICES.delete())
    room.at(5)
    assert told(room) == ["郝县官"]
