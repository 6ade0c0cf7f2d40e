"""One revision of a county, immutable, with the look-ups that other rooms need. No file, no clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from county.calendar import Calendar
from county.local import Areas, Local
from county.policy import BinThresholds, Policy, Recheck, Stage
from county.policy.comparisons import Source
from county.policy.definition import Law
from county.values import SENSOR, Chain, Device, DeviceKind, Duty, Gap, Level, Person, Region, Spot


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that a county folder says, in file order."""

    regions: tuple[Region, ...]
    people: tuple[Person, ...]
    duties: tuple[Duty, ...]
    devices: tuple[Device, ...]
    spots: tuple[Spot, ...]
    policy: Policy
    calendar: Calendar
    outline: str = ""  # GeoJSON text, county and townships


class County:
    """A county at one revision. The content must have passed ``check``; look-ups cost one dictionary access."""

    def __init__(self, content: Content, revision: int = 0) -> None:
        self.content = content
        self.revision = revision
        self.policy: Policy = content.policy
        self.calendar: Calendar = content.calendar
        self.outline: str = content.outline
        self.regions: Mapping[str, Region] = MappingProxyType({r.code: r for r in content.regions})
        self.people: Mapping[str, Person] = MappingProxyType({p.id: p for p in content.people})
        self.devices: Mapping[str, Device] = MappingProxyType({d.id: d for d in content.devices})
        root = next(r for r in content.regions if r.level == "county")
        self.code: str = root.code
        self.name: str = root.name
        self.townships: tuple[Region, ...] = tuple(r for r in content.regions if r.level == "township")
        self.villages: tuple[Region, ...] = tuple(r for r in content.regions if r.level == "village")
        self.spots: tuple[Spot, ...] = (*content.spots, *_bins_without_spot(content))
        self._spots = {(self.devices[s.device].speaker, s.id): s for s in self.spots if s.device in self.devices}
        self._grounds = _by_ground(self.spots)
        self._duties = _by_area_and_level(content.duties)
        self._local = Local(content.policy, content.calendar)
        self._chains: dict[tuple[str, str, str], Areas] = {}

    def device(self, device_id: str) -> Device | None:
        """A registered device, or None."""
        return self.devices.get(device_id)

    def spot(self, device_id: str, spot_id: str) -> Spot | None:
        """The spot that a message names; ``device_id`` is the box in its topic, or the camera or bin itself."""
        found = self._spots.get((device_id, spot_id))
        if found is None and device_id in self.devices:
            found = self._spots.get((self.devices[device_id].speaker, spot_id))
            return found if found is not None and found.device == device_id else None
        return found

    def on_ground(self, site: str) -> tuple[Spot, ...]:
        """The spots of one site: everything that looks at the same ground."""
        return self._grounds.get(site, ())

    def bins_at(self, place: str) -> BinThresholds:
        """The thresholds that hold at a bin (device id); those of the county for one that nobody entered."""
        device = self.devices.get(place)
        if device is None or not self._local.differs:
            return self.policy.bins
        return self._local.bins(self.areas(device.village, place))

    def recheck_at(self, region: str, place: str, spot: str = "") -> Recheck:
        """How a spot of a device in a region is looked at again."""
        return self._local.recheck(self.areas(region, place, spot)) if self._local.differs else self.policy.recheck

    def laws_at(self, on: Source, spot: Spot) -> tuple[Law, ...]:
        """The rules on messages of this kind that apply to a spot; costs nothing where the county has none."""
        if not self._local.has_rules(on):
            return ()
        return self._local.laws(on, self.areas(spot.region, spot.device, spot.id), spot.zone)

    def areas(self, region: str, place: str, spot: str = "") -> Areas:
        """What a spot lies in, from the county down to its device and itself."""
        key = (region, place, spot)
        if key not in self._chains:
            above = [one.code for one in self._upward(region)]
            self._chains[key] = tuple(dict.fromkeys((*reversed(above), place, spot or place)))
        return self._chains[key]

    def place_name(self, code: str) -> str:
        """Township and what lies below, in words: ``柳林镇 石门村``. An unknown code is returned as it is."""
        names = [region.name for region in reversed(list(self._upward(code))) if region.level != "county"]
        return " ".join(names) or (self.regions[code].name if code in self.regions else code)

    def point_of(self, spot: Spot) -> tuple[float, float, str] | None:
        """Longitude, latitude (degrees) and CRS: of the spot, else its device, else its village; or None."""
        for place in (spot, self.devices.get(spot.device), self.regions.get(spot.region[:12])):
            if place is not None and place.longitude is not None and place.latitude is not None:
                return place.longitude, place.latitude, place.crs
        return None

    def responsibles(self, code: str, level: str, day: date, spot: str = "") -> tuple[Person, ...]:
        """Who answers for a place on a level on a day, first before deputies.

        The narrowest area with anybody on that level counts: spot, then grid, village, township, county.
        """
        for area in self._areas(code, spot):
            duties = [d for d in self._duties.get((area, Level(level)), ()) if d.holds(day)]
            if duties:
                return tuple(self.people[d.person] for d in duties)
        return ()

    def responsible(self, code: str, level: str, day: date, spot: str = "") -> Person | None:
        """The first of ``responsibles``, or None where there is a gap."""
        return next(iter(self.responsibles(code, level, day, spot)), None)

    def chain(self, village: str, day: date, spot: str = "") -> Chain:
        """The names behind a place on a day, one for each level."""
        lowest, town, county, leader = (self.responsible(village, level, day, spot) for level in Level)
        return Chain(lowest, town, county, leader, self.policy.ladder)

    def due(self, stage: Stage, level: str, start: datetime, what: str = "", zone: str = "") -> datetime | None:
        """When a stage that starts now must be over (aware, same zone as ``start``); None without a limit."""
        limit = self.policy.limit(stage, level, what, zone)
        return limit.due(start, self.calendar) if limit else None

    def gaps(self, day: date) -> list[Gap]:
        """For every village and rung of the ladder, each stretch from ``day`` on in which nobody answers."""
        return [
            gap
            for village in self.villages
            if village.valid_to is None or village.valid_to > day
            for level in self.policy.ladder
            for gap in self._gaps_of(village, level, day)
        ]

    def _gaps_of(self, village: Region, level: Level, day: date) -> Iterator[Gap]:
        first = max(day, village.valid_from or day)
        edges = sorted({first, *self._edges(village, level, first)})
        start: date | None = None
        for edge in edges:
            vacant = village.holds(edge) and self.responsible(village.code, level, edge) is None
            if vacant and start is None:
                start = edge
            elif not vacant and start is not None:
                yield self._gap(village, level, start, edge)
                start = None
        if start is not None:
            yield self._gap(village, level, start, village.valid_to)

    def _edges(self, village: Region, level: Level, first: date) -> Iterator[date]:
        duties = (d for area in self._areas(village.code, "") for d in self._duties.get((area, level), ()))
        ends = (edge for duty in duties for edge in (duty.valid_from, duty.valid_to))
        yield from (edge for edge in (*ends, village.valid_to) if edge is not None and edge > first)

    def _gap(self, village: Region, level: Level, start: date, end: date | None) -> Gap:
        until = f" until {end}" if end else ""
        text = (
            f"village {village.code} ({self.place_name(village.code)}) has no {level.value} officer "
            f"({self.policy.levels.rung(level)}责任人) from {start}{until}"
        )
        return Gap(village.code, level, start, end, text)

    def _upward(self, code: str) -> Iterator[Region]:
        region = self.regions.get(code)
        while region is not None:
            yield region
            region = self.regions.get(region.parent) if region.parent != region.code else None

    def _areas(self, code: str, spot: str) -> Iterator[str]:
        if spot:
            yield spot
            if spot.endswith(SENSOR):
                yield spot.removesuffix(SENSOR)
        yield from (region.code for region in self._upward(code))


def _by_area_and_level(duties: Sequence[Duty]) -> dict[tuple[str, Level], tuple[Duty, ...]]:
    grouped: dict[tuple[str, Level], list[Duty]] = defaultdict(list)
    for duty in duties:
        grouped[duty.area, duty.level].append(duty)
    return {key: tuple(sorted(found, key=lambda duty: duty.rank)) for key, found in grouped.items()}


def _by_ground(spots: Sequence[Spot]) -> dict[str, tuple[Spot, ...]]:
    grouped: dict[str, list[Spot]] = defaultdict(list)
    for spot in spots:
        grouped[spot.ground].append(spot)
    return {site: tuple(found) for site, found in grouped.items()}


def _bins_without_spot(content: Content) -> Iterator[Spot]:
    """A bin is its own spot unless spots.geojson says more about it."""
    said = {spot.device for spot in content.spots}
    for device in content.devices:
        if device.kind == DeviceKind.BIN and device.id not in said:
            yield Spot(device.id, device.id, device.name, device.village, kinds=("bin_full",),
                       longitude=device.longitude, latitude=device.latitude, crs=device.crs)  # fmt: skip
