"""A whole day before a rendered camera: light, weather and everybody who passes, with the true drops listed.

`day()` is pure: the same scene, seed, condition and number of drops give the same day, and `Timeline.view(second)` may
be asked in any order and at any rate (0.2 fps is what a resting camera looks at; an event needs more).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from edge.scenes.compose import Light, View, compose
from edge.scenes.happenings import (
    LIGHTS,
    VEHICLES,
    WALKER,
    Happening,
    drives_past,
    dumps,
    passes_by,
    unloads,
    visits,
)
from edge.scenes.scene import Frame, Scene, SceneError

HOUR, DAY = 3600.0, 86400.0
FPS = 0.2
CONDITIONS = ("clear", "cloudy", "rain", "fog", "wind", "snow", "lens", "lamp", "infrared")
LENS = 0.25  # the dirty glass of the condition `lens`
APART = 180.0  # seconds before and after a drop in which no vehicle stands in the way
# Hours at which the light turns: night until the first, day between the third and the fourth, night after the last.
DAWN, SUNRISE, MORNING, EVENING, SUNSET, DARK = 5.3, 5.9, 6.6, 17.6, 18.3, 18.9


@dataclass(frozen=True, slots=True)
class Drop:
    """Rubbish that was really dumped: when it touched the ground, until when it lay there, by whom, which state."""

    at: float
    until: float
    by: str
    state: str


@dataclass(frozen=True, slots=True)
class Spell:
    """Some weather from start to end, as strong as `strength`."""

    start: float
    end: float
    strength: float


@dataclass(frozen=True)
class Timeline:
    """A day: what is seen at each of its 86,400 seconds, and the drops (none on a quiet day)."""

    scene: Scene
    seed: int
    condition: str
    drops: tuple[Drop, ...]
    happenings: tuple[Happening, ...]  # by start
    spells: tuple[Spell, ...]
    phases: tuple[float, ...]  # of the clouds

    def view(self, second: float) -> View:
        """What is to be seen at a second of the day."""
        hour = second / HOUR
        light, dim = light_at(hour)
        view = View(state=self._state(second), light=light, dim=dim, sun=self._sun(second), at=second)
        view = self._weather(view, self._strength(second))
        if light == "night" and self.condition == "infrared":
            view = replace(view, light="infrared", dim=0.0)
        return self._seen(view, second)

    def frames(self, fps: float = FPS, start: float = 0.0, end: float = DAY) -> Iterator[tuple[float, Frame]]:
        """Seconds and pictures (uint8 BGR) from start to end."""
        for number in range(int((end - start) * fps)):
            at = start + number / fps
            yield at, compose(self.scene, self.view(at), self.seed * 1_000_003 + int(at * 1000))

    def _state(self, second: float) -> str:
        return next((drop.state for drop in self.drops if drop.at <= second < drop.until), "clean")

    def _sun(self, second: float) -> float:
        """Clouds: hardly any on a clear day, a third of the light on a cloudy one, lasting for minutes."""
        waves = (math.sin(second / span + phase) for span, phase in zip((97.0, 230.0, 610.0), self.phases, strict=True))
        cover = 0.5 + sum(waves) / 6
        deep = {"clear": 0.05, "cloudy": 0.38, "rain": 0.25, "snow": 0.2}.get(self.condition, 0.12)
        return round(1 - deep * cover, 3)

    def _strength(self, second: float) -> float:
        """How strong the weather is now, coming and going within a minute."""
        return max(
            (one.strength * min(1.0, (second - one.start) / 60, (one.end - second) / 60)
             for one in self.spells if one.start < second < one.end), default=0.0,
        )  # fmt: skip

    def _weather(self, view: View, strong: float) -> View:
        if self.condition == "lens":
            return replace(view, lens=LENS)
        if self.condition == "lamp":
            return replace(view, lamp=view.light != "day")
        if strong <= 0:
            return view
        changes: dict[str, View] = {
            "rain": replace(view, rain=True, wind=round(0.2 * strong, 2)),
            "snow": replace(view, snow=True),
            "fog": replace(view, fog=round(strong, 3)),
            "wind": replace(view, wind=round(strong, 2)),
        }
        return changes.get(self.condition, view)

    def _seen(self, view: View, second: float) -> View:
        """Everybody who is in the picture now."""
        last = bisect_right(self.happenings, second, key=lambda one: one.start)
        now = [one for one in self.happenings[:last] if second < one.end]
        walker = next((one.layer(second) for one in now if one.who == WALKER), None)
        shine = next((one.share(second) for one in now if one.who == LIGHTS), None)
        moving = tuple((one.who, one.layer(second)) for one in now if one.who not in (WALKER, LIGHTS))
        return replace(view, walker=walker, headlights=shine, moving=moving)


def light_at(hour: float) -> tuple[Light, float]:
    """The light at an hour 0..24, and how far it has gone towards the next darker one."""
    if hour < DAWN or hour >= DARK:
        return "night", 0.0
    if hour < SUNRISE:
        return "dusk", 1 - (hour - DAWN) / (SUNRISE - DAWN)
    if hour < MORNING:
        return "day", 1 - (hour - SUNRISE) / (MORNING - SUNRISE)
    if hour < EVENING:
        return "day", 0.0
    if hour < SUNSET:
        return "day", (hour - EVENING) / (SUNSET - EVENING)
    return "dusk", (hour - SUNSET) / (DARK - SUNSET)


def day(scene: Scene, seed: int, condition: str = "clear", drops: int = 0) -> Timeline:
    """A day of this scene. Without drops nothing is dumped, whoever passes. Raises SceneError for a condition unknown.

    With drops: a villager or a tricycle brings them by daylight; each lies for two hours at most, then it is gone.
    """
    if condition not in CONDITIONS:
        raise SceneError(f"a day's condition {condition!r} is unknown; use one of {', '.join(CONDITIONS)}")
    dice = np.random.default_rng((scene.seed, seed, CONDITIONS.index(condition)))
    plan = _Plan(scene, dice)
    done = tuple(plan.drop(7.0 + 10.0 * (i + 0.5) / drops, 10.0 / drops) for i in range(drops))
    plan.everyday()
    phases = tuple(float(phase) for phase in dice.uniform(0, 6.28, 3))
    happenings = tuple(sorted(plan.happenings, key=lambda one: one.start))
    return Timeline(scene, seed, condition, done, happenings, _spells(dice, condition), phases)


def _spells(dice: np.random.Generator, condition: str) -> tuple[Spell, ...]:
    if condition == "fog":  # it lies from before dawn and is gone by noon
        return (Spell(2 * HOUR, float(dice.uniform(9, 11)) * HOUR, float(dice.uniform(0.35, 0.7))),)
    if condition not in ("rain", "snow", "wind"):
        return ()
    starts = dice.uniform(0, 23, size=int(dice.integers(4, 8))) * HOUR
    return tuple(
        Spell(float(start), float(start + dice.uniform(0.3, 1.8) * HOUR), float(dice.uniform(0.4, 1.0)))
        for start in np.sort(starts)
    )


class _Plan:
    """A day while it is filled: nobody stands where somebody else does, and no vehicle hides a drop."""

    def __init__(self, scene: Scene, dice: np.random.Generator) -> None:
        self.scene, self.dice = scene, dice
        self.happenings: list[Happening] = []
        self._taken: list[tuple[float, float]] = []

    def drop(self, hour: float, hours: float) -> Drop:
        """One drop within `hours` around `hour`."""
        start = (hour + float(self.dice.uniform(-0.2, 0.2)) * hours) * HOUR
        by_tricycle = "tricycle" in self.scene.moves and self.dice.random() < 0.4
        happening, at = (unloads if by_tricycle else dumps)(self.scene, start)
        self.happenings.append(happening)
        self._taken.append((start - APART, happening.end + APART))
        lies = min(float(self.dice.uniform(0.35, 0.55)) * hours, 2.0) * HOUR
        return Drop(at, at + lies, "tricycle" if by_tricycle else "villager", "bags")

    def everyday(self) -> None:
        """Who passes on any day: most by daylight, dogs at any hour, headlights by night."""
        dice, scene = self.dice, self.scene
        for who in VEHICLES:
            if who in scene.moves:
                self._come_by(who, int(dice.integers(1, 2 if who == "truck" else 6)))
        for _ in range(int(dice.integers(20, 45)) if scene.walk else 0):
            self._add(passes_by(scene, self._hour(5.5, 21.5)))
        for who, many, first, last in (("resident", 10, 6.0, 20.0), ("dog", 14, 0.0, 23.9)):
            for _ in range(int(dice.integers(many // 2, many)) if who in scene.moves else 0):
                self._add(visits(scene, who, self._hour(first, last), float(dice.uniform(2, 40))))
        for _ in range(int(dice.integers(8, 22))):
            hour = float(dice.choice((dice.uniform(0, DAWN), dice.uniform(DARK, 23.9))))
            self._add(drives_past(hour * HOUR, float(dice.uniform(4, 9))))

    def _come_by(self, who: str, many: int) -> None:
        for _ in range(many):
            parks = 90 if who == "truck" else float(self.dice.choice((20, 300, 1800, 5400)))
            where = "hide" if self.dice.random() < 0.3 else "stand"
            stay = parks * float(self.dice.uniform(0.5, 1.5)) * (0.3 if where == "hide" else 1.0)
            self._add(visits(self.scene, who, self._hour(6.0, 21.0), stay, where))

    def _hour(self, first: float, last: float) -> float:
        return float(self.dice.uniform(first, last)) * HOUR

    def _add(self, one: Happening) -> None:
        """Into the day, unless somebody of that kind is there already or it is too near a drop."""
        alike = [other for other in self.happenings if _kind(other.who) == _kind(one.who)]
        busy = [(other.start, other.end) for other in alike] + self._taken
        if one.end < DAY and not any(one.start < end and start < one.end for start, end in busy):
            self.happenings.append(one)


def _kind(who: str) -> str:
    return "vehicle" if who in VEHICLES else who
