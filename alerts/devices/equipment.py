"""One round over all boxes and cameras: what is silent or faulty becomes a ticket, what is well again ends it.

A round is one transaction, so a kill at any moment leaves either all of it or nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.alarms import rules
from alerts.alarms.rules import Seen
from alerts.devices import cover, equipment_book, faults
from alerts.devices.alive import Told
from alerts.devices.cover import Finding, Ground, Round
from alerts.store.book import Book, Pen
from alerts.tickets.moves import identity
from alerts.values import Decision, Look, Source
from alerts.world import World
from broker.messages import Kind
from county.snapshot import County

log = logging.getLogger(__name__)
WATCHED = "equipment"
_NEXT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a round decided; ``deaf`` while nobody is heard; ``covered`` are the bins that something stands for, and
    ``freed`` since when those are waited for again that something stood for.
    """

    decisions: tuple[Decision, ...] = ()
    deaf: bool = False
    covered: frozenset[str] = frozenset()
    freed: tuple[tuple[str, datetime], ...] = ()


class Watch:
    """Looks at every device now and then."""

    def __init__(self, book: Book, world: World, hear: Callable[[datetime], Told]) -> None:
        """``hear`` tells what the devices last said."""
        self._book = book
        self._world = world
        self._hear = hear
        self._deaf = False

    def step(self) -> Outcome:
        """Look at every device once. ``StoreAway`` or ``Conflict``: nothing was written, call again."""
        now, county = self._world.now(), self._world.county()
        told = self._hear(now)
        observed = faults.observe(county, told, now)
        with self._book.writing() as pen:
            before = equipment_book.memory(pen)
            awake = equipment_book.awake_since(pen, WATCHED, now)
            ground = Ground(county, observed, before, equipment_book.told(pen), awake, now, told.door_open)
            made = self._round(pen, ground)
            decisions = [decision for one in made.findings for decision in apply(pen, one, county, now)]
            equipment_book.keep(pen, made.memory, before, now)
            self._world.crash("alerts.before_commit")
        self._world.crash("alerts.after_commit")
        self._say(made.deaf)
        return _outcome(decisions, made, [*before.values(), *made.memory])

    def _round(self, pen: Pen, ground: Ground) -> Round:
        """Decide; when we were deaf until now, every silence counts from now on."""
        made = cover.decide(ground)
        was_deaf = equipment_book.note_deaf(pen, made.deaf, ground.now)
        if made.deaf or not was_deaf:
            return made
        equipment_book.heard_anew(pen, WATCHED, ground.now)
        return cover.decide(Ground(ground.county, ground.observed, ground.memory, ground.told, ground.now, ground.now))

    def _say(self, deaf: bool) -> None:
        if deaf and not self._deaf:
            log.warning("no device of the county is heard: is the door shut, or the broker away? No tickets are opened")
        self._deaf = deaf


def apply(pen: Pen, finding: Finding, county: County, now: datetime) -> list[Decision]:
    """Put a finding to the rules and write what they decide.

    It is newer than whatever was applied before, also where the clock was set back meanwhile.
    """
    known = pen.known(finding.spot, finding.fault)
    at = now if known.look is None else max(now, known.look.at + _NEXT)
    cause = identity("equipment", *finding.key, at.isoformat())
    look = Look(finding.spot.device, finding.spot.id, finding.fault, at, cause, 0, finding.state)
    seen = Seen(look, finding.words, 1.0, 1, rendered=False, source=Source.EQUIPMENT)
    decisions = rules.looked(known, seen, finding.spot, county, now)
    pen.apply(decisions, "equipment", now)
    return decisions


def _outcome(decisions: Sequence[Decision], made: Round, memory: Sequence[cover.Memory]) -> Outcome:
    bins = {one.place: one for one in memory if one.fault == Kind.BIN_SILENT}
    return Outcome(
        tuple(decisions), made.deaf, frozenset(place for place, one in bins.items() if one.covered_by),
        tuple((place, one.freed_at) for place, one in sorted(bins.items()) if one.freed_at is not None),
    )  # fmt: skip
