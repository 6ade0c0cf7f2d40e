"""Where nobody answers, and on which days: what ``county check`` lists although every line is right. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import chain
from typing import TypeVar

from county.content import Content
from county.places import Places
from county.responsibility import Roster
from county.values import Device, Gap, Level, Region, Spot
from county.ways import Way

T = TypeVar("T")


class Gaps:
    """Looks for the gaps of one county."""

    def __init__(self, content: Content, places: Places, roster: Roster) -> None:
        self._content = content
        self._places = places
        self._roster = roster

    def since(self, day: date) -> list[Gap]:
        """Every stretch from ``day`` on in which somebody is missing.

        On each rung of the ladder for every village, a second person to verify there;
        and for each spot that its village does not cover; for every way
        whoever keeps it.
        """
        villages = [region for region in self._content.regions if region.level == "village"]
        devices = {device.id: device for device in self._content.devices}
        ladder = self._content.policy.ladder
        of_villages = (self._of_village(village, level, day) for village in villages for level in ladder)
        of_spots = (
            self._of_spot(spot, devices[spot.device], level, day)
            for spot in self._content.every_spot()
            for level in ladder
        )
        alone = (self._of_one(village, day) for village in villages)
        return [
            *chain.from_iterable((*of_villages, *alone, *of_spots, *(self._of_way(w, day) for w in self._content.ways)))
        ]

    def _of_village(self, village: Region, level: Level, day: date) -> Iterator[Gap]:
        edges = (*self._edges(level, village.code), village.valid_to)
        first = max(day, village.valid_from or day)
        for start, end in stretches(first, edges, lambda edge: self._vacant(village, level, edge)):
            text = f"村 {village.code}（{self._places.name(village.code)}）{self._lacks(level, start, end)}"
            yield Gap(village.code, level, start, end, text, area=village.code)

    def _of_one(self, village: Region, day: date) -> Iterator[Gap]:
        """Whoever did the work cannot verify it: with one person on all rungs the duty desk is asked."""
        ladder = self._content.policy.ladder

        def is_alone(edge: date) -> bool:
            found = (self._roster.found(village.code, level, edge) for level in ladder)
            return village.holds(edge) and len({person.id for person in chain.from_iterable(found)}) == 1

        edges = (*chain.from_iterable(self._edges(level, village.code) for level in ladder), village.valid_to)
        first = max(day, village.valid_from or day)
        for start, end in stretches(first, edges, is_alone):
            text = (
                f"村 {village.code}（{self._places.name(village.code)}）各级都是同一个人：{span(start, end)}，"
                "没有别人可以核查，请再安排一个人"
            )
            yield Gap(village.code, ladder[-1], start, end, text, area=village.code)

    def _of_spot(self, spot: Spot, device: Device, level: Level, day: date) -> Iterator[Gap]:
        """A spot has nobody where its village has nobody either, which stands there; but for a village that is none."""
        village = self._places.regions[spot.region[:12]]
        if village.valid_to is None and (village.valid_from or day) <= day:
            return

        def vacant(edge: date) -> bool:
            if not device.holds(edge) or self._vacant(village, level, edge):
                return False
            return not self._roster.found(spot.region, level, edge, spot.id)

        edges = (
            *self._edges(level, spot.region, spot.id), village.valid_from, village.valid_to,
            device.valid_from, device.valid_to,
        )  # fmt: skip
        for start, end in stretches(day, edges, vacant):
            lacks = self._lacks(level, start, end)
            text = f"点位 {spot.id}（{self._places.name(spot.region)} {spot.name}）{lacks}"
            yield Gap(village.code, level, start, end, text, "spot", spot.id)

    def _of_way(self, way: Way, day: date) -> Iterator[Gap]:
        edges = (*chain.from_iterable(self._roster.edges(level, (way.id,)) for level in Level), way.valid_to)
        first = max(day, way.valid_from or day)
        where = f"{way.kind.words} {way.id}（{self._places.name(way.region)} {way.title}）"

        def vacant(edge: date) -> bool:
            return way.holds(edge) and not self._roster.kept_on(way.id, edge)

        for start, end in stretches(first, edges, vacant):
            text = f"{where}没有{way.kind.keeper}：{span(start, end)}"
            yield Gap(way.region[:12], Level.VILLAGE, start, end, text, "way", way.id)

    def _vacant(self, village: Region, level: Level, day: date) -> bool:
        return village.holds(day) and not self._roster.found(village.code, level, day)

    def _edges(self, level: Level, code: str, spot: str = "") -> Iterator[date]:
        return self._roster.edges(level, [*chain.from_iterable(self._roster.layers(code, spot))])

    def _lacks(self, level: Level, start: date, end: date | None) -> str:
        return f"没有{self._content.policy.levels.rung(level)}责任人：{span(start, end)}"


def runs(first: date, edges: Iterable[date | None], told: Callable[[date], T]) -> Iterator[tuple[date, date | None, T]]:
    """The stretches from ``first`` on in which something stays the same that changes only on edges; None: for good."""
    start, value = first, told(first)
    for edge in sorted({edge for edge in edges if edge is not None and edge > first}):
        fresh = told(edge)
        if fresh != value:
            yield start, edge, value
            start, value = edge, fresh
    yield start, None, value


def stretches(
    first: date, edges: Iterable[date | None], holds: Callable[[date], bool]
) -> Iterator[tuple[date, date | None]]:
    """The stretches in which something holds."""
    return ((start, end) for start, end, held in runs(first, edges, holds) if held)


def span(start: date, end: date | None) -> str:
    """Both days in words."""
    return f"{start} 起，到 {end} 前" if end else f"{start} 起"
