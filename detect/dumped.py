"""Did somebody dump here? Something that was not there before lies still after the one who was beside it walks on.

An event begins early, as soon as a new thing lies alone (``early``), and is then certain (``sure``) or taken back
(``withdrawn``). Only somebody who stands beside the thing holds the clock: who walks past does not. Garbage known from
before anybody came, however weakly it was seen, is never news; nor is what is carried on, vanishes or appears alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Literal

from pydantic import BaseModel, ConfigDict

from detect.boxes import Found, iou, overlap

VISITORS = frozenset({"person", "vehicle"})
KEPT = 20  # scores of one pile
VANISHED = "东西又不见了"


@dataclass(frozen=True, slots=True)
class Dumping:
    """Limits of the rule; times in seconds, scores and shares 0..1."""

    early_s: float = 2.0  # lies alone this long: told as provisional
    after_s: float = 4.0  # lies alone this long: certain
    before_s: float = 8.0  # a visitor was near at most this long before it was first seen
    lost_s: float = 6.0  # something new that was not seen for so long is gone
    patience_s: float = 25.0  # a provisional event is certain by then or withdrawn
    baseline: int = 3  # looks without which nothing can be called new
    weak: float = 0.1  # known from here
    strong: float = 0.35  # median score that makes it certain
    steady: float = 0.5  # share of the looks since the visitor left that show it
    reach: float = 0.3  # near: within this share of the visitor's own size
    visitor: float = 0.35  # score of a visitor
    stands: float = 0.5  # IoU with itself a second or two ago from which a visitor stands
    lies: float = 0.5  # share in common with its first box from which a thing lies still
    forget_s: float = 600.0


@dataclass(frozen=True, slots=True)
class News:
    """What one look brought: an event that begins provisionally, is certain, or is taken back, and why."""

    step: Literal["early", "sure", "withdrawn"]
    box: Found
    why: str = ""


class Pile(BaseModel):
    """Something lying at ``home`` since ``first``; ``scores`` since it lies alone (0: not seen, nobody before it)."""

    model_config = ConfigDict(frozen=True)

    box: tuple[float, float, float, float]
    first: datetime
    last: datetime
    near: datetime
    fresh: bool
    home: tuple[float, float, float, float] | None = None
    told: datetime | None = None
    scores: tuple[float, ...] = ()

    @property
    def found(self) -> Found:
        """As a box with the median of the scores seen."""
        return Found("garbage", median([one for one in self.scores if one > 0] or [0.0]), *self.box)


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

    @property
    def pending(self) -> Pile | None:
        """What was told provisionally and is neither certain nor withdrawn yet."""
        return next((pile for pile in self.piles if pile.told), None)

    @property
    def waiting(self) -> bool:
        """Whether something new lies there about which nothing is decided yet: then every look counts."""
        return any(pile.fresh or pile.told for pile in self.piles)


def watch_dumping(
    memory: DumpMemory, found: Sequence[Found], at: datetime, rule: Dumping
) -> tuple[DumpMemory, News | None]:
    """One look. At most one thing is under way at a time; early, then sure or withdrawn, each told once per thing."""
    here = [one for one in found if one.label in VISITORS and one.score >= rule.visitor]
    garbage = _single([one for one in found if one.label == "garbage" and one.score >= rule.weak])
    visits = [visit for visit in memory.visits if (at - visit.at).total_seconds() <= rule.before_s]
    standing = [one for one in here if _stands(one, visits, at, rule)]
    visits += [Visit(label=one.label, box=_corners(one), at=at) for one in here]
    garbage = [one for one in garbage if not _is_visitor(one, visits, rule)]
    piles, unmatched = _matched(memory.piles, garbage, here, at)
    known = tuple(pile for pile in piles if not pile.fresh)
    for one in unmatched:
        new = memory.looks >= rule.baseline and _visited(one, visits, rule) and not _touches(one, known)
        box = _corners(one)
        piles.append(Pile(box=box, home=box, first=at, last=at, near=at, fresh=new, scores=(one.score,)))
    piles = [_rested(pile, standing, at, rule) for pile in piles]
    piles, news = _news(piles, at, rule)
    kept = sorted((pile for pile in piles if _remembered(pile, at, rule)), key=lambda pile: pile.told is not None)
    return DumpMemory(looks=memory.looks + 1, piles=tuple(kept[-50:]), visits=tuple(visits[-100:])), news


def settle(memory: DumpMemory) -> DumpMemory:
    """After a time without sight nothing is news: what lies there may have come unseen, by anyone."""
    piles = tuple(pile.model_copy(update={"fresh": False}) for pile in memory.piles)
    return DumpMemory(looks=0, piles=piles)


def _news(piles: list[Pile], at: datetime, rule: Dumping) -> tuple[list[Pile], News | None]:
    """The one thing to tell, and the piles after it was told."""
    pending = next((pile for pile in piles if pile.told), None)
    if pending is None:
        new = next((pile for pile in piles if pile.fresh and _alone(pile, at, rule.early_s, 2, rule)), None)
        if new is None:
            return piles, None
        return _replaced(piles, new, told=at), News("early", new.found)
    why = _gone(pending, at, rule)
    if why == VANISHED:
        return [pile for pile in piles if pile is not pending], News("withdrawn", pending.found, why)
    if why:
        return _replaced(piles, pending, told=None, fresh=False), News("withdrawn", pending.found, why)
    if not _alone(pending, at, rule.after_s, 3, rule):
        return piles, None
    return _replaced(piles, pending, told=None, fresh=False), News("sure", pending.found)


def _gone(pile: Pile, at: datetime, rule: Dumping) -> str:
    """Why a provisional event is taken back, or nothing."""
    if not pile.fresh:
        return "中间有一段时间看不清"
    if pile.told is not None and (at - pile.told).total_seconds() >= rule.patience_s:
        return "迟迟不能确定"
    missing = len(pile.scores) >= 3 and not any(pile.scores[-3:])
    if missing and (at - pile.last).total_seconds() >= rule.early_s:
        return VANISHED
    return ""


def _alone(pile: Pile, at: datetime, seconds: float, least: int, rule: Dumping) -> bool:
    """Whether it has been seen lying still for so long since nobody stands beside it."""
    seen = [score for score in pile.scores if score > 0]
    return (
        (at - pile.near).total_seconds() >= seconds
        and pile.last == at
        and len(seen) >= least
        and len(seen) >= rule.steady * len(pile.scores)
        and median(seen) >= rule.strong
    )


def _rested(pile: Pile, standing: Sequence[Found], at: datetime, rule: Dumping) -> Pile:
    """The clock starts anew while somebody stands beside it, and when it was moved."""
    box = pile.found
    if pile.fresh and _share(box, Found("", 0.0, *(pile.home or pile.box))) < rule.lies:
        return pile.model_copy(update={"home": pile.box, "near": at, "scores": pile.scores[-1:]})
    if any(overlap(one.grown(rule.reach), box) > 0 for one in standing):
        return pile.model_copy(update={"near": at, "scores": ()})
    return pile


def _remembered(pile: Pile, at: datetime, rule: Dumping) -> bool:
    unseen = (at - pile.last).total_seconds()
    return unseen <= (rule.lost_s if pile.fresh and not pile.told else rule.forget_s)


def _matched(
    piles: Sequence[Pile], garbage: Sequence[Found], here: Sequence[Found], at: datetime
) -> tuple[list[Pile], list[Found]]:
    """Each known pile with this look's score (0: not seen, though nobody was before it), and the boxes of none.

    The best pairs first; a box that is part of a new thing, or holds it, is that thing. Fragments of what is seen as
    one thing now are let go, and what was told about them is told about it.
    """
    boxes = [pile.found for pile in piles]
    pairs = ((_alike(pile, box, one), number, one) for number, (pile, box) in enumerate(zip(piles, boxes, strict=True))
             for one in garbage)  # fmt: skip
    taken: dict[int, Found] = {}
    used: list[Found] = []
    for alike, number, one in sorted(pairs, key=lambda pair: -pair[0]):
        if alike > 0 and number not in taken and one not in used:
            taken[number] = one
            used.append(one)
    result: list[Pile] = []
    told: datetime | None = None
    for number, (pile, box) in enumerate(zip(piles, boxes, strict=True)):
        if number in taken:
            result.append(_seen(pile, taken[number], at))
        elif pile.fresh and any(_share(box, one) > 0.5 for one in used):
            told = told or pile.told
        else:
            covered = any(overlap(one, box) > 0.3 * box.area for one in here)
            result.append(pile if covered else pile.model_copy(update={"scores": (*pile.scores, 0.0)[-KEPT:]}))
    return _handed_on(result, told), [one for one in garbage if one not in used]


def _alike(pile: Pile, box: Found, one: Found) -> float:
    """How well a box fits a pile, 0 when it is another thing."""
    same = iou(box, one)
    if same >= 0.25:
        return same
    return 0.2 * _share(box, one) if pile.fresh and _share(box, one) > 0.5 else 0.0


def _seen(pile: Pile, one: Found, at: datetime) -> Pile:
    scores = (*pile.scores, one.score)[-KEPT:]
    return pile.model_copy(update={"box": _corners(one), "last": at, "scores": scores})


def _handed_on(piles: list[Pile], told: datetime | None) -> list[Pile]:
    """Let the thing that is seen best go on with what was told about a fragment of it."""
    new = [pile for pile in piles if pile.fresh and not pile.told]
    if told is None or not new:
        return piles
    best = max(new, key=lambda pile: (pile.last, pile.found.score))
    return _replaced(piles, best, told=told)


def _stands(one: Found, visits: Sequence[Visit], at: datetime, rule: Dumping) -> bool:
    """Whether a visitor was at the same place a second or two ago."""
    since, until = at - timedelta(seconds=2.6), at - timedelta(seconds=0.8)
    before = (visit for visit in visits if since <= visit.at <= until and visit.label == one.label)
    return any(iou(one, Found(visit.label, 1.0, *visit.box)) >= rule.stands for visit in before)


def _visited(one: Found, visits: Sequence[Visit], rule: Dumping) -> bool:
    return any(overlap(Found(visit.label, 1.0, *visit.box).grown(rule.reach), one) > 0 for visit in visits)


def _is_visitor(one: Found, visits: Sequence[Visit], rule: Dumping) -> bool:
    """Whether it is as high and as wide as somebody who was just there: a person taken for a bag for some looks."""
    width, height = one.x2 - one.x1, one.y2 - one.y1
    for visit in visits:
        body = Found(visit.label, 1.0, *visit.box)
        wide, tall = body.x2 - body.x1, body.y2 - body.y1
        alike = 0.7 < width / wide < 1.4 and 0.75 < height / tall < 1.33
        if visit.label == "person" and alike and overlap(body.grown(rule.reach), one) > 0:
            return True
    return False


def _touches(one: Found, piles: Sequence[Pile]) -> bool:
    """Whether a box shares a good part of itself with something already known there."""
    places = (place for pile in piles for place in (pile.box, pile.home or pile.box))
    return any(_share(one, Found("", 0.0, *place)) > 0.3 for place in places)


def _share(one: Found, other: Found) -> float:
    """Share of the smaller box that both have in common."""
    return overlap(one, other) / (min(one.area, other.area) or 1.0)


def _single(boxes: Sequence[Found]) -> list[Found]:
    """Boxes without those that lie half in a stronger one."""
    kept: list[Found] = []
    for one in sorted(boxes, key=lambda each: -each.score):
        if all(_share(one, other) <= 0.5 for other in kept):
            kept.append(one)
    return kept


def _replaced(piles: list[Pile], one: Pile, **update: object) -> list[Pile]:
    return [pile.model_copy(update=update) if pile is one else pile for pile in piles]


def _corners(one: Found) -> tuple[float, float, float, float]:
    return one.x1, one.y1, one.x2, one.y2
