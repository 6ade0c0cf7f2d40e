"""The draft of a month's red and black list (红黑榜), from the villages' own figures; a Chinese reason a line. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from county.policy.lists import Lists


class Colour(StrEnum):
    """Which list a village stands on. ``words`` is what people read."""

    RED = "red"
    BLACK = "black"

    @property
    def words(self) -> str:
        """The Chinese name."""
        return {Colour.RED: "红榜", Colour.BLACK: "黑榜"}[self]


@dataclass(frozen=True, slots=True)
class Tally:
    """A village's tickets that were opened in the month. ``judged``: ended, or overdue; the others are in their time.

    ``relapsed``: came back at a place that was dealt with before.
    """

    village: str
    found: int = 0
    judged: int = 0
    in_time: int = 0
    relapsed: int = 0
    overdue: int = 0

    @property
    def points(self) -> float:
        """0 to 100: what was closed in time, less what came back, of all that is judged."""
        return round(100 * max(0, self.in_time - self.relapsed) / self.judged, 1) if self.judged else 0.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """A village on a list: its place (1 first; equals share one), and why it stands there."""

    village: str
    colour: Colour
    place: int
    points: float
    words: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What is proposed: the red list, the black list, and who was not judged, each with the reason."""

    lines: tuple[Ranked, ...]
    left_out: tuple[tuple[str, str], ...]


def draft(tallies: Iterable[Tally], policy: Lists) -> Draft:
    """Propose the lists of a month.

    Of equal points the fewer overdue and then the fewer relapses come first; villages equal in all three share a place,
    and who shares the last place is listed too.
    """
    told = sorted(tallies, key=lambda one: one.village)
    judged = [one for one in told if one.judged >= policy.least]
    few = tuple(
        (one.village, f"本月可评的工单只有{one.judged}件，不足{policy.least}件，不评")
        for one in told if one.judged < policy.least
    )  # fmt: skip
    best = sorted((one for one in judged if one.points >= policy.red_from), key=_order)
    worst = sorted((one for one in judged if one.points < policy.black_below), key=_order, reverse=True)
    return Draft((*_ranked(best, Colour.RED, policy), *_ranked(worst, Colour.BLACK, policy)), few)


def _order(one: Tally) -> tuple[float, int, int]:
    return -one.points, one.overdue, one.relapsed


def _ranked(ordered: Sequence[Tally], colour: Colour, policy: Lists) -> list[Ranked]:
    found: list[Ranked] = []
    for number, one in enumerate(ordered, 1):
        same = number > 1 and _order(ordered[number - 2]) == _order(one)
        place = found[-1].place if same else number
        if place > policy.places:
            break
        found.append(Ranked(one.village, colour, place, one.points, _why(one, colour, policy)))
    return found


def _why(one: Tally, colour: Colour, policy: Lists) -> str:
    bound = f"不低于{policy.red_from:g}分" if colour is Colour.RED else f"低于{policy.black_below:g}分"
    return (
        f"发现{one.found}件，可评{one.judged}件，按时办结{one.in_time}件，反弹{one.relapsed}件，超期{one.overdue}件；"
        f"得{one.points:g}分，{bound}"
    )
