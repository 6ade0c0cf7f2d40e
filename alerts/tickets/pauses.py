"""What of a ticket's time is nobody's: 挂账, and work that was reported done and waits for its 核查. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from alerts.values import Status

Pause = tuple[datetime, datetime | None]  # from and to, aware; None: it is not over
_PAUSED = frozenset({Status.ON_HOLD.words, Status.TO_CHECK.words})


def pauses(rows: Iterable[tuple[datetime, str]]) -> tuple[Pause, ...]:
    """The pauses in a history: when each row was written, oldest first, and the state in words that it led to."""
    found: list[Pause] = []
    begin: datetime | None = None
    for at, state in rows:
        if state in _PAUSED:
            begin = begin or at
        elif begin is not None:
            found.append((begin, at))
            begin = None
    return (*found, (begin, None)) if begin is not None else tuple(found)


def paused(within: Sequence[Pause], since: datetime, now: datetime) -> timedelta:
    """How much of the time from ``since`` to ``now`` lies in pauses."""
    spans = (min(end or now, now) - max(begin, since) for begin, end in within)
    return sum((span for span in spans if span > timedelta(0)), timedelta(0))
