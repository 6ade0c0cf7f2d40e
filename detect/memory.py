"""What a spot is told at a look, remembers between looks, and tells: the values of ``detect.watch``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from detect.boxes import Found
from detect.dumped import Dumping, DumpMemory
from detect.kinds import LABELS, USUAL, Light, What

OFF = "检测已关闭"
UNCONFIRMED = "机位已变，点位待确认"
State = Literal["clean", "dirty", "unknown"]
Phase = Literal["new", "update", "end"]


@dataclass(frozen=True, slots=True)
class Rules:
    """When a look counts. Scores and shares 0..1; times in seconds.

    Median of the last ``window`` scores: ``enter`` (or the kind's own of ``thresholds``) and above is dirty, below
    ``leave`` clean. ``hidden``: the covered share from which an empty spot is unknown. ``off``: kinds that somebody
    switched off. ``still_s``: how long what is no longer seen counts as there while its place looks unchanged.
    """

    kinds: tuple[What, ...] = USUAL
    confirm: int = 3
    enter: float = 0.3
    leave: float = 0.15
    window: int = 3
    hidden: float = 0.5
    remind_s: float = 1800.0
    recheck_s: float = 120.0
    dumping: Dumping = field(default_factory=Dumping)
    thresholds: Mapping[What, float] = field(default_factory=dict)
    off: frozenset[What] = frozenset()
    still_s: float = 7200.0

    def threshold(self, what: What) -> float:
        """The median score from which a kind is dirty."""
        return self.thresholds.get(what, self.enter)


@dataclass(frozen=True, slots=True)
class Switched:
    """What somebody switched at run time: kinds that are not looked for, and the least score of a box of dirt."""

    off: frozenset[What] = frozenset()
    min_score: float = 0.0


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a spot: boxes at it and people or vehicles near it (corners 0..1 of the picture).

    ``quality`` is None, or why the picture cannot be judged; ``hidden`` the share of the spot behind a vehicle or
    person; ``at`` the time of the picture; ``still`` the kinds whose place looks as when they were last seen there.
    """

    found: tuple[Found, ...]
    quality: str | None
    at: datetime
    hidden: float = 0.0
    light: Light = "day"
    still: frozenset[What] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """Something to tell. ``key`` is one occurrence, the same in new, update and end; ``recheck`` names who asked."""

    what: What
    state: State
    phase: Phase
    key: str
    reason: str
    score: float = 0.0
    looks: int = 1
    boxes: tuple[Found, ...] = ()
    recheck: str | None = None


class Track(BaseModel):
    """One kind at a spot: its state, the equal verdicts in a row, the event that is open.

    ``box`` is where it was last seen (at ``seen_at``), ``lights`` the lights it was seen in since the event opened,
    ``low_since`` when its score fell, ``back`` whether the county was told unknown and waits to hear more.
    """

    model_config = ConfigDict(frozen=True)

    what: What
    state: Literal["clean", "dirty"] | None = None
    scores: tuple[float, ...] = ()
    leaning: Literal["clean", "dirty"] | None = None
    streak: int = 0
    key: str | None = None
    told_at: datetime | None = None
    provisional: bool = False  # a dumping that may still be taken back
    box: tuple[float, float, float, float] | None = None
    seen_at: datetime | None = None
    lights: tuple[Light, ...] = ()
    low_since: datetime | None = None
    off: bool = False
    back: bool = False

    def sure(self, confirm: int) -> Literal["clean", "dirty"] | None:
        """What the last ``confirm`` looks agree on."""
        return self.leaning if self.streak >= confirm else None

    def fresh(self) -> Track:
        """The same state, but only looks from now on count."""
        return self.model_copy(update={"scores": (), "leaning": None, "streak": 0, "low_since": None})

    def closed(self, state: Literal["clean", "dirty"] | None) -> Track:
        """The track once its event has ended."""
        none_open = {"key": None, "told_at": None, "provisional": False, "box": None, "lights": (), "back": False}
        return self.model_copy(update={"state": state, **none_open})


class Asked(BaseModel):
    """A re-check under way: about one kind, or None for all."""

    model_config = ConfigDict(frozen=True)

    command: str
    what: What | None
    since: datetime


class SpotMemory(BaseModel):
    """All that a spot remembers between looks (JSON in and out); ``SpotMemory()`` is a spot never seen."""

    model_config = ConfigDict(frozen=True)

    tracks: tuple[Track, ...] = ()
    number: int = 0
    at: datetime | None = None
    blind: int = 0
    unseen: str | None = None
    unseen_key: str | None = None
    asked: Asked | None = None
    dumping: DumpMemory = DumpMemory()

    def state(self) -> State:
        """The spot in one word: unknown before and without sight, dirty when any kind is; what is off is not clean."""
        states = {track.state for track in self.tracks if not track.off}
        if self.unseen is not None or not states:
            return "unknown"
        if "dirty" in states:
            return "dirty"
        watched = {LABELS[track.what] for track in self.tracks if not track.off}
        blind = any(LABELS[track.what] not in watched for track in self.tracks)
        return "unknown" if None in states or blind else "clean"
