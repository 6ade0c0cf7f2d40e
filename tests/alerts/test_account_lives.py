"""Whole lives of accounts: the machine of the post office, with a pace, receipts that are asked for, and troubles."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from alerts.channels import Answer, Channel, Result, Trouble
from alerts.channels.catalog import ChannelSettings
from alerts.channels.receipts import Question, Receipt
from alerts.notices import log, trouble_book
from alerts.notices.keepers import Keepers
from alerts.notices.lanes import Lanes
from alerts.notices.receipt_asker import NEVER, ReceiptAsker
from alerts.notices.receipt_tables import RECEIPT_ASKS
from alerts.notices.trouble_tables import TROUBLES
from alerts.post import Post, PostSettings
from tests.alerts.loop import Killed
from tests.alerts.test_deliveries import Phone
from tests.alerts.test_post_machine import PostLives, Provider
from tests.depth import depth

SETTINGS = tuple(ChannelSettings(name=name, kind=name, per_second=1) for name in ("wechat", "sms"))
BROKE = Answer(Result.FAILED, words="余额不足", trouble=Trouble.BALANCE)


class Known(Provider):
    """A provider that can be asked; ``knows`` is what it says of every letter, None where it is away."""

    knows: bool | None = True

    def query(self, question: Question) -> list[Receipt] | Answer:
        if self.knows is None:
            return Answer(Result.RETRY, words="HTTP 503")
        mine = [one for one in self.took if one[0].phone in question.phone]
        return [Receipt(number, question.phone, self.knows, notice=letter.id) for letter, number in mine]


class AccountLives(PostLives):
    def start(self) -> None:
        """(Re)start the program: only the book is what it was."""
        self.room.kill_at = ""
        if not all(isinstance(one, Known) for one in self.providers.values()):
            self.providers = {name: Known(self, name) for name in self.providers}
            self.mail = Phone(Answer(Result.ACCEPTED))
        channels: dict[str, Channel] = dict(self.providers)
        self.post = Post(self.room.book, channels, PostSettings("http://desk"), self.room.world, Lanes(SETTINGS))
        self.post.take_over()
        self.asker = ReceiptAsker(self.room.book, channels, SETTINGS, self.room.world)
        self.keepers = Keepers(self.room.book, {**channels, "mail": self.mail}, (), self.room.world)

    @rule(name=st.sampled_from(["wechat", "sms"]), knows=st.sampled_from([True, False, None]))
    def a_provider_knows_otherwise(self, name: str, knows: bool | None) -> None:
        provider = self.providers[name]
        assert isinstance(provider, Known)
        provider.knows = knows

    @rule(name=st.sampled_from(["wechat", "sms"]))
    def an_account_is_empty(self, name: str) -> None:
        self.providers[name].answer = BROKE
        with self.room.book.writing() as pen:
            trouble_book.note(pen, name, BROKE, self.room.world.now())

    @rule(
        times=st.integers(1, 5),
        kill=st.sampled_from(["", "alerts.before_receipt_commit", "alerts.before_commit", "alerts.after_send"]),
    )
    def receipts_are_asked_for_and_the_keepers_told(self, times: int, kill: str) -> None:
        for n in range(times):
            self.room.kill_at = kill if n == 0 else ""
            try:
                for name in self.asker.names:
                    self.asker.step(name)
                self.keepers.step()
            except Killed:
                self.kills["kill"] += 1
                self.start()
            self.room.kill_at = ""
            self.time_passes(1, "")

    @invariant()
    def no_letter_is_asked_for_more_often_than_set_nor_given_up_twice(self) -> None:
        with self.room.book.store.read() as conn:
            assert all(row.asked <= len(SETTINGS[0].ask_after_min) for row in conn.execute(sa.select(RECEIPT_ASKS)))
        for ticket in self.room.tickets():
            for told in log.of_ticket(self.room.book, ticket.id):
                never = Counter(one.channel for one in told.tries if one.words == NEVER)
                assert all(count == 1 for count in never.values()), told

    @invariant()
    def a_trouble_is_one_row_until_it_is_over(self) -> None:
        with self.room.book.store.read() as conn:
            rows = conn.execute(sa.select(TROUBLES).where(TROUBLES.c.over_us.is_(None) & ~TROUBLES.c.ended)).all()
        assert all(count == 1 for count in Counter((row.channel, row.cause) for row in rows).values())

    @invariant()
    def no_keeper_is_told_the_same_twice_beyond_kills(self) -> None:
        told = Counter(letter.id for letter in self.mail.letters)
        assert sum(count - 1 for count in told.values()) <= self.kills["kill"]


AccountLives.TestCase.settings = settings(
    max_examples=depth(10), stateful_step_count=15, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)  # fmt: skip
TestAccountLives = AccountLives.TestCase
