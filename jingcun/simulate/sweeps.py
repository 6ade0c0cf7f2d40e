"""What the passing of time does in a simulation."""

from __future__ import annotations

from alerts.alarms.rule_watch import RuleWatch
from alerts.asks.ask_sweep import AskSweep
from alerts.devices.equipment import Watch
from alerts.engine import Sweep
from alerts.mutes.mute_office import MuteSweep
from alerts.sensors.unheard import Unheard
from alerts.store.book import Book
from alerts.sweeper import Ears
from alerts.tickets.daily_round import DailyRound
from alerts.tickets.handover_round import HandoverRound
from alerts.tickets.silent_round import SilentRound
from alerts.values import Decision
from alerts.world import World

SWEEPS = 20  # at most so many at one moment; what is left waits for the next


class Sweeps:
    """What the passing of time does: the same parts that the alerts program steps."""

    def __init__(self, book: Book, world: World, ears: Ears) -> None:
        self._sweep, self._mutes = Sweep(book, world, ears.read_until), MuteSweep(book, world)
        self._asks, self._daily = AskSweep(book, world), DailyRound(book, world)
        self._handover, self._silent = HandoverRound(book, world), SilentRound(book, world)
        self._watch, self._unheard = Watch(book, world, ears.told), Unheard(book, world)
        self._rules = RuleWatch(book, world, ears.told)

    def step(self, *, listens: bool = True) -> list[Decision]:
        """What must not wait: limits and rules, and where it ``listens``, who is not heard."""
        if not listens:
            return self._due()
        outcome = self._watch.step()
        heard = [*outcome.decisions, *self._unheard.step(outcome), *self._rules.step()]
        return [*self._due(), *heard, *self._silent.step()]

    def seldom(self) -> list[Decision]:
        """What may wait an hour: mutes, side moves, what is still there the next day, and who has handed over."""
        return [*self._mutes.step(), *self._asks.step(), *self._daily.step(), *self._handover.step()]

    def _due(self) -> list[Decision]:
        """All that is due now: one sweep takes no more than some hundred tickets."""
        done: list[Decision] = []
        for _ in range(SWEEPS):
            some = self._sweep.step()
            done += some
            if not some:
                break
        return done
