"""Who comes and goes on a rendered day: a villager, a dog, a car, a truck; which layer is seen at which second."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.scenes.scene import Scene

WALKER, LIGHTS = "walker", "headlights"
Cue = tuple[float, int]  # seconds from the start, layer from then on
# Seconds that each position of the way is seen; a stand lasts as long as it is told.
PACE = {"dog": 0.9, "resident": 0.9, "tricycle": 1.6, "truck": 2.2}
CAR = 1.3
VEHICLES = ("car", "red_car", "van", "tricycle", "truck")
HANDS = {"unload": 4.0, "rise": 2.0, "reach": 1.6, "drop": 1.2}


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that is seen from `start` to `end`: a layer of `who` from each cue on."""

    start: float
    end: float
    who: str
    cues: tuple[Cue, ...] = ()

    def layer(self, at: float) -> int:
        """The layer at a second of the day within start..end."""
        return next(layer for since, layer in reversed(self.cues) if self.start + since <= at)

    def share(self, at: float) -> float:
        """How much of it is over, 0..1."""
        return min(1.0, max(0.0, (at - self.start) / (self.end - self.start)))


def played(who: str, start: float, shots: Iterable[tuple[int, float]]) -> Happening:
    """Layers one after the other, each with the seconds it is seen."""
    cues: list[Cue] = []
    now = 0.0
    for layer, lasts in shots:
        cues.append((now, layer))
        now += lasts
    return Happening(start, start + now, who, tuple(cues))


def passes_by(scene: Scene, start: float) -> Happening:
    """A villager with empty hands comes, looks and goes: nothing is put down."""
    out = [i for i, (part, _) in enumerate(scene.walk) if part == "out"]
    step = 1 / scene.pace()
    return played(WALKER, start, [(i, step) for i in (*reversed(out), *out)])


def dumps(scene: Scene, start: float) -> tuple[Happening, float]:
    """The whole walk: the villager brings bags, and when they touch the ground."""
    step = 1 / scene.pace()
    return played(WALKER, start, [(i, step) for i in range(len(scene.walk))]), start + scene.put_down_seconds()


def unloads(scene: Scene, start: float) -> tuple[Happening, float]:
    """A tricycle comes loaded, its driver carries the bags to the heap and drives off; and when they lie there."""
    way = scene.moves["tricycle"]
    done = played("tricycle", start, [(i, HANDS.get(part, PACE["tricycle"])) for i, (part, _) in enumerate(way)])
    return done, start + next(since for since, layer in done.cues if way[layer][0] == "rise")


def visits(scene: Scene, who: str, start: float, stay: float, where: str = "stand") -> Happening:
    """Comes, stands for `stay` seconds (`hide`: before the spot, where the place has that) and goes."""
    way = scene.moves[who]
    pace = PACE.get(who, CAR)
    parts = {part for part, _ in way}
    halt = where if where in parts else "stand"
    shots = []
    for i, (part, _) in enumerate(way):
        if part in ("in", "out"):
            shots.append((i, pace))
        elif part == halt or part in ("reach", "drop"):
            shots.append((i, stay if part == halt else HANDS[part]))
    if who == "tricycle":  # it turns back as loaded as it came
        coming = [i for i, (part, _) in enumerate(way) if part == "in"]
        shots = [(i, lasts) for i, lasts in shots if way[i][0] != "out"] + [(i, pace) for i in reversed(coming)]
    return played(who, start, shots)


def empties(scene: Scene, start: float, stay: float = 60.0) -> tuple[Happening, float]:
    """The collection truck comes, stands before the bins and goes; and when the bins are empty behind it."""
    done = visits(scene, "truck", start, stay)
    standing = next(since for since, layer in done.cues if scene.moves["truck"][layer][0] == "stand")
    return done, start + standing + stay / 2


def drives_past(start: float, lasts: float) -> Happening:
    """Headlights that come out of the dark and pass."""
    return Happening(start, start + lasts, LIGHTS)
