"""Loops of one program, each a thread: a database that is away is waited for, any other fault ends them all."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from alerts.store.book import Conflict
from county.book import BookAway
from ingest.lease import Fenced
from ingest.store import StoreAway

log = logging.getLogger(__name__)
AWAY = (StoreAway, BookAway)
RETRY_S = 1.0
_LONGEST_WAIT_S = 30.0
T = TypeVar("T")


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
            except AWAY as fault:
                self.faults += 1
                wait = min(max(wait, 0.5) * 2, _LONGEST_WAIT_S)
                log.warning("%s waits %.0f s: %s", self.name, wait, fault)
                more = 0
            if not more:
                self.wake.wait(wait)
            self.wake.clear()


def run_all(loops: Sequence[Loop], stop: threading.Event) -> None:
    """Run every loop in a thread of its own until ``stop`` or ``Fenced``; the first fault stops all and is raised."""
    faults: list[Exception] = []
    over = threading.Event()

    def guarded(loop: Loop) -> None:
        try:
            loop.run(over)
        except Fenced as fault:
            log.warning("%s: %s", loop.name, fault)
        except Exception as fault:
            log.exception("%s stopped", loop.name)
            faults.append(fault)
        finally:
            over.set()

    threads = [threading.Thread(target=guarded, args=(loop,), name=f"alerts-{loop.name}") for loop in loops]
    for thread in threads:
        thread.start()
    _until(stop, over)
    for loop in loops:
        loop.wake.set()
    for thread in threads:
        thread.join()
    if faults:
        raise RuntimeError(f"the alerts program stopped: {faults[0]}") from faults[0]


def _until(stop: threading.Event, over: threading.Event) -> None:
    while not (stop.is_set() or over.is_set()):
        stop.wait(0.1)
    over.set()


def patiently(begin: Callable[[], T], stop: threading.Event) -> T | None:
    """Try until it is done; None when told to stop meanwhile."""
    said = ""
    while not stop.is_set():
        try:
            return begin()
        except AWAY as fault:
            if str(fault) != said:
                log.error("alerts waits: %s", fault)
            said = str(fault)
            stop.wait(RETRY_S)
    return None
