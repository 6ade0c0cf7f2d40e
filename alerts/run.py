"""The alerts program: engine, sweep with auditor, post office and relay, four loops of one process.

A loop whose database is away waits and tries again; any other fault ends the whole program, whose supervisor starts it
anew: everything it needs to go on stands in the book.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from alerts.book import Book, Conflict
from alerts.channels import Channel
from alerts.channels.console import Console
from alerts.channels.file import File
from alerts.channels.webhook import Webhook
from alerts.engine import Engine, Sweep, Tell
from alerts.metrics import book_samples, engine_samples
from alerts.post import Post, PostSettings
from alerts.queries import Reader
from alerts.relay import Outbound, Relay
from alerts.silence import Silence
from alerts.values import Decision
from alerts.world import World
from broker.journal import about
from broker.metrics import Listen, Sample, serving
from county.book import BookAway, CountyBook
from county.snapshot import County
from ingest.commands import CommandBook
from ingest.evidence.holds import HoldBook
from ingest.inbox import Inbox, Row
from ingest.store import StoreAway

log = logging.getLogger(__name__)
_AWAY = (StoreAway, BookAway)
_LONGEST_WAIT_S = 30.0
RETRY_S = 1.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Where notices are posted, and the file that holds the signing secret."""

    url: str
    secret_file: Path


@dataclass(frozen=True, slots=True)
class AlertsSettings:
    """Database addresses as SQLAlchemy URLs; ``county`` may stay None where the county book holds one county.

    ``base_url`` is the desk's address as phones reach it. ``claim_lease_s`` must be longer than a channel's time-outs.
    ``alone``: no other process sends this county's notices, so what a killed one had in hand is sent again at once.
    """

    county_url: str
    inbox_url: str
    book_url: str
    base_url: str
    county: str | None = None
    console: bool = True
    notices_file: Path | None = None
    webhook: WebhookSettings | None = None
    poll_s: float = 0.2
    sweep_s: float = 1.0
    audit_s: float = 60.0
    silence_s: float = 60.0
    claim_lease_s: float = 60.0
    link_days: float = 14.0
    alone: bool = True
    metrics: Listen | None = None


@dataclass(slots=True)
class Loop:
    """One thread: calls ``step`` every ``every_s`` seconds, or at once while it says that there is more."""

    name: str
    step: Callable[[], int]
    every_s: float
    wake: threading.Event = field(default_factory=threading.Event)
    faults: int = 0

    def run(self, stop: threading.Event) -> None:
        """Go on until ``stop``; a database that is away is waited for."""
        wait = self.every_s
        while not stop.is_set():
            try:
                more = self.step()
                wait = self.every_s
            except Conflict as fault:
                log.info("%s: decided anew: %s", self.name, fault)
                more = 0
            except _AWAY as fault:
                self.faults += 1
                wait = min(max(wait, 0.5) * 2, _LONGEST_WAIT_S)
                log.warning("%s waits %.0f s: %s", self.name, wait, fault)
                more = 0
            if not more:
                self.wake.wait(wait)
            self.wake.clear()


class FreshCounty:
    """The county's newest revision, asked for at most every two seconds."""

    def __init__(self, book: CountyBook, code: str | None) -> None:
        """Load the first one now; ``NoCounty`` or ``BookAway`` when there is none."""
        self._book = book
        self._code = code
        self._county = book.current(code)
        self._asked = time.monotonic()

    def __call__(self) -> County:
        """Give the snapshot; while the county book is away the last one holds."""
        if time.monotonic() - self._asked > 2:
            self._asked = time.monotonic()
            try:
                self._county = self._book.current(self._code)
            except BookAway as fault:
                log.warning("revision %d holds on: %s", self._county.revision, fault)
        return self._county


def run(
    settings: AlertsSettings,
    stop: threading.Event,
    crash: Callable[[str], None] | None = None,
    tell: Tell | None = None,
) -> None:
    """Work until ``stop``; databases that are away at the beginning are waited for. ``NoCounty`` where none is loaded.

    ``tell`` hears every decision with the message that caused it (the demo prints them).
    """
    with ExitStack() as stack:
        loops = _patiently(lambda: _opened(settings, crash, tell or _unheard, stack), stop)
        if loops is not None:
            _run_all(loops, stop)


def _patiently(begin: Callable[[], T], stop: threading.Event) -> T | None:
    """Try until it is done; None when told to stop meanwhile."""
    said = ""
    while not stop.is_set():
        try:
            return begin()
        except _AWAY as fault:
            if str(fault) != said:
                log.error("alerts waits: %s", fault)
            said = str(fault)
            stop.wait(RETRY_S)
    return None


