"""Receipts: what a provider says later about a letter that it took, by calling us or when it is asked.

A receipt belongs to the notice that it names; where it names none, to the one with its provider id and phone. Providers
repeat receipts, and one may come before the answer to the letter.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import Any, Protocol, runtime_checkable

from alerts.channels import Answer, Letter, Result, plain

BEIJING = timezone(timedelta(hours=8))  # providers write times of day without a zone


class BadReceipts(ValueError):
    """A body that holds no receipt; the words are Chinese."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one letter to one phone.

    ``delivered`` is None while the provider still waits for the carrier. ``provider_id`` and ``notice`` (``Letter.id``)
    are empty where the provider does not tell them. ``phone`` is in E.164 (+8613900000000).
    """

    provider_id: str
    phone: str
    delivered: bool | None
    code: str = ""
    words: str = ""
    at: datetime | None = None
    notice: str = ""

    def __post_init__(self) -> None:
        """A NUL or half a character in one receipt must not keep the book from taking the others."""
        for name in ("provider_id", "phone", "code", "words", "notice"):
            object.__setattr__(self, name, plain(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class Question:
    """Which letters are asked about: those to ``phone`` (E.164) on a ``day`` in China; of one notice, where named."""

    phone: str
    day: date
    notice: str = ""


Query = Callable[[Question], list[Receipt] | Answer]


@runtime_checkable
class Receipts(Protocol):
    """A channel whose letters have receipts."""

    @property
    def thanks(self) -> Mapping[str, Any]:
        """What the provider wants as the answer to its call, as JSON; anything else and it calls again."""
        ...

    def reads(self, body: bytes) -> list[Receipt]:
        """The receipts in the provider's call. ``BadReceipts`` where there is not one."""
        ...

    def query(self, question: Question) -> list[Receipt] | Answer:
        """What the provider knows; an ``Answer`` where it did not tell."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


@runtime_checkable
class Pulls(Protocol):
    """A channel whose provider keeps receipts until they are fetched, and then forgets them."""

    def pull(self) -> list[Receipt] | Answer:
        """All that wait. What is returned is nowhere else any more."""
        ...


def entries(body: bytes) -> list[Mapping[str, Any]]:
    """The entries of a provider's JSON array, {} for one that is no object. ``BadReceipts`` where it is no array."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise BadReceipts("回执不是JSON") from None
    if not isinstance(told, list):
        raise BadReceipts("回执应当是JSON数组")
    return [one if isinstance(one, dict) else {} for one in told]


def kept(read: Sequence[Receipt | None]) -> list[Receipt]:
    """Those that could be read; an entry of no use does not spoil the others, but a body without any is refused."""
    good = [one for one in read if one is not None]
    if read and not good:
        raise BadReceipts("回执里没有一条认得的")
    return good


def moment(told: object) -> datetime | None:
    """A moment as providers write it: ``2017-01-01 00:00:00`` in Beijing, or Unix seconds."""
    try:
        if isinstance(told, int):
            return datetime.fromtimestamp(told, BEIJING)
        return datetime.strptime(str(told), "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except (ValueError, OverflowError, OSError):
        return None


def known(query: Query, letter: Letter, phone: str, now: datetime) -> Answer | None:
    """What the provider already knows of a letter that may have gone out, asked for today and yesterday.

    None: nothing, or it will not say; then the letter is sent, for once too often is better than never.
    """
    today = now.astimezone(BEIJING).date()
    for day in (today, today - timedelta(days=1)):
        told = query(Question(phone, day, letter.id))
        if isinstance(told, Answer):
            if told.result is Result.RETRY:
                return replace(told, words=f"上次是否发出还没问到:{told.words}", maybe_sent=True)
            return None
        if told:
            return _best(told)
    return None


def _best(told: Sequence[Receipt]) -> Answer:
    best = max(told, key=lambda one: (one.delivered is True, one.delivered is None))
    if best.delivered is None:
        return Answer(Result.ACCEPTED, best.provider_id, "此前已发出,等回执,未重发")
    if best.delivered:
        return Answer(Result.DELIVERED, best.provider_id, "此前已送达,未重发")
    return Answer(Result.FAILED, best.provider_id, f"此前已发出但没有送达({best.code}{best.words})")
