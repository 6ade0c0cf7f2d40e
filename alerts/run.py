"""The alerts program: engine, sweep with auditor, post office and relay, loops of one process that holds the lease.

A loop whose database is away waits and tries again; any other fault ends the whole program, whose supervisor starts it
anew: everything it needs to go on stands in the book. A second copy waits as standby and watches the first.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from alerts.deadman import DeadMan, watching
from alerts.engine import Engine, Tell
from alerts.loops import AWAY, RETRY_S, Loop, patiently, run_all
from alerts.metrics import book_samples, engine_samples
from alerts.notices import keepers as keepers_file
from alerts.notices import receipt_asker
from alerts.notices.keepers import Keepers
from alerts.notices.lanes import Lanes
from alerts.notices.receipt_asker import ReceiptAsker
from alerts.notices.remainders import Remainders
from alerts.opened import FreshCounty, Opened, channels_of, opened, opened_channels
from alerts.post import Post, PostSettings
from alerts.settings import AlertsSettings
from alerts.store.book import Book
from alerts.store.relay import Relay
from alerts.sweeper import Ears, Sweeper
from alerts.values import Decision
from alerts.world import World
from broker.metrics import Sample, serving
from county.book import CountyBook
from ingest.inbox import Row
from ingest.lease import Fenced
from ingest.store import StoreAway

__all__ = ["AlertsSettings", "FreshCounty", "Loop", "channels_of", "run"]

log = logging.getLogger(__name__)
DROP_S = 10.0  # what people do at the desk, another program, also ends the notices of a step
HELP_S = 2.0  # how soon the other hands of a channel find out that there is much to send
WATCH_S = 10.0  # how often a standby looks whether the auditor is alive


@dataclass(frozen=True, slots=True)
class Program:
    """Everything opened: the book with its lease, the loops of a shift, and what a standby does."""

    book: Book
    world: World
    loops: Sequence[Loop]
    post: Post
    deadman: DeadMan


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
        program = patiently(lambda: _begun(settings, crash, tell or _unheard, stack), stop)
        restarted = True
        while program is not None and not stop.is_set():
            fence = _wait_for_lease(settings, program, stop, restarted)
            if fence is not None:
                _work(settings, program, fence, stop)
            restarted = False  # once fenced out, wait like any standby


def watching_beside(settings: AlertsSettings) -> AbstractContextManager[None]:
    """The dead man's switch in another program of the server: it watches this engine and needs nothing of it."""

    def begin(stack: ExitStack) -> DeadMan:
        with ExitStack() as half:
            county_book = half.enter_context(CountyBook(settings.county_url))
            county = FreshCounty(county_book, settings.county)
            world = World(county)
            book = half.enter_context(closing(Book(settings.book_url, county().code, county().calendar.zone)))
            channels = opened_channels(settings, world, half)
            stack.push(half.pop_all())
        return DeadMan(book, channels, world, timedelta(seconds=settings.silent_s))

    return watching(begin)


def _wait_for_lease(settings: AlertsSettings, program: Program, stop: threading.Event, restarted: bool) -> int | None:
    """A new fencing token; None when told to stop. Who waits watches whether the auditor of the other is alive."""
    length, told, watch = timedelta(seconds=settings.lease_s), False, time.monotonic() + WATCH_S
    while not stop.is_set():
        try:
            fence = program.book.lease.take(settings.holder, program.world.now(), length, restarted=restarted)
        except StoreAway as fault:
            log.warning("the lease cannot be asked for: %s", fault)
            fence = None
        if fence is not None:
            return fence
        if not told:
            log.info("another alert engine holds the lease; waiting as standby")
            told = True
        if time.monotonic() >= watch:
            watch = time.monotonic() + WATCH_S
            program.deadman.step()
        stop.wait(min(RETRY_S, settings.lease_s / 5))
    return None


def _work(settings: AlertsSettings, program: Program, fence: int, stop: threading.Event) -> None:
    """One shift under one fencing token, until told to stop or fenced out."""
    book, length = program.book, timedelta(seconds=settings.lease_s)

    def renew() -> int:
        if not book.lease.renew(fence, program.world.now(), length):
            raise Fenced("another alert engine has taken the lease")
        return 0

    def begin() -> bool:
        if settings.alone:
            program.post.take_over()
        book.hold_open(program.world.now())
        return True

    book.fence = fence
    log.info("alerts hold the lease, token %d", fence)
    try:
        if patiently(begin, stop):
            log.info("alerts: ready")
            run_all([*program.loops, Loop("lease", renew, settings.lease_s / 3)], stop)
        book.lease.release(fence)
    except Fenced as fault:
        log.warning("fenced out: %s", fault)
    except StoreAway as fault:
        log.warning("the lease runs out by itself: %s", fault)
    finally:
        book.fence = None


