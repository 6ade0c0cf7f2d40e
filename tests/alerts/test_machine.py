"""Whole lives of tickets: lost, doubled, reordered and late messages, people, time, and a restart at every step.

Hypothesis plays camera, bin, people, clock and kill signal against the engine on a real (in-memory) book and checks
after every step what must never break.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import event as happens
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alerts import audit
from alerts.channels import Answer, By, Letter, Result
from alerts.engine import Engine, Sweep
from alerts.post import Post, PostSettings
from alerts.store.book import Book
from alerts.store.queries import Reader
from alerts.store.tables import ALARMS, HISTORY, LOOKS, NOTICES, TICKETS, ticket_of
from alerts.tickets import acts
from alerts.tickets.silent_round import SilentRound
from alerts.tickets.standing import replayed, standing_of
from alerts.values import Check, Status, Ticket
from alerts.world import World
from broker.downward import Command
from broker.messages import Event, Message, State
from county.snapshot import County
from tests.alerts.makes import PHOTO, FakeInbox, answer, at, doing, event, person, reading
from tests.county.small import COUNTY, small_county
from tests.depth import depth

PEOPLE = ("v1", "v1b", "v2", "t1", "c1")
KINDS = ("garbage", "overflow", "dumped")
CALLS = {"dispatch", "climb", "remind"}
HEARD = ("", "", "still", "accept", "arrive")
QUICK = {"ask": 0.3, "lapse": 0.2}
ANSWERING: dict[str, Any] = {
    "silence_after_accept": dict.fromkeys(("urgent", "major", "minor"), QUICK),
    "remind": {"also": [{"from_round": 2, "routes": ["rec > rec"]}]},
}


M = TypeVar("M", bound=Message)


class Killed(BaseException):
    """The process was killed here."""


def must_fit(letter: Letter, ticket: Ticket) -> None:
    """Nobody is called to accept what somebody has accepted, nor asked whether they go on when they have said so."""
    if letter.purpose in CALLS:
        assert ticket.status is Status.DISPATCHED
    if letter.purpose == "still":
        assert ticket.status is Status.ACCEPTED
        assert ticket.pulse.asked_at is not None


class Recorder:
    """A channel that remembers what went out and looks at the ticket as it is at that moment."""

    by = By.PHONE

    def __init__(self, machine: TicketLives) -> None:
        self.machine = machine
        self.letters: list[Letter] = []
        self.result = Result.DELIVERED

    def send(self, letter: Letter) -> Answer:
        if self.result is Result.DELIVERED:
            self.letters.append(letter)
        ticket = self.machine.by_number(letter.number)
        assert ticket.is_open
        assert ticket.calling
        assert (letter.level, letter.round) == (ticket.level.value, ticket.round)
        must_fit(letter, ticket)
        return Answer(self.result)

    def close(self) -> None:
        """Hold nothing."""


class TicketLives(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.minutes = 0.0
        self.point = ""
        self.names = 0
        self.county = self.county_of_this_life()
        self.inbox = FakeInbox()
        self.book = Book("sqlite://", COUNTY)
        self.channel = Recorder(self)
        self.old_commands: list[Command] = []
        self.start()

    def county_of_this_life(self) -> County:
        """The county by whose rules this life goes."""
        return small_county(channels={level: ["rec"] for level in ("village", "township", "county")}, **ANSWERING)

    def minted(self, message: M) -> M:
        """Give the message an id that is the same in every replay of this life."""
        self.names += 1
        return message.model_copy(update={"message_id": UUID(int=self.names)})

    def start(self) -> None:
        """(Re)start the program: nothing lives on but the book and the inbox."""
        self.point = ""
        self.world = World(lambda: self.county, lambda: at(self.minutes), self.crash)
        self.book = Book(self.book.store, COUNTY)
        self.engine = Engine(self.book, self.inbox, self.world)
        self.sweep = Sweep(self.book, self.world)
        self.silent = SilentRound(self.book, self.world)
        self.post = Post(self.book, {"rec": self.channel}, PostSettings("http://desk"), self.world)

    def crash(self, point: str) -> None:
        if point == self.point:
            raise Killed(point)

    def work(self, step: Any) -> None:
        """Run a step of the program; when it is killed, start it again and let it do what is left."""
        try:
            step()
        except Killed:
            self.start()
            self.engine.step()

    @initialize()
    def first_dirt(self) -> None:
        self.inbox.add(self.minted(event(0, event_id=UUID(int=5))))
        self.work(self.engine.step)

    @rule(point=st.sampled_from(["alerts.before_commit", "alerts.after_commit", "alerts.after_send"]))
    def arm(self, point: str) -> None:
        self.point = point

    @rule(
        state=st.sampled_from(["dirty", "clean", "unknown"]), what=st.sampled_from(KINDS),
        late=st.sampled_from([0, 0, 0, 5, 40, 200]), doubled=st.booleans(), name=st.integers(1, 9),
    )  # fmt: skip
    def camera_sees(self, state: str, what: str, late: float, doubled: bool, name: int) -> None:
        seen = self.minted(event(self.minutes - late, state, what=what, event_id=UUID(int=name)))
        before = self.everything()
        stale = self.is_stale(seen)
        self.inbox.add(seen)
        self.work(self.engine.step)
        if stale and state != "unknown":
            assert self.everything() == before, "a look older than the last applied changes nothing"
        if doubled:
            before = self.everything()
            self.inbox.add(self.minted(seen))
            self.work(self.engine.step)
            assert state == "unknown" or self.everything() == before

    @rule(fill=st.sampled_from([5.0, 60.0, 95.0, None]), late=st.sampled_from([0, 30]))
    def bin_reads(self, fill: float | None, late: float) -> None:
        self.inbox.add(self.minted(reading(self.minutes - late, fill)))
        self.work(self.engine.step)

    @rule(minutes=st.sampled_from([0.5, 3, 12, 31, 700]))
    def time_passes(self, minutes: float) -> None:
        self.minutes += minutes
        self.work(self.sweep.step)
        self.work(self.silence)

    def silence(self) -> None:
        """Who says nothing is asked and loses the ticket, one step at a time; no limit begins anew by that."""
        before = {ticket.id: ticket for ticket in self.tickets(open_only=True)}
        decided = self.silent.step()
        assert len({one.ticket.id for one in decided if one.ticket}) == len(decided)
        for one in decided:
            assert one.ticket is not None
            was = before[one.ticket.id]
            assert (one.ticket.due_at, one.ticket.due_clock, one.ticket.overdue) == (
                was.due_at, was.due_clock, was.overdue
            )  # fmt: skip
            assert was.dirty
            assert was.status is Status.ACCEPTED or was.pulse.lapsed_at is not None
            happens(f"silence: {was.status.value} to {one.ticket.status.value} {one.ticket.level.value}")

    @rule(who=st.sampled_from(PEOPLE), act=st.sampled_from(sorted(acts.NAMES)), pick=st.integers(0, 5))
    def somebody_acts(self, who: str, act: str, pick: int) -> None:
        tickets = self.tickets(open_only=True)
        if not tickets:
            return
        self.act(tickets[pick % len(tickets)], who, act)

    @rule(pick=st.integers(0, 5))
    def the_right_person_goes_on(self, pick: int) -> None:
        tickets = self.tickets(open_only=True)
        if not tickets:
            return
        ticket = tickets[pick % len(tickets)]
        mine = acts.allowed(ticket, ticket.person, self.county, at(self.minutes))
        if mine:
            self.act(ticket, ticket.person.id, mine[0])

    @rule(pauses=st.lists(st.tuples(st.sampled_from([4, 7, 10]), st.sampled_from(HEARD)), min_size=2, max_size=6))
    def somebody_accepts_and_is_hardly_heard(self, pauses: list[tuple[float, str]]) -> None:
        for number in [ticket.number for ticket in self.tickets(open_only=True)[:1]]:
            ticket = self.by_number(number)
            self.act(ticket, ticket.person.id, "accept")
            for minutes, act in pauses:
                self.time_passes(minutes)
                ticket = self.by_number(number)
                if act and ticket.is_open:
                    self.act(ticket, (ticket.handler or ticket.person).id, act)

    @rule(answers=st.lists(st.sampled_from(["clean", "dirty", "unknown", "expired"]), max_size=3))
    def a_ticket_is_worked_on(self, answers: list[str]) -> None:
        for number in [ticket.number for ticket in self.tickets(open_only=True)[:1]] * 3:
            ticket = self.by_number(number)
            mine = [
                act
                for act in acts.allowed(ticket, ticket.person, self.county, at(self.minutes))
                if not act.startswith("not_")
            ]
            if mine and ticket.is_open:
                self.act(ticket, ticket.person.id, mine[0])
        for state in answers:
            self.minutes += 13
            self.work(self.sweep.step)
            self.box_answers(state)

    @rule(state=st.sampled_from(["clean", "dirty", "unknown", "expired", "failed", "done"]))
    def box_answers(self, state: str) -> None:
        waiting = self.book.relay()
        if not waiting:
            return
        relay_id, command = waiting[-1]
        self.book.relayed([relay_id])
        self.old_commands.append(command)
        self.reply(command, state)

    @rule(state=st.sampled_from(["clean", "dirty", "unknown", "expired"]), pick=st.integers(0, 20))
    def box_answers_long_after(self, state: str, pick: int) -> None:
        if self.old_commands:
            self.reply(self.old_commands[pick % len(self.old_commands)], state)

    @rule(result=st.sampled_from([Result.DELIVERED, Result.DELIVERED, Result.RETRY, Result.FAILED]))
    def post_goes_out(self, result: Result) -> None:
        self.channel.result = result
        self.work(self.post.step)
        self.channel.result = Result.DELIVERED

    def reply(self, command: Command, state: str) -> None:
        if state in {"clean", "dirty", "unknown"}:
            what = command.what or "garbage"
            seen = event(self.minutes, state, what=what, spot=command.spot, command=command.command_id,
                         event_id=UUID(int=self.names + 10))  # fmt: skip
            self.inbox.add(self.minted(seen))
        else:
            self.inbox.add(self.minted(answer(self.minutes, command.command_id, state)))
        self.work(self.engine.step)

    def act(self, ticket: Ticket, who: str, act: str) -> None:
        actor = person(self.county, who) if who in PEOPLE else ticket.person
        task = doing(actor, self.minutes, "说明", (PHOTO,))
        with self.book.writing() as pen:
            fresh = pen.ticket(ticket.id)
            assert fresh is not None
            try:
                decisions = acts.do(fresh, act, task, self.county)
            except acts.Refused:
                return
            pen.apply(decisions, f"act {act} {actor.id}", task.now)

    def tickets(self, open_only: bool = False) -> list[Ticket]:
        query = sa.select(TICKETS).order_by(TICKETS.c.number)
        with self.book.store.read() as conn:
            found = [ticket_of(row) for row in conn.execute(query)]
        return [ticket for ticket in found if ticket.is_open or not open_only]

    def by_number(self, number: str) -> Ticket:
        return next(ticket for ticket in self.tickets() if ticket.number == number)

    def everything(self) -> list[list[tuple[Any, ...]]]:
        tables = (TICKETS, ALARMS, LOOKS, HISTORY, NOTICES)
        with self.book.store.read() as conn:
            return [sorted((tuple(row) for row in conn.execute(sa.select(table))), key=str) for table in tables]

    def is_stale(self, seen: Event) -> bool:
        spot = self.county.spot(seen.device, seen.spot)
        assert spot is not None
        with self.book.writing() as pen:
            look = pen.known(spot, seen.what).look
        return look is not None and (seen.at, seen.event_id, seen.revision) <= look.order

    def message(self, caused_by: str) -> Message:
        wanted = UUID(caused_by.removeprefix("message "))
        return next(row.message() for row in self.inbox.rows if row.message_id == wanted)

    @invariant()
    def the_engine_keeps_up(self) -> None:
        assert self.engine.stuck == 0
        assert self.book.cursor() == len(self.inbox.rows)

    @invariant()
    def one_open_alarm_a_key_and_one_open_ticket_a_spot(self) -> None:
        with self.book.store.read() as conn:
            alarms = conn.execute(sa.select(ALARMS).where(ALARMS.c.is_open)).all()
        keys = [(alarm.place, alarm.spot, alarm.kind) for alarm in alarms]
        assert len(keys) == len(set(keys))
        tickets = self.tickets(open_only=True)
        spots = [(ticket.scene.place, ticket.scene.spot) for ticket in tickets]
        assert len(spots) == len(set(spots))
        assert {alarm.ticket for alarm in alarms} == {ticket.id for ticket in tickets}

    @invariant()
    def every_open_ticket_has_a_person_and_a_next_step(self) -> None:
        for ticket in self.tickets(open_only=True):
            assert ticket.person.id
            assert ticket.due_at is not None
            assert audit.audit(ticket, min(at(self.minutes), ticket.next_at or at(0))) == []

    @invariant()
    def the_history_replays_to_the_same_state(self) -> None:
        reader = Reader(self.book)
        assert reader.misfits() == []
        for ticket in self.tickets():
            assert replayed(reader.steps(ticket.id)) == standing_of(ticket)

    @invariant()
    def nothing_closes_without_a_clean_look_or_a_second_person(self) -> None:
        for ticket in self.tickets():
            rows = self.rows(ticket.id)
            assert all(after.old == before.new for before, after in pairwise(rows))
            if ticket.is_open:
                continue
            end = next(row for row in rows if row.new == ticket.status.words)
            self.check_end(ticket, end.caused_by)

    def check_end(self, ticket: Ticket, caused_by: str) -> None:
        if caused_by.startswith("message "):
            message = self.message(caused_by)
            assert ticket.status in (Status.CLOSED, Status.CLOSED_UNAIDED)
            assert getattr(message, "state", None) is State.CLEAN or getattr(message, "fill_percent", 100) <= 40
            return
        if caused_by == "sweep":
            assert (ticket.status, ticket.dirty) == (Status.CLOSED_UNAIDED, ())
            assert ticket.flaps.changes > self.county.policy.flapping.changes, "only what was restless settles so"
            return
        _, act, who = caused_by.split()
        if act == "confirm_false":
            assert ticket.status is Status.NOT_FILED
            assert who != ticket.denied_by
        elif act == "done":
            assert ticket.check is not Check.CAMERA
            assert ticket.dirty == ()
        else:
            assert act == "verify_ok"
            assert ticket.handler is None or who != ticket.handler.id

    def rows(self, ticket: UUID) -> list[Any]:
        query = sa.select(HISTORY).where(HISTORY.c.ticket == ticket).order_by(HISTORY.c.n)
        with self.book.store.read() as conn:
            return list(conn.execute(query))

    @invariant()
    def a_notice_goes_out_once_or_says_that_it_may_have_doubled(self) -> None:
        sent: dict[str, int] = {}
        for letter in self.channel.letters:
            sent[letter.id] = sent.get(letter.id, 0) + 1
            assert sent[letter.id] == 1 or letter.maybe_doubled

    def teardown(self) -> None:
        self.minutes += timedelta(days=1) / timedelta(minutes=1)
        self.start()
        self.sweep.step()
        self.one_open_alarm_a_key_and_one_open_ticket_a_spot()
        self.book.close()


TicketLives.TestCase.settings = settings(
    max_examples=depth(40), stateful_step_count=25, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
TestTicketLives = TicketLives.TestCase
