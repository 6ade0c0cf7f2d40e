"""What is wrong with a channel's account is told to its keepers by another way, again each day, and so is its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import Answer, By, Channel, Letter, Result, Trouble
from alerts.channels.catalog import ChannelSettings
from alerts.metrics import book_samples
from alerts.notices import trouble_book
from alerts.notices.keepers import Keepers, keepers_of
from alerts.notices.remainders import Remainders
from alerts.notices.troubles import AGAIN, CALM, FORGET, NAMES, Next, Standing, next_of, shown
from alerts.post import Post, PostSettings
from alerts.store.book import Book
from county.values import Duty, Level, Person
from tests.alerts.loop import Killed
from tests.alerts.makes import at, event
from tests.alerts.test_deliveries import ROUTE, TOOK, Phone, Two
from tests.county.small import DUTIES, PEOPLE, TOWNSHIP, small_county

BROKE = Answer(Result.FAILED, words="阿里云账户余额不足,请充值(isv.OUT_OF_SERVICE:业务停机)", trouble=Trouble.BALANCE)


class Kept(Two):
    """A room whose SMS is without money, and its keepers; e-mail knows the county's first person."""

    def __init__(self, book: Book, *sms: Answer, named: Sequence[str] = (), **policy: Any) -> None:
        routes = {level: ["sms > wechat"] for level in ROUTE}
        super().__init__(book, Phone(TOOK), Phone(*(sms or (BROKE,))), **{"channels": routes, **policy})
        self.mail = Phone(TOOK, by=By.EMAIL)
        self.named = named
        self.start()

    def start(self) -> None:
        channels: dict[str, Channel] = {"sms": self.sms, "wechat": self.wechat, "mail": self.mail}
        self.post = Post(self.room.book, channels, PostSettings("https://d/"), self.room.world)
        self.keepers = Keepers(self.room.book, channels, self.named, self.room.world)

    def dirt(self, minutes: float) -> None:
        """A new letter goes out, by whatever takes it."""
        self.room.minutes = minutes
        with self.room.book.writing() as pen:
            trouble_book.note(pen, "sms", self.sms.send(LETTER), self.room.world.now())

    def told(self, minutes: float) -> list[tuple[str, str]]:
        """Whom the keepers told what, at this minute."""
        self.room.minutes = minutes
        before = len(self.letters())
        self.keepers.step()
        return [(one.person, one.text) for one in self.letters()[before:]]

    def letters(self) -> list[Letter]:
        return [
            one for one in (*self.wechat.letters, *self.mail.letters, *self.sms.letters) if one.purpose == "trouble"
        ]

    def standing(self) -> list[tuple[str, str, int]]:
        return [(one.channel, one.cause.value, one.letters) for one in trouble_book.standing(self.room.book)]


LETTER = Letter("n", "GD-1", "dispatch", "village", 0, "马村官", "19900000001", "字", "")


@pytest.fixture
def kept(book: Book) -> Kept:
    made = Kept(book)
    made.room.feed(event(0))
    made.post.step()
    return made


def test_an_empty_account_is_told_to_the_county_level_by_a_channel_that_still_goes(kept: Kept) -> None:
    assert kept.standing() == [("sms", "balance", 1)]
    assert kept.told(0) == [(
        "郝县官",
        "【净村·青峦县】通知通道sms余额不足,自10:00,已失败1条。这些通知改走下一个通道,没有下一个的已告诉上一级。"
        "对方说:阿里云账户余额不足,请充值(isv.OUT_OF_SERVICE:业务停机)。请尽快处理。",
    )]  # fmt: skip
    assert [one.purpose for one in kept.sms.letters] == ["dispatch"], "never by the one that is in trouble"


def test_it_is_told_once_and_then_once_a_day_with_the_count_until_letters_go_again(kept: Kept) -> None:
    told = [minute for minute in range(0, 3 * 1440, 60) if kept.told(minute)]
    assert told == [0, 1440, 2880]
    kept.dirt(3000)
    assert kept.standing() == [("sms", "balance", 2)]
    assert "已失败2条" in kept.told(4320)[0][1]
    assert "自11月21日10:00" in kept.letters()[-1].text


