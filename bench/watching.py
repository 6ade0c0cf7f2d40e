"""One camera watches a clip, as the box does: once with every frame, once with the gate; what both told is taken down.

Early (``new``) is the strict count: a provisional event that is withdrawn later is a false alarm. With a short tail
nothing later than five seconds after the drop counts, as in the clips of the IWDD contest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from bench.scoring import Clip, Corners, Moment
from detect.boxes import Found
from detect.eye import Eye, Finds
from detect.gate import GateMemory, consider
from detect.spots import Spot
from detect.watch import DUMPED, DUMPED_AGAIN
from edge.camera import undecided

Picture = npt.NDArray[np.uint8]
Frames = Iterable[tuple[float, Picture]]

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
ALIKE_S = 5.0  # two cameras that tell the same within so many seconds told the same


@dataclass(frozen=True, slots=True)
class Watched:
    """What one camera told about one clip: dumping events as they were opened and as they became certain.

    ``states`` are the moments at which a spot was called dirty for another reason. ``passed``: frames that the gate let
    through or that were looked at because something was undecided; ``same``: with the gate the same events were told.
    """

    early: tuple[Moment, ...]
    sure: tuple[Moment, ...]
    drops: tuple[Moment, ...]
    seconds: float
    frames: int
    passed: int
    states: tuple[float, ...] = ()
    same: bool = True
    name: str = ""

    def clip(self, *, early: bool, tail: float | None = None) -> Clip:
        """For the scorer; with ``tail`` the clip ends so many seconds after the last drop."""
        told = self.early if early else self.sure
        until = self.drops[-1].at + tail if self.drops and tail is not None else self.seconds
        return Clip(tuple(one for one in told if one.at <= until), self.drops)


@dataclass(slots=True)
class Teller:
    """One eye, and what it has told so far."""

    eye: Eye
    early: dict[str, Moment] = field(default_factory=dict)
    sure: list[Moment] = field(default_factory=list)
    states: list[float] = field(default_factory=list)

    def look(self, picture: Picture, at: float) -> None:
        """Look once and take down what is told. A further dumping at a place is told as certain, not as early."""
        for _, change in self.eye.look(picture, EPOCH + timedelta(seconds=at)).changes:
            if change.what != "dumped" and change.phase == "new" and change.state == "dirty":
                self.states.append(at)
            if change.what != "dumped" or change.key.startswith("unknown"):
                continue
            told = Moment(at, _around(change.boxes))
            if change.phase == "new":
                self.early[change.key] = told
            if change.state == "dirty" and change.reason in {DUMPED, DUMPED_AGAIN}:
                self.sure.append(told)
                if len(self.sure) > len(self.early):
                    self.early[f"{change.key} again at {at}"] = told


class Once:
    """A finder that is asked once for one picture, however many eyes look at it."""

    def __init__(self, finder: Finds) -> None:
        self._finder = finder
        self._picture: Picture | None = None
        self._found: list[Found] = []

    def find(self, picture: Picture) -> list[Found]:
        """What the finder sees; the last picture is remembered."""
        if picture is not self._picture:
            self._picture, self._found = picture, self._finder.find(picture)
        return self._found


def watch(finder: Finds, spot: Spot, frames: Frames, drops: tuple[Moment, ...] = (), name: str = "") -> Watched:
    """Let one camera look at every frame, and another one behind the gate."""
    once = Once(finder)
    every, gated = Teller(Eye(once, (spot,))), Teller(Eye(once, (spot,)))
    gate = GateMemory()
    count = passed = 0
    at = 0.0
    for at, picture in frames:
        gate, through = consider(gate, picture, EPOCH + timedelta(seconds=at))
        count += 1
        every.look(picture, at)
        if through or undecided(gated.eye):
            passed += 1
            gated.look(picture, at)
    return Watched(
        tuple(every.early.values()), tuple(every.sure), drops, at, count, passed, tuple(every.states),
        _same(every.sure, gated.sure), name,
    )  # fmt: skip


def watch_gated(finder: Finds, spot: Spot, frames: Frames, name: str = "") -> Watched:
    """Only behind the gate: for hours in which nearly nothing happens."""
    teller, gate = Teller(Eye(finder, (spot,))), GateMemory()
    count = passed = 0
    first = at = 0.0
    for at, picture in frames:
        first = first if count else at
        gate, through = consider(gate, picture, EPOCH + timedelta(seconds=at))
        count += 1
        if through or undecided(teller.eye):
            passed += 1
            teller.look(picture, at)
    told = tuple(teller.early.values()), tuple(teller.sure)
    return Watched(*told, (), at - first, count, passed, tuple(teller.states), name=name)


def _same(every: list[Moment], gated: list[Moment]) -> bool:
    pairs = zip(every, gated, strict=False)
    return len(every) == len(gated) and all(abs(one.at - other.at) <= ALIKE_S for one, other in pairs)


def _around(boxes: tuple[Found, ...]) -> Corners:
    if not boxes:
        return (0.0, 0.0, 0.0, 0.0)
    return (
        min(one.x1 for one in boxes), min(one.y1 for one in boxes),
        max(one.x2 for one in boxes), max(one.y2 for one in boxes),
    )  # fmt: skip
