"""Notices on their routes: the next channel where one fails, within five minutes, and nothing dropped in silence."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import Answer, By, Letter, Result
from alerts.channels.receipts import Receipt
from alerts.notices.circuit import TRIPS_AFTER, Circuit
from alerts.notices.fate import PATIENCE, Try, fate
from alerts.notices.receipt_book import ReceiptBook
from alerts.post import Post, PostSettings
from alerts.store.book import Book
from alerts.store.tables import DELIVERIES, NOTICES
from ingest.store import micros
from tests.alerts.loop import Room
from tests.alerts.makes import at, event
from tests.county.small import VILLAGE, small_county

LIMITED = Answer(Result.FAILED, "biz-1", "isv.BUSINESS_LIMIT_CONTROL:同一号码发送太频繁")
DECLINED = Answer(Result.FAILED, words="语音只用于紧急", declined=True)
BUSY = Answer(Result.RETRY, words="45009:接口调用超过限制")
TOOK = Answer(Result.ACCEPTED, "msg-1", "已受理")
ROUTE = {level: ["wechat > sms"] for level in ("village", "township", "county", "leader")}


class Phone:
    """A channel that gives its answers in turn, the last one for ever, and keeps what it sent."""

    def __init__(self, *answers: Answer, by: By = By.PHONE) -> None:
        self.by = by
        self.answers = list(answers)
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> Answer:
        self.letters.append(letter)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def close(self) -> None:
        """Nothing is open."""


class ForMa(Phone):
    """One that gives its answers to 马村官 only, and takes what is for others."""

    def send(self, letter: Letter) -> Answer:
        answer = super().send(letter)
        return answer if letter.person == "马村官" else TOOK


class Two:
    """A room whose people are told by WeChat, and by SMS where that fails."""

    def __init__(self, book: Book, wechat: Phone, sms: Phone, **policy: Any) -> None:
        self.room = Room(book, small_county(**{"channels": ROUTE, **policy}))
        self.wechat, self.sms = wechat, sms
        self.post = Post(book, {"wechat": wechat, "sms": sms}, PostSettings("https://desk.example/"), self.room.world)

    def minute(self, minutes: float) -> None:
        self.room.minutes = minutes
        self.room.sweep.step()
        self.post.step()

    @property
    def notices(self) -> list[tuple[str, str, str]]:
        """(person, channel, state) of each."""
        lines = self.room.reader.notices(self.room.tickets()[0].id)
        return [(one.person, one.channel, one.state) for one in lines]

    def tries(self) -> list[tuple[str, str, str]]:
        """(channel, result, words) of every attempt."""
        query = sa.select(DELIVERIES).order_by(DELIVERIES.c.at_us, DELIVERIES.c.n)
        with self.room.book.store.read() as conn:
            return [(row.channel, row.result, row.words) for row in conn.execute(query)]


def test_where_the_first_channel_fails_the_second_is_tried_and_both_are_logged(book: Book) -> None:
    """R25, with the matrix's own code of Aliyun."""
    two = Two(book, Phone(LIMITED), Phone(TOOK))
    two.room.feed(event(0))
    assert (two.post.step(), two.post.step(), two.post.step()) == (1, 1, 0)
    assert two.notices == [("马村官", "sms", "accepted")]
    assert two.tries() == [
        ("wechat", "failed", "isv.BUSINESS_LIMIT_CONTROL:同一号码发送太频繁"), ("sms", "accepted", "已受理"),
    ]  # fmt: skip
    assert two.wechat.letters[0].id == two.sms.letters[0].id, "one notice, whichever way it goes"


def test_a_clock_that_is_set_back_by_a_day_keeps_no_letter_on_a_channel_that_does_not_take_it(book: Book) -> None:
    two = Two(book, Phone(BUSY), Phone(TOOK))
    two.room.feed(event(0))
    two.minute(0)
    two.room.minutes = -1440
    two.post = Post(book, {"wechat": two.wechat, "sms": two.sms}, PostSettings("https://desk.example/"), two.room.world)
    two.post.step()
    assert len(two.wechat.letters) == 1, "its next try is a day away"
    two.post.drop_unwanted()
    for tenth in range(51):
        two.minute(-1440 + tenth / 10)
    assert two.notices[0] == ("马村官", "sms", "accepted")


