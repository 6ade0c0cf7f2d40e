"""What is wrong with the spots of a county and with the ways on which they lie. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from county.content import Content
from county.rows import Lines, Problem, doubled
from county.values import SENSOR, STORED_CRS, Device, DeviceKind, Region, Spot
from county.ways import Way, WayKind

Fault = tuple[str, str]  # text, cure
_CHINA = (73.0, 136.0, 3.0, 54.0)  # degrees: west, east, south, north


def spot_problems(content: Content, lines: Lines) -> Iterator[Problem]:
    """Every problem of spots.geojson."""
    file = "spots.geojson"
    devices = {device.id: device for device in content.devices}
    seen: set[tuple[str, str]] = set()
    look = _Look(content)
    for number, spot in zip(lines.get(file, []), content.spots, strict=True):
        faults = [*look.faults(spot), *point_faults(spot)]
        key = (devices[spot.device].speaker if spot.device in devices else spot.device, spot.id)
        if key in seen:
            faults.append(("the id is used twice under one box", "a spot id is unique under its box"))
        seen.add(key)
        yield from (Problem(file, 0, f"feature {number}: spot {spot.id}: {text}", cure) for text, cure in faults)


def mask_problems(content: Content, lines: Lines) -> Iterator[Problem]:
    """Every problem of masks.geojson."""
    file = "masks.geojson"
    cameras = {device.id for device in content.devices if device.kind is DeviceKind.CAMERA}
    seen: set[tuple[str, str]] = set()
    for number, mask in zip(lines.get(file, []), content.masks, strict=True):
        key = (mask.device, mask.id)
        where = f"feature {number}: mask {mask.id}:"
        if mask.device not in cameras:
            yield Problem(file, 0, f"{where} {mask.device!r} is no camera", "use the id of a camera of devices.csv")
        if key in seen:
            yield Problem(file, 0, f"{where} the id is used twice", "a mask id is unique at its camera")
        seen.add(key)


class _Look:
    """A look at one spot after another, with what the county knows at hand."""

    def __init__(self, content: Content) -> None:
        self._regions = {region.code for region in content.regions}
        self._devices = {device.id: device for device in content.devices}
        self._kinds = {category.code for category in content.policy.categories}
        self._ways = {way.id: way for way in content.ways}
        self._policy = content.policy

    def faults(self, spot: Spot) -> Iterator[Fault]:
        """What is wrong with a spot, but for its point and whether its id stands twice."""
        yield from name_faults(spot.id)
        if spot.device not in self._devices:
            yield f"unknown device {spot.device!r}", "use an id of devices.csv"
        if spot.region not in self._regions or len(spot.region) < 12:
            yield f"unknown village {spot.region!r}", "use a code of 12 or more digits of regions.csv"
        unknown = [kind for kind in spot.kinds if kind not in self._kinds]
        if unknown:
            yield f"unknown kind {', '.join(unknown)}", "use codes of [[category]] in policy.toml"
        if spot.zone and spot.zone not in self._policy.zones:
            yield f"unknown zone {spot.zone!r}", "use a zone of [zones] in policy.toml"
        device = self._devices.get(spot.device)
        if spot.zone in self._policy.private and device and device.kind is DeviceKind.CAMERA and not device.consent:
            yield (
                f"looks into the private zone {spot.zone!r} ({self._policy.zones.get(spot.zone, spot.zone)}), "
                f"and camera {device.id} has no consent",
                "enter number and date of the household's consent or of the legal paper in the column consent of "
                "devices.csv, or turn the camera away and correct the zone",
            )
        yield from self._of_ways(spot)

    def _of_ways(self, spot: Spot) -> Iterator[Fault]:
        if len(set(spot.ways)) != len(spot.ways):
            yield f"a way twice in {', '.join(spot.ways)}", "name each way once"
        for identity in spot.ways:
            way = self._ways.get(identity)
            if way is None:
                yield f"unknown way {identity!r}", "use an id of ways.csv"
            elif not spot.region.startswith(way.region[:12]):
                yield (
                    f"lies in {spot.region}, but {identity} ({way.title}) in {way.region}",
                    "a spot counts for one village: name the stretch that lies in it, or correct the region",
                )


def way_problems(content: Content, lines: Lines) -> Iterator[Problem]:
    """Every problem of ways.csv."""
    file = "ways.csv"
    regions = {region.code for region in content.regions}
    taken = {spot.id: "spot" for spot in content.spots} | {device.id: "device" for device in content.devices}
    yield from doubled(file, [way.id for way in content.ways], lines, "way id")
    for line, way in zip(lines.get(file, []), content.ways, strict=True):
        for text, cure in (*_way_faults(way, regions, taken), *point_faults(way)):
            yield Problem(file, line, f"way {way.id} ({way.title}): {text}", cure)


def _way_faults(way: Way, regions: set[str], taken: Mapping[str, str]) -> Iterator[Fault]:
    yield from name_faults(way.id)
    if way.id.isdecimal():
        yield "an id of digits only", "a duty would take it for a region; begin it with a letter"
    if way.id in taken:
        yield f"a {taken[way.id]} has the same id", "a duty could not tell them apart; give the way another id"
    if way.region not in regions or len(way.region) < 9:
        yield f"unknown region {way.region!r}", "use a code of 9 or more digits of regions.csv"
    elif way.kind == WayKind.ROAD and len(way.region) < 12:
        yield (
            f"a stretch of road in the township {way.region}",
            "give the village whose stretch it is; a road through several villages is one line for each",
        )
    if way.kind != WayKind.ROAD and way.road:
        yield f"a {way.kind.value} with the road {way.road!r}", "only a stretch of road belongs to a road"


def name_faults(identity: str) -> Iterator[Fault]:
    """What is wrong with an id that must not be taken for that of a sensor."""
    if identity.endswith(SENSOR):
        yield f"an id that ends with {SENSOR}", f"{SENSOR} behind a bin's id names the sensor in it; use another ending"


def point_faults(place: Region | Device | Spot | Way) -> Iterator[Fault]:
    """What is wrong with the coordinates of a place."""
    longitude, latitude = place.longitude, place.latitude
    if longitude is None and latitude is None:
        return
    if longitude is None or latitude is None:
        yield "only one of longitude and latitude", "give both or none"
        return
    if place.crs not in STORED_CRS:
        yield (f"coordinates with crs {place.crs!r}",
               "use CGCS2000 or WGS-84; convert GCJ-02 (AMap, Tencent) first, it is shifted by 500 m")  # fmt: skip
    west, east, south, north = _CHINA
    if not (west <= longitude <= east and south <= latitude <= north):
        yield f"the point {longitude}, {latitude} lies outside China", "longitude comes first; degrees, not metres"
