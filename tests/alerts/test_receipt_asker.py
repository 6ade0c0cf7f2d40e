"""Receipts that nobody brings are asked for, through outages and kills, and in the end given up in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import Answer, Channel, Result, Trouble, catalog
from alerts.channels.catalog import BadChannel, ChannelSettings
from alerts.channels.receipts import Question, Receipt
from alerts.metrics import book_samples
from alerts.notices import log
from alerts.notices.receipt_asker import NEVER, ReceiptAsker
from alerts.notices.receipt_book import ReceiptBook
from alerts.notices.receipt_wait import asked_now, days_of, waits_of
from alerts.notices.trouble_book import standing
from alerts.store.book import Book
from tests.alerts.loop import Killed
from tests.alerts.makes import at, event
from tests.alerts.test_deliveries import ROUTE, TOOK, Phone, Two
from tests.county.small import small_county
from tests.providers.aliyun_sms import Dysms
from tests.providers.standin import StandIn, down, says
from tests.providers.tencent_sms import Qcloud

PHONE = "+8619900000001"
GOOD = Receipt("msg-1", PHONE, delivered=True, code="DELIVERED")
BAD = replace(GOOD, delivered=False, code="MK:0001", words="空号")
SETTINGS = (ChannelSettings(name="wechat", kind="any"), ChannelSettings(name="sms", kind="any"))


class Told(Phone):
    """A channel whose provider says what the test puts into ``says``."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__(*answers)
        self.says: list[Receipt] | Answer = []
        self.questions: list[Question] = []

    def query(self, question: Question) -> list[Receipt] | Answer:
        self.questions.append(question)
        return self.says


class Asking(Two):
    """A room whose first channel can be asked."""

    def __init__(self, book: Book, wechat: Told, **policy: Any) -> None:
        super().__init__(book, wechat, Phone(replace(TOOK, provider_id="msg-2")), **policy)
        self.told = wechat
        self.start()

    def start(self) -> None:
        self.room.kill_at = ""
        self.asker = ReceiptAsker(self.room.book, {"wechat": self.told, "sms": self.sms}, SETTINGS, self.room.world)

    def at(self, minutes: float) -> int:
        self.room.minutes = minutes
        return self.asker.step("wechat")

    def said(self) -> list[str]:
        (told, *_) = log.of_ticket(self.room.book, self.room.tickets()[0].id)
        return [one.words for one in told.tries]


@pytest.fixture
def asking(book: Book) -> Asking:
    made = Asking(book, Told(TOOK))
    made.room.feed(event(0))
    made.post.step()
    return made


def test_only_channels_that_can_be_asked_are_asked_and_none_whose_settings_say_never(asking: Asking) -> None:
    assert asking.asker.names == ("wechat",)
    never = (ChannelSettings(name="wechat", kind="any", ask_after_min=()),)
    assert ReceiptAsker(asking.room.book, {"wechat": asking.told}, never, asking.room.world).names == ()
    assert ReceiptAsker(asking.room.book, {"wechat": asking.told}, (), asking.room.world).names == ()


def test_a_letter_is_asked_for_after_2_5_15_and_60_minutes_then_its_log_says_that_no_receipt_came(
    asking: Asking,
) -> None:
    asked = [minute for minute in range(180) if asking.at(minute)]
    assert asked == [2, 5, 15, 60]
    assert asking.told.questions == [Question(PHONE, date(2026, 11, 21))] * 4
    assert asking.notices == [("马村官", "wechat", "accepted")]
    assert asking.said() == ["已受理", NEVER]
    samples = {(one.name, *one.labels.values()): one.value for one in book_samples(asking.room.book, at(180))}
    assert samples["alerts_receipts_missing", "wechat"] == 1


