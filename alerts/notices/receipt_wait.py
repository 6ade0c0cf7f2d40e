"""When the receipt of a letter that a provider took is asked for, and when it is given up. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from alerts.channels.receipts import BEIJING

Waits = tuple[timedelta, ...]  # after a letter was taken, growing
MARKED_LATE = timedelta(minutes=2)  # the provider may have taken a letter so long before we wrote that down


def waits_of(minutes: Sequence[float]) -> Waits:
    """The waits of a channel's ``ask_after_min``."""
    return tuple(timedelta(minutes=one) for one in minutes)


def asked_now(taken: datetime, asked: int, waits: Waits, now: datetime) -> int:
    """How many of the waits are behind us once it was asked now: what an outage made us miss is not made up for."""
    behind = sum(taken + wait <= now for wait in waits)
    return min(max(asked + 1, behind), len(waits))


def days_of(taken: datetime) -> tuple[date, ...]:
    """The days in China under which the provider may have the letter, the likelier first."""
    days = (taken.astimezone(BEIJING).date(), (taken - MARKED_LATE).astimezone(BEIJING).date())
    return tuple(dict.fromkeys(days))
