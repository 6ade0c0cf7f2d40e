"""Rounds of collection, told from the emptyings that the sensors showed: who was emptied, who was passed by. Pure.

A truck stops at bin after bin: emptyings of one township that follow each other within a gap are one round. Each
village in which it emptied a bin counts with all of its bins, so one left standing there is told with what it held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.sensors.bin_book import Collected
from alerts.sensors.bins import BinState
from county.values import Device

GAP = timedelta(minutes=90)


@dataclass(frozen=True, slots=True)
class PassedBy:
    """A bin of a visited village that was not emptied; ``percent`` is what it held then, None where nobody knows."""

    place: str
    percent: float | None


@dataclass(frozen=True, slots=True)
class Round:
    """One tour through a township (its 9-digit code): the emptyings in their order, and who was left standing."""

    township: str
    emptied: tuple[Collected, ...]
    passed_by: tuple[PassedBy, ...] = ()

    @property
    def began(self) -> datetime:
        return self.emptied[0].emptying.at

    @property
    def ended(self) -> datetime:
        return self.emptied[-1].emptying.at

    def missed(self, limit: Callable[[str], float]) -> tuple[PassedBy, ...]:
        """The bins that held their ``limit`` of percent or more, or of which nobody knows."""
        return tuple(one for one in self.passed_by if one.percent is None or one.percent >= limit(one.place))


def rounds(
    emptyings: Iterable[Collected],
    bins: Mapping[str, Device],
    states: Mapping[str, BinState],
    gap: timedelta = GAP,
) -> list[Round]:
    """Gather emptyings into rounds, the oldest first. ``bins`` are those of the registry; others are left out."""
    found: dict[str, list[list[Collected]]] = defaultdict(list)
    for one in sorted(emptyings, key=lambda each: (each.emptying.at, each.place)):
        device = bins.get(one.place)
        if device is None:
            continue
        tours = found[device.village[:9]]
        if tours and one.emptying.at - tours[-1][-1].emptying.at <= gap:
            tours[-1].append(one)
        else:
            tours.append([one])
    made = [
        Round(township, tuple(tour), _passed_by(tour, bins, states))
        for township, tours in found.items()
        for tour in tours
    ]
    return sorted(made, key=lambda one: (one.began, one.township))


def _passed_by(
    tour: Sequence[Collected], bins: Mapping[str, Device], states: Mapping[str, BinState]
) -> tuple[PassedBy, ...]:
    emptied, ended = {one.place for one in tour}, tour[-1].emptying.at
    visited = {bins[place].village for place in emptied}
    left = sorted(one.id for one in bins.values() if one.village in visited and one.id not in emptied)
    return tuple(PassedBy(place, held(states.get(place), ended)) for place in left)


def held(state: BinState | None, at: datetime) -> float | None:
    """What a bin held at a time: its last point before; None where it was not heard of, or the trail begins later."""
    before = [percent for when, percent in state.level.trail if when <= at] if state is not None else []
    return before[-1] if before else None