def test_a_receipt_that_comes_after_all_counts_and_is_missing_no_more(asking: Asking) -> None:
    asking.at(200)
    ReceiptBook(asking.room.book, asking.room.world).take("wechat", [GOOD])
    assert asking.notices == [("马村官", "wechat", "delivered")]
    assert "alerts_receipts_missing" not in {one.name for one in book_samples(asking.room.book, at(180))}


def test_what_the_provider_says_counts_as_if_it_had_called_and_both_count_once(asking: Asking) -> None:
    asking.told.says = [GOOD]
    assert (asking.at(2), asking.at(5), asking.at(60)) == (1, 0, 0)
    assert ReceiptBook(asking.room.book, asking.room.world).take("wechat", [GOOD]) == 0
    assert asking.notices == [("马村官", "wechat", "delivered")]
    assert asking.said() == ["已受理", "回执:已送达 DELIVERED"]


def test_a_letter_that_never_arrived_goes_on_by_the_next_channel(asking: Asking) -> None:
    asking.told.says = [BAD]
    asking.at(2)
    assert asking.notices == [("马村官", "sms", "waiting")]
    asking.post.step()
    assert asking.notices == [("马村官", "sms", "accepted")]
    assert asking.at(5) == 0, "it is with a channel that nobody can ask"


def test_what_the_last_channel_could_not_bring_is_told_above(book: Book) -> None:
    asking = Asking(book, Told(TOOK), channels={"village": ["wechat"], "township": ["sms"]})
    asking.room.feed(event(0))
    asking.post.step()
    asking.told.says = [BAD]
    asking.at(2)
    assert asking.notices == [("马村官", "wechat", "failed"), ("田乡官", "sms", "waiting")]


def test_of_two_copies_one_of_which_arrived_the_letter_counts_as_delivered(asking: Asking) -> None:
    notice = asking.told.letters[0].id
    asking.told.says = [replace(BAD, notice=notice, provider_id=""), replace(GOOD, notice=notice, provider_id="")]
    asking.at(2)
    assert asking.notices == [("马村官", "wechat", "delivered")]


def test_a_provider_that_still_waits_for_the_carrier_is_asked_again(asking: Asking) -> None:
    asking.told.says = [replace(GOOD, delivered=None)]
    assert [asking.at(minute) for minute in (2, 4, 5)] == [1, 0, 1]
    assert asking.notices == [("马村官", "wechat", "accepted")]


def test_a_provider_that_is_away_is_asked_later_and_what_was_missed_meanwhile_is_not_made_up_for(
    asking: Asking,
) -> None:
    asking.told.says = Answer(Result.RETRY, words="HTTP 503", wait_s=300)
    assert (asking.at(2), asking.at(4), asking.at(8)) == (0, 0, 0)
    assert len(asking.told.questions) == 2, "no more often than it asked for"
    asking.told.says = []
    assert (asking.at(20), asking.at(21), asking.at(59), asking.at(60)) == (1, 0, 0, 1)
    assert asking.said()[-1] == NEVER


def test_a_provider_that_refuses_to_tell_is_given_up_in_the_end(asking: Asking) -> None:
    asking.told.says = Answer(Result.FAILED, words="没有权限")
    assert [asking.at(minute) for minute in (2, 5, 15, 60, 61)] == [1, 1, 1, 1, 0]
    assert asking.said() == ["已受理", NEVER]


def test_a_phone_is_asked_about_once_for_all_its_letters(book: Book) -> None:
    asking = Asking(book, Told(TOOK), reminder_s=300)
    asking.room.feed(event(0))
    for minute in (0, 5, 10):
        asking.minute(minute)
    assert len(asking.told.letters) == 3
    assert asking.at(20) == 3
    assert asking.told.questions == [Question(PHONE, date(2026, 11, 21))]


def test_a_letter_sent_about_midnight_is_asked_for_under_both_days() -> None:
    midnight = datetime(2026, 11, 20, 16, 1, tzinfo=UTC)
    assert days_of(midnight) == (date(2026, 11, 21), date(2026, 11, 20))
    assert days_of(midnight + timedelta(minutes=2)) == (date(2026, 11, 21),)


