"""The configuration that the county wishes for: tried, kept when the box is well with it, taken back when it is not.

A wish lies over the box's own file. It may say what the cameras look for and how often the box tells how it is; it may
not say who the box is, where its broker and cameras are, or which files it reads: no wish can cut a box off. Three
small files in ``config/`` outlive a kill at any moment: ``good`` (runs, was well), ``trial`` (being tried, and how
often the box has started with it) and ``refused`` (the last one that was not taken, and why).
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from broker.downward import Config
from broker.messages import Name
from detect.filters import Filter, Polygon
from detect.kinds import Label, What
from detect.spots import Spot
from edge.reports import Report
from edge.settings import BadSettings, BoxSettings, CameraSettings, problems_of
from edge.tables import Closed, Seconds

log = logging.getLogger(__name__)

STARTS = 2  # a wish with which the box has begun so often without getting well is given up
TRYING = "on trial"
Slot = Literal["good", "trial", "refused"]


class Drawn(Closed):
    """A spot as somebody drew it on a picture; without ``kinds`` those of the box's file, or the usual ones."""

    name: Name
    polygon: Polygon
    kinds: Annotated[tuple[What, ...], Field(min_length=1)] | None = None


class CameraWish(Closed):
    """What may be wished of one camera; what is left out stays as the box's file says.

    ``drawn`` names every spot there is: one that the file (or ``spots``) knows by its name keeps its limits and
    filters and only moves, one of a new name has the usual limits, one that is not named is no longer watched.
    """

    drawn: Annotated[tuple[Drawn, ...], Field(min_length=1)] | None = None
    spots: tuple[Spot, ...] | None = None
    masks: tuple[Polygon, ...] | None = None
    filters: dict[Label, Filter] | None = None
    look_at_least_s: Seconds | None = None
    gate: bool | None = None


class Wish(Closed):
    """The body of a configuration message. Cameras by the names in the box's file; seconds."""

    cameras: dict[Name, CameraWish] = Field(default_factory=dict)
    health_s: Seconds | None = None
    coverage_s: Seconds | None = None
    silent_s: Annotated[float, Field(ge=5, le=3_600)] | None = None
    still_minutes: Annotated[float, Field(ge=0, le=1_440)] | None = None
    glimpse_mb_a_day: Annotated[float, Field(ge=0, le=100_000)] | None = None


class Kept(Closed):
    """One file of the folder: a wish, how often the box began with it, which cameras must come back, and why not."""

    version: int
    body: dict[str, Any] = Field(default_factory=dict)
    starts: int = 0
    online: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Life:
    """What a box runs with until it begins anew: its file, a wish laid over it, that wish while it is on trial."""

    running: BoxSettings
    file: BoxSettings
    trial: Kept | None = None
    note: str = ""  # what was wrong with a wish


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a configuration message: try it, say that it is not taken (and why), or nothing."""

    act: Literal["try", "refuse", "nothing"]
    reason: str = ""


def applied(settings: BoxSettings, version: int, body: dict[str, Any]) -> BoxSettings:
    """The box's settings with a wish laid over them. ``BadSettings`` names every key that cannot be."""
    try:
        wish = Wish.model_validate(body)
        unknown = sorted(wish.cameras.keys() - {camera.name for camera in settings.cameras})
        if unknown:
            raise BadSettings(f"cameras.{unknown[0]}: this box has no camera of that name")
        cameras = [
            _laid(camera, wish.cameras[camera.name]) if camera.name in wish.cameras else camera
            for camera in settings.cameras
        ]
        whole = settings.model_dump() | _told(wish, but={"cameras"}) | {"cameras": cameras, "config_version": version}
        return BoxSettings.model_validate(whole)
    except ValidationError as problem:
        raise BadSettings("; ".join(problems_of(problem))) from problem


def judge(wanted: Config, settings: BoxSettings, running: BoxSettings, known: dict[Slot, Kept]) -> Verdict:
    """Decide about a configuration that came in. ``settings`` is the box's file, ``running`` what it works with now."""
    trial, refused = known.get("trial"), known.get("refused")
    if trial is not None and trial.version == wanted.version:
        return Verdict("nothing")
    if wanted.version == running.config_version:
        return Verdict("nothing")
    if refused is not None and refused.version == wanted.version:
        return Verdict("refuse", refused.reason)
    if wanted.version < running.config_version:
        return Verdict("refuse", f"version {wanted.version} is older than the one that runs")
    try:
        applied(settings, wanted.version, wanted.body)
    except BadSettings as problem:
        return Verdict("refuse", str(problem))
    return Verdict("try")


