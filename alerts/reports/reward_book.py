"""The ledger of rewards in the book; only added to. One approval, one payment, one withdrawal a problem at most."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from alerts.reports.report_tables import REPORTERS, REPORTS, REWARDED, REWARDS
from alerts.reports.rewards import Deed, Entry, state_of
from alerts.store.book import Pen
from alerts.store.tables import TICKETS
from alerts.values import Source, Status, Ticket, Who
from ingest.store import micros, moment_of


def entries(conn: sa.Connection, county: str, month: str = "") -> list[Entry]:
    """The ledger, oldest first; of one month ("2026-11") or whole."""
    query = sa.select(REWARDS).where(REWARDS.c.county == county).order_by(REWARDS.c.n)
    if month:
        query = query.where(REWARDS.c.month == month)
    return [_entry(row) for row in conn.execute(query)]


def of_ticket(conn: sa.Connection, ticket: UUID) -> list[Entry]:
    """What was done with the reward of one problem, oldest first."""
    query = sa.select(REWARDS).where(REWARDS.c.ticket == ticket).order_by(REWARDS.c.n)
    return [_entry(row) for row in conn.execute(query)]


def of_person(conn: sa.Connection, county: str, mark: str, month: str) -> list[Entry]:
    """What one person was granted for the reports of a month, known by the mark of their phone, forgotten or not."""
    if not mark:
        return []
    query = (
        sa.select(REWARDS).outerjoin(REPORTERS, REPORTERS.c.id == REWARDS.c.reporter)
        .outerjoin(REWARDED, REWARDED.c.ticket == REWARDS.c.ticket)
        .where((REWARDS.c.county == county) & (REWARDS.c.month == month))
        .where((REPORTERS.c.mark == mark) | (REWARDED.c.mark == mark))
    )  # fmt: skip
    return [_entry(row) for row in conn.execute(query)]


def unrewarded(conn: sa.Connection, county: str, limit: int) -> list[UUID]:
    """The tickets with reports about which nothing stands in the ledger, the newest report first."""
    mine = (REPORTS.c.county == county) & (REPORTS.c.source == Source.REPORT.value)
    query = (
        sa.select(REPORTS.c.ticket).where(mine, ~sa.exists().where(REWARDS.c.ticket == REPORTS.c.ticket))
        .group_by(REPORTS.c.ticket).order_by(sa.func.max(REPORTS.c.at_us).desc()).limit(limit)
    )  # fmt: skip
    return list(conn.execute(query).scalars())


def unsolved_before(conn: sa.Connection, ticket: Ticket) -> bool:
    """Whether the same heap was rewarded under a ticket of its site that was forced shut and never solved."""
    t = TICKETS.c
    here = (t.county == ticket.scene.county) & (t.site == ticket.scene.site) & (t.opened_us < micros(ticket.opened_at))
    for row in conn.execute(sa.select(t.id, t.status).where(here).order_by(t.opened_us.desc())):
        if row.status != Status.FORCED.value:
            return False
        if state_of(of_ticket(conn, row.id)) in (Deed.APPROVED, Deed.PAID):
            return True
    return False


def remember(pen: Pen, ticket: UUID, mark: str) -> None:
    """Keep by which mark somebody was granted the reward of a ticket."""
    pen.conn.execute(REWARDED.insert(), {"ticket": ticket, "county": pen.county, "mark": mark})


def add(pen: Pen, entry: Entry, by: Who) -> None:
    """Add a line."""
    row = {
        "county": pen.county, "ticket": entry.ticket, "report": entry.report, "reporter": entry.payee,
        "deed": entry.deed.value, "amount": str(entry.amount), "month": entry.month, "by_id": by.id,
        "by_name": by.name, "words": entry.words, "at_us": micros(entry.at),
    }  # fmt: skip
    pen.conn.execute(REWARDS.insert(), row)


def _entry(row: sa.Row[Any]) -> Entry:
    return Entry(
        row.ticket, row.report, row.reporter, Deed(row.deed), Decimal(row.amount), row.month, row.by_name,
        moment_of(row.at_us), row.words, row.n,
    )  # fmt: skip