@pytest.mark.parametrize("kill", ["alerts.before_receipt_commit"])
def test_a_kill_while_what_was_told_is_written_down_loses_nothing(asking: Asking, kill: str) -> None:
    asking.told.says = [BAD]
    asking.room.kill_at = kill
    with pytest.raises(Killed):
        asking.at(2)
    asking.start()
    asking.at(2)
    assert asking.notices == [("马村官", "sms", "waiting")]
    assert asking.said().count("回执:没有送达 MK:0001 空号") == 1


def test_a_restart_asks_no_more_often(asking: Asking) -> None:
    asking.at(2)
    asking.start()
    assert (asking.at(3), asking.at(5)) == (0, 1)


def test_letters_of_another_county_in_the_same_database_are_theirs(asking: Asking) -> None:
    neighbour = ReceiptAsker(
        Book(asking.room.book.store, "640998"), {"wechat": asking.told}, SETTINGS, asking.room.world
    )
    asking.room.minutes = 2
    assert neighbour.step("wechat") == 0


@pytest.mark.parametrize("odd", [[5, 2], [2, 2], [0], [-1], [1e9], [float("nan")], list(range(1, 12)), "2", [None]])
def test_waits_that_make_no_sense_are_refused_with_the_key(odd: Any) -> None:
    told = {"name": "w", "kind": "webhook", "url": "https://d/", "secret_file": Path("x"), "ask_after_min": odd}
    with pytest.raises(BadChannel, match="ask_after_min"):
        catalog.settings_of(told)


@given(
    minutes=st.lists(st.integers(1, 1440), min_size=1, max_size=10, unique=True).map(sorted),
    passed=st.lists(st.integers(0, 600), max_size=40),
)
def test_however_late_it_is_asked_each_asking_counts_and_the_end_comes(minutes: list[int], passed: list[int]) -> None:
    waits, asked, now = waits_of(minutes), 0, at(0)
    for step in passed:
        now += timedelta(minutes=step)
        if asked < len(waits) and at(0) + waits[asked] <= now:
            after = asked_now(at(0), asked, waits, now)
            assert asked < after <= len(waits)
            assert after == len(waits) or at(0) + waits[after] > now, "nothing is due at once again"
            asked = after


class Real:
    """A room whose SMS goes to the stand-in of a provider."""

    def __init__(self, book: Book, channel: Channel, settings: ChannelSettings) -> None:
        self.two = Two(book, Phone(TOOK), Phone(TOOK), channels={"village": ["sms"], "township": ["wechat"]})
        self.two.post._channels = {"sms": channel, "wechat": self.two.wechat}
        self.asker = ReceiptAsker(book, {"sms": channel}, (settings,), self.two.room.world)
        self.two.room.feed(event(0))
        self.two.post.step()

    def at(self, minutes: float) -> int:
        self.two.room.minutes = minutes
        return self.asker.step("sms")


KEY = {"secret_file": "secret", "sign": "青峦县"}
ALIYUN: Mapping[str, Any] = {
    "name": "sms", "kind": "aliyun_sms", "access_key_id": "LTAI5t",
    "templates": [{"id": "S", "variables": {"n": "what"}, "without_code": True}],
}  # fmt: skip
TENCENT: Mapping[str, Any] = {
    "name": "sms", "kind": "tencent_sms", "secret_id": "AKIDx", "sdk_app_id": "1400006666",
    "templates": [{"id": "T", "variables": ["what"], "without_code": True}],
}  # fmt: skip


