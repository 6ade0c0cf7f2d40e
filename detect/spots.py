"""Watched spots: named polygons of a camera's picture, and which boxes of a look belong to each."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from detect.boxes import Found, overlap, share_covered, share_in_polygon
from detect.errors import BadSpots
from detect.filters import Filter, Polygon, thresholds_are_for_dirt
from detect.kinds import CHANGED, LABELS, MOVING, VISITORS, Label, What
from detect.memory import Look, Rules

Share = Annotated[float, Field(ge=0, le=1)]
VISITOR_SCORE = 0.35
_USUAL = Rules()


class Spot(BaseModel):
    """A place to watch: ``polygon`` in shares 0..1 of the picture; the rest says when a look counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    polygon: Polygon
    kinds: tuple[What, ...] = Field(default=_USUAL.kinds, min_length=1)
    confirm: int = Field(default=_USUAL.confirm, ge=1, le=100)
    enter: Share = _USUAL.enter
    leave: Share = _USUAL.leave
    hidden: Share = _USUAL.hidden
    filters: dict[Label, Filter] = {}

    _checked = field_validator("filters")(thresholds_are_for_dirt)

    @model_validator(mode="after")
    def _sound(self) -> Spot:
        doubled = [what for what in self.kinds if self.kinds.count(what) > 1]
        if doubled:
            raise ValueError(f"kinds names {doubled[0]} twice; each would be told twice")
        if self.leave > self.enter:
            raise ValueError("leave must not be above enter")
        low = [what for what, threshold in self._thresholds().items() if threshold < self.leave]
        if low:
            raise ValueError(f"leave must not be above filters.{LABELS[low[0]]}.threshold")
        return self

    def _thresholds(self) -> dict[What, float]:
        told = {label: one.threshold for label, one in self.filters.items()}
        return {what: limit for what in self.kinds if (limit := told.get(LABELS[what])) is not None}

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the polygon."""
        xs, ys = [x for x, _ in self.polygon], [y for _, y in self.polygon]
        return min(xs), min(ys), max(xs), max(ys)

    @property
    def rules(self) -> Rules:
        return Rules(
            self.kinds, self.confirm, self.enter, self.leave, hidden=self.hidden, thresholds=self._thresholds()
        )

    @property
    def labels(self) -> frozenset[str]:
        """The labels that count here: those of its kinds, visitors, and what the ground shows."""
        return VISITORS | {MOVING, CHANGED} | {LABELS[what] for what in self.kinds}


WHOLE = Spot(name="whole", polygon=((0, 0), (1, 0), (1, 1), (0, 1)))


def load_spots(path: Path) -> tuple[Spot, ...]:
    """Spots of a TOML file (``[[spot]]`` tables) or a JSON file (a list, or ``{"spots": [...]}``); else BadSpots."""
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise BadSpots(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except (ValueError, RecursionError) as error:  # not JSON or TOML, not UTF-8, too many digits, nested too deep
        raise BadSpots(f"{path}: not valid {path.suffix or 'TOML'} ({error}); correct that line") from error
    rows = data.get("spot", data.get("spots")) if isinstance(data, dict) else data
    if not isinstance(rows, list) or not rows:
        raise BadSpots(f"{path}: no spots; write [[spot]] tables with name and polygon")
    spots = tuple(_spot(path, number, row) for number, row in enumerate(rows, 1))
    names = [spot.name for spot in spots]
    for name in names:
        if names.count(name) > 1:
            raise BadSpots(f"{path}: two spots are called {name}; give each its own name")
    return spots


def at_least(spot: Spot, score: float) -> Spot:
    """The spot with no box of dirt below ``score`` counting."""
    if score <= 0:
        return spot
    filters = dict(spot.filters)
    for label in {LABELS[what] for what in spot.kinds}:
        told = filters.get(label, Filter())
        filters[label] = told.model_copy(update={"min_score": max(score, told.min_score)})
    return spot.model_copy(update={"filters": filters})


def look_at(spot: Spot, found: Sequence[Found], quality: str | None, at: datetime, aspect: float = 1.0) -> Look:
    """The part of a look (boxes in shares 0..1) that concerns one spot; ``aspect`` is the picture's width by height."""
    counted = [one for one in found if one.label in spot.labels and _passes(spot, one, aspect)]
    here = tuple(one for one in counted if _concerns(spot, one))
    hidden = max((share_covered(spot.polygon, one) for one in visitors(counted)), default=0.0)
    return Look(here, quality, at, hidden)


def visitors(found: Sequence[Found]) -> list[Found]:
    """The people and vehicles that are seen surely enough."""
    return [one for one in found if one.label in VISITORS and one.score >= VISITOR_SCORE]


def _passes(spot: Spot, one: Found, aspect: float) -> bool:
    told = next((told for label, told in spot.filters.items() if label == one.label), None)
    return told is None or told.passes(one, aspect)


def _concerns(spot: Spot, one: Found) -> bool:
    """Things count when a good part of them lies at the spot, visitors when they are near it."""
    if one.label not in VISITORS and one.label != MOVING:
        return share_in_polygon(one, spot.polygon) >= 0.4 or share_covered(spot.polygon, one) >= 0.5
    return overlap(one.grown(0.5), Found("", 1.0, *spot.bounds)) > 0


def _spot(path: Path, number: int, row: Any) -> Spot:
    try:
        return Spot.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "spot"
        raise BadSpots(f"{path}: spot {number}, {where}: {first['msg']}") from error