def test_a_letter_and_a_claim_of_a_clock_that_was_set_back_wait_no_day(book: Book) -> None:
    two = Two(book, Phone(TOOK), Phone(TOOK), channels={"village": ["wechat", "sms"]})
    two.room.feed(event(0))
    later = micros(at(0))
    with book.writing() as pen:
        claimed = NOTICES.update().where(NOTICES.c.channel == "sms").values(state="claimed", claimed_us=later)
        pen.conn.execute(claimed)
    two.room.minutes = -1440
    two.post.drop_unwanted()
    assert two.post.step() == 1
    assert [letter.id for letter in two.wechat.letters]
    two.room.minutes += 1.1  # the claim has run out by the clock as it is
    assert two.post.step() == 1
    assert two.sms.letters[0].maybe_doubled


def test_a_circuit_is_open_no_longer_because_the_clock_was_set_back() -> None:
    circuit = Circuit()
    for _ in range(TRIPS_AFTER):
        circuit.note(at(1440), answered=False)
    assert not circuit.allows(at(1440))
    assert circuit.allows(at(0))
    circuit.note(at(0), answered=False)
    assert not circuit.allows(at(0.1))
    assert circuit.allows(at(2))


def test_the_longest_route_that_policy_takes_fits_into_every_database(book: Book) -> None:
    route = ">".join(["a", *(char * 27 for char in "bcdefgh")])
    two = Two(book, Phone(BUSY), Phone(TOOK), channels={"village": [route]})
    two.room.feed(event(0))
    assert [two.post.fail_strays() for _ in range(8)] == [1] * 8
    assert two.notices[0] == ("马村官", "h" * 27, "failed")


def test_a_channel_that_stays_busy_hands_on_within_five_minutes(book: Book) -> None:
    two = Two(book, Phone(BUSY), Phone(TOOK))
    two.room.feed(event(0))
    for tenth in range(51):
        two.minute(tenth / 10)
    assert two.notices[0] == ("马村官", "sms", "accepted")
    assert two.wechat.letters, "it was tried"
    lines = two.room.reader.notices(two.room.tickets()[0].id)
    assert lines[0].sent_at is not None
    assert lines[0].sent_at - at(0) <= timedelta(minutes=5)


def test_what_no_channel_takes_is_told_to_who_stands_above_and_never_again_about_that(book: Book) -> None:
    two = Two(book, Phone(LIMITED), Phone(LIMITED))
    two.room.feed(event(0))
    for _ in range(6):
        two.post.step()
    assert two.notices == [("马村官", "sms", "failed"), ("田乡官", "sms", "failed")]
    told = two.sms.letters[-1]
    assert (told.person, told.purpose) == ("田乡官", "unreached")
    assert "马村官收不到工单GD-1121-0001的通知(wechat:isv.BUSINESS_LIMIT_CONTROL" in told.text
    assert "查看:https://desk.example/t/" in told.text


def test_once_the_work_is_accepted_nobody_above_is_told_that_its_person_cannot_be_reached(book: Book) -> None:
    two = Two(book, Phone(LIMITED), Phone(LIMITED, LIMITED, TOOK))
    two.room.feed(event(0))
    two.post.step()
    two.post.step()
    two.room.desk.act(two.room.desk.mint(two.room.tickets()[0].id), "accept")
    two.post.drop_unwanted()
    two.post.step()
    assert [state for *_, state in two.notices] == ["failed", "unwanted"]
    assert [letter.purpose for letter in two.sms.letters] == ["dispatch"]


def test_a_person_may_have_ways_of_their_own(book: Book) -> None:
    two = Two(book, Phone(TOOK), Phone(TOOK))
    county = small_county(channels=ROUTE)
    people = tuple(
        replace(one, channels=("sms",), email="ma@village.example") if one.id == "v1" else one
        for one in county.content.people
    )
    two.room.county = type(county)(replace(county.content, people=people), 2)
    two.room.feed(event(0))
    two.post.step()
    assert two.notices == [("马村官", "sms", "accepted")]
    assert two.sms.letters[0].address == "19900000001"


