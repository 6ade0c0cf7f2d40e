"""The ingest program: open the stores, wait for the county's lease, work a shift; again when fenced out."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from broker.link import LinkSettings
from broker.metrics import Listen, Sample, serving
from county.book import BookAway, CountyBook, NoCounty
from ingest.door import PACE, Crash, Pace, no_crash
from ingest.evidence import EvidenceAway
from ingest.evidence.ledger import Ledger
from ingest.evidence.wiring import EvidencePlan, open_evidence
from ingest.lease import Lease
from ingest.registry import Registry
from ingest.series.influx import InfluxSettings
from ingest.shift import Shift, Tools
from ingest.store import Store, StoreAway

log = logging.getLogger(__name__)

RETRY_S = 2.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """What the program needs: addresses of the databases, folders, and the broker. Times in seconds.

    ``series`` is a SQLite file or an InfluxDB. ``holder`` names this installation in the county's lease: a restarted
    process takes up its own lease at once, a standby needs a name of its own.
    """

    county: str
    county_url: str
    inbox_url: str
    evidence: Path
    series: Path | InfluxSettings
    link: LinkSettings
    holder: str = field(default_factory=socket.gethostname)
    lease_s: float = 15.0
    pace: Pace = PACE
    keeping: EvidencePlan = field(default_factory=EvidencePlan)
    metrics: Listen | None = None


def utc_now() -> datetime:
    """Return the system clock, aware."""
    return datetime.now(UTC)


def run(
    settings: IngestSettings,
    stop: threading.Event,
    crash: Crash = no_crash,
    now: Callable[[], datetime] = utc_now,
) -> int:
    """Run until ``stop`` is set; returns the exit code (1 after a fault of ours, so that a supervisor starts anew)."""
    shifts: list[Shift] = []

    def samples() -> list[Sample]:
        return shifts[-1].samples() if shifts else []

    with ExitStack() as opened:
        opened.enter_context(serving(settings.metrics, samples, (StoreAway,)))
        tools = _open(settings, stop, now, opened)
        if tools is None:
            return 0
        lease, restarted = Lease(tools.store, settings.county), True
        while not stop.is_set():
            fence = _wait_for_lease(lease, settings.holder, tools, stop, restarted)
            if fence is None:
                return 0
            log.info("county %s: ingest holds the lease, token %d", settings.county, fence)
            shifts[:] = [Shift(tools, lease, fence, crash)]
            if not shifts[0].work(stop):
                return 1
            shifts.clear()
            restarted = False  # once fenced out, wait like any standby
    return 0


def _open(
    settings: IngestSettings, stop: threading.Event, now: Callable[[], datetime], opened: ExitStack
) -> Tools | None:
    """Open every store, however long that takes; None when told to stop meanwhile."""
    store = _patiently(lambda: Store(settings.inbox_url, swift=True), stop)
    if store is None:
        return None
    opened.callback(store.close)
    book = _patiently(lambda: CountyBook(settings.county_url), stop)
    if book is None:
        return None
    opened.callback(book.close)
    registry = _patiently(lambda: Registry(book, settings.county), stop)
    if registry is None:
        return None
    ledger = Ledger(store, settings.county)
    evidence = _patiently(lambda: open_evidence(settings.evidence, settings.keeping, ledger, now=now), stop)
    if evidence is None:
        return None
    opened.callback(evidence.close)
    length = timedelta(seconds=settings.lease_s)
    return Tools(
        settings.county, store, registry, evidence, settings.series, settings.link, now, lease_length=length,
        pace=settings.pace, keeping=settings.keeping,
    )  # fmt: skip


def _patiently(task: Callable[[], T], stop: threading.Event) -> T | None:
    said = ""
    while not stop.is_set():
        try:
            return task()
        except (StoreAway, BookAway, NoCounty, EvidenceAway) as fault:
            if str(fault) != said:
                log.error("ingest waits: %s", fault)
            said = str(fault)
            stop.wait(RETRY_S)
    return None


def _wait_for_lease(lease: Lease, holder: str, tools: Tools, stop: threading.Event, restarted: bool) -> int | None:
    told = False
    while not stop.is_set():
        try:
            fence = lease.take(holder, tools.now(), tools.lease_length, restarted=restarted)
        except StoreAway as fault:
            log.warning("the lease cannot be asked for: %s", fault)
            fence = None
        if fence is not None:
            return fence
        if not told:
            log.info("county %s: another ingest holds the lease; waiting as standby", lease.county)
            told = True
        stop.wait(min(RETRY_S, tools.lease_length.total_seconds() / 5))
    return None
