"""The dead man's switch: when the auditor is silent, somebody who stands beside the engine tells the top of the ladder.

A standby engine and the screen each watch. Nothing of the silent engine is needed: the letters go straight to the
channels. A silence is told once, by whoever notes it in the book first, and its end too; a book that cannot be read is
a silence as well, which each watcher then tells by itself.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from alerts.bindings.reaching import address_now
from alerts.channels import Channel, Letter
from alerts.devices import equipment_book
from alerts.loops import AWAY, patiently
from alerts.store.book import Book
from alerts.store.queries import Reader
from alerts.store.tables import DEADMAN, moment
from alerts.tickets.moves import identity, local_day
from alerts.values import Who
from alerts.world import World
from county.policy.channels import split
from county.snapshot import County
from county.values import Person
from ingest.store import StoreAway, micros

log = logging.getLogger(__name__)
EVERY_S = 15.0
MOST = 20  # people; a county whose top rung is longer has them told by each other


BACK = "告警程序已恢复巡检"


@dataclass(frozen=True, slots=True)
class Silence:
    """Since when nobody has audited (or nobody is heard), the words for it, and those for its end."""

    since: datetime
    words: str
    back: str = BACK


def silence(audited_at: datetime | None, watching_since: datetime, now: datetime, limit: timedelta) -> Silence | None:
    """Whether the auditor has been silent for too long; a watcher that has just come waits as long itself."""
    since = audited_at if audited_at is not None else watching_since
    if now - max(since, watching_since) <= limit:
        return None
    minutes = int((now - since) / timedelta(minutes=1))
    return Silence(since, f"告警程序已 {minutes} 分钟没有巡检,新告警和超期可能没有人知道,请立即检查服务器")


def deafness(deaf_since: datetime | None, watching_since: datetime, now: datetime, limit: timedelta) -> Silence | None:
    """Whether no device of the county has been heard for too long: no ticket would say so, for it is our own side."""
    if deaf_since is None or now - max(deaf_since, watching_since) <= limit:
        return None
    minutes = int((now - deaf_since) / timedelta(minutes=1))
    words = f"已 {minutes} 分钟收不到全县任何设备的数据,多半是接收程序或消息服务停了,请立即检查服务器"
    return Silence(deaf_since, words, "又能收到设备的数据了")


def top_of(county: County, now: datetime) -> tuple[Who, ...]:
    """Everybody who has a duty on the highest rung today, each once."""
    day, top = local_day(county, now), county.policy.ladder[-1]
    people = {duty.person for duty in county.content.duties if duty.level is top and duty.holds(day)}
    found = [county.people[person] for person in sorted(people) if person in county.people]
    return tuple(Who(one.id, one.name, one.phone, top) for one in found[:MOST])


class DeadMan:
    """Watches one county's auditor from another process."""

    def __init__(self, book: Book, channels: Mapping[str, Channel], world: World, limit: timedelta) -> None:
        """Begin to watch now; ``channels`` by the names that the policy uses."""
        self._book = book
        self._reader = Reader(book)
        self._channels = channels
        self._world = world
        self._limit = limit
        self._since = world.now()
        self._told: datetime | None = None  # the silence that this watcher knows of
        self._audited: datetime | None = None  # as last read, for when the book cannot be
        self._deaf: datetime | None = None
        self._back = BACK
        self._open = (DEADMAN.c.county == book.county) & DEADMAN.c.back_us.is_(None)
        self._begun = False

    def step(self) -> Silence | None:
        """Look once; tell a silence or its end where nobody has yet. Returns the silence that holds now."""
        now = self._world.now()
        try:
            self._begin()
            self._audited, away = self._reader.audited_at(), False
            self._deaf = equipment_book.deaf_since(self._book)
        except StoreAway as fault:
            log.warning("the book cannot be read: %s", fault)
            away = True
        found = silence(self._audited, self._since, now, self._limit)
        found = found or deafness(self._deaf, self._since, now, self._limit)
        if found is not None:
            self._tell_silence(found, away, now)
        elif self._told is not None:
            self._tell_end(now)
        return found

    def _begin(self) -> None:
        """Know of a silence that was told before this watcher came, so that its end is told."""
        if self._begun:
            return
        with self._book.store.read() as conn:
            told = conn.execute(sa.select(sa.func.max(DEADMAN.c.since_us)).where(self._open)).scalar_one()
        self._told, self._begun = moment(told), True

    def _tell_silence(self, found: Silence, away: bool, now: datetime) -> None:
        if self._told == found.since:
            return
        first = True if away else self._note(found.since, now)
        self._told, self._back = found.since, found.back
        if first:
            log.error("dead man's switch: %s", found.words)
            self._send(found.since, found.words, now)

    def _tell_end(self, now: datetime) -> None:
        since, self._told = self._told, None
        assert since is not None
        update = DEADMAN.update().where(self._open & (DEADMAN.c.since_us == micros(since)))
        with self._book.store.write() as conn:
            mine = conn.execute(update.values(back_us=micros(now))).rowcount == 1
        if mine:
            log.warning("dead man's switch: %s", self._back)
            self._send(since, self._back, now, "back")

    def _note(self, since: datetime, now: datetime) -> bool:
        """Write a silence down; False when another watcher has."""
        row = {"county": self._book.county, "since_us": micros(since), "told_us": micros(now)}
        insert = self._book.store.insert(DEADMAN).on_conflict_do_nothing().returning(DEADMAN.c.since_us)
        with self._book.store.write() as conn:
            return conn.execute(insert.values(row)).first() is not None

    def _send(self, since: datetime, words: str, now: datetime, what: str = "silent") -> None:
        county = self._world.county()
        people = top_of(county, now)
        if not people:
            log.error("dead man's switch: nobody has a duty on the top rung; nobody was told")
        for who in people:
            for route in county.routes(who.level, who.id):
                letter = Letter(
                    str(identity("deadman", what, since, who.id, route)), "", "deadman", who.level.value, 0, who.name,
                    who.phone, f"【净村·{county.name}】{words}。", "", what=words, place=county.name,
                )  # fmt: skip
                self._tell(letter, route, county.people.get(who.id))

    def _tell(self, letter: Letter, route: str, person: Person | None) -> None:
        """Send a letter by the first channel of its route that takes it."""
        for name in split(route):
            channel = self._channels.get(name)
            if channel is None:
                continue
            answer = channel.send(
                replace(letter, address=address_now(self._book, person, channel.by) if person else "")
            )
            log.warning("dead man's switch told %s by %s: %s %s", letter.person, name, answer.result, answer.words)
            if answer.result.went:
                return


@contextmanager
def watching(begin: Callable[[ExitStack], DeadMan], every_s: float = EVERY_S) -> Iterator[None]:
    """Watch in a thread of its own while the block runs; ``begin`` opens what is needed, as soon as it is there."""
    stop = threading.Event()

    def watch() -> None:
        with ExitStack() as stack:
            deadman = patiently(lambda: begin(stack), stop)
            while deadman is not None and not stop.wait(every_s):
                try:
                    deadman.step()
                except AWAY as fault:
                    log.warning("dead man's switch: %s", fault)

    thread = threading.Thread(target=watch, name="deadman", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