@pytest.mark.parametrize(
    ("by", "address"),
    [(By.PHONE, "19900000001"), (By.NOBODY, ""), (By.WECHAT, "openid-ma"), (By.WECOM, "ma"), (By.EMAIL, "ma@v.cn")],
)
def test_a_channel_gets_what_it_knows_people_by(book: Book, by: By, address: str) -> None:
    two = Two(book, Phone(TOOK, by=by), Phone(TOOK))
    county = small_county(channels=ROUTE)
    people = tuple(
        replace(one, wechat="openid-ma", wecom="ma", email="ma@v.cn") if one.id == "v1" else one
        for one in county.content.people
    )
    two.room.county = type(county)(replace(county.content, people=people), 2)
    two.room.feed(event(0))
    two.post.step()
    (letter,) = two.wechat.letters
    assert letter.address == address
    assert (letter.what, letter.severity, letter.place) == ("暴露垃圾", "重要", "柳林镇 石门村 村口垃圾点")
    assert letter.link.endswith(letter.code)
    assert letter.due == "11月21日10:30"
    assert letter.village == VILLAGE


def test_a_line_that_broke_in_the_middle_may_have_doubled_and_says_so(book: Book) -> None:
    two = Two(book, Phone(replace(BUSY, maybe_sent=True), TOOK), Phone(TOOK))
    two.room.feed(event(0))
    two.post.step()
    two.minute(1)
    assert [one.maybe_doubled for one in two.wechat.letters] == [False, True]


def test_a_channel_that_is_away_is_left_alone_and_its_letters_go_on_by_the_next(book: Book) -> None:
    two = Two(book, Phone(BUSY), Phone(TOOK))
    two.room.feed(event(0))
    for second in range(0, 300, 5):
        two.minute(second / 60)
    tried = len(two.wechat.letters)
    assert TRIPS_AFTER <= tried < 12
    assert two.notices[0][1:] == ("sms", "accepted")


def test_what_comes_while_a_channel_is_left_alone_waits_no_longer_than_any_other(book: Book) -> None:
    two = Two(book, Phone(BUSY), Phone(TOOK))
    for _ in range(TRIPS_AFTER + 5):
        two.post._lanes["wechat"].circuit.note(at(0), answered=False)
    two.room.feed(event(0))
    for tenth in range(45):
        two.room.minutes = tenth / 10
        two.post._lanes["wechat"].circuit.note(at(tenth / 10), answered=False)
        two.post.step()
    assert two.wechat.letters == []
    assert two.notices == [("马村官", "sms", "accepted")]


def test_a_notice_for_a_channel_that_nobody_configured_goes_on_at_once(book: Book) -> None:
    two = Two(book, Phone(TOOK), Phone(TOOK), channels={"village": ["pigeon > sms"]})
    two.room.feed(event(0))
    assert two.post.fail_strays() == 1
    assert two.post.step(channels=["sms"]) == 1
    assert two.tries()[0] == ("pigeon", "failed", "没有配置通道 pigeon")
    assert two.notices[0][1:] == ("sms", "accepted")


def test_a_channel_that_is_not_meant_for_it_is_no_failure_that_anybody_is_told_of(book: Book) -> None:
    declined = replace(LIMITED, words="夜里不广播", declined=True)
    two = Two(book, Phone(declined), Phone(TOOK), channels={"village": ["wechat", "sms"]})
    two.room.feed(event(0))
    two.post.step()
    assert two.notices == [("马村官", "sms", "accepted"), ("马村官", "wechat", "declined")]


def unreached(two: Two) -> list[str]:
    lines = two.room.reader.history(two.room.tickets()[0].id)
    return [one.words for one in lines if "收不到通知" in one.words]


@pytest.mark.parametrize(
    ("wechat", "routes", "ways"),
    [(LIMITED, ["wechat > sms"], "wechat、sms"), (TOOK, ["sms"], "sms"), (DECLINED, ["wechat", "sms"], "(sms|wechat)")],
)
def test_a_last_way_that_declines_is_told_above_and_stands_in_the_history_once(
    book: Book, wechat: Answer, routes: list[str], ways: str
) -> None:
    two = Two(book, ForMa(wechat), Phone(DECLINED), channels={"village": routes, "township": ["wechat"]},
              reminder_s=600)  # fmt: skip
    two.room.feed(event(0))
    for minute in (0, 0, 0, 10, 10, 10):
        two.minute(minute)
    assert [one.purpose for one in two.wechat.letters if one.person == "田乡官"] == ["unreached", "unreached"]
    (line,) = unreached(two)
    assert re.search(rf"马村官收不到通知\({ways}没有送到\),已请田乡官当面或打电话告诉", line)


