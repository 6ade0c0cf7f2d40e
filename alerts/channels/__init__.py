"""Channels: one way each to reach a person. A new channel is one file here and one line in ``alerts/run.py``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Result(StrEnum):
    """What became of a letter; only ``RETRY`` says that sending it again may help."""

    DELIVERED = "delivered"  # it is with the person, or where the person reads
    ACCEPTED = "accepted"  # the provider took it and will deliver
    RETRY = "retry"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """The channel's answer: the result, the provider's own id, and words for the log."""

    result: Result
    provider_id: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One notice, ready to send. ``id`` is the same whenever the same notice is sent again.

    ``maybe_doubled``: an earlier attempt may have gone out, so ask the provider first where that can be done.
    """

    id: str
    number: str
    purpose: str
    level: str
    round: int
    person: str
    phone: str
    text: str
    link: str
    maybe_doubled: bool = False


class Channel(Protocol):
    """Sends letters. Never raises for what the other side does: that is an ``Answer``."""

    def send(self, letter: Letter) -> Answer:
        """Send one letter; blocks at most as long as the channel's own time-outs."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