def test_a_letter_that_goes_ends_it_and_that_is_told_too(kept: Kept) -> None:
    kept.told(0)
    kept.sms.answers = [TOOK]
    kept.dirt(65)
    assert kept.standing() == []
    assert (kept.told(66), kept.told(124)) == ([], [])
    kept.told(126)
    assert kept.told(126.5) == [("郝县官", "【净村·青峦县】通知通道sms已恢复(余额不足,自10:00到11:05,共失败1条)。")]
    assert (kept.told(130), trouble_book.unended(kept.room.book)) == ([], [])


def test_a_template_that_fails_among_others_that_go_is_one_trouble_told_once(kept: Kept) -> None:
    told = []
    for minute in range(0, 120, 4):
        kept.sms.answers = [TOOK if minute % 8 else BROKE]
        kept.dirt(minute)
        told += kept.told(minute)
    assert len(told) == 1
    assert len(trouble_book.unended(kept.room.book)) == 1


def test_a_template_that_fails_at_each_reminder_is_no_storm_of_beginnings_and_ends(book: Book) -> None:
    kept, told = Kept(book), []
    for minute in range(0, 1440, 5):
        kept.sms.answers = [TOOK if minute % 30 else BROKE]
        kept.dirt(minute)
        told += kept.told(minute)
    assert len(told) == 1


def test_the_trouble_of_a_channel_that_server_toml_has_no_more_is_over_without_a_word(kept: Kept) -> None:
    assert len(kept.told(0)) == 1
    kept.keepers = Keepers(kept.room.book, {"wechat": kept.wechat, "mail": kept.mail}, (), kept.room.world)
    assert [minute for minute in range(1, 4000, 60) if kept.told(minute)] == []
    assert (kept.standing(), trouble_book.unended(kept.room.book)) == ([], [])


def test_where_nobody_can_be_told_it_is_tried_again_each_minute(kept: Kept) -> None:
    kept.wechat.answers = [Answer(Result.RETRY, words="忙")]
    tried = len(kept.told(0)) + sum(len(kept.told(second / 60)) for second in range(15, 120, 15))
    assert tried == 2
    kept.wechat.answers = [TOOK]
    assert len(kept.told(3)) == 1
    assert kept.told(5) == []


def test_people_named_are_told_each_by_a_way_that_knows_them(book: Book) -> None:
    kept = Kept(book, named=("t1", "nobody", "c1"))
    kept.room.feed(event(0))
    kept.post.step()
    assert [person for person, _ in kept.told(0)] == ["田乡官", "郝县官"]


def test_who_has_no_other_way_is_told_by_any_channel_that_knows_them(book: Book) -> None:
    kept = Kept(book, channels={level: ["sms"] for level in ROUTE})
    county = small_county(channels={level: ["sms"] for level in ROUTE})
    people = tuple(replace(one, email="hao@v.cn") if one.id == "c1" else one for one in county.content.people)
    kept.room.county = type(county)(replace(county.content, people=people), 2)
    kept.wechat.by = By.WECHAT
    kept.room.feed(event(0))
    kept.post.step()
    kept.told(0)
    assert [(one.address, one.person) for one in kept.mail.letters] == [("hao@v.cn", "郝县官")]


def test_a_kill_before_it_is_written_down_tells_it_once_more_under_the_same_name(kept: Kept) -> None:
    kept.room.kill_at = "alerts.after_send"
    with pytest.raises(Killed):
        kept.keepers.step()
    kept.start()
    assert (kept.told(0.5), len(kept.told(1))) == ([], 1)
    first, second = kept.letters()
    assert first.id == second.id
    assert (first.maybe_doubled, second.maybe_doubled) == (False, True)
    assert kept.told(10) == []
    kept.told(1500)
    assert not kept.letters()[-1].maybe_doubled


def test_a_restart_tells_nothing_again(kept: Kept) -> None:
    kept.told(0)
    kept.start()
    assert kept.told(100) == []


def test_what_is_wrong_is_told_to_prometheus_until_it_is_over(kept: Kept) -> None:
    samples = {one.name: one.labels for one in book_samples(kept.room.book, at(1))}
    assert samples["channel_trouble"] == {"channel": "sms", "cause": "balance"}
    kept.sms.answers = [TOOK]
    kept.dirt(1)
    assert "channel_trouble" not in {one.name for one in book_samples(kept.room.book, at(1))}


