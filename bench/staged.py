"""Rendered clips for the event figures: villagers who put bags down, and everything that looks like it and is not.

A clip is a timeline of views of a shipped scene, so nothing has to be rendered anew. A bag that goes into a bin is here
a villager who bends down at closed bins and leaves without it; ``bench.hard`` has the one who reaches over the rim, and
vehicles, animals and weather.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.scoring import Moment
from edge.scenes.play import Scene, View, compose
from edge.scenes.scene import HEIGHT, WIDTH, Piece

Picture = npt.NDArray[np.uint8]
Timeline = Callable[[Scene, float], View]

COMES = 6.0  # second at which somebody comes or something changes
STANDS_S, LIES_S = 8.0, 1.0
GROWN = 40  # grey levels between noise and a bag
CONDITIONS: dict[str, View] = {
    "day": View(), "dusk": View(light="dusk"), "rain": View(rain=True), "lens": View(lens=0.3),
    "fog": View(fog=0.5), "wind": View(wind=0.7), "snow": View(snow=True), "infrared": View(light="infrared"),
    "lamp at night": View(light="night", lamp=True),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Staged:
    """One rendered clip: what it shows, where, how it goes on, how long, and the drops when there are any.

    ``more`` says which further pieces lie there at a second.
    """

    what: str
    scene: Scene
    view: Timeline
    seconds: float
    drops: tuple[Moment, ...] = ()
    more: Callable[[float], tuple[Piece, ...]] = lambda _: ()

    @property
    def clean(self) -> bool:
        """Whether nothing lies there from beginning to end."""
        views = (self.view(self.scene, at) for at in np.arange(0.0, self.seconds, 0.5))
        return all(view.state == "clean" and not view.lying for view in views)

    def frames(self, fps: float) -> Iterator[tuple[float, Picture]]:
        """Seconds and pictures."""
        for number in range(int(self.seconds * fps)):
            at = number / fps
            yield at, self.picture(at)

    def picture(self, at: float) -> Picture:
        """What is seen at a second."""
        return compose(self.scene, replace(self.view(self.scene, at), at=at), int(at * 1000), self.more(at))


def dumpings(scene: Scene, condition: str) -> Staged:
    """A villager comes, puts bags down and goes."""
    usual = CONDITIONS[condition]

    def view(scene: Scene, at: float) -> View:
        down = at >= COMES + scene.put_down_seconds()
        return replace(usual, walker=walker(scene, at - COMES), state="bags" if down else "clean")

    return Staged(condition, scene, view, 28.0, (drop_of(scene),))


def distractors(scene: Scene) -> list[Staged]:
    """What must raise no dumping alarm."""
    gone = COMES + len(scene.walk) / scene.pace()
    return [Staged(what, scene, view, gone + lasts) for what, (lasts, view) in _DISTRACTORS.items()]


def still(scene: Scene) -> list[Staged]:
    """Nothing happens: what a camera sees nearly always."""
    return [Staged(what, scene, _passes_never(view), 40.0) for what, view in _STILL.items()]


def drop_of(scene: Scene) -> Moment:
    """When and where the bags touch the ground: where the picture with bags differs from the resting one."""
    rest, bags = (compose(scene, View(state=state), 1).astype(np.int16) for state in ("clean", "bags"))
    rows, columns = np.nonzero(np.abs(bags - rest).max(axis=2) > GROWN)
    x1, x2 = np.percentile(columns, (2, 98))
    y1, y2 = np.percentile(rows, (2, 98))
    return Moment(COMES + scene.put_down_seconds(), (x1 / WIDTH, y1 / HEIGHT, x2 / WIDTH, y2 / HEIGHT))


def walker(scene: Scene, seconds: float) -> int | None:
    number = int(seconds * scene.pace()) if seconds >= 0 else -1
    return number if 0 <= number < len(scene.walk) else None


def _comes(scene: Scene) -> int:
    """Number of layers until the villager bends down."""
    return sum(part == "in" for part, _ in scene.walk)


def _bent(scene: Scene) -> int:
    return sum(part in ("in", "bend") for part, _ in scene.walk)


def _passes_by(state: str, **usual: Any) -> Timeline:
    """The walk without anything put down: past the place, or (the same picture) the bag went into the bin."""
    return lambda scene, at: View(state=state, walker=walker(scene, at - COMES), **usual)


def _waits_with_bags(scene: Scene, at: float) -> View:
    """Stands there with the bags for a while, and carries them away again."""
    arrived = COMES + _comes(scene) / scene.pace()
    if at < arrived:
        return View(walker=walker(scene, at - COMES))
    if at < arrived + STANDS_S:
        return View(walker=_comes(scene) - 1)
    back = _comes(scene) - 1 - int((at - arrived - STANDS_S) * scene.pace())
    return View(walker=back if back >= 0 else None)


def _puts_down_and_takes_away(scene: Scene, at: float) -> View:
    """Puts the bags down, stands beside them, takes them up again and goes the way he came."""
    down = COMES + scene.put_down_seconds()
    rise = _bent(scene) + 1
    if at < down:
        return View(walker=walker(scene, at - COMES))
    if at < down + LIES_S + STANDS_S / 2:
        return View(state="bags", walker=min(rise, _bent(scene) + int((at - down) * scene.pace())))
    back = _bent(scene) - 1 - int((at - down - LIES_S - STANDS_S / 2) * scene.pace())
    return View(walker=back if back >= 0 else None)


def _passes_never(view: View) -> Timeline:
    return lambda _, __: view


def _appears(state: str, **usual: Any) -> Timeline:
    """A state that changes with nobody about: cut, blackout, or seen too late."""
    return lambda _, at: View(state=state if at >= COMES else "clean", **usual)


def _light_turns(state: str, **later: Any) -> Timeline:
    return lambda _, at: View(state=state, **(later if at >= COMES else {}))


def _passes_as_it_turns(scene: Scene, at: float) -> View:
    """A pile lies there, somebody passes, and the lamp goes out to dusk while he is before it."""
    dusk = at >= COMES + scene.put_down_seconds()
    return View(state="pile", light="dusk" if dusk else "day", walker=walker(scene, at - COMES))


_DISTRACTORS: dict[str, tuple[float, Timeline]] = {
    "passes, or bag into the bin": (9.0, _passes_by("clean")),
    "passes in the rain": (9.0, _passes_by("clean", rain=True)),
    "passes at dusk": (9.0, _passes_by("clean", light="dusk")),
    "waits with bags, carries them away": (9.0 + STANDS_S, _waits_with_bags),
    "puts down, takes away": (9.0 + LIES_S + STANDS_S / 2, _puts_down_and_takes_away),
    "passes garbage that lay there": (9.0, _passes_by("pile")),
    "passes bags that lay there, dusk": (9.0, _passes_by("bags", light="dusk")),
    "passes an overflowing bin": (9.0, _passes_by("full")),
    "passes a pile as it turns dusk": (9.0, _passes_as_it_turns),
    "pile appears, nobody there": (9.0, _appears("pile")),
    "turns to dusk": (6.0, _light_turns("clean", light="dusk")),
    "turns to night, pile lies there": (6.0, _light_turns("pile", light="night")),
    "rain begins, pile lies there": (6.0, _light_turns("pile", rain=True)),
}
_STILL = {
    "clean": View(), "pile lies there": View(state="pile"), "bin overflows": View(state="full"),
    "night": View(light="night"),
}  # fmt: skip
