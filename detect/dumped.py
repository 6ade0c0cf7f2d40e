"""Did somebody dump here? Simple rule: something that was not there before stays after the person or vehicle left.

Garbage known from before anybody came, however weakly it was seen, is never news; nor is what moves on or vanishes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from pydantic import BaseModel, ConfigDict

from detect.boxes import Found, iou, overlap

VISITORS = frozenset({"person", "vehicle"})


@dataclass(frozen=True, slots=True)
class Dumping:
    """Limits of the rule; times in seconds, scores and shares 0..1."""

    after_s: float = 4.0  # stays this long after the last visitor near it
    before_s: float = 8.0  # a visitor was near at most this long before it was first seen
    baseline: int = 3  # looks without which nothing can be called new
    weak: float = 0.1  # known from here
    strong: float = 0.35  # median score that makes it certain
    steady: float = 0.5  # share of the looks since the visitor left that show it
    reach: float = 0.3  # near: within this share of the visitor's own size
    visitor: float = 0.35  # score of a visitor
    forget_s: float = 600.0


class Pile(BaseModel):
    """Something lying at one place since ``first``; ``scores`` since the last visitor near it left (0: not seen)."""

    model_config = ConfigDict(frozen=True)

    box: tuple[float, float, float, float]
    first: datetime
    last: datetime
    near: datetime
    fresh: bool
    scores: tuple[float, ...] = ()


class Visit(BaseModel):
    """A person or vehicle as last seen at one look."""

    model_config = ConfigDict(frozen=True)

    label: str
    box: tuple[float, float, float, float]
    at: datetime


class DumpMemory(BaseModel):
    """What lay where, and who was about in the last seconds."""

    model_config = ConfigDict(frozen=True)

    looks: int = 0
    piles: tuple[Pile, ...] = ()
    visits: tuple[Visit, ...] = ()


def watch_dumping(
    memory: DumpMemory, found: Sequence[Found], at: datetime, rule: Dumping
) -> tuple[DumpMemory, Found | None]:
    """One look; returns what was dumped when the rule is met by this very look, once per thing."""
    here = [one for one in found if one.label in VISITORS and one.score >= rule.visitor]
    garbage = [one for one in found if one.label == "garbage" and one.score >= rule.weak]
    since = at - timedelta(seconds=rule.before_s)
    visits = [visit for visit in memory.visits if visit.at >= since]
    visits += [Visit(label=one.label, box=_corners(one), at=at) for one in here]
    piles, unmatched = _matched(memory.piles, garbage, at, rule)
    known = tuple(piles)
    for one in unmatched:
        new = memory.looks >= rule.baseline and _visited(one, visits, rule) and not _touches(one, known)
        piles.append(Pile(box=_corners(one), first=at, last=at, near=at, fresh=new, scores=(one.score,)))
    dumped: Found | None = None
    kept = []
    for pile in piles:
        box = Found("garbage", median(pile.scores or (0.0,)), *pile.box)
        if any(overlap(one.grown(rule.reach), box) > 0 for one in here):
            pile = pile.model_copy(update={"near": at, "scores": ()})  # noqa: PLW2901
        elif dumped is None and pile.fresh and _stays(pile, at, rule):
            dumped, pile = box, pile.model_copy(update={"fresh": False})  # noqa: PLW2901
        if (at - pile.last).total_seconds() <= rule.forget_s:
            kept.append(pile)
    return DumpMemory(looks=memory.looks + 1, piles=tuple(kept[-50:]), visits=tuple(visits[-100:])), dumped


def settle(memory: DumpMemory) -> DumpMemory:
    """After a time without sight nothing is news: what lies there may have come unseen, by anyone."""
    piles = tuple(pile.model_copy(update={"fresh": False}) for pile in memory.piles)
    return DumpMemory(looks=0, piles=piles)


def _matched(
    piles: Sequence[Pile], garbage: list[Found], at: datetime, rule: Dumping
) -> tuple[list[Pile], list[Found]]:
    """Each known pile with this look's score (0 when it is not seen), and the boxes that belong to none."""
    rest, result = list(garbage), []
    for pile in piles:
        was = Found("garbage", 0.0, *pile.box)
        best = max(rest, key=lambda one: iou(one, was), default=None)
        if best is None or iou(best, was) < 0.25:
            result.append(pile.model_copy(update={"scores": (*pile.scores, 0.0)[-20:]}))
            continue
        rest.remove(best)
        scores = (*pile.scores, best.score)[-20:]
        result.append(pile.model_copy(update={"box": _corners(best), "last": at, "scores": scores}))
    return result, rest


def _visited(one: Found, visits: Sequence[Visit], rule: Dumping) -> bool:
    return any(overlap(Found(visit.label, 1.0, *visit.box).grown(rule.reach), one) > 0 for visit in visits)


def _touches(one: Found, piles: Sequence[Pile]) -> bool:
    """Whether a box shares a good part of itself with something already known there."""
    return any(overlap(one, was := Found("", 0.0, *pile.box)) > 0.3 * min(one.area, was.area) for pile in piles)


def _stays(pile: Pile, at: datetime, rule: Dumping) -> bool:
    seen = [score for score in pile.scores if score > 0]
    return (
        (at - pile.near).total_seconds() >= rule.after_s
        and len(seen) >= 3
        and len(seen) >= rule.steady * len(pile.scores)
        and median(seen) >= rule.strong
    )


def _corners(one: Found) -> tuple[float, float, float, float]:
    return one.x1, one.y1, one.x2, one.y2
