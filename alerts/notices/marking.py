"""Writes down what an attempt came to: how the notice stands, the attempt, and a word to whoever stands above."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from alerts.channels import Answer
from alerts.notices import digests
from alerts.notices.fate import Fate, Try, fate
from alerts.notices.statements import MARK, SETTLE
from alerts.notices.unreached import Lost, Way, last_lost, noted_of, told_above
from alerts.store.book import Pen
from alerts.store.tables import DELIVERIES, HISTORY, NOTICES, moment, stamp, who_of
from alerts.tickets.moves import Change, noted
from alerts.values import Decision, Purpose, Word
from alerts.world import World
from county.policy.channels import split
from ingest.store import micros

_SAID = sa.select(DELIVERIES.c.channel, DELIVERIES.c.words).where(DELIVERIES.c.notice == sa.bindparam("of"))
_CALL = ("ticket", "mute", "level", "round", "person_id", "ask")  # what the routes of one call to a person share
_BESIDE = sa.select(NOTICES.c.route, NOTICES.c.state, NOTICES.c.channel, NOTICES.c.rest).where(
    NOTICES.c.id != sa.bindparam("of"), *(NOTICES.c[name] == sa.bindparam(f"its_{name}") for name in _CALL)
)
_NOTED = sa.select(HISTORY.c.ticket).where(
    HISTORY.c.ticket == sa.bindparam("of"), HISTORY.c.caused_by == sa.bindparam("cause")
)
_ASKS_NOTHING = frozenset({Purpose.COPY.value, Purpose.ANSWERED.value})  # may well be kept silent
_COUNT = sa.select(sa.func.count()).select_from(DELIVERIES).where(DELIVERIES.c.notice == sa.bindparam("of"))


def mark(pen: Pen, row: sa.Row[Any], answer: Answer, world: World, now: datetime) -> Fate:
    """Write the answer of a channel to a claimed notice (its row) down; returns how the notice stands now."""
    return _written(pen, row, answer, (MARK, world, now))


def settle(pen: Pen, row: sa.Row[Any], receipt: Answer, world: World, now: datetime) -> Fate:
    """Write down what a provider says later of a notice that it accepted: it is there, or the next channel is tried."""
    return _written(pen, row, receipt, (SETTLE, world, now))


def _written(pen: Pen, row: sa.Row[Any], answer: Answer, how: tuple[sa.Update, World, datetime]) -> Fate:
    update, world, now = how
    since = moment(row.tried_us) or now
    made = fate(answer, Try(row.channel, split(row.rest), row.attempts, since), now)
    pen.conn.execute(update, {"notice": row.id, **_columns(row, answer, made, now)})
    keep(pen, row, answer, now)
    if answer.result.went and row.purpose == Purpose.DIGEST.value:
        digests.went(pen, row.id, now)
    if row.purpose != Purpose.DIGEST.value:
        after = Way(row.route, made.state, made.channel, " > ".join(made.rest))
        if _is_last(pen, row, after, world):
            _tell_above(pen, row, row.id, world, now)
    elif made.state == "failed":
        for one in digests.failed(pen, row.id, now):
            if _is_last(pen, one, Way(one.route, "failed", one.channel), world):
                _tell_above(pen, one, row.id, world, now)
    return made


def _is_last(pen: Pen, row: sa.Row[Any], after: Way, world: World) -> bool:
    """Whether no other route of the same call to the same person is left.

    A copy that a channel is not meant for leaves nothing undone.
    """
    if after.reaches(world.groups):  # nearly always: the others are not looked for
        return False
    if after.state == "declined" and row.purpose in _ASKS_NOTHING:
        return False
    call = {f"its_{name}": getattr(row, name) for name in _CALL}
    beside = [Way(*one) for one in pen.conn.execute(_BESIDE, {"of": row.id, **call})]
    return last_lost(Way(row.route, "waiting", row.channel, row.rest), after, beside, world.groups)


def _columns(row: sa.Row[Any], answer: Answer, made: Fate, now: datetime) -> dict[str, Any]:
    return {
        "state": made.state, "channel": made.channel, "rest": " > ".join(made.rest),
        "sent_us": (row.sent_us or micros(now)) if answer.result.went else None,
        "ready_us": stamp(made.ready_at) or row.ready_us, "attempts": 0 if made.passed_on else row.attempts,
        "tried_us": None if made.passed_on else row.tried_us,
        "provider_id": answer.provider_id[:200] or row.provider_id,
        "answer": answer.words[:300], "maybe_doubled": row.maybe_doubled or answer.maybe_sent,
    }  # fmt: skip


def keep(pen: Pen, row: sa.Row[Any], answer: Answer, now: datetime) -> None:
    """Write one line of the delivery log."""
    n = pen.conn.execute(_COUNT, {"of": row.id}).scalar_one() + 1
    pen.conn.execute(DELIVERIES.insert(), {
        "notice": row.id, "n": n, "channel": row.channel, "at_us": micros(now), "result": answer.result.value,
        "provider_id": answer.provider_id[:200], "words": answer.words[:300], "maybe_sent": answer.maybe_sent,
    })  # fmt: skip


def _tell_above(pen: Pen, row: sa.Row[Any], sent: UUID, world: World, now: datetime) -> None:
    ticket = pen.ticket(row.ticket) if not row.mute else None
    if ticket is None or not ticket.calling:  # or the person has answered, however they came to know
        return
    said = {one.channel: one.words for one in pen.conn.execute(_SAID.order_by(DELIVERIES.c.n), {"of": sent})}
    lost = Lost(row.id, Purpose(row.purpose), who_of(row), tuple(said.items()))
    notices = told_above(lost, ticket, world.county(), now)
    cause = f"unreached {lost.person.id}"[:100]
    if pen.conn.execute(_NOTED, {"of": ticket.id, "cause": cause}).first() is None:
        decision = noted(ticket, Change(now, noted_of(lost, notices)))
    else:
        decision = Decision(Word.NOTED, f"{lost.person.name}又收不到通知")
    pen.apply([replace(decision, notices=notices)], cause, now)
