"""The post office: claims a notice, hands it to its channel, marks what became of it.

A claim is a conditional update under the county's lock that checks that the ticket still wants the notice; so none is
claimed after the act that ended its step. A kill between sending and marking leaves a claim that runs out: the notice
is sent again and says ``maybe_doubled``.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from alerts.asks.asks import AskState
from alerts.asks.move_tables import ASKS
from alerts.channels import Answer, Channel, Letter, Result
from alerts.mutes.mute_tables import MUTES
from alerts.mutes.mutes import Hold
from alerts.store.book import Book
from alerts.store.tables import NOTICES, TICKETS, who_of
from alerts.values import Purpose
from alerts.world import World
from broker.journal import about
from ingest.store import micros

log = logging.getLogger(__name__)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=10)
WENT = frozenset({Result.DELIVERED, Result.ACCEPTED})
_ENDS = {
    Result.DELIVERED: "delivered",
    Result.ACCEPTED: "accepted",
    Result.RETRY: "waiting",
    Result.FAILED: "failed",
}


@dataclass(frozen=True, slots=True)
class PostSettings:
    """``base_url`` opens the desk; a claim lasts ``lease``; a link works for ``link_lasts``."""

    base_url: str
    lease: timedelta = timedelta(seconds=60)
    link_lasts: timedelta = timedelta(days=14)


class Post:
    """Sends what waits, on the channels it was given."""

    def __init__(self, book: Book, channels: Mapping[str, Channel], settings: PostSettings, world: World) -> None:
        """``channels`` by the names that the policy uses."""
        self._book = book
        self._channels = channels
        self._settings = settings
        self._world = world
        self._mine = sa.or_(
            sa.exists().where((TICKETS.c.id == NOTICES.c.ticket) & (TICKETS.c.county == book.county)),
            sa.exists().where((MUTES.c.n == NOTICES.c.mute) & (MUTES.c.county == book.county)),
        )
        self.sent = 0

    def step(self, limit: int = 100) -> int:
        """Send up to ``limit`` waiting notices; returns how many were tried."""
        tried = 0
        for notice in self._ready(limit):
            claimed = self._claim(notice)
            if claimed is None:
                continue
            letter, channel = claimed
            answer = self._send(letter, channel)
            self._world.crash("alerts.after_send")
            self._mark(notice, answer)
            if answer.result not in WENT:
                words = "notice %s by %s: %s %s"
                log.warning(words, notice, channel, answer.result, answer.words, extra=about(ticket=letter.number))
            tried += 1
        return tried

    def take_over(self) -> int:
        """Free the claims of a killed process at once, instead of when they run out; each may double and will say so.

        Right where this process is the only one that sends the county's notices.
        """
        with self._book.writing() as pen:
            stale = (NOTICES.c.state == "claimed") & self._mine
            return pen.conn.execute(NOTICES.update().where(stale).values(claimed_us=0)).rowcount

    def drop_unwanted(self) -> int:
        """Mark waiting notices whose step has ended, so that nobody looks at them again."""
        with self._book.writing() as pen:
            stale = NOTICES.c.state.in_(["waiting", "claimed"]) & self._mine & ~_WANTED & ~_IN_FLIGHT
            update = NOTICES.update().where(stale).values(state="unwanted")
            return pen.conn.execute(update, self._moment(self._world.now())).rowcount

    def _ready(self, limit: int) -> list[UUID]:
        query = sa.select(NOTICES.c.id).where(_FREE & self._mine & _WANTED).order_by(NOTICES.c.ready_us).limit(limit)
        with self._book.store.read() as conn:
            return list(conn.execute(query, self._moment(self._world.now())).scalars())

    def _claim(self, notice: UUID) -> tuple[Letter, str] | None:
        now = self._world.now()
        with self._book.writing() as pen:
            row = pen.conn.execute(_CLAIM, {"notice": notice, **self._moment(now)}).one_or_none()
            if row is None:
                return None
            if row.mute:
                return self._of_mute(row), row.channel
            code = pen.mint_link(row.ticket, who_of(row), now, self._settings.link_lasts)
            number = pen.conn.execute(_NUMBER, {"ticket": row.ticket}).scalar_one()
        return self._letter(row, number, code), row.channel

    def _of_mute(self, row: sa.Row[Any]) -> Letter:
        """A mute has no page of its own on the phone: it is granted with an account, or at the server."""
        link = f"{self._settings.base_url.rstrip('/')}/"
        return Letter(
            str(row.id), f"静默{row.mute}", row.purpose, row.level, row.round, row.person_name, row.person_phone,
            f"{row.words}登录处理:{link}", link, row.maybe_doubled,
        )  # fmt: skip

    def _letter(self, row: sa.Row[Any], number: str, code: str) -> Letter:
        link = f"{self._settings.base_url.rstrip('/')}/t/{code}"
        return Letter(
            str(row.id), number, row.purpose, row.level, row.round, row.person_name, row.person_phone,
            f"{row.words}{'查看' if row.purpose == Purpose.COPY else '处理'}:{link}", link, row.maybe_doubled,
        )  # fmt: skip

    def _send(self, letter: Letter, channel: str) -> Answer:
        known = self._channels.get(channel)
        if known is None:
            return Answer(Result.FAILED, words=f"没有配置通道 {channel}")
        return known.send(letter)

    def _mark(self, notice: UUID, answer: Answer) -> None:
        now = self._world.now()
        went = answer.result in WENT
        self.sent += went
        with self._book.store.write() as conn:
            attempts = conn.execute(_ATTEMPTS, {"notice": notice}).scalar_one()
            conn.execute(_MARK, {
                "notice": notice, "state": _ENDS[answer.result], "sent_us": micros(now) if went else None,
                "ready_us": micros(now + wait_after(attempts)), "provider_id": answer.provider_id[:200],
                "answer": answer.words[:300],
            })  # fmt: skip

    def _moment(self, now: datetime) -> dict[str, int]:
        """The moments that the statements ask for."""
        return {"now_us": micros(now), "lease_end_us": micros(now - self._settings.lease)}


def wait_after(attempts: int) -> timedelta:
    """How long to wait before the next try: doubling up to ten minutes, the upper half at random."""
    seconds = min(_FIRST_WAIT.total_seconds() * 2 ** min(attempts - 1, 12), _LONGEST_WAIT.total_seconds())
    return timedelta(seconds=seconds * random.uniform(0.5, 1))


def _wanted() -> sa.ColumnElement[bool]:
    """The ticket still waits for the person whom this notice tells, or the ask or the mute does that it is about.

    What became of an ask is told in any case; and so is a copy, for it asks nothing.
    """
    step = sa.exists().where(
        (TICKETS.c.id == NOTICES.c.ticket)
        & TICKETS.c.is_open
        & TICKETS.c.calling
        & (TICKETS.c.level == NOTICES.c.level)
        & (TICKETS.c.round == NOTICES.c.round)
    )
    same_round = (ASKS.c.id == NOTICES.c.ask) & (ASKS.c.round == NOTICES.c.round)
    waits = sa.exists().where(same_round & (ASKS.c.state == AskState.WAITING.value))
    granted = sa.exists().where(
        (MUTES.c.n == NOTICES.c.mute) & (MUTES.c.hold == Hold.ASKED.value) & (MUTES.c.round == NOTICES.c.round)
    )
    told = NOTICES.c.purpose.in_([Purpose.ANSWERED.value, Purpose.COPY.value])
    return told | sa.case((NOTICES.c.mute != 0, granted), (NOTICES.c.ask == "", step), else_=waits)


# Built once: there are hundreds of letters a day, and putting these together took longer than the database does.
_WANTED = _wanted()
_FREE = sa.or_(
    (NOTICES.c.state == "waiting") & (NOTICES.c.ready_us <= sa.bindparam("now_us")),
    (NOTICES.c.state == "claimed") & (NOTICES.c.claimed_us <= sa.bindparam("lease_end_us")),
)
_IN_FLIGHT = (NOTICES.c.state == "claimed") & (NOTICES.c.claimed_us > sa.bindparam("lease_end_us"))
_CLAIM = (
    NOTICES.update()
    .where((NOTICES.c.id == sa.bindparam("notice")) & _FREE & _WANTED)
    .values(
        state="claimed", claimed_us=sa.bindparam("now_us"), attempts=NOTICES.c.attempts + 1,
        maybe_doubled=sa.or_(NOTICES.c.maybe_doubled, NOTICES.c.state == "claimed"),
    )
    .returning(*NOTICES.c)
)  # fmt: skip
_NUMBER = sa.select(TICKETS.c.number).where(TICKETS.c.id == sa.bindparam("ticket"))
_ATTEMPTS = sa.select(NOTICES.c.attempts).where(NOTICES.c.id == sa.bindparam("notice"))
_MARK = NOTICES.update().where((NOTICES.c.id == sa.bindparam("notice")) & (NOTICES.c.state == "claimed"))
