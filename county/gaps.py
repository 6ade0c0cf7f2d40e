"""Where nobody answers, and on which days: what ``county check`` lists although every line is right. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from county.content import Content
from county.places import Places
from county.responsibility import Roster
from county.values import Gap, Level, Region


class Gaps:
    """Looks for the gaps of one county."""

    def __init__(self, content: Content, places: Places, roster: Roster) -> None:
        self._policy = content.policy
        self._places = places
        self._roster = roster
        self._villages = [region for region in content.regions if region.level == "village"]

    def since(self, day: date) -> list[Gap]:
        """For every village and rung of the ladder, each stretch from ``day`` on in which nobody answers."""
        return [
            gap
            for village in self._villages
            if village.valid_to is None or village.valid_to > day
            for level in self._policy.ladder
            for gap in self._of_village(village, level, day)
        ]

    def _of_village(self, village: Region, level: Level, day: date) -> Iterator[Gap]:
        def vacant(edge: date) -> bool:
            return village.holds(edge) and not self._roster.found(village.code, level, edge)

        edges = (*self._roster.edges(village.code, level), village.valid_to)
        for start, end in stretches(max(day, village.valid_from or day), edges, vacant):
            yield self._gap(village, level, start, end or village.valid_to)

    def _gap(self, village: Region, level: Level, start: date, end: date | None) -> Gap:
        text = (
            f"village {village.code} ({self._places.name(village.code)}) has no {level.value} officer "
            f"({self._policy.levels.rung(level)}责任人) {_span(start, end)}"
        )
        return Gap(village.code, level, start, end, text)


def stretches(
    first: date, edges: Iterable[date | None], holds: Callable[[date], bool]
) -> Iterator[tuple[date, date | None]]:
    """The stretches from ``first`` on in which something holds that changes on the edges only; None: for good."""
    start: date | None = None
    for edge in sorted({first, *(edge for edge in edges if edge is not None and edge > first)}):
        if holds(edge) and start is None:
            start = edge
        elif start is not None and not holds(edge):
            yield start, edge
            start = None
    if start is not None:
        yield start, None


def _span(start: date, end: date | None) -> str:
    return f"from {start} until {end}" if end else f"from {start}"
