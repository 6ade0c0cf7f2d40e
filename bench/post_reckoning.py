"""After a chaos run: reads what the book says of its notices and what the providers remember, for the judgement."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from alerts.channels.wechat import short_hash
from alerts.notices.receipt_tables import RECEIPTS
from alerts.store.book import Book, hashed
from alerts.store.tables import DELIVERIES, HISTORY, LINKS, NOTICES, TICKETS
from bench.post_verdict import STEP, Door, Noticed, PostVerdict, judge_post
from bench.posting import GROUPS, PROVIDERS, Posting
from bench.provider_log import ProviderLog, Taken
from ingest.store import moment_of

_ASKS = "dispatched"  # what a ticket is while its dispatch, climb or reminder asks for something
_RECEIPT = "回执:"


def reckon_post(book: Book, posting: Posting) -> PostVerdict:
    """Read and judge; the programs have ended, the stores still answer."""
    noticed = _noticed(book)
    logs = [ProviderLog(posting.log(one)) for one in PROVIDERS]
    taken = [one for log in logs for one in log.taken()]
    with book.store.read() as conn:
        made = {row.hash: moment_of(row.created_us) for row in conn.execute(sa.select(LINKS))}
    links = {one.code: made[hashed(one.code)] for one in taken if one.code and hashed(one.code) in made}
    named = _named(noticed, taken)
    return judge_post(noticed, named, links, ([one for log in logs for one in log.thanks()], _door(book)))


def _named(noticed: Sequence[Noticed], taken: Sequence[Taken]) -> list[tuple[Taken, str]]:
    """Each letter with the notice that it is; what only has words has none."""
    ids = {one.id: one.id for one in noticed} | {short_hash(one.id): one.id for one in noticed}
    return [(one, ids.get(one.key, "")) for one in taken]


def _noticed(book: Book) -> list[Noticed]:
    with book.store.read() as conn:
        rows = conn.execute(sa.select(NOTICES).where(NOTICES.c.mute == 0)).all()
        tickets = {row.id: row for row in conn.execute(sa.select(TICKETS))}
        changes: defaultdict[UUID, list[Any]] = defaultdict(list)
        for change in conn.execute(sa.select(HISTORY).order_by(HISTORY.c.n)):
            changes[change.ticket].append(change)
        answers = select_last(conn)
    settled = settled_calls(rows)
    return [
        Noticed(
            str(row.id), str(row.ticket), row.person_id, row.round, row.purpose, row.state, row.channel,
            moment_of(row.created_us), answers.get(row.id), row.maybe_doubled,
            call_of(row) in settled or not _must_be_told(row, tickets[row.ticket]), _ended(row, changes[row.ticket]),
        )
        for row in rows
    ]  # fmt: skip


def select_last(conn: sa.Connection) -> Mapping[UUID, datetime]:
    """When each notice had its last answer of a channel; receipts came later and are none."""
    query = sa.select(DELIVERIES.c.notice, sa.func.max(DELIVERIES.c.at_us))
    said = query.where(DELIVERIES.c.words.not_like(f"{_RECEIPT}%")).group_by(DELIVERIES.c.notice)
    return {notice: moment_of(at_us) for notice, at_us in conn.execute(said)}


def call_of(row: Any) -> tuple[Any, ...]:
    """What the letters of one call to a person share; each goes its own way."""
    return (row.ticket, row.level, row.round, row.person_id, row.ask)


def settled_calls(rows: Iterable[Any]) -> set[tuple[Any, ...]]:
    """The calls that reached their person in person by one way, and those whose last lost way was told above."""
    rows = list(rows)
    above = {row.ask for row in rows if row.purpose == "unreached"}
    return {
        call_of(row)
        for row in rows
        if str(row.id) in above or (row.state in ("delivered", "accepted") and row.channel not in GROUPS)
    }


def _must_be_told(row: Any, ticket: Any) -> bool:
    """Whether somebody above must know that this person cannot be: the step still calls, and there is somebody."""
    calls = bool(ticket.is_open and ticket.calling and (ticket.level, ticket.round) == (row.level, row.round))
    return calls and row.purpose != "unreached" and row.person_level != "leader"


def _ended(row: Any, changes: Sequence[Any]) -> datetime | None:
    if row.purpose not in STEP:
        return None
    later = (one for one in changes if one.at_us > row.created_us and one.new not in (one.old, _ASKS))
    first = next(later, None)
    return moment_of(first.at_us) if first else None


def _door(book: Book) -> Door:
    with book.store.read() as conn:
        rows = [(row.name, row.delivered) for row in conn.execute(sa.select(RECEIPTS))]
        moves = Counter(
            (str(row.notice), row.channel)
            for row in conn.execute(sa.select(DELIVERIES).where(DELIVERIES.c.words.like(f"{_RECEIPT}%")))
        )
    return Door(rows, moves)
