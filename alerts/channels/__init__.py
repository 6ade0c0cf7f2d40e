"""Channels: one way each to reach a person. A new channel is one file here and one test; ``catalog`` finds it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Result(StrEnum):
    """What became of a letter; only ``RETRY`` says that sending it again by the same channel may help."""

    DELIVERED = "delivered"  # it is with the person, or where the person reads
    ACCEPTED = "accepted"  # the provider took it and will deliver; a receipt may follow
    RETRY = "retry"
    FAILED = "failed"  # for good: by this channel it will never arrive

    @property
    def went(self) -> bool:
        """Whether the letter is on its way or there."""
        return self in {Result.DELIVERED, Result.ACCEPTED}


class Trouble(StrEnum):
    """What is wrong with the channel's account, so that its other letters fail as well."""

    BALANCE = "balance"
    LOW = "low"  # what is left is little; letters still go
    QUOTA = "quota"
    SIGN = "sign"
    TEMPLATE = "template"
    CREDENTIALS = "credentials"
    RIGHT = "right"
    IP = "ip"
    CLOCK = "clock"  # ours: the provider refuses what is signed with a wrong time
    BLOCKED = "blocked"


class By(StrEnum):
    """By what a channel knows a person: what stands in ``Letter.address``."""

    NOBODY = "nobody"  # a group, a loudspeaker, a file: whoever is there
    PHONE = "phone"
    EMAIL = "email"
    WECHAT = "wechat"  # openid of the county's service account
    WECOM = "wecom"  # userid of the county's corporation


@dataclass(frozen=True, slots=True)
class Answer:
    """The channel's answer: the result, the provider's own id, and words for the log.

    ``maybe_sent``: nobody knows whether the provider took it, as after a line that broke while it was answering.
    ``wait_s``: with ``RETRY``, the provider said that sooner there is no use. ``declined``: with ``FAILED``, nothing is
    broken; the channel's own settings say that it is not for such a letter, or not at this hour. ``trouble``: the
    letter did not go because of the account.
    """

    result: Result
    provider_id: str = ""
    words: str = ""
    maybe_sent: bool = False
    wait_s: float = 0.0
    declined: bool = False
    trouble: Trouble | None = None

    def __post_init__(self) -> None:
        """What a provider says may hold anything; a database refuses NUL and half characters, and a log its lines."""
        object.__setattr__(self, "provider_id", plain(self.provider_id))
        object.__setattr__(self, "words", plain(self.words))


@dataclass(frozen=True, slots=True)
class Letter:
    """One notice, ready to send. ``id`` is the same whenever the same notice is sent again.

    ``text`` is the whole of it in plain Chinese, its link at the end; channels that fill a provider's template take
    ``what`` (暴露垃圾), ``severity`` (重要), ``place`` (柳林镇 石门村 东街), ``due`` (11月21日18:00, or empty) and
    ``code`` (of the desk link) and ``village`` (region code). ``address`` is what the channel knows the person by
    (``By``).
    ``grade`` is the severity's code (urgent, major, minor), empty where the letter is about no ticket.
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
    address: str = ""
    what: str = ""
    severity: str = ""
    place: str = ""
    due: str = ""
    code: str = ""
    village: str = ""
    grade: str = ""


def plain(text: str) -> str:
    """What others say as books and logs can hold it: what cannot be printed is a blank."""
    return "".join(char if char.isprintable() else " " for char in text)


class Channel(Protocol):
    """Sends letters. Never raises for what the other side does: that is an ``Answer``."""

    @property
    def by(self) -> By:
        """By what it knows a person."""
        ...

    def send(self, letter: Letter) -> Answer:
        """Send one letter; blocks at most as long as the channel's own time-outs. Several threads send at once."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
