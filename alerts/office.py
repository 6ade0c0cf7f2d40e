"""The office: what staff see and do with the tickets of their area. Each act, ask and decision is one transaction.

Errors carry Chinese words: ``NoTicket``/``NoAsk`` (404), ``NotEntitled`` (403), ``Refused`` and ``Conflict`` (409).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from alerts.alarms.clearing import OWN, cleared
from alerts.alarms.condition_book import Conditions
from alerts.asks import ask_book, asking, fairness, fairness_book, supervising
from alerts.asks.ask_book import Asked
from alerts.asks.asks import Ask, Case, Outcome
from alerts.asks.deciders import hindered
from alerts.asks.fairness import Deed
from alerts.store.book import Book, Pen
from alerts.tickets import acts
from alerts.tickets.doing import Data, Doing, Refused
from alerts.tickets.entitled import NotEntitled, acting, levels_over
from alerts.tickets.moves import plain
from alerts.tickets.own_reports import aware
from alerts.values import Ticket, Who
from alerts.world import World
from county.policy import Move
from county.snapshot import County
from county.values import Person

NOTHING = Data()
MOVES = frozenset(move.value for move in Move)
ANSWERS = frozenset({"grant", "refuse", "reply"})
BY_PHONE = (Move.RETURN, Move.EXTEND)  # what needs no more than a reason


class NoTicket(LookupError):
    """No such ticket."""


class NoAsk(LookupError):
    """No such ask."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody may do with a ticket now: acts, side moves, and the waiting asks they may answer."""

    acts: tuple[str, ...]
    moves: tuple[Move, ...]
    asks: tuple[Ask, ...]


JUDGING = frozenset({"confirm_true", "confirm_false", "confirm_unclear", "verify_ok", "verify_bad"})


def must_not_judge_own(pen: Pen, ticket: Ticket, act: str, who: Who, world: World) -> None:
    """Refuse who would judge a ticket that they reported themselves: nobody makes their own report come true."""
    if act in JUDGING and world.reported(pen.conn, ticket.id, who.id):
        raise Refused("这是您本人反映的问题,请由别人核实、核查")


def without_own(
    offered: tuple[str, ...], conn: sa.Connection, ticket: Ticket, who: str, world: World
) -> tuple[str, ...]:
    """What somebody is offered, without judging a ticket that they reported themselves."""
    if JUDGING.isdisjoint(offered) or not world.reported(conn, ticket.id, who):
        return offered
    return tuple(act for act in offered if act not in JUDGING)


def act_on(pen: Pen, ticket: Ticket, act: str, doing: Doing, county: County) -> None:
    """Do an act or a side move in an open transaction, with everything that must be written beside it."""
    outcome = _outcome(pen, ticket, act, doing, county)
    ask_book.write(pen, outcome, f"act {act} {doing.actor.id}", doing.now)


def _outcome(pen: Pen, ticket: Ticket, act: str, doing: Doing, county: County) -> Outcome:
    _ = doing.photos  # refused before anything else is said
    if act in MOVES:
        return asking.put(ask_book.case_of(pen, ticket), Move(act), doing, county)
    if act in ANSWERS:
        return _answered_first(ask_book.case_of(pen, ticket), act, doing, county)
    decisions = acts.do(ticket, act, doing, county)
    entries = fairness.of_decisions(ticket, decisions, doing.actor, doing.now)
    return Outcome(tuple(decisions), entries=tuple(entries))


def _answered_first(case: Case, act: str, doing: Doing, county: County) -> Outcome:
    """Answer the oldest ask of a ticket that waits for this person: a link of a letter names no ask."""
    mine = (ask for ask in case.asks if _suits(act, ask) and may_answer(case, ask, doing.actor, county, doing.now))
    ask = next(mine, None)
    if ask is None:
        raise Refused("这张工单没有等您答复的申请或督办")
    return answered(case, ask, act, doing, county)


def _suits(act: str, ask: Ask) -> bool:
    return (act == "reply") is (ask.move is Move.SUPERVISE)


def by_phone(case: Case, who: Who, county: County, now: datetime) -> tuple[str, ...]:
    """What a link lets somebody do besides the acts: ask for what needs only a reason, and answer what waits."""
    moves = [move.value for move in BY_PHONE if hindered(case, move, who, county, now) is None]
    waiting = [ask for ask in case.asks if may_answer(case, ask, who, county, now)]
    answers = [act for act in ("grant", "refuse", "reply") if any(_suits(act, ask) for ask in waiting)]
    return (*moves, *answers)


