"""Places that turn dirty and clean again and again (反复变化): one ticket that stays, and nobody is told twice. Pure.

A ticket that nobody took ends when its place is clean; where that has happened too often lately it stays until the
place was clean for a while. What is dirty has an open ticket at any moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.flaps import Flaps
from alerts.tickets.copies import ended
from alerts.tickets.moves import Change, noted, reminder
from alerts.values import Decision, Look, Status, Ticket
from county.snapshot import County

UNTAKEN = (Status.DISPATCHED, Status.TO_CONFIRM)


def inherited(earlier: Sequence[Ticket], look: Look, county: County, now: datetime) -> Flaps:
    """What a ticket that opens begins with: this turn, and two for each lately that became clean by itself."""
    window = timedelta(seconds=county.policy.flapping.window_s)
    turned = sum(
        one.status is Status.CLOSED_UNAIDED and look.kind in one.kinds and one.closed_at is not None
        and timedelta(0) <= now - one.closed_at <= window
        for one in earlier
    )  # fmt: skip
    return Flaps(2 * turned + 1)


def became_clean(ticket: Ticket, reason: str, county: County, now: datetime) -> Decision | None:
    """Keep an untaken ticket whose place has turned too often lately; None where it may end."""
    policy = county.policy.flapping
    recent = now - ticket.opened_at <= timedelta(seconds=policy.window_s) or ticket.flaps.changes > policy.changes
    changes = (ticket.flaps.changes if recent else 1) + 1
    if changes <= policy.changes:
        return None
    words = f"反复变化,已{changes}次({reason}),连续干净{_span(policy.settle_s)}才结束,期间不再重复通知"
    settles = now + timedelta(seconds=policy.settle_s)
    return noted(ticket, Change(now, words), flaps=Flaps(changes, now), next_at=settles)


def dirty_again(ticket: Ticket, county: County, now: datetime) -> Ticket:
    """The ticket of a place that was clean for a while and is dirty again: its own limit counts as before."""
    if ticket.flaps.clean_at is None:
        return ticket
    after = replace(ticket, flaps=Flaps(ticket.flaps.changes + 1))
    if ticket.status not in UNTAKEN:
        return after
    soon = now + reminder(after, county)
    due = ticket.due_at or soon
    return replace(after, next_at=min(due, soon) if due > now else now)


def settled(ticket: Ticket, county: County, now: datetime) -> list[Decision]:
    """End an untaken ticket whose place has been clean for long enough; empty for any other."""
    clean_at = ticket.flaps.clean_at
    if clean_at is None or ticket.dirty or ticket.status not in UNTAKEN or ticket.handler is not None:
        return []
    settle = county.policy.flapping.settle_s
    if now - clean_at < timedelta(seconds=settle):
        return []
    change = Change(now, f"反复变化后已连续干净{_span(settle)},无人接单,自行结束")
    return ended(ticket, county, change, status=Status.CLOSED_UNAIDED)


def _span(seconds: float) -> str:
    return f"{seconds / 60:g}分钟" if seconds < 7200 else f"{seconds / 3600:g}小时"
