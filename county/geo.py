"""spots.geojson, masks.geojson and outline.geojson, in and out.

Map coordinates are degrees; the polygons of spots and masks are picture coordinates.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from county.rows import BadCell, Problem, decode
from county.values import ID, Device, Mask, Spot

SPOTS, MASKS, OUTLINE = "spots.geojson", "masks.geojson", "outline.geojson"
_MOST_CORNERS = 200
_LIKE = {"kinds": 'garbage", "overflow', "ways": 'shimen-lane-1", "yanhuang-road-3'}
_CURE = "write a GeoJSON FeatureCollection with a list 'features'"


def read_spots(data: bytes, devices: Mapping[str, Device]) -> tuple[tuple[Spot, ...], list[int], list[Problem]]:
    """Spots, the number (from 1) of the feature of each, and what is wrong."""
    features, problems = _features(SPOTS, data)
    spots: list[Spot] = []
    numbers: list[int] = []
    for number, feature in enumerate(features, start=1):
        try:
            spots.append(_spot(feature, devices))
            numbers.append(number)
        except BadCell as bad:
            problems.append(Problem(SPOTS, 0, f"feature {number}: {bad}", bad.cure))
    return tuple(spots), numbers, problems


def read_masks(data: bytes) -> tuple[tuple[Mask, ...], list[int], list[Problem]]:
    """Masks, the number (from 1) of the feature of each, and what is wrong."""
    features, problems = _features(MASKS, data)
    masks: list[Mask] = []
    numbers: list[int] = []
    for number, feature in enumerate(features, start=1):
        try:
            masks.append(_mask(_dict(_dict(feature).get("properties"))))
            numbers.append(number)
        except BadCell as bad:
            problems.append(Problem(MASKS, 0, f"feature {number}: {bad}", bad.cure))
    return tuple(masks), numbers, problems


def read_outline(data: bytes) -> tuple[str, list[Problem]]:
    """The outline as text; empty without a file."""
    features, problems = _features(OUTLINE, data)
    for number, feature in enumerate(features, start=1):
        if not _dict(_dict(feature).get("properties")).get("code"):
            problems.append(Problem(OUTLINE, 0, f"feature {number} has no properties.code", "name its region code"))
    return (data.decode("utf-8-sig") if features and not problems else ""), problems


def write_spots(spots: Sequence[Spot]) -> bytes:
    """spots.geojson, one feature a line so that a difference is readable."""
    lines = ",\n".join(json.dumps(_feature(spot), ensure_ascii=False) for spot in spots)
    return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'.encode()


def write_masks(masks: Sequence[Mask]) -> bytes:
    """masks.geojson, one feature a line like the spots."""
    told = (
        {"id": one.id, "device": one.device, "name": one.name, "polygon": [list(corner) for corner in one.polygon]}
        for one in masks
    )
    features = ({"type": "Feature", "geometry": None, "properties": properties} for properties in told)
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'.encode()


def _features(file: str, data: bytes) -> tuple[list[Any], list[Problem]]:
    if not data:
        return [], []
    text, problem = decode(file, data)
    if text is None or problem is not None:
        return [], [problem] if problem else []
    try:
        features = _dict(json.loads(text, parse_constant=_no_number)).get("features")
    except (ValueError, RecursionError) as error:
        return [], [Problem(file, getattr(error, "lineno", 0), f"not JSON: {error}", _CURE)]
    if not isinstance(features, list):
        return [], [Problem(file, 1, "no list 'features'", _CURE)]
    return features, []


def _no_number(word: str) -> float:
    """Refuse NaN and Infinity: Python reads them, and no browser does."""
    raise ValueError(f"{word} is no number")


def _spot(feature: object, devices: Mapping[str, Device]) -> Spot:
    properties = _dict(_dict(feature).get("properties"))
    identity = _text(properties, "id")
    if not ID.fullmatch(identity):
        raise BadCell(f"id {identity[:60]!r}", "a spot id has letters, digits and _ . -")
    device = _text(properties, "device")
    village = devices[device].village if device in devices else ""
    return Spot(
        identity, device, _text(properties, "name"), _text(properties, "region", village),
        _text(properties, "zone", "-").strip("-"), _polygon(identity, properties.get("polygon", [])),
        _words(identity, properties, "kinds"),
        *_point(identity, _dict(feature).get("geometry"), _text(properties, "crs", "-").strip("-")),
        _site(identity, properties), _words(identity, properties, "ways"),
    )  # fmt: skip


def _mask(properties: Mapping[str, Any]) -> Mask:
    identity = _text(properties, "id")
    if not ID.fullmatch(identity):
        raise BadCell(f"id {identity[:60]!r}", "a mask id has letters, digits and _ . -")
    polygon = _polygon(identity, properties.get("polygon"))
    if not polygon:
        raise BadCell(f"mask {identity}: no polygon", "give at least three corners; a whole picture needs no camera")
    return Mask(identity, _text(properties, "device"), _text(properties, "name"), polygon)


def _words(spot: str, properties: Mapping[str, Any], key: str) -> tuple[str, ...]:
    words = properties.get(key, [])
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise BadCell(f"spot {spot}: {key} is not a list of words", f'write {key} like ["{_LIKE[key]}"]')
    return tuple(words)


def _site(spot: str, properties: Mapping[str, Any]) -> str:
    site = _text(properties, "site", "-").strip("-")
    if site and not ID.fullmatch(site):
        raise BadCell(f"spot {spot}: site {site[:60]!r}", "a site has letters, digits and _ . -, like an id")
    return site


def _polygon(spot: str, corners: object) -> tuple[tuple[float, float], ...]:
    if not isinstance(corners, list) or not all(_pair(corner, 0, 1) for corner in corners):
        raise BadCell(f"spot {spot}: polygon corner outside the picture",
                      "polygon is a list of [x, y] from 0 to 1, in parts of width and height")  # fmt: skip
    if len(corners) > _MOST_CORNERS:
        raise BadCell(f"spot {spot}: polygon of {len(corners)} corners", f"{_MOST_CORNERS} are enough for any spot")
    polygon = tuple((float(x), float(y)) for x, y in corners)
    if polygon and (len(polygon) < 3 or _area(polygon) < 1e-5):
        raise BadCell(f"spot {spot}: polygon has no area", "give at least three corners that are not on one line")
    if crosses_itself(polygon):
        raise BadCell(f"spot {spot}: polygon crosses itself", "list the corners in order around the spot")
    return polygon


def _point(spot: str, geometry: object, crs: str) -> tuple[float | None, float | None, str]:
    if geometry is None:
        return None, None, crs
    where = _dict(geometry).get("coordinates")
    if _dict(geometry).get("type") != "Point" or not _pair(where, -180, 180):
        raise BadCell(f"spot {spot}: geometry is not a point", "geometry is null or a Point [longitude, latitude]")
    assert isinstance(where, list)
    return float(where[0]), float(where[1]), crs


def _feature(spot: Spot) -> dict[str, Any]:
    point = None if spot.longitude is None else {"type": "Point", "coordinates": [spot.longitude, spot.latitude]}
    properties = {
        "id": spot.id, "device": spot.device, "name": spot.name, "region": spot.region, "zone": spot.zone,
        "polygon": [list(corner) for corner in spot.polygon], "kinds": list(spot.kinds), "crs": spot.crs,
        **({"site": spot.site} if spot.site else {}), **({"ways": list(spot.ways)} if spot.ways else {}),
    }  # fmt: skip
    return {"type": "Feature", "geometry": point, "properties": properties}


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(properties: Mapping[str, Any], key: str, default: str = "") -> str:
    value = properties.get(key) or default
    if not isinstance(value, str) or not value:
        raise BadCell(f"properties.{key} is missing or no text", f"add properties.{key}")
    return value


def _pair(value: object, low: float, high: float) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(n, int | float) and math.isfinite(n) and low <= n <= high for n in value)
    )


def _area(polygon: Sequence[tuple[float, float]]) -> float:
    ring = zip(polygon, (*polygon[1:], polygon[0]), strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in ring)) / 2


def crosses_itself(polygon: Sequence[tuple[float, float]]) -> bool:
    """Whether any two edges of an (open) ring cross."""
    edges = list(zip(polygon, (*polygon[1:], *polygon[:1]), strict=True))
    return any(
        _cross(*edges[i], *edges[j])
        for i in range(len(edges))
        for j in range(i + 2, len(edges))
        if not (i == 0 and j == len(edges) - 1)
    )


def _cross(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]) -> bool:
    def side(p: tuple[float, float], q: tuple[float, float], r: tuple[float, float]) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
