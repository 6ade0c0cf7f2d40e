"""Asks in the book: written in the transaction of the act, read as a case, listed for whoever must answer.

An ask is decided once: its new state is written only over a waiting one, else ``Conflict``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from alerts.asks import fairness_book
from alerts.asks.asks import Ask, AskState, Case, Finding, Outcome, Wanted
from alerts.asks.move_tables import ASKS
from alerts.store.book import Book, Conflict, Pen
from alerts.store.tables import HISTORY, TICKETS, moment, stamp, ticket_of, who_in, who_text
from alerts.values import Ticket, Who
from county.policy import Move
from county.values import Level
from ingest.store import micros, moment_of


@dataclass(frozen=True, slots=True)
class Asked:
    """An ask with the ticket that it is about."""

    ask: Ask
    ticket: Ticket


def case_of(pen: Pen, ticket: Ticket) -> Case:
    """A ticket with everything that was asked for it."""
    found = pen.conn.execute(sa.select(ASKS).where(ASKS.c.ticket == ticket.id).order_by(ASKS.c.n))
    return Case(ticket, tuple(_ask(row) for row in found), _reworked_by(pen.conn, ticket) if ticket.reworks else "")


def ask_of(pen: Pen, ask: UUID) -> Ask | None:
    """One ask of the pen's county."""
    same = (ASKS.c.id == str(ask)) & (ASKS.c.county == pen.county)
    row = pen.conn.execute(sa.select(ASKS).where(same)).one_or_none()
    return _ask(row) if row else None


def write(pen: Pen, outcome: Outcome, caused_by: str, now: datetime) -> None:
    """Write everything that belongs together; ``Conflict`` when an ask was decided meanwhile."""
    pen.apply(outcome.decisions, caused_by, now)
    for ask in outcome.asks:
        _keep(pen, ask)
    for entry in outcome.entries:
        fairness_book.note(pen, entry)


def of_ticket(book: Book, ticket: UUID) -> list[Ask]:
    """Everything that was asked for a ticket, oldest first."""
    query = sa.select(ASKS).where((ASKS.c.ticket == ticket) & (ASKS.c.county == book.county))
    with book.store.read() as conn:
        return [_ask(row) for row in conn.execute(query.order_by(ASKS.c.n))]


def found(book: Book, ask: UUID) -> Asked | None:
    """One ask of the county with its ticket."""
    same = (ASKS.c.id == str(ask)) & (ASKS.c.county == book.county)
    with book.store.read() as conn:
        row = conn.execute(sa.select(ASKS).where(same)).one_or_none()
        ticket = conn.execute(sa.select(TICKETS).where(TICKETS.c.id == row.ticket)).one_or_none() if row else None
    return Asked(_ask(row), ticket_of(ticket)) if row and ticket else None


def listed(book: Book, states: tuple[AskState, ...] = (AskState.WAITING,), limit: int = 500) -> list[Asked]:
    """The asks in these states with their tickets: those whose limit runs out first, first."""
    wanted = (ASKS.c.county == book.county) & ASKS.c.state.in_([state.value for state in states])
    with book.store.read() as conn:
        asks = [_ask(row) for row in conn.execute(sa.select(ASKS).where(wanted).order_by(ASKS.c.due_us).limit(limit))]
        rows = conn.execute(sa.select(TICKETS).where(TICKETS.c.id.in_({ask.ticket for ask in asks})))
        tickets = {row.id: ticket_of(row) for row in rows}
    return [Asked(ask, tickets[ask.ticket]) for ask in asks if ask.ticket in tickets]


def _keep(pen: Pen, ask: Ask) -> None:
    row = _columns(ask, pen.county)
    same = (ASKS.c.id == row["id"]) & (ASKS.c.state == AskState.WAITING.value)
    if pen.conn.execute(ASKS.update().where(same).values(row)).rowcount == 1:
        return
    try:
        pen.conn.execute(ASKS.insert(), row)
    except sa.exc.IntegrityError as fault:
        raise Conflict(f"somebody was first with {ask.move} {ask.id}") from fault


def _reworked_by(conn: sa.Connection, ticket: Ticket) -> str:
    """Who sent a ticket back last; "" when it was a camera or a sensor."""
    query = sa.select(HISTORY.c.caused_by).where((HISTORY.c.ticket == ticket.id) & HISTORY.c.why.contains("次返工"))
    last = conn.execute(query.order_by(HISTORY.c.n.desc()).limit(1)).scalar_one_or_none() or ""
    return str(last).split(" ", 2)[2] if str(last).startswith(("act verify_bad ", "act rework ")) else ""


def _columns(ask: Ask, county: str) -> dict[str, Any]:
    return {
        "id": str(ask.id), "county": county, "ticket": ask.ticket, "move": ask.move.value, "asker": who_text(ask.by),
        "level_of_asker": ask.by.level.value, "at_us": micros(ask.at), "reason": ask.reason,
        "wanted": _wanted_text(ask.wanted), "level": ask.level.value, "decider": who_text(ask.decider),
        "due_us": micros(ask.due_at), "state": ask.state.value, "round": ask.round, "overdue": ask.overdue,
        "decided_by": who_text(ask.decided_by), "decided_us": stamp(ask.decided_at), "words": ask.words,
    }  # fmt: skip


def _ask(row: sa.Row[Any]) -> Ask:
    return Ask(
        UUID(row.id), row.ticket, Move(row.move), _sure(row.asker), moment_of(row.at_us), row.reason,
        _wanted(row.wanted), Level(row.level), _sure(row.decider), moment_of(row.due_us), AskState(row.state),
        row.round, row.overdue, who_in(row.decided_by), moment(row.decided_us), row.words,
    )  # fmt: skip


def _sure(text: str) -> Who:
    who = who_in(text)
    assert who is not None
    return who


def _wanted_text(wanted: Wanted) -> str:
    return json.dumps({
        "until_us": stamp(wanted.until), "to": who_text(wanted.to), "against": wanted.against,
        "finding": wanted.finding.value if wanted.finding else None, "in_time": wanted.in_time,
    }, ensure_ascii=False)  # fmt: skip


def _wanted(text: str) -> Wanted:
    value = json.loads(text)
    finding = Finding(value["finding"]) if value["finding"] else None
    return Wanted(moment(value["until_us"]), who_in(value["to"]), finding, value["against"], value["in_time"])