class Office:
    """The acts of staff by their person, with the duties of the day."""

    def __init__(self, book: Book, world: World) -> None:
        """Act by the world's county and clock."""
        self._book = book
        self._world = world

    def act(self, ticket: UUID, act: str, person: Person, data: Data = NOTHING, key: str = "") -> None:
        """Do an act or a side move. The same ``key`` (Idempotency-Key) of the same person again changes nothing."""
        county, now = self._world.county(), self._world.now()
        with self._book.writing() as pen:
            known = _ticket(pen, ticket)
            who = acting(county, person, known, now)
            if not key or pen.first_time(ticket, f"{person.id} {key}", act, now):
                must_not_judge_own(pen, known, act, who, self._world)
                act_on(pen, aware(known, pen.conn, self._world), act, Doing(who, now, data), county)
                self._world.crash("alerts.before_commit")
        self._world.crash("alerts.after_commit")

    def clear(self, ticket: UUID, alarm: str, person: Person, data: Data) -> None:
        """End one alarm of a ticket (its key: place/spot/category) by somebody's word; the fairness log tells it."""
        county, now = self._world.county(), self._world.now()
        with self._book.writing() as pen:
            known, found = _ticket(pen, ticket), pen.alarm(ticket, alarm)
            if found is None:
                raise Refused("这条告警已经不在了")
            doing = Doing(acting(county, person, known, now), now, data)
            if pen.took(ticket, person.id):
                raise NotEntitled(OWN)
            decisions = cleared(known, found, doing, Conditions(pen).grading(known, county), county)
            pen.apply(decisions, f"act clear {person.id}", now)
            fairness_book.note(
                pen, fairness.about(known, Deed.CLEARED, doing.actor, (plain(data.words), found.kind), now)
            )
            self._world.crash("alerts.before_commit")
        self._world.crash("alerts.after_commit")

    def answer(self, ask: UUID, grant: bool, person: Person, data: Data = NOTHING) -> Ask:
        """Grant or refuse an ask; returns it as it stands then."""
        return self._answered(ask, "grant" if grant else "refuse", person, data)

    def withdraw(self, ask: UUID, person: Person, data: Data) -> Ask:
        """Take back what this person asked for or ordered."""
        return self._answered(ask, "withdraw", person, data)

    def reply(self, ask: UUID, person: Person, data: Data) -> Ask:
        """Reply to a supervision."""
        return self._answered(ask, "reply", person, data)

    def choices(self, ticket: Ticket, person: Person) -> Choices:
        """What somebody may do with a ticket now; nothing where they do not answer for it."""
        county, now = self._world.county(), self._world.now()
        asks = ask_book.of_ticket(self._book, ticket.id)
        case = Case(ticket, tuple(asks))
        try:
            who = acting(county, person, ticket, now)
        except Refused:
            return Choices((), (), ())
        with self._book.store.read() as conn:
            offered = without_own(acts.allowed(ticket, who, county, now), conn, ticket, who.id, self._world)
        return Choices(
            offered, asking.offered(case, who, county, now),
            tuple(ask for ask in asks if may_answer(case, ask, who, county, now)),
        )  # fmt: skip

    def waiting(self, person: Person | None = None) -> list[Asked]:
        """What waits for an answer; with ``person`` only what they may answer, else all of the county."""
        county, now = self._world.county(), self._world.now()
        found = ask_book.listed(self._book)
        if person is None:
            return found
        return [one for one in found if _may(one, person, county, now)]

    def ask(self, ask: UUID) -> Asked:
        """One ask with its ticket; ``NoAsk`` when there is none."""
        found = ask_book.found(self._book, ask)
        if found is None:
            raise NoAsk("没有这件申请")
        return found

    def _answered(self, ask: UUID, act: str, person: Person, data: Data) -> Ask:
        county, now = self._world.county(), self._world.now()
        with self._book.writing() as pen:
            known = ask_book.ask_of(pen, ask)
            if known is None:
                raise NoAsk("没有这件申请")
            ticket = _ticket(pen, known.ticket)
            case = ask_book.case_of(pen, ticket)
            who = acting(county, person, ticket, now)
            outcome = answered(case, known, act, Doing(who, now, data), county)
            ask_book.write(pen, outcome, f"act {act} {person.id}", now)
            self._world.crash("alerts.before_commit")
        self._world.crash("alerts.after_commit")
        return outcome.asks[0]


def answered(case: Case, ask: Ask, act: str, doing: Doing, county: County) -> Outcome:
    """Answer an ask: ``grant``, ``refuse`` or, to a supervision, ``reply``; ``withdraw`` one's own."""
    if act == "withdraw":
        return asking.withdraw(case, ask, doing, county)
    if act == "reply":
        return supervising.reply(case, ask, doing, county)
    return asking.decide(case, ask, act == "grant", doing, county)


def may_answer(case: Case, ask: Ask, who: Who, county: County, now: datetime) -> bool:
    """Whether an ask waits for this person: to decide it, or to reply."""
    if ask.move is Move.SUPERVISE:
        return supervising.may_reply(case.ticket, ask, who, county, now)
    return asking.may_decide(case, ask, who, county, now)


def _may(asked: Asked, person: Person, county: County, now: datetime) -> bool:
    levels = levels_over(county, person.id, asked.ticket, now)
    level = levels[-1] if levels else asked.ticket.person.level
    who = Who(person.id, person.name, person.phone, level)
    return may_answer(Case(asked.ticket), asked.ask, who, county, now)


def _ticket(pen: Pen, ticket: UUID) -> Ticket:
    known = pen.ticket(ticket)
    if known is None or known.scene.county != pen.county:
        raise NoTicket("没有这张工单")
    return known