def test_that_nobody_above_can_be_told_stands_in_the_history_too(book: Book) -> None:
    two = Two(book, Phone(LIMITED), Phone(LIMITED))
    two.room.feed(event(0))
    for _ in range(6):
        two.post.step()
    first, second = unreached(two)
    assert "马村官收不到通知" in first
    assert "田乡官收不到通知(wechat、sms没有送到),没有别人可以告诉" in second


def test_each_channel_serves_its_own_letters(book: Book) -> None:
    two = Two(book, Phone(TOOK), Phone(TOOK), channels={"village": ["wechat", "sms"]})
    two.room.feed(event(0))
    assert two.post.step(channels=["sms"]) == 1
    assert two.wechat.letters == []
    assert two.post.step(channels=["wechat"]) == 1
    assert two.post.names == ("wechat", "sms")


ANSWERS = st.builds(
    Answer, st.sampled_from(Result), words=st.just("x"), maybe_sent=st.booleans(), wait_s=st.floats(0, 3600)
)


@given(answers=st.lists(ANSWERS, min_size=1, max_size=60), rest=st.sampled_from(["", "a", "ab", "abc"]))
def test_any_answers_lead_to_an_end_and_no_channel_keeps_a_letter_too_long(answers: list[Answer], rest: str) -> None:
    now, since, attempts = at(0), at(0), 0
    left: tuple[str, ...] = tuple(rest)
    for answer in answers:
        attempts += 1
        made = fate(answer, Try("first", left, attempts, since), now)
        if made.final:
            assert made.state in ("delivered", "accepted", "failed")
            assert made.state != "failed" or not left, "nothing fails while a channel is left"
            return
        assert made.ready_at is not None
        if made.passed_on:
            assert made.rest == left[1:]
            left, since, attempts = made.rest, now, 0
        assert made.ready_at < since + PATIENCE
        now = made.ready_at


def test_a_circuit_opens_after_failures_in_a_row_tries_again_and_closes_with_an_answer() -> None:
    circuit = Circuit()
    for _ in range(TRIPS_AFTER):
        assert circuit.allows(at(0))
        circuit.note(at(0), answered=False)
    assert not circuit.allows(at(0))
    assert circuit.allows(at(1)), "one letter finds out"
    circuit.note(at(1), answered=False)
    assert not circuit.allows(at(1))
    circuit.note(at(3), answered=True)
    assert circuit.allows(at(3))


@pytest.mark.parametrize(
    ("wechat", "sms", "told"),
    [(LIMITED, TOOK, False), (TOOK, LIMITED, False), (LIMITED, LIMITED, True), (LIMITED, DECLINED, True),
     (DECLINED, LIMITED, True), (DECLINED, DECLINED, True)],
)  # fmt: skip
def test_of_two_ways_side_by_side_only_the_last_one_lost_is_told_above(
    book: Book, wechat: Answer, sms: Answer, told: bool
) -> None:
    two = Two(book, Phone(wechat), Phone(sms), channels={"village": ["wechat", "sms"]})
    two.room.feed(event(0))
    for _ in range(3):
        two.post.step()
    assert [one[0] for one in two.notices if one[0] == "田乡官"] == (["田乡官"] if told else [])


@pytest.mark.parametrize("routes", [["wechat", "group"], ["wechat > group"], ["group", "wechat > group"]])
def test_a_group_that_took_the_words_is_no_way_to_the_person(book: Book, routes: list[str]) -> None:
    two = Two(book, Phone(LIMITED), Phone(TOOK), channels={"village": routes})
    world = replace(two.room.world, groups=frozenset({"group"}))
    group = Phone(TOOK, by=By.NOBODY)
    two.post = Post(book, {"wechat": two.wechat, "group": group}, PostSettings("https://desk.example/"), world)
    two.room.feed(event(0))
    for _ in range(4):
        two.post.step()
    assert [one[0] for one in two.notices if one[0] == "田乡官"] == ["田乡官"]
    assert group.letters


def test_what_a_provider_took_first_and_lost_later_is_told_when_it_was_the_last_way(book: Book) -> None:
    two = Two(book, Phone(TOOK), Phone(LIMITED), channels={"village": ["wechat", "sms"]})
    two.room.feed(event(0))
    two.post.step()
    assert [one for one in two.notices if one[0] == "田乡官"] == []
    ReceiptBook(book, two.room.world).take("wechat", [Receipt("msg-1", "+8619900000001", delivered=False)])
    assert [one[0] for one in two.notices if one[0] == "田乡官"] == ["田乡官"]
