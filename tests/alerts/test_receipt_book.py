"""Receipts: an accepted letter is delivered, or goes on by the next channel; once, in whatever order they come."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.channels import Answer, Result
from alerts.channels.receipts import Receipt
from alerts.notices import log
from alerts.notices.receipt_book import ReceiptBook
from alerts.store.book import Book
from tests.alerts.loop import Killed
from tests.alerts.makes import event
from tests.alerts.test_deliveries import TOOK, Phone, Two

GOOD = Receipt("msg-1", "+8619900000001", delivered=True, code="DELIVERED")
BAD = replace(GOOD, delivered=False, code="UNDELIVERED", words="关机")


@pytest.fixture
def two(book: Book) -> Two:
    made = Two(book, Phone(TOOK), Phone(replace(TOOK, provider_id="msg-2")))
    made.room.feed(event(0))
    return made


def receipts(two: Two) -> ReceiptBook:
    return ReceiptBook(two.room.book, two.room.world)


def test_a_receipt_makes_an_accepted_letter_a_delivered_one_and_counts_once(two: Two) -> None:
    two.post.step()
    assert two.notices == [("马村官", "wechat", "accepted")]
    assert [receipts(two).take("wechat", [GOOD]) for _ in range(2)] == [1, 0]
    assert two.notices == [("马村官", "wechat", "delivered")]
    assert two.tries()[-1] == ("wechat", "delivered", "回执:已送达 DELIVERED")


def test_the_log_of_a_ticket_tells_every_attempt_and_the_receipt(two: Two) -> None:
    two.post.step()
    receipts(two).take("wechat", [BAD])
    two.post.step()
    (told,) = log.of_ticket(two.room.book, two.room.tickets()[0].id)
    assert (told.person, told.route, told.channel, told.state) == ("马村官", "wechat > sms", "sms", "accepted")
    assert [(one.channel, one.result, one.provider_id) for one in told.tries] == [
        ("wechat", "accepted", "msg-1"), ("wechat", "failed", "msg-1"), ("sms", "accepted", "msg-2"),
    ]  # fmt: skip


@pytest.mark.parametrize("odd", ["a\0b", "\ud800", "line\nbreak", "\udfff" * 500])
def test_what_no_book_can_hold_in_one_receipt_keeps_out_no_other(two: Two, odd: str) -> None:
    two.post.step()
    strange = Receipt(odd, odd, delivered=False, code=odd, words=odd, notice=odd)
    assert receipts(two).take("wechat", [strange, replace(BAD, words=odd)]) == 2
    assert two.notices == [("马村官", "sms", "waiting")]


def test_a_letter_that_never_arrived_goes_on_by_the_next_channel(two: Two) -> None:
    two.post.step()
    receipts(two).take("wechat", [BAD, BAD])
    assert two.notices == [("马村官", "sms", "waiting")]
    two.post.step()
    assert two.notices == [("马村官", "sms", "accepted")]
    receipts(two).take("wechat", [GOOD])
    assert two.notices == [("马村官", "sms", "accepted")], "what is over on one channel moves nothing on another"
    receipts(two).take("sms", [replace(BAD, provider_id="msg-2")])
    assert two.notices == [("马村官", "sms", "failed"), ("田乡官", "wechat", "waiting")]
    two.post.step()
    assert "sms:回执:没有送达 UNDELIVERED 关机" in two.wechat.letters[-1].text


def test_a_receipt_that_comes_before_the_answer_counts_when_the_answer_comes(two: Two) -> None:
    receipts(two).take("wechat", [BAD])
    two.post.step()
    assert two.notices == [("马村官", "sms", "waiting")]


def test_a_receipt_may_name_the_notice_instead_of_the_provider_id(two: Two) -> None:
    two.post.step()
    (letter,) = two.wechat.letters
    receipts(two).take("wechat", [replace(GOOD, provider_id="", notice=letter.id)])
    assert two.notices == [("马村官", "wechat", "delivered")]


@pytest.mark.parametrize(
    "odd",
    [
        replace(GOOD, provider_id="other"), replace(GOOD, provider_id=""),
        replace(GOOD, provider_id="", notice="no-uuid"),
        replace(GOOD, notice="019ab000-0000-7000-8000-000000000000"), replace(GOOD, delivered=None),
        replace(GOOD, provider_id="x" * 500, phone="+" + "1" * 90, words="垃" * 900, code="c" * 300),
    ],
)  # fmt: skip
def test_what_belongs_to_no_letter_moves_nothing(two: Two, odd: Receipt) -> None:
    two.post.step()
    receipts(two).take("wechat", [odd])
    assert two.notices == [("马村官", "wechat", "accepted")]


def test_after_the_person_has_answered_a_failed_receipt_disturbs_nobody(two: Two) -> None:
    two.post.step()
    two.room.desk.act(two.room.desk.mint(two.room.tickets()[0].id), "accept")
    receipts(two).take("wechat", [BAD])
    two.post.drop_unwanted()
    assert (two.post.step(), two.sms.letters) == (0, [])


def test_a_kill_while_receipts_are_written_down_loses_and_doubles_none(two: Two) -> None:
    two.post.step()
    two.room.kill_at = "alerts.before_receipt_commit"
    with pytest.raises(Killed):
        receipts(two).take("wechat", [BAD])
    assert two.notices == [("马村官", "wechat", "accepted")]
    assert receipts(two).take("wechat", [BAD]) == 1
    assert two.notices == [("马村官", "sms", "waiting")]


def test_a_receipt_of_another_county_in_the_same_database_is_not_ours(two: Two) -> None:
    two.post.step()
    neighbour = ReceiptBook(Book(two.room.book.store, "640998"), two.room.world)
    neighbour.take("wechat", [BAD])
    assert two.notices == [("马村官", "wechat", "accepted")]


def test_an_accepted_answer_without_an_id_takes_no_receipt_of_others(book: Book) -> None:
    two = Two(book, Phone(Answer(Result.ACCEPTED)), Phone(TOOK))
    two.room.feed(event(0))
    receipts(two).take("wechat", [replace(BAD, provider_id="", notice="")])
    two.post.step()
    assert two.notices == [("马村官", "wechat", "accepted")]