def _opened(
    settings: AlertsSettings, crash: Callable[[str], None] | None, tell: Tell, until: ExitStack
) -> Sequence[Loop]:
    """Open everything, closed when ``until`` ends; what a database that is away leaves half open is closed at once."""
    with ExitStack() as stack:
        county_book = CountyBook(settings.county_url)
        stack.callback(county_book.close)
        county = FreshCounty(county_book, settings.county)
        world = World(county, lambda: datetime.now(UTC))
        if crash is not None:
            world = replace(world, crash=crash)
        book = Book(settings.book_url, county().code, county().calendar.zone)
        stack.callback(book.close)
        inbox = Inbox(settings.inbox_url, book.county)
        stack.callback(inbox.close)
        commands = CommandBook(settings.inbox_url)
        stack.callback(commands.close)
        channels = _channels(settings, world)
        for channel in channels.values():
            stack.callback(channel.close)
        engine = Engine(book, inbox, world, tell)
        post = Post(book, channels, _post_settings(settings), world)
        if settings.alone:
            post.take_over()
        holds = HoldBook(settings.inbox_url, book.county)
        stack.callback(holds.close)
        book.hold_open(world.now())
        relay = Relay(book, Outbound(commands, holds), inbox, world.crash)
        loops = _loops(settings, engine, Sweeper(settings, book, world), (post, relay))

        def samples() -> list[Sample]:
            faults = {loop.name: loop.faults for loop in loops}
            return [*engine_samples(engine.decided, engine.stuck, faults), *book_samples(book, world.now())]

        stack.enter_context(serving(settings.metrics, samples, _AWAY))
        until.push(stack.pop_all())
        return loops


class Sweeper:
    """The sweep; now and then the silent bins, the auditor, and the marking of notices that nobody wants any more."""

    def __init__(self, settings: AlertsSettings, book: Book, world: World) -> None:
        """Audit once at the start, then every ``audit_s``."""
        self._every = settings.audit_s
        self._book = book
        self._world = world
        self._sweep = Sweep(book, world)
        self._silence = Silence(book, world)
        self._silence_s = settings.silence_s
        self._next_silence = 0.0
        self._reader = Reader(book)
        self._next = 0.0

    def step(self) -> list[Decision]:
        """Sweep once."""
        decisions = self._sweep.step()
        if time.monotonic() >= self._next_silence:
            self._next_silence = time.monotonic() + self._silence_s
            decisions += self._silence.step()
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._every
            self.audit()
        return decisions

    def audit(self) -> None:
        """Log what is wrong, and note that somebody looked."""
        now = self._world.now()
        for finding in self._reader.findings(now):
            log.warning("auditor: %s %s", finding.number, finding.words, extra=about(ticket=finding.number))
        with self._book.writing() as pen:
            pen.audited(now)


def _loops(settings: AlertsSettings, engine: Engine, sweeper: Sweeper, outward: tuple[Post, Relay]) -> list[Loop]:
    post, relay = outward
    cursor_told = [0.0]

    def hand_over() -> int:
        count = relay.step() + relay.step_holds()
        if time.monotonic() - cursor_told[0] > 5:
            cursor_told[0] = time.monotonic()
            relay.tell_cursor()
        return count

    posting = Loop("post", post.step, settings.poll_s)
    relaying = Loop("relay", hand_over, settings.poll_s)

    def decide() -> int:
        count = engine.step()
        if count:
            posting.wake.set()
            relaying.wake.set()
        return count

    def sweep() -> int:
        if sweeper.step():
            post.drop_unwanted()
            posting.wake.set()
            relaying.wake.set()
        return 0

    return [Loop("engine", decide, settings.poll_s), Loop("sweep", sweep, settings.sweep_s), posting, relaying]


def _run_all(loops: Sequence[Loop], stop: threading.Event) -> None:
    """Run every loop in a thread of its own; the first fault stops all and is raised."""
    faults: list[Exception] = []

    def guarded(loop: Loop) -> None:
        try:
            loop.run(stop)
        except Exception as fault:
            log.exception("%s stopped", loop.name)
            faults.append(fault)
            stop.set()

    threads = [threading.Thread(target=guarded, args=(loop,), name=f"alerts-{loop.name}") for loop in loops]
    for thread in threads:
        thread.start()
    log.info("alerts: ready")
    stop.wait()
    for loop in loops:
        loop.wake.set()
    for thread in threads:
        thread.join()
    if faults:
        raise RuntimeError(f"the alerts program stopped: {faults[0]}") from faults[0]


def _channels(settings: AlertsSettings, world: World) -> dict[str, Channel]:
    """The channels by the names that policy.toml uses."""
    channels: dict[str, Channel] = {}
    if settings.console:
        channels["console"] = Console(sys.stdout)
    if settings.notices_file is not None:
        channels["file"] = File(settings.notices_file)
    if settings.webhook is not None:
        secret = settings.webhook.secret_file.read_bytes().strip()
        channels["webhook"] = Webhook(settings.webhook.url, secret, world.now)
    return channels


def _post_settings(settings: AlertsSettings) -> PostSettings:
    return PostSettings(
        settings.base_url, timedelta(seconds=settings.claim_lease_s), timedelta(days=settings.link_days)
    )


def _unheard(_row: Row, _decisions: Sequence[Decision]) -> None:
    """Nobody listens to the decisions."""
