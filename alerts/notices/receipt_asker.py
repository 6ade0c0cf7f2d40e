"""Asks providers for the receipts that nobody brought: some minutes after a letter was taken, and again, then no more.

How often each letter was asked for stands in the book, so a restart goes on where it was. What the provider tells is
taken as if it had called us (``receipt_book``), so both may come. A letter whose receipt never comes stays accepted,
and its log says so.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

import sqlalchemy as sa

from alerts.channels import Answer, Channel, Result
from alerts.channels.catalog import ChannelSettings
from alerts.channels.receipts import Pulls, Question, Receipt
from alerts.channels.sms import e164
from alerts.notices.marking import keep
from alerts.notices.receipt_book import ReceiptBook
from alerts.notices.receipt_tables import RECEIPT_ASKS
from alerts.notices.receipt_wait import asked_now, days_of, waits_of
from alerts.notices.statements import of_county
from alerts.store.book import Book, Pen
from alerts.store.tables import NOTICES
from alerts.world import World
from ingest.store import BIG, micros, moment_of

log = logging.getLogger(__name__)
EVERY_S = 5.0
MOST = 20  # questions a turn; with EVERY_S far below what any provider allows
OLDEST = timedelta(days=6)  # Tencent tells of the last seven days, Aliyun of thirty
PAUSE = timedelta(minutes=1)  # after a provider that did not answer
NEVER = "回执一直没有来"
_SURE = {True: 0, None: 1, False: 2}


@runtime_checkable
class Asked(Protocol):
    """A channel whose provider can be asked."""

    def query(self, question: Question) -> list[Receipt] | Answer:
        """What the provider knows of the letters to a phone on a day; an ``Answer`` where it did not tell."""
        ...


@dataclass(frozen=True, slots=True)
class Open:
    """A letter that was taken, whose receipt is due to be asked for."""

    notice: UUID
    phone: str
    taken: datetime
    asked: int


class ReceiptAsker:
    """Asks for one county's receipts, one channel at a time."""

    def __init__(
        self, book: Book, channels: Mapping[str, Channel], settings: Sequence[ChannelSettings], world: World
    ) -> None:
        """``channels`` by name; those that have no ``query``, or whose settings say never, are left alone."""
        self._book = book
        self._world = world
        self._receipts = ReceiptBook(book, world)
        waits = {one.name: waits_of(one.ask_after_min) for one in settings}
        self._waits = {name: waits for name, waits in waits.items() if waits}
        self._channels: dict[str, Asked] = {
            name: one for name, one in channels.items() if isinstance(one, Asked) and name in self._waits
        }
        self._until: dict[str, datetime] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The channels that are asked; each is best served by a loop of its own."""
        return tuple(self._channels)

    def step(self, name: str) -> int:
        """Ask a channel for what is due; returns how many letters were asked for."""
        now = self._world.now()
        if now < self._until.get(name, now) or not self._due(name, now):
            return 0
        if not self._fetched(name, now):
            return 0
        asked = 0
        for phone, letters in self._phones(name, now):
            if not self._ask(name, phone, letters, now):
                break
            asked += len(letters)
        return asked

    def _fetched(self, name: str, now: datetime) -> bool:
        """Take all receipts that wait at a provider that keeps them; False where it is away."""
        channel = self._channels[name]
        if not isinstance(channel, Pulls):
            return True
        told = channel.pull()
        if isinstance(told, Answer):
            return self._refused(name, told, now)
        self._receipts.take(name, told)
        return True

    def _ask(self, name: str, phone: str, letters: Sequence[Open], now: datetime) -> bool:
        """Ask for the letters to one phone; False where the provider is away and they are asked for later."""
        for day in dict.fromkeys(day for letter in letters for day in days_of(letter.taken)):
            if not self._answered(name, phone, day, now):
                return False
        self._note(name, letters, now)
        return True

    def _answered(self, name: str, phone: str, day: date, now: datetime) -> bool:
        told = self._channels[name].query(Question(phone, day))
        if isinstance(told, Answer):
            return self._refused(name, told, now)
        # the best first: of a letter that went out twice one copy may have failed
        self._receipts.take(name, sorted(told, key=lambda one: _SURE[one.delivered]))
        return True

    def _refused(self, name: str, told: Answer, now: datetime) -> bool:
        """Whether there is use in going on: a provider that is away, or has enough, is left alone for a while."""
        log.warning("receipts of %s cannot be asked for: %s", name, told.words)
        if told.result is not Result.RETRY:
            return True
        self._until[name] = now + max(PAUSE, timedelta(seconds=told.wait_s))
        return False

    def _due(self, name: str, now: datetime) -> list[Open]:
        waits = self._waits[name]
        asked = sa.func.coalesce(RECEIPT_ASKS.c.asked, 0)
        wait = sa.case(*((asked == n, _us(one)) for n, one in enumerate(waits)), else_=_us(waits[-1]))
        mine = (NOTICES.c.state == "accepted") & (NOTICES.c.channel == name) & of_county(self._book.county)
        young = NOTICES.c.sent_us > micros(now - OLDEST)
        query = (
            sa.select(NOTICES.c.id, NOTICES.c.person_phone, NOTICES.c.sent_us, asked.label("asked"))
            .outerjoin(RECEIPT_ASKS, (RECEIPT_ASKS.c.notice == NOTICES.c.id) & (RECEIPT_ASKS.c.channel == name))
            .where(mine & young & (asked < len(waits)) & (NOTICES.c.sent_us + wait <= micros(now)))
            .order_by(NOTICES.c.sent_us)
            .limit(MOST)
        )
        with self._book.store.read() as conn:
            return [
                Open(row.id, e164(row.person_phone), moment_of(row.sent_us), row.asked) for row in conn.execute(query)
            ]

    def _phones(self, name: str, now: datetime) -> list[tuple[str, list[Open]]]:
        """What is still due, by phone: a phone is asked about once for all its letters."""
        phones: dict[str, list[Open]] = {}
        for letter in self._due(name, now):
            phones.setdefault(letter.phone, []).append(letter)
        return list(phones.items())

    def _note(self, name: str, letters: Sequence[Open], now: datetime) -> None:
        """Write down that it was asked; where that was the last time, say in the log that no receipt came."""
        with self._book.writing() as pen:
            for letter in letters:
                asked = asked_now(letter.taken, letter.asked, self._waits[name], now)
                over = asked >= len(self._waits[name])
                row = {"notice": letter.notice, "channel": name, "county": pen.county}
                told = {"asked": asked, "last_us": micros(now), "over": over}
                insert = pen.insert(RECEIPT_ASKS).values(row | told)
                pen.conn.execute(insert.on_conflict_do_update(index_elements=["notice", "channel"], set_=told))
                if over:
                    _given_up(pen, name, letter.notice, now)
            self._world.crash("alerts.before_commit")


def missing(book: Book) -> Mapping[str, int]:
    """By channel, how many letters were taken whose receipt was asked for in vain."""
    query = (
        sa.select(RECEIPT_ASKS.c.channel, sa.func.count().label("letters"))
        .join(NOTICES, (NOTICES.c.id == RECEIPT_ASKS.c.notice) & (NOTICES.c.channel == RECEIPT_ASKS.c.channel))
        .where((RECEIPT_ASKS.c.county == book.county) & RECEIPT_ASKS.c.over & (NOTICES.c.state == "accepted"))
        .group_by(RECEIPT_ASKS.c.channel)
    )
    with book.store.read() as conn:
        return {row.channel: row.letters for row in conn.execute(query)}


def _given_up(pen: Pen, name: str, notice: UUID, now: datetime) -> None:
    still = (NOTICES.c.id == notice) & (NOTICES.c.channel == name) & (NOTICES.c.state == "accepted")
    row: sa.Row[Any] | None = pen.conn.execute(sa.select(NOTICES).where(still)).one_or_none()
    if row is not None:
        keep(pen, row, Answer(Result.ACCEPTED, row.provider_id, NEVER), now)


def _us(wait: timedelta) -> sa.BindParameter[int]:
    return sa.literal(wait // timedelta(microseconds=1), BIG)
