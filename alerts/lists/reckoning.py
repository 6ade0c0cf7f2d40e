"""The draft of a month's red and black list (红黑榜), from the villages' own figures; a Chinese reason a line. Pure.

A draft is nothing public: it waits for somebody to edit it and for somebody else to approve it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Colour(StrEnum):
    """Which list a village stands on. ``words`` is what people read."""

    RED = "red"
    BLACK = "black"

    @property
    def words(self) -> str:
        """The Chinese name."""
        return {Colour.RED: "红榜", Colour.BLACK: "黑榜"}[self]


@dataclass(frozen=True, slots=True)
class Measure:
    """How many places a list has, from how many points red, below how many black, and how many tickets judge at all."""

    places: int = 5
    red_from: float = 90
    black_below: float = 70
    least: int = 5

    def __post_init__(self) -> None:
        """``ValueError`` where a village could stand on both lists, or be judged by nothing."""
        if not 0 < self.black_below <= self.red_from <= 100 or min(self.places, self.least) < 1:
            raise ValueError("black_below must not exceed red_from (0 to 100); places and least are 1 at least")


@dataclass(frozen=True, slots=True)
class Tally:
    """A village's tickets that were opened in the month. ``judged``: ended, or overdue; the others are in their time.

    ``relapsed``: came back at a place that was dealt with before.
    """

    village: str
    found: int
    judged: int
    in_time: int
    relapsed: int
    overdue: int

    @property
    def points(self) -> float:
        """0 to 100: what was closed in time, less what came back, of all that is judged."""
        return round(100 * max(0, self.in_time - self.relapsed) / self.judged, 1) if self.judged else 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """A village on a list: its place (1 first; equals share one), and why it stands there."""

    village: str
    colour: Colour
    place: int
    points: float
    words: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What is proposed: the red list, the black list, and who was not judged, each with the reason."""

    lines: tuple[Line, ...]
    left_out: tuple[tuple[str, str], ...]


def draft(tallies: Iterable[Tally], measure: Measure) -> Draft:
    """Propose the lists of a month.

    Of equal points the fewer overdue and then the fewer relapses come first; villages equal in all three share a place,
    and who shares the last place is listed too.
    """
    told = sorted(tallies, key=lambda one: one.village)
    judged = [one for one in told if one.judged >= measure.least]
    few = tuple(
        (one.village, f"本月可评的工单只有{one.judged}件，不足{measure.least}件，不评")
        for one in told if one.judged < measure.least
    )  # fmt: skip
    best = sorted((one for one in judged if one.points >= measure.red_from), key=_order)
    worst = sorted((one for one in judged if one.points < measure.black_below), key=_order, reverse=True)
    return Draft((*_lines(best, Colour.RED, measure), *_lines(worst, Colour.BLACK, measure)), few)


def _order(one: Tally) -> tuple[float, int, int]:
    return -one.points, one.overdue, one.relapsed


def _lines(ordered: Sequence[Tally], colour: Colour, measure: Measure) -> list[Line]:
    found: list[Line] = []
    for number, one in enumerate(ordered, 1):
        same = number > 1 and _order(ordered[number - 2]) == _order(one)
        place = found[-1].place if same else number
        if place > measure.places:
            break
        found.append(Line(one.village, colour, place, one.points, _why(one, colour, measure)))
    return found


def _why(one: Tally, colour: Colour, measure: Measure) -> str:
    bound = f"不低于{measure.red_from:g}分" if colour is Colour.RED else f"低于{measure.black_below:g}分"
    return (
        f"发现{one.found}件，可评{one.judged}件，按时办结{one.in_time}件，反弹{one.relapsed}件，超期{one.overdue}件；"
        f"得{one.points:g}分，{bound}"
    )
