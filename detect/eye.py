"""One camera's eye: a frame in, what changed at its spots out. Puts quality, finder, spots and watch together."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from detect.boxes import Found
from detect.quality import Limits, Sight, see, unpack, view
from detect.spots import WHOLE, Spot, look_at
from detect.watch import Change, SpotMemory, What, ask, overdue, step

Picture = npt.NDArray[np.uint8]


class Finds(Protocol):
    """Whatever finds things in a BGR uint8 picture, boxes in its pixels; ``detect.finder.Finder`` does."""

    def find(self, picture: Picture) -> list[Found]: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """One look: boxes in pixels, why the picture cannot be judged (or None), and the changes with their spots."""

    found: tuple[Found, ...]
    quality: str | None
    changes: tuple[tuple[str, Change], ...]


class Eye:
    """Looks with one finder at the spots of one camera and remembers what it saw."""

    def __init__(self, finder: Finds, spots: Sequence[Spot] = (WHOLE,), limits: Limits | None = None) -> None:
        self.finder, self.spots, self.limits = finder, tuple(spots), limits or Limits()
        self.sight = Sight()
        self.memories = {spot.name: SpotMemory() for spot in self.spots}

    def look(self, picture: Picture, at: datetime, now: datetime | None = None) -> Seen:
        """One look at a BGR picture taken at ``at``; ``now`` (default ``at``) ends re-checks that wait too long."""
        self.sight, quality = see(self.sight, view(picture), at, self.limits)
        found = self.finder.find(picture)
        height, width = picture.shape[:2]
        shares = [one.normalised(width, height) for one in found]
        changes: list[tuple[str, Change]] = []
        for spot in self.spots:
            look = look_at(spot, shares, quality, at)
            memory, told = step(self.memories[spot.name], look, now or at, spot.rules)
            self.memories[spot.name] = memory
            changes += [(spot.name, change) for change in told]
        return Seen(tuple(found), quality, tuple(changes))

    def ask(self, spot: str, command: str, now: datetime, what: What | None = None) -> None:
        """Begin a re-check of one spot; KeyError for a spot that this camera does not have."""
        self.memories[spot] = ask(self.memories[spot], command, now, what)

    def idle(self, now: datetime) -> list[tuple[str, Change]]:
        """To be called while no picture comes: re-checks that have waited too long are answered unknown."""
        changes: list[tuple[str, Change]] = []
        for spot in self.spots:
            self.memories[spot.name], told = overdue(self.memories[spot.name], now, spot.rules)
            changes += [(spot.name, change) for change in told]
        return changes

    def state(self) -> dict[str, Any]:
        """Everything remembered, as JSON values."""
        plate = self.sight.plate
        return {
            "plate": base64.b64encode(plate.pack()).decode() if plate else None,
            "spots": {name: memory.model_dump(mode="json") for name, memory in self.memories.items()},
        }

    def restore(self, state: dict[str, Any], now: datetime) -> None:
        """Take up what ``state`` gave before a restart; spots that are no longer watched are left out."""
        if state.get("plate"):
            self.sight = Sight(plate=unpack(base64.b64decode(state["plate"]), now))
        for name, memory in state.get("spots", {}).items():
            if name in self.memories:
                self.memories[name] = SpotMemory.model_validate(memory)
