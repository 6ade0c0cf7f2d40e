"""One shift at the door: what runs between taking the county's lease and giving it back or losing it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from broker import topics
from broker.link import Link, LinkSettings, Will
from broker.metrics import Sample
from ingest.commands import CommandBook
from ingest.dead_letters import DeadLetters
from ingest.door import PACE, Books, Crash, Door, DoorHealth, Pace
from ingest.evidence import Evidence, EvidenceAway
from ingest.evidence.keeping import Keeping
from ingest.evidence.ledger import Ledger
from ingest.evidence.wiring import EvidencePlan, open_keeper
from ingest.inbox import Inbox
from ingest.latest import Latest, LatestValue
from ingest.lease import Fenced, Lease
from ingest.metrics import door_samples
from ingest.months import Months
from ingest.orders import KINDS as ANSWERS
from ingest.orders import NAME as COMMANDS
from ingest.orders import Orders
from ingest.registry import Registry
from ingest.series.influx import InfluxSettings
from ingest.series.process import SeriesProcess
from ingest.series.wire import Plan
from ingest.series.writer import KINDS as CURVES
from ingest.series.writer import NAME as SERIES
from ingest.sign import STOPPING
from ingest.store import Store, StoreAway
from ingest.wishes import WishBook, Wishes

log = logging.getLogger(__name__)

TICK_S = 0.1
READERS = ("alerts", "commands", "evidence", "series")  # no row goes before each of these cursors has passed it


@dataclass(frozen=True, slots=True)
class Tools:
    """What every shift of this process uses."""

    county: str
    store: Store
    registry: Registry
    evidence: Evidence
    series: Path | InfluxSettings
    link: LinkSettings
    now: Callable[[], datetime]
    lease_length: timedelta = timedelta(seconds=15)
    pace: Pace = PACE
    keeping: EvidencePlan = field(default_factory=EvidencePlan)


class Shift:
    """Holds the lease under one fencing token and does the door's work until told to stop or fenced out."""

    def __init__(self, tools: Tools, lease: Lease, fence: int, crash: Crash) -> None:
        """Prepare everything; nothing runs yet."""
        self._tools = tools
        self._lease = lease
        self._fence = fence
        store = tools.store
        self._inbox = Inbox(store, tools.county)
        self._months = Months(store, READERS)
        self._letters = DeadLetters(store)
        self._latest = Latest(store)
        books = Books(self._inbox, self._letters, self._latest, tools.evidence)
        self._door = Door(books, tools.registry, tools.now, tools.pace, crash)
        self._door.fence = fence
        self._orders = Orders(CommandBook(store), self._inbox, tools.registry)
        self._wishes = Wishes(WishBook(store), tools.registry)
        level = log.getEffectiveLevel()
        plan = Plan(inbox_url=store.url, county=tools.county, series=tools.series, log_level=level)
        self._series = SeriesProcess(plan, crash)
        keeper = open_keeper(tools.evidence, tools.keeping, store, tools.county, crash)
        self._keeping = Keeping(self._inbox, Ledger(store, tools.county), keeper, tools.now)
        will = Will(self._door.sign.topic, self._door.sign.will())
        up = topics.everything_up(tools.county)
        bulk = [(name, 1) for name in up if name.rsplit("/", 1)[-1] in topics.BULK]
        main = [(name, 1) for name in (*up, topics.door(tools.county)) if (name, 1) not in bulk]
        self._link = Link(replace(tools.link, will=will), self._door.deliver, self._on_state, main)
        # Acknowledgements leave in the order of arrival: on one connection an event would wait for a picture's check.
        side = replace(tools.link, client_id=f"{tools.link.client_id}-bulk", will=None)
        self._bulk_link = Link(side, self._door.deliver, lambda *_: None, bulk)
        self._door.use(self._link)
        self._over = threading.Event()
        self._faulty = False

    def work(self, stop: threading.Event) -> bool:
        """Work until ``stop`` or until fenced out; returns False when a fault of ours ended the shift."""
        threads = [
            threading.Thread(target=self._guarded, args=(name, part), name=f"ingest-{name}", daemon=True)
            for name, part in (
                ("write", self._door.write), ("file", self._door.file), ("series", self._series.run),
                ("evidence", self._keeping.run), ("rounds", self._rounds),
            )
        ]  # fmt: skip
        for thread in threads:
            thread.start()
        self._link.start()
        self._bulk_link.start()
        while not stop.is_set() and not self._over.is_set():
            stop.wait(TICK_S)
        if not self._over.is_set():
            self._door.sign.shut(STOPPING, "the county's server is being restarted; it will be back")
        self._over.set()
        for thread in threads:
            thread.join()
        self._bulk_link.stop()
        self._link.stop()
        self._give_back()
        return not self._faulty

    def samples(self) -> list[Sample]:
        """What Prometheus is told about this shift; ``StoreAway`` while the database is."""
        last = self._inbox.last()
        lags = {name: max(0, last - self._inbox.cursor(name)) for name in READERS}
        return door_samples(self._health(), self._door.tally, lags)

    def _health(self) -> DoorHealth:
        return self._door.health(self._link.connected).model_copy(update={"series": self._series.away})

    def _on_state(self, connected: bool, words: str) -> None:
        log.info("broker %s %s", "connected" if connected else "away:", words)
        if connected:
            self._door.sign.publish()
            self._wishes.forget()

    def _guarded(self, name: str, part: Callable[[threading.Event], None]) -> None:
        try:
            part(self._over)
        except Fenced as fault:
            log.warning("shift over: %s", fault)
        except Exception:  # the last door of a thread: the process ends with a code, its supervisor starts it anew
            log.exception("ingest part %r failed; this process ends", name)
            self._faulty = True
        finally:
            self._over.set()

    def _rounds(self, over: threading.Event) -> None:
        """Do everything that is due every so many seconds."""
        tools = self._tools
        every: list[tuple[float, Callable[[], object]]] = [
            (tools.lease_length.total_seconds() / 3, self._renew),
            (0.2, self._orders.mark),
            (0.3, lambda: self._orders.send(self._link, tools.now())),
            (1.0, lambda: self._letters.answer(self._door.again, tools.now())),
            (1.0, lambda: self._wishes.send(self._link)),
            (1.0, tools.store.checkpoint),
            (2.0, tools.registry.refresh),
            (2.0, self._tell_health),
            (10.0, self._tend),
            (600.0, lambda: self._latest.forget(tools.now())),
            (3600.0, lambda: tools.evidence.sweep(tools.now())),
        ]
        due = [0.0] * len(every)
        away: set[int] = set()
        while not over.is_set():
            for index, (seconds, task) in enumerate(every):
                if time.monotonic() < due[index]:
                    continue
                try:
                    task()
                    away.discard(index)
                except (StoreAway, EvidenceAway) as fault:
                    if index not in away:
                        log.warning("a round is put off: %s", fault)
                    away.add(index)
                due[index] = time.monotonic() + seconds
            over.wait(TICK_S)

    def _tend(self) -> None:
        for name, kinds in ((COMMANDS, ANSWERS), (SERIES, CURVES)):
            self._inbox.pass_by(name, kinds)
        self._months.tend(self._tools.now())

    def _renew(self) -> None:
        if not self._lease.renew(self._fence, self._tools.now(), self._tools.lease_length):
            raise Fenced(f"county {self._tools.county}: another ingest has taken the lease")

    def _tell_health(self) -> None:
        now = self._tools.now()
        payload = self._health().model_dump_json().encode()
        self._latest.put([LatestValue(self._tools.county, topics.NOWHERE, "ingest", "door", now, now, payload)])

    def _give_back(self) -> None:
        try:
            self._lease.release(self._fence)
        except StoreAway as fault:
            log.warning("the lease runs out by itself: %s", fault)
