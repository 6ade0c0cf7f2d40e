"""What was drawn on the pictures of a box's cameras, put into the configuration of that box. Pure.

Of each camera only spots and masks are said; what else was wished of the box stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from county.snapshot import County
from county.values import Device, DeviceKind
from ingest.wishes import MOST_BYTES

WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
SEEN = frozenset({
    "garbage", "overflow", "dumped", "straw_pile", "manure_pile", "earth_pile", "coal_pile", "floating_waste",
})  # fmt: skip  # the kinds that a camera's detector can be asked for


def drawn_of(county: County, camera: str) -> dict[str, Any]:
    """Spots and masks of one camera; no polygon is the whole picture, a kind that no camera sees is left out."""
    spots = [
        {
            "name": spot.id,
            "polygon": [list(corner) for corner in spot.polygon or WHOLE],
            **({"kinds": kinds} if (kinds := [kind for kind in spot.kinds if kind in SEEN]) else {}),
        }
        for spot in county.content.spots
        if spot.device == camera
    ]
    masks = [[list(corner) for corner in mask.polygon] for mask in county.masks_of(camera)]
    return {**({"drawn": spots} if spots else {}), "masks": masks}


def body_of(county: County, camera: Device, before: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a camera's box: the newest one with what is drawn at this camera now."""
    cameras = dict(before.get("cameras", {}))
    kept = {name: value for name, value in cameras.get(camera.id, {}).items() if name not in {"drawn", "masks"}}
    cameras[camera.id] = kept | drawn_of(county, camera.id)
    return {**before, "cameras": cameras}


def is_told(county: County, camera: Device, body: Mapping[str, Any]) -> bool:
    """Whether a configuration says what is drawn at a camera now."""
    said = body.get("cameras", {}).get(camera.id, {})
    return all(said.get(name) == value for name, value in drawn_of(county, camera.id).items())


def speaks_for(county: County, camera: Device) -> Device | None:
    """The box that hears a camera's configuration; None where no box reads it."""
    box = county.device(camera.box) if camera.box else None
    return box if box is not None and box.kind is DeviceKind.BOX else None


def fits(body: Mapping[str, Any]) -> bool:
    """Whether a configuration is small enough to reach a box."""
    return len(json.dumps(body, ensure_ascii=False).encode()) <= MOST_BYTES
