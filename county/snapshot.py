"""One revision of a county, immutable, with the look-ups that other rooms need. No file, no clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType

from county.calendar import Calendar
from county.check_shifts import shift_gaps
from county.content import Content
from county.gaps import Gaps
from county.local import Areas, Local
from county.needs import shortfalls
from county.places import Places
from county.policy import BinThresholds, Limit, Policy, Recheck, Stage
from county.policy.channels import OTHERWISE, Routes
from county.policy.comparisons import Source
from county.policy.definition import Law
from county.responsibility import Roster
from county.shifts import Shifts, local
from county.staff import Unit
from county.values import Chain, Device, Gap, Level, Mask, Person, Region, Spot
from county.ways import Way

__all__ = ["Content", "County"]


class County:
    """A county at one revision. The content must have passed ``check``; look-ups cost one dictionary access."""

    def __init__(self, content: Content, revision: int = 0) -> None:
        self.content = content
        self.revision = revision
        self.policy: Policy = content.policy
        self.calendar: Calendar = content.calendar
        self.outline: str = content.outline
        self._places = Places(content.regions)
        self.regions: Mapping[str, Region] = self._places.regions
        self.devices: Mapping[str, Device] = MappingProxyType({d.id: d for d in content.devices})
        root = next(r for r in content.regions if r.level == "county")
        self.code: str = root.code
        self.name: str = root.name
        self.townships: tuple[Region, ...] = tuple(r for r in content.regions if r.level == "township")
        self.villages: tuple[Region, ...] = tuple(r for r in content.regions if r.level == "village")
        self.spots: tuple[Spot, ...] = content.every_spot()
        self.ways: Mapping[str, Way] = MappingProxyType({way.id: way for way in content.ways})
        self._spots = {(self.devices[s.device].speaker, s.id): s for s in self.spots if s.device in self.devices}
        self._grounds = _by_ground(self.spots)
        self._behind = _by_box(content.devices)
        self._roster = Roster(content, self._places)
        self.people: Mapping[str, Person] = self._roster.people
        self._shifts = Shifts(content.shifts)
        self.units: Mapping[str, Unit] = MappingProxyType({unit.id: unit for unit in content.units})
        self._limits: dict[tuple[Stage, str, str, str, str], Limit | None] = {}
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

    def masks_of(self, camera: str) -> tuple[Mask, ...]:
        """What nobody may see of a camera's picture, in file order."""
        return tuple(mask for mask in self.content.masks if mask.device == camera)

    def on_ground(self, site: str) -> tuple[Spot, ...]:
        """The spots of one site: everything that looks at the same ground."""
        return self._grounds.get(site, ())

    def way(self, way_id: str) -> Way | None:
        """A lane, stretch of road, ditch or pond, or None."""
        return self.ways.get(way_id)

    def on_road(self, road: str) -> tuple[Way, ...]:
        """The stretches of a road, in file order."""
        return tuple(way for way in self.ways.values() if way.road == road)

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

    def has_rules(self, on: Source) -> bool:
        """Whether the county has a rule on messages of this kind anywhere."""
        return self._local.has_rules(on)

    def law_at(self, name: str, spot: Spot) -> Law | None:
        """One rule by its name as it holds at a spot; None where it does not."""
        return self._local.law(name, self.areas(spot.region, spot.device, spot.id), spot.zone)

    def areas(self, region: str, place: str, spot: str = "") -> Areas:
        """What a spot lies in, from the county down to its device and itself."""
        key = (region, place, spot)
        if key not in self._chains:
            above = [one.code for one in self._places.upward(region)]
            self._chains[key] = tuple(dict.fromkeys((*reversed(above), place, spot or place)))
        return self._chains[key]

    def behind(self, box: str) -> tuple[Device, ...]:
        """The devices that a box speaks for, without itself."""
        return self._behind.get(box, ())

    def place_name(self, code: str) -> str:
        """Township and what lies below, in words: ``柳林镇 石门村``. An unknown code is returned as it is."""
        return self._places.name(code)

    def point_of(self, spot: Spot) -> tuple[float, float, str] | None:
        """Longitude, latitude (degrees) and CRS: of the spot, else its device, else its village; or None."""
        for place in (spot, self.devices.get(spot.device), self.regions.get(spot.region[:12])):
            if place is not None and place.longitude is not None and place.latitude is not None:
                return place.longitude, place.latitude, place.crs
        return None

    def responsibles(self, code: str, level: str, day: date, spot: str = "", what: str = "") -> tuple[Person, ...]:
        """Who answers for a place on a level on a day, first before deputies.

        The narrowest area with anybody on that level counts: spot (its id, or that of a way), the ways it lies on, then
        grid, village, township, county; at each, who answers for the category ``what`` before who does for all.
        Passed over are volunteers, who is on leave, and who belongs to a unit that has ended.
        """
        return self._roster.responsibles(code, level, day, spot, what)

    def responsible(self, code: str, level: str, day: date, spot: str = "", what: str = "") -> Person | None:
        """The first of ``responsibles``, or None where there is a gap."""
        return next(iter(self.responsibles(code, level, day, spot, what)), None)

    def volunteers(self, code: str, day: date, spot: str = "") -> tuple[Person, ...]:
        """Who helps at a place (协管员): may report and confirm there, and answers for nothing."""
        return self._roster.volunteers(code, day, spot)

    def routes(self, level: Level, person: str) -> Routes:
        """By which ways somebody is told: as the person wishes, else as the level has it."""
        known = self.people.get(person)
        return (known.channels if known else ()) or self.policy.channels.get(level, ()) or OTHERWISE

    def on_duty(self, code: str, level: Level, now: datetime, spot: str = "") -> tuple[Person, ...]:
        """Who is on duty by roster.csv for a place on a level at a moment (aware); nobody where it says nothing.

        The narrowest area with anybody on duty counts. Passed over is who is on leave or whose unit has ended.
        """
        if not self._shifts:
            return ()
        moment = local(now, self.calendar.zone)
        areas = (area for layer in self._roster.layers(code, spot) for area in layer)
        there = (self._present(self._shifts.at(area, level, moment), moment.day) for area in areas)
        return next((found for found in there if found), ())

    def _present(self, people: tuple[str, ...], day: date) -> tuple[Person, ...]:
        units = {person: self.unit_of(person) for person in people}
        here = (one for one, unit in units.items() if unit is None or unit.holds(day))
        return tuple(self.people[one] for one in here if not self.on_leave(one, day))

    def on_leave(self, person: str, day: date) -> bool:
        """Whether a person (id) is away on a day."""
        return self._roster.on_leave(person, day)

    def unit_of(self, person: str) -> Unit | None:
        """The unit of a person (id), or None where units.csv names none."""
        return self._roster.unit_of.get(person)

    def chain(self, village: str, day: date, spot: str = "", what: str = "") -> Chain:
        """The names behind a place on a day, one for each level."""
        lowest, town, county, leader = (self.responsible(village, level, day, spot, what) for level in Level)
        return Chain(lowest, town, county, leader, self.policy.ladder)

    def limit(self, stage: Stage, level: str, what: str = "", zone: str = "", severity: str = "") -> Limit | None:
        """The narrowest limit for a stage, or None."""
        key = (stage, level, what, zone, severity)
        if key not in self._limits:
            self._limits[key] = self.policy.limit(*key)
        return self._limits[key]

    def due(  # noqa: PLR0913  # a limit hangs on them all
        self, stage: Stage, level: str, start: datetime, what: str = "", zone: str = "", *, severity: str = ""
    ) -> datetime | None:
        """When a stage that starts now must be over (aware, same zone as ``start``); None without a limit."""
        limit = self.limit(stage, level, what, zone, severity)
        return limit.due(start, self.calendar) if limit else None

    def gaps(self, day: date) -> list[Gap]:
        """Each stretch from ``day`` on in which somebody is missing: for a village, a spot, a way, or a need."""
        found = Gaps(self.content, self._places, self._roster).since(day)
        return [*found, *shortfalls(self.content, self._places, self._roster, day), *shift_gaps(self.content, day)]


def _by_ground(spots: Sequence[Spot]) -> dict[str, tuple[Spot, ...]]:
    grouped: dict[str, list[Spot]] = defaultdict(list)
    for spot in spots:
        grouped[spot.ground].append(spot)
    return {site: tuple(found) for site, found in grouped.items()}


def _by_box(devices: Sequence[Device]) -> dict[str, tuple[Device, ...]]:
    grouped: dict[str, list[Device]] = defaultdict(list)
    for device in devices:
        if device.box:
            grouped[device.box].append(device)
    return {box: tuple(found) for box, found in grouped.items()}