def fares(seconds: float, report: Report, online: Collection[str], settings: BoxSettings) -> str | None:
    """How a trial goes: '' when it may be kept, None while nobody can say, else why it is given up.

    Well is: every camera that was online before is so again, and each of its spots is told about.
    """
    cameras = {one.name: one for one in report.cameras}
    missing = [name for name in sorted(online) if name not in cameras or not _well(cameras[name])]
    spots = {spot.spot for one in report.cameras for spot in one.spots}
    silent = [spot.name for camera in settings.cameras if camera.name in online for spot in camera.watched
              if spot.name not in spots]  # fmt: skip
    if not missing and not silent:
        return "" if seconds >= settings.config_settles_s else None
    if seconds < settings.config_patience_s:
        return None
    if missing:
        return f"camera {missing[0]} did not come back within {settings.config_patience_s:.0f} s"
    return f"nothing is told about spot {silent[0]} after {settings.config_patience_s:.0f} s"


class Desired:
    """The wishes of one box, in its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "config"

    def begin(self, settings: BoxSettings) -> Life:
        """At a start: what to run with. ``settings`` is the box's file."""
        trial = self._read("trial")
        if trial is not None and trial.starts < STARTS:
            trial = trial.model_copy(update={"starts": trial.starts + 1})
            self._write("trial", trial)
            try:
                return Life(applied(settings, trial.version, trial.body), settings, trial)
            except BadSettings as problem:
                self.give_up(trial, str(problem))
        elif trial is not None:
            self.give_up(trial, f"the box ended {trial.starts} times before it was well")
        good = self._read("good")
        if good is None:
            return Life(settings, settings)
        try:
            return Life(applied(settings, good.version, good.body), settings)
        except BadSettings as problem:
            note = f"the county's configuration {good.version} no longer fits: {problem}"
            return Life(settings, settings, note=note)

    def known(self) -> dict[Slot, Kept]:
        """What lies in the folder."""
        slots: tuple[Slot, ...] = ("good", "trial", "refused")
        return {slot: kept for slot in slots if (kept := self._read(slot)) is not None}

    def start(self, wanted: Config, online: Collection[str]) -> None:
        """Put a wish on trial; the box begins anew with it. ``online``: the cameras that must come back."""
        self._write("trial", Kept(version=wanted.version, body=wanted.body, online=tuple(sorted(online))))

    def keep(self, trial: Kept) -> None:
        """The box is well with it."""
        self._write("good", Kept(version=trial.version, body=trial.body))
        self._remove("trial")

    def give_up(self, trial: Kept, reason: str) -> None:
        """Take a wish back, and remember why."""
        log.error("configuration %d is given up: %s", trial.version, reason)
        self.refuse(trial.version, f"taken back: {reason}")
        self._remove("trial")

    def refuse(self, version: int, reason: str) -> None:
        """Remember that a wish was not taken, so that it is answered the same way again."""
        self._write("refused", Kept(version=version, reason=reason[:400]))

    def _read(self, slot: Slot) -> Kept | None:
        try:
            return Kept.model_validate_json((self._folder / f"{slot}.json").read_bytes())
        except OSError:
            return None
        except ValidationError as problem:
            log.error("%s/%s.json cannot be read and is passed over: %s", self._folder, slot, problem)
            return None

    def _write(self, slot: Slot, kept: Kept) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._folder / f".{slot}.new"
        with fresh.open("w", encoding="utf-8") as target:
            target.write(json.dumps(kept.model_dump(mode="json"), ensure_ascii=False))
            target.flush()
            os.fsync(target.fileno())
        fresh.replace(self._folder / f"{slot}.json")

    def _remove(self, slot: Slot) -> None:
        (self._folder / f"{slot}.json").unlink(missing_ok=True)


def _well(camera: Any) -> bool:
    return bool(camera.online or camera.finished)


def _laid(camera: CameraSettings, wish: CameraWish) -> dict[str, Any]:
    """A camera's settings with a wish laid over them."""
    whole = camera.model_dump() | _told(wish, but={"drawn"})
    if wish.drawn is None:
        return whole
    known = {spot.name: spot for spot in wish.spots or camera.spots}
    spots = [(known[one.name].model_dump() if one.name in known else {}) | _told(one) for one in wish.drawn]
    return whole | {"spots": spots}


def _told(wish: BaseModel, but: Collection[str] = ()) -> dict[str, Any]:
    """What a wish really says."""
    return {name: getattr(wish, name) for name in wish.model_fields_set if name not in but
            and getattr(wish, name) is not None}  # fmt: skip
