"""The whole engine at once: triage, proof in several looks, side moves and their asks, reports of people, what is still
there the next day, changed duties and revisions, clocks that jump, kills, and letters that fail.

The promises are those of ``test_machine``: one open alarm a key and one open ticket a site; each open ticket has one
person and a next step; nothing ends on what was not seen; nobody is called for a step that has ended; history replays.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

from cryptography.fernet import Fernet
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from alerts.alarms.grounds import Where
from alerts.asks import ask_book
from alerts.asks.ask_sweep import AskSweep
from alerts.asks.asks import AskState
from alerts.channels import Answer, Letter, Result
from alerts.office import ANSWERS, MOVES, act_on
from alerts.reports.reporting import Report
from alerts.reports.reports import Reports
from alerts.reports.seal import Seal
from alerts.store.book import Conflict
from alerts.store.queries import Reader
from alerts.tickets.acts import NAMES
from alerts.tickets.daily_round import DailyRound
from alerts.tickets.doing import Data, Doing, Refused
from alerts.tickets.handover_round import HandoverRound
from alerts.tickets.posts import gone
from alerts.values import Source, Status, Ticket
from county.snapshot import County
from county.values import Duty, Level
from tests.alerts.makes import PHOTO, at, person
from tests.alerts.test_machine import ANSWERING, CALLS, KINDS, PEOPLE, Killed, Recorder, TicketLives, must_fit
from tests.county.small import DUTIES, SPOT, TOWNSHIP, VILLAGE, small_county
from tests.depth import depth

ENDED_BY_TWO = {"grant"}  # an end that somebody asked for and another granted
DAY = timedelta(days=1) / timedelta(minutes=1)


def whole_county(revision: int = 1, minutes: float = 30, **overrides: Any) -> County:
    """Everything that a policy may ask, switched on; each limit so many minutes."""
    stages = ("accept", "handle", "triage", "verify")
    limits = [
        {"stage": stage, "level": level, "value": minutes, "unit": "minute"}
        for stage in stages for level in ("village", "township", "county")
    ]  # fmt: skip
    return small_county(
        revision,
        limits=limits,
        channels={level: ["rec"] for level in ("village", "township", "county")},
        triage={"when": [{"categories": ["dumped"]}], "unclear": "look", "second": ["urgent"]},
        recheck={"looks": 2, "apart_s": 300, "same_hour": [{"categories": ["overflow"]}]},
        daily=[{"categories": ["garbage"], "after_hours": 24}],
        tell=[{"severity": "urgent", "levels": ["township", "county"]}],
        relapse={"graver": True, "limit_share": 0.5},
        **ANSWERING, **overrides,
    )  # fmt: skip


DUTY_LISTS = (
    DUTIES,
    tuple(replace(duty, person="v2") if duty.area == VILLAGE and duty.rank == 0 else duty for duty in DUTIES),
    tuple(duty for duty in DUTIES if duty.area != VILLAGE),
    (*DUTIES, Duty("t1", TOWNSHIP, Level.COUNTY, "值班", 1)),
)


class CarefulRecorder(Recorder):
    """Looks at the ticket at the moment of sending, as far as the letter is about a step of the ticket."""

    def send(self, letter: Letter) -> Answer:
        if self.result is Result.DELIVERED:
            self.letters.append(letter)
        if letter.number.startswith("静默"):  # about a mute, which is no ticket
            return Answer(self.result)
        ticket = self.machine.by_number(letter.number)
        if letter.purpose in CALLS | {"rework", "confirm", "triage", "verify", "still"}:
            assert ticket.is_open, "nobody is called for a ticket that has ended"
            assert ticket.calling
            assert (letter.level, letter.round) == (ticket.level.value, ticket.round)
        must_fit(letter, ticket)
        return Answer(self.result)


class WholeDuty(TicketLives):
    def __init__(self) -> None:
        self.duties = 0
        self.policy: dict[str, Any] = {}
        self.swept_at, self.swept = 0.0, 0
        super().__init__()
        self.channel = CarefulRecorder(self)
        self.start()

    def county_of_this_life(self) -> County:
        return whole_county()

    def start(self) -> None:
        super().start()
        self.asks = AskSweep(self.book, self.world)
        self.daily = DailyRound(self.book, self.world)
        self.handover = HandoverRound(self.book, self.world)
        self.reports = Reports(self.book, self.world, Seal(Fernet.generate_key()))

    def sweep_all(self) -> None:
        self.sweep.step()
        self.asks.step()
        self.daily.step()
        self.handover.step()
        self.silence()
        self.swept_at, self.swept = self.minutes, self.county.revision

    @rule(minutes=st.sampled_from([0.5, 3, 12, 31, 700, DAY]))
    def time_passes(self, minutes: float) -> None:
        self.minutes += minutes
        self.work(self.sweep_all)

    @rule(minutes=st.sampled_from([0.5, 10, 90]))
    def our_clock_jumps_back(self, minutes: float) -> None:
        self.minutes -= minutes
        self.work(self.sweep_all)

    @rule(who=st.sampled_from(PEOPLE), move=st.sampled_from(sorted(MOVES | ANSWERS)), pick=st.integers(0, 5),
          wanted=st.tuples(st.sampled_from([*PEOPLE, ""]), st.sampled_from([None, 1, 500]),
                           st.sampled_from(["", "case", "rework", "overdue"])))  # fmt: skip
    def somebody_asks_or_answers(self, who: str, move: str, pick: int, wanted: tuple[str, int | None, str]) -> None:
        to, hours, finding = wanted
        until = at(self.minutes + hours * 60) if hours is not None else None
        tickets = self.tickets()
        if tickets:
            data = Data("说明", (PHOTO,), until=until, to=to, finding=finding)
            self.do(tickets[pick % len(tickets)], who, move, data)

    @rule(pick=st.integers(0, 5), grant=st.booleans())
    def the_decider_answers(self, pick: int, grant: bool) -> None:
        waiting = ask_book.listed(self.book)
        if waiting:
            one = waiting[pick % len(waiting)]
            self.do(one.ticket, one.ask.decider.id, "grant" if grant else "refuse", Data("同意"))

    @rule(move=st.sampled_from(["hold", "void", "force_close", "extend", "appeal", "transfer"]), pick=st.integers(0, 5),
          grant=st.sampled_from([True, True, False]))  # fmt: skip
    def a_move_is_asked_for_and_decided(self, move: str, pick: int, grant: bool) -> None:
        tickets = self.tickets()
        if not tickets:
            return
        ticket = tickets[pick % len(tickets)]
        for who in (ticket.person.id, "t1"):
            until = at(self.minutes + 600) if move == "hold" else None
            self.do(ticket, who, move, Data("说明", to="v1b", finding="overdue", until=until))
        for one in ask_book.listed(self.book):
            if one.ticket.id == ticket.id and one.ask.move.value == move:
                self.do(one.ticket, one.ask.decider.id, "grant" if grant else "refuse", Data("答复"))

    @rule(what=st.sampled_from([*KINDS, "straw_pile"]), source=st.sampled_from([Source.PATROL, Source.REPORT]),
          spot=st.sampled_from([SPOT, ""]), key=st.integers(0, 8))  # fmt: skip
    def somebody_reports(self, what: str, source: Source, spot: str, key: int) -> None:
        where = Where(spot=spot) if spot else Where(region=VILLAGE, words="戏台旁")
        report = Report(source, what, where, "有人看到")
        minted = UUID(int=10_000 + self.names)
        self.names += 1

        def take() -> None:
            try:
                self.reports.take(report, f"key-{key}")
            except Refused:
                return

        with patch("alerts.reports.reports.uuid4", lambda: minted):
            self.work(take)

    @rule(duties=st.integers(0, len(DUTY_LISTS) - 1), minutes=st.sampled_from([10, 30, 120]))
    def the_county_loads_a_new_revision(self, duties: int, minutes: float) -> None:
        self.county = whole_county(self.county.revision + 1, minutes, duties=DUTY_LISTS[duties])
        self.work(self.sweep_all)

    def act(self, ticket: Ticket, who: str, act: str) -> None:
        self.do(ticket, who, act, Data("说明", (PHOTO,)))

    def do(self, ticket: Ticket, who: str, act: str, data: Data) -> None:
        """Do an act as a person would: a refusal is an answer, a kill leaves all or nothing."""
        actor = person(self.county, who) if who in PEOPLE else ticket.person
        if act in NAMES and ticket.person.id == actor.id:
            actor = ticket.person

        def acting() -> None:
            with self.book.writing() as pen:
                fresh = pen.ticket(ticket.id)
                assert fresh is not None
                act_on(pen, fresh, act, Doing(actor, at(self.minutes), data), self.county)
                self.crash("alerts.before_commit")

        try:
            self.work(acting)
        except (Refused, Conflict):
            return

    def work(self, step: Any) -> None:
        try:
            step()
        except Killed:
            self.start()
            self.engine.step()

    def check_end(self, ticket: Ticket, caused_by: str) -> None:
        word, _, rest = caused_by.partition(" ")
        act, _, who = rest.partition(" ")
        if word == "act" and act in ENDED_BY_TWO:
            ask = next(
                one for one in ask_book.of_ticket(self.book, ticket.id)
                if one.state is AskState.GRANTED and one.decided_by is not None and one.decided_by.id == who
            )  # fmt: skip
            assert ask.by.id != who, "nobody grants what they asked for"
            assert ticket.status in (Status.NOT_FILED, Status.FORCED)
            return
        super().check_end(ticket, caused_by)

    @invariant()
    def one_open_alarm_a_key_and_one_open_ticket_a_spot(self) -> None:
        super().one_open_alarm_a_key_and_one_open_ticket_a_spot()
        sites = [ticket.scene.site for ticket in self.tickets(open_only=True)]
        assert len(sites) == len(set(sites))

    @invariant()
    def an_ask_that_waits_has_a_decider_and_a_limit(self) -> None:
        for one in ask_book.listed(self.book):
            assert one.ask.decider.id not in ("", one.ask.by.id)
        assert len({(one.ask.ticket, one.ask.move) for one in ask_book.listed(self.book)}) == len(
            ask_book.listed(self.book)
        )

    @invariant()
    def whoever_has_a_ticket_was_there_when_the_sweep_last_ran(self) -> None:
        if self.swept != self.county.revision:
            return
        for ticket in self.tickets(open_only=True):
            assert gone(ticket, ticket.person, self.county, at(self.swept_at)) == ""

    @invariant()
    def the_auditor_finds_no_late_step_where_the_sweep_has_run(self) -> None:
        assert Reader(self.book).misfits() == []

    def teardown(self) -> None:
        random.seed(0)
        super().teardown()


WholeDuty.TestCase.settings = settings(
    max_examples=depth(30), stateful_step_count=40, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.differing_executors],
)  # fmt: skip
TestWholeDuty = WholeDuty.TestCase
