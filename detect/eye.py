"""One camera's eye: a frame in, what changed at its spots out. Puts quality, finder, spots and watch together."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from detect.boxes import Found
from detect.ground import Ground, survey, unpack_ground
from detect.kinds import LABELS, Light, What
from detect.memory import OFF, UNCONFIRMED, Change, Look, Rules, SpotMemory, Switched
from detect.quality import Limits, Plate, Sight, relearn, see, unpack, view
from detect.spots import WHOLE, Spot, at_least, look_at, visitors
from detect.still import Patch, patch, unchanged, unpack_patch
from detect.watch import ask, overdue, step

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


Place = tuple[str, str, Light]  # spot, label, light


@dataclass(frozen=True, slots=True)
class Kept:
    """All that an eye remembers at one moment, to go back to."""

    sight: Sight
    memories: dict[str, SpotMemory]
    patches: dict[Place, Patch]
    ground: Ground | None


class Eye:
    """Looks with one finder at the spots of one camera and remembers what it saw."""

    def __init__(self, finder: Finds, spots: Sequence[Spot] = (WHOLE,), limits: Limits | None = None) -> None:
        self.finder, self.spots, self.limits = finder, tuple(spots), limits or Limits()
        self.sight = Sight()
        self.ground: Ground | None = None
        self.memories = {spot.name: SpotMemory() for spot in self.spots}
        self.switched = Switched()
        self.flagged: str | None = None
        self._patches: dict[Place, Patch] = {}

    @property
    def looks_for_nothing(self) -> bool:
        """Whether every kind of every spot is switched off."""
        return all(self.switched.off >= set(spot.kinds) for spot in self.spots)

    def look(self, picture: Picture, at: datetime, now: datetime | None = None) -> Seen:
        """One look at a BGR picture taken at ``at``; ``now`` (default ``at``) ends re-checks that wait too long."""
        if self.looks_for_nothing:
            return Seen((), OFF, tuple(self._stepped(lambda spot: Look((), None, at), now or at)))
        self.sight, quality = see(self.sight, view(picture), at, self.limits)
        quality = quality or (UNCONFIRMED if self.flagged else None)
        found = self.finder.find(picture)
        height, width = picture.shape[:2]
        shares = [one.normalised(width, height) for one in found]
        if quality is None:
            self.ground, places = survey(self.ground, picture, visitors(shares), at)
            shares += places

        def at_spot(spot: Spot) -> Look:
            look = look_at(at_least(spot, self.switched.min_score), shares, quality, at, width / height)
            return replace(look, light=self.sight.light, still=self._still(spot, look, picture))

        changes = self._stepped(at_spot, now or at)
        if quality is None:
            self._remember_places(picture, at)
        return Seen(tuple(found), quality, tuple(changes))

    def blind(self, why: str, at: datetime) -> list[tuple[str, Change]]:
        """A look without a picture: every spot is unknown because of ``why``."""
        return self._stepped(lambda spot: Look((), why, at), at)

    def ask(self, spot: str, command: str, now: datetime, what: What | None = None) -> None:
        """Begin a re-check of one spot; KeyError for a spot that this camera does not have."""
        self.memories[spot] = ask(self.memories[spot], command, now, what)

    def idle(self, now: datetime) -> list[tuple[str, Change]]:
        """To be called while no picture comes: re-checks that have waited too long are answered unknown."""
        changes: list[tuple[str, Change]] = []
        for spot in self.spots:
            self.memories[spot.name], told = overdue(self.memories[spot.name], now, self._rules(spot))
            changes += [(spot.name, change) for change in told]
        return changes

    def relearn(self) -> None:
        """Take the view of now as the usual one. The spots are unknown until ``confirm`` or until they are redrawn."""
        self.sight, self.flagged = relearn(self.sight), self._drawn()
        self._patches.clear()
        self.ground = None

    def confirm(self) -> None:
        """The spots lie right in the new view."""
        self.flagged = None

    def kept(self) -> Kept:
        """What is remembered now, for ``undo``."""
        return Kept(self.sight, dict(self.memories), dict(self._patches), self.ground)

    def undo(self, kept: Kept) -> None:
        """Forget what was seen since ``kept``."""
        self.sight, self.memories, self._patches = kept.sight, kept.memories, kept.patches
        self.ground = kept.ground

    def state(self) -> dict[str, Any]:
        """Everything remembered, as JSON values."""
        return {
            "plate": _text_of(self.sight.plate),
            "night": _text_of(self.sight.night),
            "light": self.sight.light,
            "astray": self.sight.astray,
            "flagged": self.flagged,
            "ground": base64.b64encode(self.ground.pack()).decode() if self.ground else None,
            "places": [[*place, base64.b64encode(seen.tobytes()).decode()] for place, seen in self._patches.items()],
            "spots": {name: memory.model_dump(mode="json") for name, memory in self.memories.items()},
        }

    def restore(self, state: dict[str, Any], now: datetime) -> None:
        """Take up what ``state`` gave before a restart; spots that are no longer watched are left out."""
        self.sight = Sight(
            plate=_plate_of(state.get("plate"), now), night=_plate_of(state.get("night"), now),
            light="night" if state.get("light") == "night" else "day", astray=bool(state.get("astray")),
        )  # fmt: skip
        self.flagged = state.get("flagged") if state.get("flagged") == self._drawn() else None
        if state.get("ground"):
            self.ground = unpack_ground(base64.b64decode(state["ground"]), now)
        for name, memory in state.get("spots", {}).items():
            if name in self.memories:
                self.memories[name] = SpotMemory.model_validate(memory)
        for spot, label, light, seen in state.get("places", []):
            if spot in self.memories:
                self._patches[spot, label, light] = unpack_patch(base64.b64decode(seen))

    def _stepped(self, at_spot: Callable[[Spot], Look], now: datetime) -> list[tuple[str, Change]]:
        changes: list[tuple[str, Change]] = []
        for spot in self.spots:
            memory, told = step(self.memories[spot.name], at_spot(spot), now, self._rules(spot))
            self.memories[spot.name] = memory
            changes += [(spot.name, change) for change in told]
        return changes

    def _rules(self, spot: Spot) -> Rules:
        return replace(spot.rules, off=self.switched.off & set(spot.kinds))

    def _still(self, spot: Spot, look: Look, picture: Picture) -> frozenset[What]:
        """The kinds that are open at a spot, are not seen now, and whose place looks as it did."""
        if look.quality:
            return frozenset()
        rules = self._rules(spot)
        still: set[What] = set()
        for track in self.memories[spot.name].tracks:
            label = LABELS[track.what]
            before = self._patches.get((spot.name, label, self.sight.light))
            if track.key is None or track.box is None or before is None:
                continue
            seen = any(one.label == label and one.score >= rules.threshold(track.what) for one in look.found)
            if not seen and unchanged(before, patch(picture, track.box)):
                still.add(track.what)
        return frozenset(still)

    def _remember_places(self, picture: Picture, at: datetime) -> None:
        for name, memory in self.memories.items():
            for track in memory.tracks:
                if track.box is not None and track.seen_at == at:
                    self._patches[name, LABELS[track.what], self.sight.light] = patch(picture, track.box)

    def _drawn(self) -> str:
        """The spots as they are drawn, in a few letters."""
        drawn = json.dumps([[spot.name, spot.polygon] for spot in self.spots])
        return hashlib.sha256(drawn.encode()).hexdigest()[:16]


def _text_of(plate: Plate | None) -> str | None:
    return base64.b64encode(plate.pack()).decode() if plate else None


def _plate_of(text: str | None, now: datetime) -> Plate | None:
    return unpack(base64.b64decode(text), now) if text else None
