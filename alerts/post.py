"""The post office: claims a notice, hands it to its channel, marks what became of it.

A claim is a conditional update under the county's lock that checks that the ticket still wants the notice; so none is
claimed after the act that ended its step. A kill between sending and marking leaves a claim that runs out: the notice
is sent again and says ``maybe_doubled``. A channel that fails hands the notice to the next of its route; when none is
left, whoever stands above is told.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from alerts.channels import Answer, By, Channel, Letter, Result
from alerts.notices import digests, receipt_book, trouble_book, writing
from alerts.notices.fate import PATIENCE
from alerts.notices.lanes import Lanes, Looks
from alerts.notices.marking import mark
from alerts.notices.quiet_hours import hold_back, waiting_for_morning
from alerts.notices.set_back import counted_anew
from alerts.notices.sorting import Sorting
from alerts.notices.statements import ANY, CLAIM, CLAIMED, FREE, IN_FLIGHT, RANK, SEVERITY, WANTED, of_county
from alerts.notices.tray import Tray, Waiting
from alerts.store.book import Book, Pen
from alerts.store.tables import NOTICES, who_of
from alerts.values import Purpose
from alerts.world import World
from broker.journal import about
from ingest.store import micros

log = logging.getLogger(__name__)
_TURN = (NOTICES.c.id, NOTICES.c.ticket, NOTICES.c.mute, NOTICES.c.person_id)
_GIVEN_UP = Answer(Result.FAILED, words="通道一直没有回应,已暂停使用")
_CROWDED = Answer(Result.FAILED, words="通道太忙,排了四分钟还没轮到")


@dataclass(frozen=True, slots=True)
class PostSettings:
    """``base_url`` opens the desk; a claim lasts ``lease``; a link works for ``link_lasts``."""

    base_url: str
    lease: timedelta = timedelta(seconds=60)
    link_lasts: timedelta = timedelta(days=14)


class Post:
    """Sends what waits, on the channels it was given."""

    def __init__(
        self,
        book: Book,
        channels: Mapping[str, Channel],
        settings: PostSettings,
        world: World,
        lanes: Lanes | None = None,
    ) -> None:
        """``channels`` by the names that the policy uses; ``lanes`` says how fast each may be used."""
        self._book = book
        self._channels = channels
        self._settings = settings
        self._world = world
        self._lanes = lanes or Lanes()
        self._looks = Looks(world.now())
        self._trays: defaultdict[frozenset[str], Tray] = defaultdict(Tray)
        self._turn = threading.Lock()
        self._mine = of_county(book.county)
        self._sorting = Sorting(book, world, self._rings)
        self.sent = 0

    def step(self, limit: int = 100, channels: Collection[str] | None = None) -> int:
        """Send up to ``limit`` waiting notices, of these channels alone where told; returns how many were tried.

        Several threads may step the same channels: they share what was found, and never send two letters of one ticket
        to one person at the same time.
        """
        tray = self._trays[frozenset(channels or ())]
        return tray.empty(lambda: self._ready(limit, channels), self._deliver)

    @property
    def names(self) -> tuple[str, ...]:
        """The channels; each is best served by threads of its own, for a slow one holds up nobody else then."""
        return tuple(self._channels)

    def fail_strays(self, limit: int = 100) -> int:
        """Hand on what waits for a channel that there is none of; returns how many."""
        return sum(self._deliver(one) for one in self._ready(limit, None, but=self.names))

    def take_over(self) -> int:
        """Free the claims of a killed process at once, instead of when they run out; each may double and will say so.

        Right where this process is the only one that sends the county's notices.
        """
        with self._book.writing() as pen:
            stale = (NOTICES.c.state == "claimed") & self._mine
            return pen.conn.execute(NOTICES.update().where(stale).values(claimed_us=0)).rowcount

    def drop_unwanted(self) -> int:
        """Mark waiting notices whose step has ended, so that nobody looks at them again; see to a clock set back."""
        now = self._world.now()
        moments = self._moment(now)
        with self._book.writing() as pen:
            counted_anew(pen, self._mine, now)
            left = digests.drop_unwanted(pen, self._mine, moments)
            stale = NOTICES.c.state.in_(["waiting", "claimed"]) & self._mine & ~WANTED & ~IN_FLIGHT
            update = NOTICES.update().where(stale).values(state="unwanted")
            return left + pen.conn.execute(update, moments).rowcount

    def _deliver(self, waiting: Waiting) -> bool:
        """Try one notice on the channel where it waits; False where it is not wanted any more, or not now."""
        notice, now, lane = waiting.id, self._world.now(), self._lanes[waiting.channel]
        answers = lane.circuit.allows(now)
        room = answers and lane.pace.take(now) <= 0
        if not room and not (waiting.late and (not answers or self._looks.since <= now - PATIENCE)):
            return False
        claimed = self._claim(notice)
        if claimed is None:
            return False
        self._world.crash("alerts.after_claim")
        letter, channel = claimed
        answer = self._send(letter, channel) if room else _CROWDED if answers else _GIVEN_UP
        self._world.crash("alerts.after_send")
        self._mark(notice, answer)
        if not answer.result.went:
            words = "notice %s by %s: %s %s"
            log.warning(words, notice, channel, answer.result, answer.words, extra=about(ticket=letter.number))
        return True

    def _ready(self, limit: int, channels: Collection[str] | None, but: Collection[str] = ()) -> list[Waiting]:
        """What waits; of a channel that is left alone for now, only what has waited for too long."""
        now = self._world.now()
        self._looks.at(now)
        sorts = self._sorting.on
        if sorts:
            self._sorting.step(self._moment(now))
        elif channels is not None and not self._any(channels, now):
            return []
        paused = [name for name in self.names if not self._lanes[name].open(now)]
        late = sa.func.coalesce(NOTICES.c.tried_us, NOTICES.c.ready_us) <= micros(now - PATIENCE)
        which = FREE & self._mine & WANTED
        if sorts:
            which &= NOTICES.c.admitted_us.is_not(None)
        if but:
            which &= NOTICES.c.channel.not_in(but)
        if channels is not None:
            which &= NOTICES.c.channel.in_(channels)
        query = sa.select(*_TURN, NOTICES.c.channel, NOTICES.c.state, SEVERITY, late.label("late")).where(which)
        query = query.order_by(RANK, NOTICES.c.ready_us).limit(limit)
        with self._book.store.read() as conn:
            rows = list(conn.execute(query.where(NOTICES.c.channel.not_in(paused) | late), self._moment(now)))
            if len(rows) == limit:  # what has waited for too long must not be hidden behind what is graver
                seen = {row.id for row in rows}
                rows += [row for row in conn.execute(query.where(late), self._moment(now)) if row.id not in seen]
        waits = waiting_for_morning([row for row in rows if row.state == "waiting"], self._world.county(), now)
        if waits:
            with self._book.writing() as pen:
                hold_back(pen, waits)
        free = [row for row in rows if row.id not in waits]
        return [Waiting(row.id, row.channel, row.late, (f"{row.ticket}/{row.mute}", row.person_id)) for row in free]

    def _any(self, channels: Collection[str], now: datetime) -> bool:
        """Whether a first glance finds anything, wanted or not: every channel is looked at five times a second."""
        with self._book.store.read() as conn:
            return conn.execute(ANY, {"names": list(channels), **self._moment(now)}).first() is not None

    def _claim(self, notice: UUID) -> tuple[Letter, str] | None:
        now, county = self._world.now(), self._world.county()
        with self._writing() as pen:
            row = pen.conn.execute(CLAIM, {"notice": notice, **self._moment(now)}).one_or_none()
            if row is None:
                return None
            row = writing.to_whom(pen, row, county)
            if row.mute:
                letter = writing.of_mute(row, self._settings.base_url)
            elif row.purpose == Purpose.DIGEST.value:
                letter = self._digest(pen, row, now)
            else:
                code = pen.mint_link(row.ticket, who_of(row), now, self._settings.link_lasts)
                ticket = pen.conn.execute(writing.ABOUT, {"ticket": row.ticket}).one()
                letter = writing.of_ticket(row, ticket, (self._settings.base_url, code), county)
            known = self._channels.get(row.channel)
            address = writing.address(row, known.by, county, pen.conn) if known else ""
            self._world.crash("alerts.before_claim_commit")
        return replace(letter, address=address), row.channel

    def _digest(self, pen: Pen, row: sa.Row[Any], now: datetime) -> Letter:
        digests.cleared(pen, row.id, now)
        rows = digests.held(pen, row.id, now)
        code = pen.mint_link(rows[0].ticket, who_of(row), now, self._settings.link_lasts, row.id)
        return digests.letter(row, rows, (self._settings.base_url, code), self._world.county())

    def _rings(self, channel: str) -> bool:
        known = self._channels.get(channel)
        return known is not None and known.by is not By.NOBODY

    def _send(self, letter: Letter, channel: str) -> Answer:
        known = self._channels.get(channel)
        if known is None:
            return Answer(Result.FAILED, words=f"没有配置通道 {channel}")
        answer = known.send(letter)
        answered = answer.result is not Result.RETRY or answer.wait_s > 0  # who says when is not away
        self._lanes[channel].circuit.note(self._world.now(), answered=answered)
        return answer

    def _mark(self, notice: UUID, answer: Answer) -> None:
        now = self._world.now()
        with self._writing() as pen:
            row = pen.conn.execute(CLAIMED, {"notice": notice}).one_or_none()
            if row is not None:  # else a later claim was marked already
                trouble_book.note(pen, row.channel, answer, now)
                mark(pen, row, self._with_receipt(pen, row, answer), self._world, now)
            self._world.crash("alerts.before_mark_commit")
        self.sent += answer.result.went

    def _with_receipt(self, pen: Pen, row: sa.Row[Any], answer: Answer) -> Answer:
        """The answer, or the receipt that was here before it."""
        if answer.result is not Result.ACCEPTED:
            return answer
        return receipt_book.early(pen, row, answer.provider_id) or answer

    @contextmanager
    def _writing(self) -> Iterator[Pen]:
        """One hand at a time: the others wait here, not each with a connection of its own for the county's lock."""
        with self._turn, self._book.writing() as pen:
            yield pen

    def _moment(self, now: datetime) -> dict[str, int]:
        """The moments that the statements ask for."""
        return {"now_us": micros(now), "lease_end_us": micros(now - self._settings.lease)}