def test_a_letter_that_is_tried_again_has_not_failed(book: Book) -> None:
    kept = Kept(book, Answer(Result.RETRY, words="停用10分钟", wait_s=600, trouble=Trouble.BLOCKED))
    kept.room.feed(event(0))
    kept.post.step()
    assert kept.standing() == [("sms", "blocked", 0)]
    assert kept.told(0)[0][1].startswith("【净村·青峦县】通知通道sms被对方停用,自10:00。这些通知")


def test_what_is_wrong_in_another_county_of_the_same_database_is_theirs(kept: Kept) -> None:
    other = Book(kept.room.book.store, "640998")
    assert trouble_book.unended(other) == []
    assert Keepers(other, {}, (), kept.room.world).step() == 0


def test_where_no_level_answers_for_the_county_the_first_of_its_parts_do() -> None:
    deputy = Person("c2", "钱副县官", "19900000012", "青峦县政府")
    duties = [one for one in DUTIES if one.person != "c1"]
    part = small_county(people=(*PEOPLE, deputy), duties=(*duties, Duty("c2", TOWNSHIP, Level.COUNTY, "", rank=0)))
    assert [one.id for one in keepers_of(part, (), at(0))] == ["c2"]
    assert keepers_of(small_county(duties=duties), (), at(0)) == ()


class Account(Phone):
    """A channel whose provider tells what is left."""

    def __init__(self, left: int | Answer) -> None:
        super().__init__(TOOK)
        self.left, self.asked = left, 0

    def remains(self) -> int | Answer:
        self.asked += 1
        return self.left


class Marked(ChannelSettings):
    low_water: int = 100


def test_an_account_that_runs_low_is_told_before_it_is_empty_and_a_letter_that_goes_does_not_end_that(
    kept: Kept,
) -> None:
    account = Account(80)
    settings = [Marked(name="wechat", kind="any")]
    left = Remainders(kept.room.book, {"wechat": account, "sms": kept.sms}, settings, kept.room.world)
    kept.told(0)
    assert (left.step(), left.step(), account.asked) == (1, 0, 1)
    ((_, words),) = kept.told(1)
    assert "通知通道wechat余额将尽,自10:00。对方说:套餐还剩80条,少于100条。请尽快处理" in words
    with kept.room.book.writing() as pen:
        trouble_book.note(pen, "wechat", TOOK, at(2))
    assert ("wechat", "low", 0) in kept.standing()
    account.left = Answer(Result.RETRY, words="HTTP 503")
    kept.room.minutes = 361
    assert (left.step(), left.step()) == (1, 0)
    account.left = 5000
    kept.room.minutes = 372
    left.step()
    assert kept.standing() == [("sms", "balance", 1)]


def test_an_account_without_a_mark_is_never_asked(book: Book) -> None:
    kept, account = Kept(book), Account(0)
    settings = [Marked(name="wechat", kind="any", low_water=0)]
    assert Remainders(book, {"wechat": account}, settings, kept.room.world).step() == 0


ONE = Standing("sms", Trouble.BALANCE, at(0), 14, "业务停机")
WHEN = st.one_of(st.none(), st.integers(0, 5000).map(at))


def test_every_cause_has_words() -> None:
    assert set(NAMES) == set(Trouble)
    assert shown(ONE, at(60), small_zone()) == "通知通道sms余额不足,自10:00,已失败14条"


def small_zone() -> Any:
    return Book("sqlite://", "640999").zone


@given(good=WHEN, told=WHEN, tried=WHEN, over=WHEN, now=st.integers(0, 9000).map(at))
def test_whatever_happened_what_is_next_follows_from_how_it_stands(
    good: Any, told: Any, tried: Any, over: Any, now: Any
) -> None:
    what = next_of(replace(ONE, good_at=good, told_at=told, tried_at=tried, over_at=over), now)
    if over is not None:
        assert what in (Next.NOTHING, Next.TELL_END, Next.FORGET)
        assert (what is Next.FORGET) == (told is None or now - over >= FORGET)
    elif good is not None:
        assert what is (Next.OVER if now - good >= CALM else Next.NOTHING)
    else:
        assert what in (Next.NOTHING, Next.TELL)
        if told is not None and now - told < AGAIN:
            assert what is Next.NOTHING, "once a day"
    assert next_of(ONE, now + timedelta(days=9)) is Next.TELL
