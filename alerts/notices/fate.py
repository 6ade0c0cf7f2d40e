"""What becomes of a notice after an answer: it is there, tried again, handed to the next channel, or failed. Pure.

Within ``PATIENCE`` of becoming due each notice has an answer that counts: delivered or accepted, handed to the next
channel of its route, or failed and shown to the level above.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.channels import Answer, Result

PATIENCE = timedelta(minutes=4)  # of one channel; what is asked every few seconds is final within five minutes
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Try:
    """A notice on its way: its channel, those that come after it, how often it was tried here, and since when."""

    channel: str
    rest: tuple[str, ...]
    attempts: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Fate:
    """How the notice stands now: its state, its channel and what comes after it, and when it is tried again."""

    state: str  # delivered, accepted, waiting, failed; declined: the channel is not meant for such letters
    channel: str
    rest: tuple[str, ...]
    ready_at: datetime | None = None
    passed_on: bool = False

    @property
    def final(self) -> bool:
        """Whether nothing more is tried."""
        return self.state != "waiting"


def fate(answer: Answer, tried: Try, now: datetime) -> Fate:
    """What becomes of a notice after this answer of its channel."""
    if answer.result.went:
        return Fate(answer.result.value, tried.channel, tried.rest)
    again = now + max(wait_after(tried.attempts), timedelta(seconds=answer.wait_s))
    if answer.result is Result.RETRY and again < tried.since + PATIENCE:
        return Fate("waiting", tried.channel, tried.rest, again)
    if tried.rest:
        return Fate("waiting", tried.rest[0], tried.rest[1:], now, passed_on=True)
    return Fate("declined" if answer.declined else "failed", tried.channel, ())


def wait_after(attempts: int) -> timedelta:
    """How long to wait before the next try: doubling up to a minute, the upper half at random."""
    seconds = min(_FIRST_WAIT.total_seconds() * 2 ** min(max(attempts - 1, 0), 12), _LONGEST_WAIT.total_seconds())
    return timedelta(seconds=seconds * random.uniform(0.5, 1))
