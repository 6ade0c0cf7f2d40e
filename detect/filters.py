"""Which boxes count at a spot: score, size, shape and masks, class by class. The one place where boxes are left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from detect.boxes import Found, Point, meets_itself, polygon_area, share_in_polygon
from detect.kinds import VISITORS, Label

Share = Annotated[float, Field(ge=0, le=1)]
Ratio = Annotated[float, Field(gt=0, le=100)]


def _one_area(polygon: tuple[Point, ...]) -> tuple[Point, ...]:
    """Refuse a polygon of which nobody can say what lies inside: parts of it would be watched, or masked, by halves."""
    if meets_itself(polygon):
        raise ValueError("the polygon crosses or touches itself; give its corners in order, once around the place")
    if polygon_area(polygon) < 0.0001:
        raise ValueError("the polygon has no area; give at least three corners around the place")
    return polygon


Polygon = Annotated[tuple[tuple[Share, Share], ...], Field(min_length=3, max_length=100), AfterValidator(_one_area)]
"""An area in shares 0..1 of the picture: the one type for spots and for masks of every sort."""
MASKED = 0.5  # share of a box inside a mask from which it does not count


class Filter(BaseModel):
    """The boxes of one class that count. Scores, areas (of the picture) and masks in 0..1; ratio is width by height.

    ``min_score`` is for the box of one look; ``threshold`` for the median over the window that makes a kind dirty (the
    spot's ``enter`` unless told).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_score: Share = 0.0
    threshold: Share | None = None
    min_area: Share = 0.0
    max_area: Share = 1.0
    min_ratio: Ratio = 0.01
    max_ratio: Ratio = 100.0
    masks: tuple[Polygon, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Filter:
        for low, high in (("min_area", "max_area"), ("min_ratio", "max_ratio")):
            if getattr(self, low) > getattr(self, high):
                raise ValueError(f"{low} must not be above {high}; no box would ever count")
        return self

    def passes(self, one: Found, aspect: float) -> bool:
        """Whether a box (corners 0..1) of this class counts; ``aspect`` is the picture's width by its height."""
        width, height = one.x2 - one.x1, one.y2 - one.y1
        if one.score < self.min_score or not self.min_area <= one.area <= self.max_area or height <= 0:
            return False
        if not self.min_ratio <= width / height * aspect <= self.max_ratio:
            return False
        return not any(share_in_polygon(one, mask) >= MASKED for mask in self.masks)


Filters = Mapping[Label, Filter]


def merged(general: Filters, special: Filters) -> dict[Label, Filter]:
    """A camera's filters with what a spot says of its own on top, key by key; ValueError when they contradict.

    A spot says something where its value is not the default: so it stays after a round trip through JSON.
    """
    made = dict(general)
    for label, own in special.items():
        values: dict[str, Any] = general[label].model_dump(exclude_defaults=True) if label in general else {}
        made[label] = Filter.model_validate(values | own.model_dump(exclude_defaults=True))
    return made


def thresholds_are_for_dirt(filters: dict[Label, Filter], info: ValidationInfo) -> dict[Label, Filter]:
    """Refuse a threshold for persons and vehicles: they make nothing dirty."""
    wrong = [label for label, one in filters.items() if label in VISITORS and one.threshold is not None]
    if wrong:
        raise ValueError(f"{info.field_name}.{wrong[0]}.threshold has no meaning; use min_score")
    return filters