class Houses:
    """Opens rooms with a provider's stand-in, whose clock is the room's."""

    def __init__(self, book: Book, folder: Path, stack: ExitStack) -> None:
        self.book, self.folder, self.stack = book, folder, stack
        self.real: Real | None = None
        (folder / "secret").write_text("geheim\n", encoding="utf-8")

    def now(self) -> datetime:
        return at(self.real.two.room.minutes if self.real else 0)

    def open(self, told: Mapping[str, Any], provider: Dysms | Qcloud) -> tuple[Real, StandIn]:
        server = self.stack.enter_context(StandIn(provider.answer))
        keys = KEY | {"secret_file": self.folder / "secret", "base": server.base}
        settings = catalog.settings_of({**told, **keys})
        channel = catalog.opened(settings, self.now)
        self.stack.callback(channel.close)
        self.real = Real(self.book, channel, settings)
        return self.real, server


@pytest.fixture
def houses(book: Book, tmp_path: Path) -> Iterator[Houses]:
    with ExitStack() as stack:
        yield Houses(book, tmp_path, stack)


@pytest.mark.parametrize(("delivered", "state"), [(True, "delivered"), (False, "failed")])
def test_aliyun_is_asked_by_phone_and_day(houses: Houses, delivered: bool, state: str) -> None:
    dysms = Dysms(houses.now, templates={"S": frozenset({"n"})})
    real, server = houses.open(ALIYUN, dysms)
    assert real.at(2) == 1
    assert real.two.notices == [("马村官", "sms", "accepted")], "it still waits for the carrier"
    dysms.carrier(delivered)
    server.plays.append(down())
    assert (real.at(5), real.at(5.5)) == (0, 0)
    assert real.at(6.5) == 1
    assert real.two.notices[0] == ("马村官", "sms", state)
    assert (len(real.two.notices) == 2) is not delivered, "who stands above is told"


@pytest.mark.parametrize("contexts", [True, False])
def test_tencent_s_receipts_are_fetched_and_what_a_kill_lost_is_asked_for_by_phone(
    houses: Houses, contexts: bool
) -> None:
    qcloud = Qcloud(houses.now, templates={"T": 1}, contexts=contexts)
    real, server = houses.open(TENCENT, qcloud)
    qcloud.carrier(delivered=False)
    real.two.room.kill_at = "alerts.before_receipt_commit"
    with pytest.raises(Killed):
        real.at(2)
    assert real.two.notices == [("马村官", "sms", "accepted")]
    real.at(2)
    assert real.two.notices[0] == ("马村官", "sms", "failed")
    assert [one.headers["x-tc-action"] for one in server.heard[1:]] == [
        "PullSmsSendStatus", "PullSmsSendStatus", "PullSmsSendStatusByPhoneNumber",
    ]  # fmt: skip


def test_where_tencent_has_not_opened_fetching_it_is_asked_by_phone(houses: Houses) -> None:
    qcloud = Qcloud(houses.now, templates={"T": 1})
    real, server = houses.open(TENCENT, qcloud)
    qcloud.carrier(delivered=True)
    error = {"Code": "UnauthorizedOperation.RequestPermissionDeny", "Message": "no"}
    server.plays.append(says({"Response": {"Error": error}}))
    assert real.at(2) == 1
    assert real.two.notices == [("马村官", "sms", "delivered")]


def test_an_account_without_money_is_a_trouble_by_the_provider_s_own_code_until_it_is_paid(houses: Houses) -> None:
    dysms = Dysms(houses.now, templates={"S": frozenset({"n"})}, balance=0)
    real, _ = houses.open(ALIYUN, dysms)
    book = real.two.room.book
    assert [(one.channel, one.cause, one.letters) for one in standing(book)] == [("sms", Trouble.BALANCE, 1)]
    assert real.two.notices == [("马村官", "sms", "failed"), ("田乡官", "wechat", "waiting")]
    dysms.balance = 100
    real.two.room.county = small_county(channels=dict.fromkeys(ROUTE, ("sms",)))
    real.two.minute(30)
    assert real.two.notices[-1][1:] == ("sms", "accepted")
    assert standing(book) == []
