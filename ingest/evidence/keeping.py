"""What runs beside the door for the evidence: events are read for what they say about pictures, and time takes its due.

Each event that names a picture becomes a link (model, configuration, clock, device, time), behind a cursor of its own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from broker.messages import Event
from ingest.evidence.chain import Fact
from ingest.evidence.files import EvidenceAway
from ingest.evidence.keeper import Keeper
from ingest.evidence.ledger import Ledger
from ingest.inbox import Inbox, Row
from ingest.store import StoreAway

log = logging.getLogger(__name__)

NAME = "evidence"
AT_ONCE = 1000
ROUND_EVERY = timedelta(minutes=1)
ADOPT_EVERY = timedelta(days=1)


class Keeping:
    """The evidence's own loop: read events, let go what is over, adopt what has no row."""

    def __init__(self, inbox: Inbox, ledger: Ledger, keeper: Keeper, now: Callable[[], datetime]) -> None:
        """Nothing runs yet."""
        self._inbox = inbox
        self._ledger = ledger
        self._keeper = keeper
        self._now = now

    def run(self, stop: threading.Event, pause_s: float = 0.5, retry_s: float = 5.0) -> None:
        """Go on until ``stop``; a store that is away is waited for."""
        due = {self._round: 0.0, self._adopt: 0.0}
        every = {self._round: ROUND_EVERY.total_seconds(), self._adopt: ADOPT_EVERY.total_seconds()}
        away = ""
        while not stop.is_set():
            try:
                done = self.step()
                for task in [task for task, when in due.items() if time.monotonic() >= when]:
                    task()
                    due[task] = time.monotonic() + every[task]
                away = ""
            except (EvidenceAway, StoreAway) as fault:
                if not away:
                    log.warning("evidence waits: %s", fault)
                away = str(fault)
                stop.wait(retry_s)
                continue
            if done < AT_ONCE:
                stop.wait(pause_s)

    def step(self) -> int:
        """Read the next events and move the cursor; returns how many there were."""
        start = self._inbox.cursor(NAME)
        rows = self._inbox.read(start, AT_ONCE, {Event.kind})
        for row in rows:
            self._read(row)
        if rows:
            self._inbox.move(NAME, start, rows[-1].seq)
        return len(rows)

    def _read(self, row: Row) -> None:
        message = row.message() if b'"picture"' in row.payload else None
        if isinstance(message, Event) and message.picture is not None:
            self._ledger.told(message.picture, facts_of(message, row), str(message.message_id), message.event_id)

    def _round(self) -> None:
        self._keeper.round(self._now())
        self._inbox.pass_by(NAME, {Event.kind})

    def _adopt(self) -> None:
        count = self._keeper.adopt(self._now())
        if count:
            log.warning("%d files of evidence had no row in the ledger; they have one now", count)


def facts_of(event: Event, row: Row) -> Mapping[str, Fact]:
    """What an event says about its picture: who judged it, with what, by which clock."""
    return {
        "message_id": str(event.message_id), "event_id": str(event.event_id), "revision": event.revision,
        "device": row.device, "village": row.village, "spot": event.spot, "what": event.what.value,
        "state": event.state.value, "score": event.score, "model": event.model, "config": event.config,
        "clock": event.clock.value, "at": event.at.isoformat(), "received_at": row.received_at.isoformat(),
        "rendered": event.rendered,
    }  # fmt: skip
