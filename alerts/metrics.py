"""What the alert engine tells Prometheus: what it decided, what waits, and whether people were reached."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from alerts.mutes.mute_tables import MUTES
from alerts.notices.receipt_asker import missing
from alerts.notices.trouble_book import standing
from alerts.store.book import AUDITED, Book, counter
from alerts.store.tables import NOTICES, TICKETS, moment
from broker.metrics import Sample


def engine_samples(decided: int, stuck: int, faults: dict[str, int]) -> list[Sample]:
    """Counts of the running process; ``faults`` are the failed turns of each of its loops."""
    return [
        Sample("alerts_decided_total", "messages decided since the start", decided),
        Sample("alerts_stuck_total", "messages put aside because they cannot be decided", stuck),
        *(Sample("alerts_loop_faults_total", "turns of a loop in which a store was away", count, {"loop": loop})
          for loop, count in sorted(faults.items())),
    ]  # fmt: skip


def book_samples(book: Book, now: datetime) -> list[Sample]:
    """Tickets and notices as they stand; ``StoreAway`` when the book cannot be read."""
    mine = TICKETS.c.county == book.county
    late = sa.func.coalesce(sa.func.sum(sa.case((TICKETS.c.overdue, 1), else_=0)), 0)
    tickets = sa.select(TICKETS.c.status, sa.func.count(), late).where(mine & TICKETS.c.is_open).group_by(
        TICKETS.c.status
    )  # fmt: skip
    notices = (
        sa.select(NOTICES.c.channel, NOTICES.c.state, sa.func.count())
        .select_from(NOTICES.outerjoin(TICKETS, NOTICES.c.ticket == TICKETS.c.id))
        .outerjoin(MUTES, NOTICES.c.mute == MUTES.c.n)
        .where((mine | (MUTES.c.county == book.county)) & NOTICES.c.state.in_(["waiting", "claimed", "failed"]))
        .group_by(NOTICES.c.channel, NOTICES.c.state)
    )
    with book.store.read() as conn:
        audited = moment(counter(conn, book.county, AUDITED) or None)
        rows = conn.execute(tickets).all()
        unsent = conn.execute(notices).all()
        oldest = conn.execute(sa.select(sa.func.min(TICKETS.c.next_us)).where(mine & TICKETS.c.is_open)).scalar_one()
    due = moment(oldest)
    never, troubles = missing(book), standing(book)
    return [
        *(Sample("alerts_tickets_open", "open tickets by status", count, {"status": status})
          for status, count, _ in rows),
        Sample("alerts_tickets_overdue", "open tickets past a limit", sum(late for *_, late in rows)),
        Sample("alerts_sweep_behind_seconds", "how long the most overdue step of a ticket waits for the sweep",
               max(0.0, (now - due).total_seconds()) if due is not None else 0.0),
        *(Sample("alerts_notices", "notices that have reached nobody yet, or never will", count,
                 {"channel": channel, "state": state}) for channel, state, count in unsent),
        *(Sample("alerts_receipts_missing", "letters that a provider took; their receipt was asked for in vain", count,
                 {"channel": channel}) for channel, count in sorted(never.items())),
        *(Sample("channel_trouble", "a channel's account does not let letters go", 1,
                 {"channel": one.channel, "cause": one.cause.value}) for one in troubles),
        *([Sample("alerts_audit_age_seconds", "how long ago the auditor looked",
                  (now - audited).total_seconds())] if audited is not None else []),
    ]  # fmt: skip
