"""Digests in the book: one letter instead of many, each notice in it ends by name, and none is lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from alerts.channels import Answer, By, Result
from alerts.channels.receipts import Receipt
from alerts.notices import log
from alerts.notices.receipt_book import ReceiptBook
from alerts.post import Post, PostSettings
from alerts.store.book import Book
from alerts.store.tables import NOTICES
from alerts.tickets.silent_round import SilentRound
from alerts.values import Ticket
from county.snapshot import County
from tests.alerts.loop import Killed, Room
from tests.alerts.makes import at, doing, event, person
from tests.alerts.test_deliveries import TOOK, Phone
from tests.county.small import CAMERA, COUNTY, SPOTS, limits, small_county

CAP = {"letters": 2, "wait_minutes": 10}
GONE = Answer(Result.FAILED, words="isv.MOBILE_NUMBER_ILLEGAL:号码停机")
HERE = Answer(Result.DELIVERED, "p-1")


def many_spots(**policy: Any) -> County:
    """The county with forty spots, each a place of its own, under long limits."""
    spots = tuple(replace(SPOTS[0], id=f"{CAMERA}.s{n}", name=f"{n}号点") for n in range(40))
    return small_county(**{"spots": spots, "cap": CAP, "limits": limits(300), "reminder_s": 18000, **policy})


class Office:
    """A room with phones, and letters in them."""

    def __init__(self, book: Book, *answers: Answer, county: County | None = None, **policy: Any) -> None:
        self.phone = Phone(*(answers or (HERE,)))
        self.room = Room(book, county or many_spots(**policy))
        self.post = self.opened()

    def opened(self, **more: Phone) -> Post:
        settings = PostSettings("https://desk.example/")
        return Post(self.room.book, {"console": self.phone, **more}, settings, self.room.world)

    def dirt(self, *spots: int, **more: Any) -> None:
        self.room.feed(*(event(self.room.minutes, spot=f"{CAMERA}.s{n}", **more) for n in spots))

    def at(self, minutes: float) -> int:
        self.room.minutes = minutes
        return self.post.step()

    @property
    def told(self) -> list[str]:
        return [one.purpose for one in self.phone.letters]

    @property
    def states(self) -> Counter[str]:
        with self.room.book.store.read() as conn:
            return Counter(f"{row.purpose} {row.state}" for row in conn.execute(sa.select(NOTICES)))

    def accept(self, ticket: Ticket) -> None:
        desk = self.room.desk
        desk.act(desk.mint(ticket.id), "accept", doing(person(self.room.county, "v1"), self.room.minutes).data)


def test_up_to_the_cap_letters_go_one_by_one_and_what_is_over_in_one(book: Book) -> None:
    office = Office(book)
    for n in range(2):
        office.dirt(n)
        office.at(n)
    office.dirt(2, 3, 4)
    assert (office.at(2), office.at(10.9)) == (0, 0)
    assert office.at(11) == 1
    assert office.told == ["dispatch", "dispatch", "digest"]
    letter = office.phone.letters[-1]
    assert letter.text.startswith(
        "【净村·汇总】您还有3件待办:最急的是柳林镇 石门村 2号点 暴露垃圾(重要、11月21日15:01前)"
    )
    assert letter.link.startswith("https://desk.example/d/")
    assert letter.text.endswith(f"查看:{letter.link}")
    assert (letter.number, letter.what, letter.person) == ("GD-1121-0003 等3件", "暴露垃圾", "马村官")
    assert office.states == {"dispatch delivered": 2, "dispatch digested": 3, "digest delivered": 1}


def test_each_joined_notice_names_its_digest_and_shows_what_became_of_it(book: Book) -> None:
    office = Office(book)
    office.dirt(0, 1, 2)
    office.at(0)
    office.at(10)
    for ticket in office.room.tickets():
        joined, digest = log.of_ticket(book, ticket.id)
        assert (joined.state, joined.digest, joined.why) == (
            "digested", digest.id, "60分钟内已通知0次,连同这3条超过每人2次的上限,并入汇总",
        )  # fmt: skip
        assert [one.result for one in joined.tries] == [one.result for one in digest.tries] == ["delivered"]
        assert joined.sent_at == digest.sent_at == at(10)


def test_what_is_urgent_is_never_capped(book: Book) -> None:
    urgent = {"name": "暴露垃圾", "code": "garbage", "severity": "urgent"}
    plain = [{"name": n, "code": c, "severity": "major"} for n, c in (("满溢", "overflow"), ("偷倒", "dumped"))]
    kinds = [urgent, *plain, {"name": "桶满", "code": "bin_full", "severity": "major"}]
    office = Office(book, categories=kinds)
    office.dirt(0, 1, 2, 3, 4)
    assert office.at(0) == 5
    office.dirt(5, what="overflow")
    assert office.at(1) == 0
    assert office.at(11) == 1
    assert office.told == ["dispatch"] * 5 + ["digest"]


def test_after_a_night_there_is_one_letter_and_not_forty(book: Book) -> None:
    office = Office(book, quiet={"hours": ["09:00", "10:30"]})
    for n in range(40):
        office.dirt(n)
        assert office.at(n / 2) == 0
    assert office.at(30) == 1
    assert office.told == ["digest"]
    assert "您还有40件待办" in office.phone.letters[0].text
    assert len(office.phone.letters[0].text.encode()) < 600


def test_a_digest_that_comes_into_the_quiet_hours_waits_for_the_morning_and_takes_the_night_along(book: Book) -> None:
    office = Office(book, quiet={"hours": ["10:05", "11:00"]})
    office.dirt(0, 1, 2)
    office.at(0)
    assert office.at(10) == 0
    office.dirt(3)
    assert office.at(20) == 0
    assert office.at(60) == 1
    assert "您还有4件待办" in office.phone.letters[0].text


def test_what_was_accepted_meanwhile_is_not_in_the_digest_and_ends_unwanted(book: Book) -> None:
    office = Office(book)
    office.dirt(0, 1, 2)
    office.at(0)
    office.accept(office.room.tickets()[0])
    assert office.at(10) == 1
    assert "您还有2件待办" in office.phone.letters[0].text
    assert office.states == {"dispatch unwanted": 1, "dispatch digested": 2, "digest delivered": 1}


def test_a_digest_whose_tickets_were_all_accepted_is_never_sent(book: Book) -> None:
    office = Office(book)
    office.dirt(0, 1, 2)
    office.at(0)
    for ticket in office.room.tickets():
        office.accept(ticket)
    assert office.at(10) == 0
    assert office.post.drop_unwanted() == 4
    assert (office.told, office.states) == ([], {"dispatch unwanted": 3, "digest unwanted": 1})


def test_a_digest_that_no_channel_takes_is_told_above_once_for_each_ticket_still_open(book: Book) -> None:
    office = Office(book, GONE, cap={"letters": 2, "wait_minutes": 10}, limits=limits(300))
    office.dirt(0, 1, 2)
    office.at(0)
    office.accept(office.room.tickets()[0])
    assert office.at(10) == 1
    assert office.states == {
        "dispatch unwanted": 1, "dispatch failed": 2, "digest failed": 1, "unreached waiting": 2,
    }  # fmt: skip
    office.phone.answers = [HERE]
    assert office.at(11) == 2
    letter = office.phone.letters[-1]
    assert (letter.person, letter.purpose) == ("田乡官", "unreached")
    assert letter.text.startswith("【净村】马村官收不到工单GD-1121-0003的通知(console:isv.MOBILE_NUMBER_ILLEGAL")
    assert [one.words for one in office.room.reader.findings(at(12)) if "不知情" in one.words]


def test_a_digest_goes_on_by_the_next_channel_of_its_route(book: Book) -> None:
    sms = Phone(TOOK)
    office = Office(book, GONE, channels={"village": ["console > sms"]})
    office.post = office.opened(sms=sms)
    office.dirt(0, 1, 2)
    office.at(0)
    office.at(10)
    office.at(10)
    assert ([one.purpose for one in office.phone.letters], [one.purpose for one in sms.letters]) == (
        ["digest"], ["digest"],
    )  # fmt: skip
    assert office.states == {"dispatch digested": 3, "digest accepted": 1}


def test_a_receipt_that_says_no_brings_a_digest_to_the_level_above(book: Book) -> None:
    office = Office(book, TOOK)
    office.dirt(0, 1, 2)
    office.at(0)
    office.at(10)
    receipt = Receipt("msg-1", "19900000001", delivered=False, code="UNDELIV")
    for _ in range(2):
        ReceiptBook(book, office.room.world).take("console", [receipt])
    assert office.states == {"dispatch failed": 3, "digest failed": 1, "unreached waiting": 3}


def test_ways_beside_each_other_have_a_cap_and_a_digest_each(book: Book) -> None:
    other = Phone(HERE)
    office = Office(book, channels={"village": ["console", "wecom"]})
    office.post = office.opened(wecom=other)
    office.dirt(0, 1, 2)
    office.at(0)
    assert office.at(10) == 2
    assert [[one.purpose for one in phone.letters] for phone in (office.phone, other)] == [["digest"], ["digest"]]


def test_whoever_is_asked_whether_they_are_still_at_it_is_asked_before_their_acceptance_lapses(book: Book) -> None:
    silence = {"major": {"ask": {"value": 60, "unit": "minute"}, "lapse": {"value": 30, "unit": "minute"}}}
    office = Office(book, cap={"letters": 1, "wait_minutes": 240}, silence_after_accept=silence)
    office.dirt(0, 1)
    for ticket in office.room.tickets():
        office.accept(ticket)
    office.room.minutes = 60
    assert len(SilentRound(book, office.room.world).step()) == 2
    assert (office.at(60), office.at(74.9), office.at(75)) == (0, 0, 1), "half of the time until it lapses"
    assert office.states["still digested"] == 2


def test_a_joined_ask_goes_before_its_own_limit_and_not_that_of_its_ticket(book: Book) -> None:
    right = {"move": "extend", "levels": ["village"], "within": {"value": 60, "unit": "minute"}}
    office = Office(book, cap={"letters": 1, "wait_minutes": 240}, rights=[right])
    office.dirt(0, 1)
    desk = office.room.desk
    for ticket in office.room.tickets():
        office.accept(ticket)
        desk.act(desk.mint(ticket.id), "extend", doing(person(office.room.county, "v1"), 0, "下雨,要晚半天").data)
    assert (office.at(0), office.at(29.9), office.at(30)) == (0, 0, 1)
    assert office.states["asked digested"] == 2


def test_a_group_a_loudspeaker_and_a_file_ring_nobody_and_have_no_cap(book: Book) -> None:
    office = Office(book)
    office.phone.by = By.NOBODY
    office.dirt(*range(9))
    assert office.at(0) == 9


@pytest.mark.parametrize("point", ["alerts.before_commit", "alerts.after_send"])
def test_a_kill_at_any_point_loses_and_doubles_nothing_unsaid(book: Book, point: str) -> None:
    office = Office(book)
    office.dirt(0, 1, 2)
    office.room.kill_at = point if point == "alerts.before_commit" else ""
    if office.room.kill_at:
        with pytest.raises(Killed):
            office.at(0)
        assert office.states == {"dispatch waiting": 3}
    office.at(0)
    office.room.kill_at = point if point == "alerts.after_send" else ""
    if office.room.kill_at:
        with pytest.raises(Killed):
            office.at(10)
        office.post = office.opened()
        office.post.take_over()
    office.at(10)
    assert office.states == {"dispatch digested": 3, "digest delivered": 1}
    assert [one.maybe_doubled for one in office.phone.letters] == ([False, True] if "send" in point else [False])


def test_two_processes_make_one_digest_and_send_it_once(book_url: str) -> None:
    books = [Book(book_url, COUNTY) for _ in range(2)]
    office = Office(books[0])
    office.dirt(0, 1, 2)
    second = Post(books[1], {"console": office.phone}, PostSettings("https://desk.example/"), office.room.world)
    for minutes in (0, 5, 10, 11):
        office.at(minutes)
        second.step()
    assert office.told == ["digest"]
    assert office.states == {"dispatch digested": 3, "digest delivered": 1}
    for one in books:
        one.close()


def test_of_two_counties_in_one_database_each_has_its_own_digest(book_url: str) -> None:
    ours, theirs = Book(book_url, COUNTY), Book(book_url, "640998")
    office = Office(ours)
    office.dirt(0, 1, 2)
    stranger = Post(theirs, {"console": office.phone}, PostSettings("https://d/"), office.room.world)
    office.room.minutes = 20
    assert (stranger.step(), stranger.drop_unwanted(), office.states) == (0, 0, {"dispatch waiting": 3})
    assert office.at(20) == 1
    ours.close()
    theirs.close()


def test_a_cap_switched_on_while_letters_are_tried_again_does_not_hold_them(book: Book) -> None:
    office = Office(book, Answer(Result.RETRY, words="忙"), HERE, cap={})
    office.dirt(0)
    office.at(0)
    office.room.county = many_spots()
    office.dirt(1, 2, 3)
    office.at(2)
    assert office.states == {"dispatch delivered": 1, "dispatch digested": 3, "digest waiting": 1}
    office.room.county = many_spots(cap={})
    assert office.at(12) == 1
    assert office.states["digest delivered"] == 1


def test_a_digest_s_code_opens_the_most_urgent_ticket_at_the_desk_too(book: Book) -> None:
    office = Office(book)
    office.dirt(0, 1, 2)
    office.at(0)
    office.at(10)
    view = office.room.desk.open_code(office.phone.letters[0].code)
    assert (view.ticket.number, view.viewer.name) == ("GD-1121-0001", "马村官")
