"""Did somebody dump here? The ground shows something new, a visitor came and left, the finder says what.

``changed`` boxes (``detect.ground``) are places where the ground differs from how it usually is, whatever the light,
and lie still. Such a place is a *thing*. It is news when a person, a vehicle, or something large that moved
(``moving``, where the finder recognised nobody) was beside it shortly before, is not itself what lies there, and has
gone; and when the finder takes it for garbage in enough of the looks since. Garbage without a change of the ground lay
there before.

An event begins early, as soon as the thing lies alone (``early``), and is then certain (``sure``) or taken back
(``withdrawn``). Only somebody who stands beside the thing holds the clock: who walks past does not. A thing that was
decided is known from then on; it is news again when a later visitor leaves it clearly larger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, median
from typing import Literal

from pydantic import BaseModel, ConfigDict

from detect.boxes import Found, iou, overlap
from detect.kinds import CHANGED, MOVING, VISITORS

KEPT = 20  # scores of one thing
VANISHED = "东西又不见了"

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Dumping:
    """Limits of the rule; times in seconds, scores and shares 0..1."""

    early_s: float = 2.0  # lies alone this long: told as provisional
    after_s: float = 4.0  # lies alone this long: certain
    before_s: float = 8.0  # a visitor was near at most this long before it was first seen
    lost_s: float = 6.0  # what was not seen for so long, nobody before it, is gone
    patience_s: float = 25.0  # a provisional event is certain by then or withdrawn
    baseline: int = 3  # looks without which nothing can be called new
    weak: float = 0.05  # garbage scores from here count
    strong: float = 0.3  # at least one look must be so sure
    mean: float = 0.12  # mean score since it lies alone, looks that show nothing counted as 0
    faint: float = 0.15  # the same where no look is sure, but nearly every one shows it
    reach: float = 0.3  # near: within this share of the visitor's own size
    visitor: float = 0.35  # score of a visitor
    stands: float = 0.5  # IoU with itself a second or two ago from which a visitor stands
    lies: float = 0.5  # IoU with its first box from which a thing lies still
    grown: float = 1.4  # times its size: more was put there
    low: float = 0.75  # height of a thing against that of a nameless visitor


@dataclass(frozen=True, slots=True)
class News:
    """What one look brought: an event that begins provisionally, is certain, or is taken back, and why."""

    step: Literal["early", "sure", "withdrawn"]
    box: Found
    why: str = ""


class Thing(BaseModel):
    """Something lying at ``home`` since ``first``; ``scores`` of garbage since it lies alone (0: not recognised)."""

    model_config = ConfigDict(frozen=True)

    box: Box
    home: Box
    first: datetime
    last: datetime
    near: datetime
    fresh: bool
    left: bool = False  # somebody who was beside it has been seen going, or was recognised
    body: bool = False  # as high and wide as somebody who was beside it: he stands there
    missed: int = 0
    told: datetime | None = None
    scores: tuple[float, ...] = ()

    @property
    def found(self) -> Found:
        """As a box with the median of the scores seen."""
        return Found("garbage", median([one for one in self.scores if one > 0] or [0.0]), *self.box)


class Visit(BaseModel):
    """A person, a vehicle or something that moved, as seen at one look."""

    model_config = ConfigDict(frozen=True)

    label: str
    box: Box
    at: datetime

    @property
    def found(self) -> Found:
        return Found(self.label, 1.0, *self.box)


class DumpMemory(BaseModel):
    """What lies where, and who was about in the last seconds."""

    model_config = ConfigDict(frozen=True)

    looks: int = 0
    things: tuple[Thing, ...] = ()
    visits: tuple[Visit, ...] = ()

    @property
    def pending(self) -> Thing | None:
        """What was told provisionally and is neither certain nor withdrawn yet."""
        return next((thing for thing in self.things if thing.told), None)

    @property
    def waiting(self) -> bool:
        """Whether something new lies there about which nothing is decided yet: then every look counts."""
        return any(thing.told or (thing.fresh and thing.left) for thing in self.things)


@dataclass(frozen=True, slots=True)
class _Scene:
    """One look sorted: who is here, who of them stands, who was about, what the ground shows, what is garbage."""

    here: tuple[Found, ...]
    standing: tuple[Found, ...]
    visits: tuple[Visit, ...]
    places: tuple[Found, ...]
    garbage: tuple[Found, ...]
    at: datetime
    ready: bool


def watch_dumping(
    memory: DumpMemory, found: Sequence[Found], at: datetime, rule: Dumping
) -> tuple[DumpMemory, News | None]:
    """One look. At most one thing is under way at a time; early, then sure or withdrawn, each told once per thing."""
    scene = _sorted(memory, found, at, rule)
    things = _matched(memory.things, scene, rule)
    things, news = _news(things, scene, rule)
    kept = sorted((thing for thing in things if _remembered(thing, at, rule)), key=lambda one: one.told is not None)
    return DumpMemory(looks=memory.looks + 1, things=tuple(kept[-50:]), visits=scene.visits[-100:]), news


def settle(memory: DumpMemory) -> DumpMemory:
    """After a time without sight nothing is news: what lies there may have come unseen, by anyone."""
    return DumpMemory(looks=0, things=tuple(one.model_copy(update={"fresh": False}) for one in memory.things))


def _sorted(memory: DumpMemory, found: Sequence[Found], at: datetime, rule: Dumping) -> _Scene:
    bodies = [one for one in found if one.label in VISITORS and one.score >= rule.visitor]
    movers = [one for one in found if one.label == MOVING]
    movers = [one for one in movers if all(overlap(one, body) < 0.5 * body.area for body in bodies)]
    here = (*bodies, *movers)
    before = [visit for visit in memory.visits if (at - visit.at).total_seconds() <= rule.before_s]
    return _Scene(
        here=here,
        standing=tuple(one for one in here if _stands(one, before, at, rule)),
        visits=(*before, *(Visit(label=one.label, box=_corners(one), at=at) for one in here)),
        places=tuple(one for one in found if one.label == CHANGED),
        garbage=tuple(one for one in found if one.label == "garbage" and one.score >= rule.weak),
        at=at,
        ready=memory.looks >= rule.baseline,
    )


def _matched(things: Sequence[Thing], scene: _Scene, rule: Dumping) -> list[Thing]:
    """Each known thing with what this look shows of it, and the new ones; fragments of a known thing are part of it."""
    pairs = [
        (_share(thing.found, place), number, place) for number, thing in enumerate(things) for place in scene.places
    ]
    taken: dict[int, Found] = {}
    used: list[Found] = []
    for share, number, place in sorted(pairs, key=lambda pair: -pair[0] * pair[2].area):
        if share > 0.3 and number not in taken and place not in used:
            taken[number] = place
            used.append(place)
    result = []
    for number, thing in enumerate(things):
        if number in taken:
            result.append(_seen(thing, taken[number], scene, rule))
        elif thing.told is None and any(_share(thing.found, place) > 0.5 for place in used):
            continue  # it has grown into another
        else:
            covered = _hidden(thing.found, scene)
            result.append(thing if covered else thing.model_copy(update={"missed": thing.missed + 1}))
    boxes = [thing.found for thing in result]
    rest = [place for place in scene.places if place not in used]
    return result + [_new(one, scene, rule) for one in rest if all(_share(one, box) <= 0.3 for box in boxes)]


def _new(place: Found, scene: _Scene, rule: Dumping) -> Thing:
    beside = _beside(place, scene.visits, rule)
    box = _corners(place)
    thing = Thing(box=box, home=box, first=scene.at, last=scene.at, near=scene.at, fresh=scene.ready and bool(beside))
    return thing.model_copy(update=_company(place, beside, rule))


def _company(place: Found, beside: Sequence[Found], rule: Dumping) -> dict[str, object]:
    """What those beside a thing say about it when it appears or changes its shape."""
    known = [one for one in beside if one.label in VISITORS]
    largest = max((one for one in beside if one.label == MOVING), key=lambda one: one.area, default=None)
    small = largest is not None and not known and _as_large(place, largest, rule)
    return {"left": bool(known), "body": small or any(_alike(place, one) for one in known)}


def _seen(thing: Thing, place: Found, scene: _Scene, rule: Dumping) -> Thing:
    """The thing as this look shows it. The clock starts anew while somebody stands beside it, and when it moved."""
    home = Found("", 0.0, *thing.home)
    rests = iou(place, home) >= rule.lies
    if not rests and _hidden(home, scene):
        return thing.model_copy(update={"last": scene.at, "missed": 0})
    update: dict[str, object] = {"box": _corners(place), "last": scene.at, "missed": 0}
    beside = _beside(place, scene.visits, rule)
    if thing.told is None and (scene.at - thing.near).total_seconds() > rule.patience_s:
        update["fresh"] = False  # long enough alone, and nobody calls it garbage
    larger = place.area >= rule.grown * home.area and scene.ready and bool(beside)
    if not thing.fresh and thing.told is None and larger:
        update |= {"fresh": True, "first": scene.at}
    if not rests:
        update |= {"home": _corners(place), "near": scene.at, "scores": ()} | _company(place, beside, rule)
    elif any(overlap(one.grown(rule.reach), place) > 0 for one in scene.standing):
        update |= {"near": scene.at, "scores": ()}
    else:
        goes = _leaves(place, scene, rule)
        update |= {"left": thing.left or goes, "body": thing.body and not goes}
        update["scores"] = (*thing.scores, _taken_for(place, scene.garbage))[-KEPT:]
    return thing.model_copy(update=update)


def _hidden(box: Found, scene: _Scene) -> bool:
    """Whether somebody is before a good part of it now."""
    return any(overlap(one, box) > 0.2 * box.area for one in scene.here)


def _taken_for(place: Found, garbage: Sequence[Found]) -> float:
    """How surely the finder takes this place for garbage: a box that holds most of it and is not mostly elsewhere."""
    fits = (one for one in garbage if overlap(one, place) >= max(0.3 * place.area, 0.15 * one.area))
    return max((one.score for one in fits), default=0.0)


def _news(things: list[Thing], scene: _Scene, rule: Dumping) -> tuple[list[Thing], News | None]:
    """The one thing to tell, and the things after it was told."""
    pending = next((thing for thing in things if thing.told), None)
    if pending is None:
        new = next((one for one in things if one.fresh and _alone(one, scene.at, rule.early_s, 2, rule)), None)
        if new is None:
            return things, None
        return _replaced(things, new, told=scene.at), News("early", new.found)
    why = _gone(pending, scene.at, rule)
    if why == VANISHED:
        return [thing for thing in things if thing is not pending], News("withdrawn", pending.found, why)
    if why:
        return _replaced(things, pending, told=None, fresh=False), News("withdrawn", pending.found, why)
    if not _alone(pending, scene.at, rule.after_s, 3, rule):
        return things, None
    return _known(things, pending), News("sure", pending.found)


def _known(things: list[Thing], told: Thing) -> list[Thing]:
    """What was told is known, and so is what the same visitor left around it."""
    around = told.found.grown(1.0)
    return [
        one.model_copy(update={"told": None, "fresh": False, "home": one.box})
        if one is told or (one.fresh and overlap(around, one.found) > 0)
        else one
        for one in things
    ]


def _gone(thing: Thing, at: datetime, rule: Dumping) -> str:
    """Why a provisional event is taken back, or nothing."""
    if not thing.fresh:
        return "中间有一段时间看不清"
    if thing.missed >= 3 and (at - thing.last).total_seconds() >= rule.early_s:
        return VANISHED
    if thing.told is not None and (at - thing.told).total_seconds() >= rule.patience_s:
        return "迟迟不能确定"
    return ""


def _alone(thing: Thing, at: datetime, seconds: float, least: int, rule: Dumping) -> bool:
    """Whether it has lain still for so long since nobody stands beside it, and is taken for garbage often enough."""
    return (
        thing.left
        and not thing.body
        and (at - thing.near).total_seconds() >= seconds
        and thing.last == at
        and len(thing.scores) >= least
        and _convincing(thing.scores, (at - thing.near).total_seconds() / seconds, rule)
    )


def _convincing(scores: Sequence[float], patience: float, rule: Dumping) -> bool:
    """Whether it is taken for garbage: surely once and often enough, or, after longer, a little at nearly each look."""
    mean, seen = fmean(scores), sum(score > 0 for score in scores)
    surely = max(scores) >= rule.strong and mean >= rule.mean
    return surely or (patience >= 1.5 and mean >= rule.faint and seen >= 0.8 * len(scores))


def _remembered(thing: Thing, at: datetime, rule: Dumping) -> bool:
    return thing.told is not None or thing.missed < 3 or (at - thing.last).total_seconds() <= rule.lost_s


def _stands(one: Found, visits: Sequence[Visit], at: datetime, rule: Dumping) -> bool:
    """Whether a visitor was at the same place a second or two ago."""
    since, until = at - timedelta(seconds=2.6), at - timedelta(seconds=0.8)
    before = (visit for visit in visits if since <= visit.at <= until and visit.label == one.label)
    return any(iou(one, visit.found) >= rule.stands for visit in before)


def _beside(place: Found, visits: Sequence[Visit], rule: Dumping) -> list[Found]:
    """Who was near it in the last seconds."""
    return [visit.found for visit in visits if overlap(visit.found.grown(rule.reach), place) > 0]


def _leaves(place: Found, scene: _Scene, rule: Dumping) -> bool:
    """Whether somebody is seen away from it who was beside it a second or two ago."""
    since = scene.at - timedelta(seconds=2.6)
    beside = _beside(place, [visit for visit in scene.visits if since <= visit.at < scene.at], rule)
    going = [one for one in scene.here if overlap(one, place) < 0.1 * place.area and one.area > 0.3 * place.area]
    return any(overlap(_around(one), away) > 0 for one in beside for away in going)


def _around(one: Found) -> Found:
    far = 0.5 * max(one.x2 - one.x1, one.y2 - one.y1)
    return Found(one.label, one.score, one.x1 - far, one.y1 - far, one.x2 + far, one.y2 + far)


def _alike(place: Found, body: Found) -> bool:
    """Whether a place is as high and as wide as a person or vehicle that was there, or larger: it stands there."""
    width, height = place.x2 - place.x1, place.y2 - place.y1
    return width > 0.7 * (body.x2 - body.x1) and height > 0.75 * (body.y2 - body.y1)


def _as_large(place: Found, mover: Found, rule: Dumping) -> bool:
    """Whether what moved was hardly larger than what lies there: it lay down itself."""
    wide, tall = mover.x2 - mover.x1, mover.y2 - mover.y1
    return place.x2 - place.x1 > rule.low * wide and place.y2 - place.y1 > rule.low * tall


def _share(one: Found, other: Found) -> float:
    """Share of the smaller box that both have in common."""
    return overlap(one, other) / (min(one.area, other.area) or 1.0)


def _replaced(things: list[Thing], one: Thing, **update: object) -> list[Thing]:
    return [thing.model_copy(update=update) if thing is one else thing for thing in things]


def _corners(one: Found) -> Box:
    return one.x1, one.y1, one.x2, one.y2
