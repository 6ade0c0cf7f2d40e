"""Digests in the book: what one holds when it is sent, and what becomes of what it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from alerts.channels import Letter
from alerts.notices.statements import JOINED, JOINED_WANTED, WANTED
from alerts.notices.writing import READ, due_of, place_of
from alerts.store.book import Pen
from alerts.store.tables import NOTICES, TICKETS
from alerts.tickets.moves import category
from alerts.values import Purpose
from county.policy.base import RANK
from county.snapshot import County
from ingest.store import micros

MOST_NAMED = 3  # tickets whose place stands in the words; the others are on the page that opens
_ABOUT = TICKETS.alias("about")  # of another name than the one that tells what is still wanted
_TICKET = tuple(_ABOUT.c[name] for name in ("number", "what", "severity", "place_name", "spot_name", "due_us"))
_HELD = sa.select(JOINED, *_TICKET).join(_ABOUT, _ABOUT.c.id == JOINED.c.ticket)
_HOLDER = NOTICES.alias("holder")
_AT_HAND = (_HOLDER.c.state == "waiting") | (
    (_HOLDER.c.state == "claimed") & (_HOLDER.c.claimed_us <= sa.bindparam("lease_end_us"))
)
_STALE = sa.select(_HOLDER.c.id).where((_HOLDER.c.purpose == Purpose.DIGEST.value) & _AT_HAND)


def held(pen: Pen, digest: UUID, now: datetime) -> list[sa.Row[Any]]:
    """What a digest still has to tell, one row a ticket, the most urgent first."""
    query = _HELD.where((JOINED.c.digest == digest) & JOINED_WANTED)
    rows = {row.ticket: row for row in pen.conn.execute(query.order_by(JOINED.c.created_us), _at(now))}
    return sorted(rows.values(), key=_urgency)


def _urgency(row: sa.Row[Any]) -> tuple[bool, int, int]:
    return row.purpose in READ, -RANK.get(row.severity, 0), row.due_us or 2**62


def cleared(pen: Pen, digest: UUID, now: datetime) -> None:
    """Before a digest is sent: what nobody wants to know any more leaves it, the rest has been tried now."""
    mine = (NOTICES.c.digest == digest) & (NOTICES.c.state == "digested")
    pen.conn.execute(NOTICES.update().where(mine & ~WANTED).values(state="unwanted"), _at(now))
    tried = sa.func.coalesce(NOTICES.c.tried_us, micros(now))
    pen.conn.execute(NOTICES.update().where(mine).values(tried_us=tried))


def drop_unwanted(pen: Pen, mine: sa.ColumnElement[bool], moments: Mapping[str, int]) -> int:
    """What waits in a digest and is wanted no more ends as unwanted; a digest that holds nothing then is so too."""
    waits = NOTICES.c.digest.in_(_STALE) & mine
    update = NOTICES.update().where(waits & (NOTICES.c.state == "digested") & ~WANTED).values(state="unwanted")
    return pen.conn.execute(update, moments).rowcount


def went(pen: Pen, digest: UUID, now: datetime) -> None:
    """The digest has gone out, and with it what it holds."""
    mine = (NOTICES.c.digest == digest) & (NOTICES.c.state == "digested")
    pen.conn.execute(NOTICES.update().where(mine & NOTICES.c.sent_us.is_(None)).values(sent_us=micros(now)))


def failed(pen: Pen, digest: UUID, now: datetime) -> list[sa.Row[Any]]:
    """The digest has reached nobody: nor has what it holds. Returns the notices that are still wanted."""
    mine = (JOINED.c.digest == digest) & JOINED_WANTED
    query = sa.select(JOINED).where(mine).order_by(JOINED.c.created_us)
    rows = {row.ticket: row for row in pen.conn.execute(query, _at(now))}
    lost = (NOTICES.c.digest == digest) & (NOTICES.c.state == "digested")
    pen.conn.execute(NOTICES.update().where(lost).values(state="failed"))
    return list(rows.values())


def _at(now: datetime) -> dict[str, int]:
    return {"now_us": micros(now)}


def letter(row: sa.Row[Any], rows: Sequence[sa.Row[Any]], page: tuple[str, str], county: County) -> Letter:
    """The digest as a letter; ``rows`` are what it holds, ``page`` the address of the desk and the code of its list."""
    base, code = page
    top = rows[0]
    link = f"{base.rstrip('/')}/d/{code}"
    number = top.number if len(rows) == 1 else f"{top.number} 等{len(rows)}件"
    return Letter(
        str(row.id), number, row.purpose, row.level, row.round, row.person_name, row.person_phone,
        f"{words(rows, county)}查看:{link}", link, row.maybe_doubled, what=category(county, top.what)[0],
        severity=county.policy.severities.get(top.severity, ""), place=place_of(top), code=code, village="",
        grade=top.severity, due=due_of(top, county),
    )  # fmt: skip


def words(rows: Sequence[sa.Row[Any]], county: County) -> str:
    """What a digest says: how many, and the most urgent of them."""
    todo = [row for row in rows if row.purpose not in READ]
    read = len(rows) - len(todo)
    counts = [f"{len(todo)}件待办"] if todo else []
    counts += [f"{read}件告知"] if read else []
    named = ";".join(_named(row, county) for row in rows[:MOST_NAMED])
    more = "等" if len(rows) > MOST_NAMED else ""
    lead = "最急的是" if todo and len(rows) > 1 else ""
    return f"【净村·汇总】您还有{'、'.join(counts)}:{lead}{named}{more}。"


def _named(row: sa.Row[Any], county: County) -> str:
    due = due_of(row, county)
    severity = county.policy.severities.get(row.severity, "")
    facts = "、".join(one for one in (severity, f"{due}前" if due else "") if one)
    return f"{place_of(row)[:40]} {category(county, row.what)[0][:20]}" + (f"({facts})" if facts else "")