def _begun(settings: AlertsSettings, crash: Callable[[str], None] | None, tell: Tell, until: ExitStack) -> Program:
    """Open everything, closed when ``until`` ends; what a database that is away leaves half open is closed at once."""
    with ExitStack() as stack:
        found = opened(settings, crash, stack)
        program, samples = _program(settings, found, tell)
        stack.enter_context(serving(settings.metrics, samples, AWAY))
        until.push(stack.pop_all())
        return program


def _program(settings: AlertsSettings, found: Opened, tell: Tell) -> tuple[Program, Callable[[], list[Sample]]]:
    """The parts of the program as loops, and what it tells the metrics."""
    book, world = found.book, found.world
    engine = Engine(book, found.inbox, world, tell)
    post = Post(book, found.channels, _post_settings(settings), world, Lanes(settings.channels))
    ears = Ears(found.hearing.told, lambda: engine.read_until)
    sweeper = Sweeper(settings, book, world, ears, found.heartbeat)
    loops = [*_loops(settings, engine, sweeper, (post, found.relay)), *_lookers(settings, found)]

    def samples() -> list[Sample]:
        faults = {loop.name: loop.faults for loop in loops}
        return [*engine_samples(engine.decided, engine.stuck, faults), *book_samples(book, world.now())]

    deadman = DeadMan(book, found.channels, world, timedelta(seconds=settings.silent_s))
    return Program(book, world, loops, post, deadman), samples


def _lookers(settings: AlertsSettings, found: Opened) -> list[Loop]:
    """What asks providers: receipts of letters, and how the accounts stand."""
    how = (found.book, found.channels)
    keepers = Keepers(*how, settings.keepers, found.world)
    remainders = Remainders(*how, settings.channels, found.world)
    return [
        *_askers(ReceiptAsker(*how, settings.channels, found.world)),
        Loop("accounts", _paced(remainders.step, keepers.step), keepers_file.EVERY_S),
    ]


def _loops(settings: AlertsSettings, engine: Engine, sweeper: Sweeper, outward: tuple[Post, Relay]) -> list[Loop]:
    post, relay = outward
    posts = [Loop(f"post {name}", partial(post.step, channels=[name]), settings.poll_s) for name in post.names]
    posts.append(Loop("post", post.fail_strays, settings.sweep_s))
    relaying = Loop("relay", _handing_over(relay), settings.poll_s)

    def wake() -> None:
        for loop in (*posts, relaying):
            loop.wake.set()

    def decide() -> int:
        count = engine.step()
        if count:
            wake()
        return count

    dropped = [time.monotonic()]

    def sweep() -> int:
        decided = bool(sweeper.step())
        if decided or time.monotonic() - dropped[0] >= DROP_S:
            dropped[0] = time.monotonic()
            post.drop_unwanted()
        if decided:
            wake()
        return 0

    return [
        Loop("engine", decide, settings.poll_s),
        Loop("sweep", sweep, settings.sweep_s),
        *posts,
        *_more_hands(settings, post),
        relaying,
    ]


def _askers(asker: ReceiptAsker) -> list[Loop]:
    """A loop for each channel that can be asked."""
    return [Loop(f"receipts {name}", _paced(partial(asker.step, name)), receipt_asker.EVERY_S) for name in asker.names]


def _paced(*steps: Callable[[], int]) -> Callable[[], int]:
    """Steps that go no faster than their loop's own pace, however much is due: they never say that there is more."""

    def paced() -> int:
        for step in steps:
            step()
        return 0

    return paced


def _more_hands(settings: AlertsSettings, post: Post) -> list[Loop]:
    """Threads that help where much waits for one channel; they look seldom by themselves, for mostly nothing does."""
    return [
        Loop(f"post {one.name} {hand}", partial(post.step, channels=[one.name]), HELP_S)
        for one in settings.channels
        for hand in range(2, one.hands + 1)
    ]


def _handing_over(relay: Relay) -> Callable[[], int]:
    """What the relay does again and again; now and then it tells how far the engine has read."""
    told = [0.0]

    def hand_over() -> int:
        count = relay.step() + relay.step_holds()
        if time.monotonic() - told[0] > 5:
            told[0] = time.monotonic()
            relay.tell_cursor()
        return count

    return hand_over


def _post_settings(settings: AlertsSettings) -> PostSettings:
    return PostSettings(
        settings.base_url, timedelta(seconds=settings.claim_lease_s), timedelta(days=settings.link_days)
    )


def _unheard(_row: Row, _decisions: Sequence[Decision]) -> None:
    """Nobody listens to the decisions."""
