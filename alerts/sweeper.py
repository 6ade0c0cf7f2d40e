"""The sweep of one shift: what time does to tickets, and now and then the looks at what happens seldom.

Silent devices, what is still there the next day, handovers, the auditor: each when its turn comes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from alerts.alarms.rule_watch import RuleWatch
from alerts.asks.ask_sweep import AskSweep
from alerts.audit import PROOF, SWEEP_LATE, Finding
from alerts.bindings.leaving import Leaving
from alerts.channels.heartbeat import Heartbeat
from alerts.devices.alive import Told
from alerts.devices.equipment import Watch
from alerts.engine import Sweep
from alerts.mutes.mute_office import MuteSweep
from alerts.sensors.unheard import Unheard
from alerts.settings import AlertsSettings
from alerts.store.book import Book
from alerts.store.queries import Reader
from alerts.tickets.daily_round import DailyRound
from alerts.tickets.handover_round import HandoverRound
from alerts.tickets.silent_round import SilentRound
from alerts.values import Decision
from alerts.world import World
from broker.journal import about

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ears:
    """What the devices last said, and up to when the engine has decided about all that has arrived."""

    told: Callable[[datetime], Told]
    read_until: Callable[[], datetime | None]


class Sweeper:
    """The sweep; now and then the silent devices, what is still there the next day, the auditor, unwanted notices."""

    def __init__(
        self, settings: AlertsSettings, book: Book, world: World, ears: Ears, heartbeat: Heartbeat | None = None
    ) -> None:
        """Audit once at the start, then every ``audit_s``."""
        self._heartbeat = heartbeat
        self._every = settings.audit_s
        self._book = book
        self._world = world
        self._sweep = Sweep(book, world, ears.read_until)
        self._mutes = MuteSweep(book, world)
        self._watch = Watch(book, world, ears.told)
        self._rule_watch = RuleWatch(book, world, ears.told)
        self._asks = AskSweep(book, world)
        self._unheard = Unheard(book, world)
        self._daily = DailyRound(book, world)
        self._handover, self._silent = HandoverRound(book, world), SilentRound(book, world)
        self._leaving = Leaving(book, world)
        self._silence_s = settings.silence_s
        self._next_silence = 0.0
        self._reader = Reader(book)
        self._next = 0.0
        self._proved = world.now() - PROOF

    def step(self) -> list[Decision]:
        """Sweep once."""
        decisions = [*self._sweep.step(), *self._mutes.step(), *self._asks.step()]
        if time.monotonic() >= self._next_silence:
            self._next_silence = time.monotonic() + self._silence_s
            outcome = self._watch.step()
            decisions += [*outcome.decisions, *self._unheard.step(outcome), *self._daily.step(), *self._handover.step()]
            decisions += [*self._silent.step(), *self._rule_watch.step()]
            self._leaving.step()
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._every
            self.audit()
        return decisions

    def audit(self) -> None:
        """Log what is wrong, and note that somebody looked."""
        now = self._world.now()
        for finding in self._found(now):
            log.warning("auditor: %s %s", finding.number, finding.words, extra=about(ticket=finding.number))
        self._proved = now - SWEEP_LATE  # each limit is proved once
        with self._book.writing() as pen:
            pen.audited(now)
        if self._heartbeat is not None:
            self._heartbeat.beat()

    def _found(self, now: datetime) -> list[Finding]:
        reader = self._reader
        return [*reader.findings(now), *reader.misfits(), *reader.broken_promises(now, self._proved)]
