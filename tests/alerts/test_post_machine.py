"""Whole lives of notices: providers that fail in every way, receipts in every order, acts, kills and the clock.

Hypothesis plays two providers, people and the kill signal against the post office on a real (in-memory) book.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alerts.channels import Answer, By, Letter, Result
from alerts.channels.receipts import Receipt
from alerts.notices import log
from alerts.notices.receipt_book import ReceiptBook
from alerts.post import Post, PostSettings
from alerts.store.book import Book
from alerts.store.tables import NOTICES, moment
from alerts.tickets.doing import Refused
from county.snapshot import County
from tests.alerts.loop import Killed, Room
from tests.alerts.makes import at, doing, event, person
from tests.county.small import CAMERA, COUNTY, SPOT, SPOTS, small_county
from tests.depth import depth

EVERY_S = 15  # how often the post office looks, and the clock goes on at least
CHAIN = 2
FINAL = {"delivered", "accepted", "failed", "declined", "unwanted", "digested"}
STEP = {"dispatch", "climb", "remind", "overdue", "confirm", "verify", "rework"}
ANSWERS = st.sampled_from([
    Answer(Result.ACCEPTED), Answer(Result.ACCEPTED), Answer(Result.DELIVERED), Answer(Result.RETRY, words="忙"),
    Answer(Result.RETRY, words="断线", maybe_sent=True), Answer(Result.RETRY, words="等", wait_s=100),
    Answer(Result.RETRY, words="等久", wait_s=900), Answer(Result.FAILED, words="余额不足"),
    Answer(Result.FAILED, words="此时不播", declined=True),
])  # fmt: skip


class Provider:
    """Answers as hypothesis says, and looks at the ticket at the moment of sending."""

    by = By.PHONE

    def __init__(self, machine: PostLives, name: str) -> None:
        self.machine, self.name = machine, name
        self.answer = Answer(Result.ACCEPTED)
        self.took: list[tuple[Letter, str]] = []  # and the number that was given
        self.told: list[tuple[str, str, int]] = []  # ticket, person and round of each step, in the order of sending

    def send(self, letter: Letter) -> Answer:
        steps = self.machine.look_at(letter)
        number = f"{self.name}-{len(self.took) + 1}"
        if self.answer.result in (Result.ACCEPTED, Result.DELIVERED) or self.answer.maybe_sent:
            self.took.append((letter, number))
            self.told += steps
        return Answer(
            self.answer.result, number if self.answer.result is Result.ACCEPTED else "", self.answer.words,
            self.answer.maybe_sent, self.answer.wait_s, self.answer.declined,
        )  # fmt: skip

    def close(self) -> None:
        """Nothing is open."""


class PostLives(RuleBasedStateMachine):
    spots: tuple[str, ...] = (SPOT,)

    def __init__(self) -> None:
        super().__init__()
        self.room = Room(Book("sqlite://", COUNTY), self.county())
        self.providers = {name: Provider(self, name) for name in ("wechat", "sms")}
        self.kills: Counter[str] = Counter()
        self.events = 0
        self.start()

    @staticmethod
    def county() -> County:
        route = ["wechat > sms"]
        return small_county(channels=dict.fromkeys(("village", "township", "county", "leader"), route), reminder_s=600)

    def start(self) -> None:
        """(Re)start the post office: circuits and threads are new, the book is what it was."""
        self.room.kill_at = ""
        self.post = Post(self.room.book, dict(self.providers), PostSettings("http://desk"), self.room.world)
        self.post.take_over()

    def look_at(self, letter: Letter) -> list[tuple[str, str, int]]:
        """No letter of a step that has ended, whichever way it goes; returns the steps that it tells of."""
        steps = STEP | {"unreached"}
        if letter.purpose == "digest":
            with self.room.book.store.read() as conn:
                joined = NOTICES.c.purpose.in_(steps) & (NOTICES.c.state == "digested")
                rows = conn.execute(sa.select(NOTICES).where(joined & (NOTICES.c.digest == UUID(letter.id)))).all()
            told = [(row.ticket, row.purpose, row.level, row.round) for row in rows]
        elif letter.purpose in steps:
            ticket = next(one for one in self.room.tickets() if one.number == letter.number)
            told = [(ticket.id, letter.purpose, letter.level, letter.round)]
        else:
            return []
        known = {ticket.id: ticket for ticket in self.room.tickets()}
        for number, _, level, turn in told:
            ticket = known[number]
            assert ticket.is_open
            assert ticket.calling
            assert (ticket.level.value, ticket.round) == (level, turn)
        return [(known[one].number, letter.person, turn) for one, purpose, _, turn in told if purpose in STEP]

    @initialize()
    def dirt(self) -> None:
        self.room.feed(*(event(self.room.minutes, event_id=UUID(int=1 + n), spot=s) for n, s in enumerate(self.spots)))

    @rule(wechat=ANSWERS, sms=ANSWERS)
    def the_providers_answer_otherwise(self, wechat: Answer, sms: Answer) -> None:
        self.providers["wechat"].answer, self.providers["sms"].answer = wechat, sms

    @rule(times=st.integers(1, 24), kill=st.sampled_from(["", "", "", "alerts.after_send", "alerts.before_commit"]))
    def time_passes(self, times: int, kill: str) -> None:
        for n in range(times):
            self.room.minutes += EVERY_S / 60
            if n == times // 2:
                self.room.kill_at = kill
            try:
                self.room.sweep.step()
                while self.post.step():
                    pass
            except Killed:
                self.kills["kill"] += 1
                self.start()
            self.post.drop_unwanted()
        self.room.kill_at = ""

    @rule(which=st.integers(0, 50), good=st.booleans(), name=st.sampled_from(["wechat", "sms"]), doubled=st.booleans())
    def a_receipt_comes(self, which: int, good: bool, name: str, doubled: bool) -> None:
        took = self.providers[name].took
        if not took:
            return
        letter, number = took[which % len(took)]
        receipt = Receipt(number, letter.phone, delivered=good, code="X", notice=letter.id if which % 2 else "")
        for _ in range(2 if doubled else 1):
            ReceiptBook(self.room.book, self.room.world).take(name, [receipt])

    @rule(number=st.integers(1, 5), good=st.booleans())
    def a_receipt_comes_before_its_answer(self, number: int, good: bool) -> None:
        name = f"sms-{len(self.providers['sms'].took) + number}"
        ReceiptBook(self.room.book, self.room.world).take("sms", [Receipt(name, "+861", delivered=good)])

    @rule(
        who=st.sampled_from(["v1", "t1", "c1"]), act=st.sampled_from(["accept", "not_true", "not_mine", "done"]),
        which=st.integers(0, 50),
    )  # fmt: skip
    def somebody_acts(self, who: str, act: str, which: int) -> None:
        tickets = self.room.tickets()[-len(self.spots) :]
        ticket = tickets[which % len(tickets)]
        data = doing(person(self.room.county, who), self.room.minutes, "说明").data
        self.events += 1
        try:
            self.room.desk.act(self.room.desk.mint(ticket.id), act, data, f"k{self.events}")
        except Refused:
            return

    @rule(which=st.integers(0, 50))
    def there_is_dirt_again(self, which: int) -> None:
        self.events += 1
        spot = self.spots[which % len(self.spots)]
        self.room.feed(event(self.room.minutes, event_id=UUID(int=100 + self.events), spot=spot))

    @invariant()
    def every_due_notice_has_an_end_within_five_minutes_of_each_channel(self) -> None:
        now = at(self.room.minutes)
        with self.room.book.store.read() as conn:
            for row in conn.execute(sa.select(NOTICES).where(NOTICES.c.state.not_in(FINAL))):
                since = moment(row.tried_us) or moment(row.ready_us)
                assert since is not None
                assert now - since <= timedelta(minutes=5), (row.purpose, row.channel, row.state)

    @invariant()
    def what_ended_ended_with_an_answer_that_is_kept(self) -> None:
        for ticket in self.room.tickets():
            for told in log.of_ticket(self.room.book, ticket.id):
                if told.state in ("delivered", "accepted", "failed", "declined"):
                    assert told.tries, told
                if told.state == "failed" and told.digest is None:
                    assert told.channel == "sms", "nothing fails while a channel is left"

    @invariant()
    def nothing_goes_out_twice_by_one_channel_beyond_kills_and_broken_lines(self) -> None:
        for provider in self.providers.values():
            sent = Counter(letter.id for letter, _ in provider.took)
            sure = Counter(letter.id for letter, _ in provider.took if not letter.maybe_doubled)
            assert all(count <= 1 for count in sure.values()), "who may have it already is told so"
            assert sum(count - 1 for count in sent.values()) <= self.kills["kill"] + self.broken(provider.name)

    def broken(self, name: str) -> int:
        """Attempts after which nobody knew whether the provider had taken the letter."""
        logs = [told for ticket in self.room.tickets() for told in log.of_ticket(self.room.book, ticket.id)]
        own = {told.id: told for told in logs if told.digest is None}.values()
        return sum(one.maybe_sent for told in own for one in told.tries if one.channel == name)

    @invariant()
    def letters_of_a_ticket_reach_a_person_in_the_order_of_its_steps(self) -> None:
        for provider in self.providers.values():
            rounds: dict[tuple[str, str], int] = {}
            for number, person_name, turn in provider.told:
                assert rounds.get((number, person_name), 0) <= turn
                rounds[number, person_name] = turn

    @invariant()
    def what_was_joined_is_in_a_letter_that_ended_as_it_says(self) -> None:
        digest = NOTICES.alias("digest")
        both = sa.select(NOTICES.c.state, digest.c.state.label("of"), NOTICES.c.sent_us, NOTICES.c.person_id,
                         digest.c.person_id.label("to")).join(digest, NOTICES.c.digest == digest.c.id)  # fmt: skip
        with self.room.book.store.read() as conn:
            rows = conn.execute(both).all()
            joined = sa.select(sa.func.count()).where(NOTICES.c.state == "digested")
            assert conn.execute(joined).scalar_one() == sum(row.state == "digested" for row in rows)
        for row in rows:
            assert row.person_id == row.to
            if row.state == "digested":
                assert row.of not in ("failed", "unwanted"), "nothing ends in a letter that nobody gets"
                assert row.sent_us is not None or row.of not in ("accepted", "delivered")
            else:
                assert row.state in ("unwanted", "failed")
                assert row.state != "failed" or row.of == "failed"


class CappedLives(PostLives):
    """The same with several places at once, a cap of two letters, and quiet hours that begin soon."""

    spots = tuple(f"{CAMERA}.s{n}" for n in range(4))

    @staticmethod
    def county() -> County:
        channels = {level: ["wechat > sms"] for level in ("village", "township", "county")}
        places = tuple(replace(SPOTS[0], id=name, name=name) for name in CappedLives.spots)
        return small_county(
            channels=channels, reminder_s=600, spots=places, cap={"letters": 2, "wait_minutes": 5},
            quiet={"hours": ["10:40", "11:10"]},
        )  # fmt: skip

    @rule()
    def everywhere_is_dirt(self) -> None:
        self.events += 1
        self.room.feed(*(event(self.room.minutes, event_id=UUID(int=1000 * self.events + n), spot=spot)
                         for n, spot in enumerate(self.spots)))  # fmt: skip

    @rule(words=st.sampled_from(["余额不足", "号码停机"]))
    def both_providers_refuse_for_good_for_a_while(self, words: str) -> None:
        before = [provider.answer for provider in self.providers.values()]
        for provider in self.providers.values():
            provider.answer = Answer(Result.FAILED, words=words)
        self.time_passes(24, "")
        for provider, answer in zip(self.providers.values(), before, strict=True):
            provider.answer = answer


PostLives.TestCase.settings = CappedLives.TestCase.settings = settings(
    max_examples=depth(15), stateful_step_count=15, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)  # fmt: skip
TestPostLives = PostLives.TestCase
TestCappedLives = CappedLives.TestCase
