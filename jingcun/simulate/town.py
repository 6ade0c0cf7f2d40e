"""The county that is not there: everything that happens in it, what its devices say, and what hands can change."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.devices.alive import Told
from broker.downward import Command
from broker.messages import Event, Reading
from county.snapshot import County
from county.values import Device, DeviceKind, Spot, sensor_of
from ingest.inbox import Row
from jingcun.simulate.agenda import Agenda
from jingcun.simulate.bins import Bin, Rounds, Yard, Yards
from jingcun.simulate.chance import Dice
from jingcun.simulate.eyes import Around, Eye
from jingcun.simulate.happenings import Truth, What
from jingcun.simulate.month import Counted
from jingcun.simulate.pulses import Pulses
from jingcun.simulate.rates import Rates
from jingcun.simulate.scenes import Ground, Scene
from jingcun.simulate.sky import Sky
from jingcun.simulate.wire import Link, Wire

DAYS_DRAWN = 400


class NothingToSimulate(ValueError):
    """A county without a camera or bin."""


class Town:
    """All that happens from ``begin`` (aware) on; one seed gives one history, as long as people do the same.

    ``events`` counts the events of cameras that nobody asked for, ``looks`` those that a command asked for.
    """

    def __init__(self, county: County, rates: Rates, seed: int, begin: datetime) -> None:
        """Raises NothingToSimulate where no device says anything."""
        self.truth, self.agenda = Truth(), Agenda()
        self.events = self.looks = self.answers = self.readings = 0
        self._county, self._rates, self._seed, self._begin = county, rates, seed, begin
        self._sky = Sky(ZoneInfo(county.calendar.zone), rates.sight.dawn_hour, rates.sight.dusk_hour)
        self._wire = Wire(rates, self._link, county.code)
        self._brims: Counter[str] = Counter()
        self._scenes: defaultdict[str, list[Scene]] = defaultdict(list)
        self._bins: defaultdict[str, list[Bin]] = defaultdict(list)
        self._sensors: dict[str, Bin] = {}
        self._eyes: dict[str, Eye] = {}
        for scene in self._make_scenes():
            self._scenes[scene.eye.spot.ground].append(scene)
            self._eyes[scene.eye.spot.id] = scene.eye
        made = list(self._make_bins())
        if not made and not self._eyes:
            raise NothingToSimulate(
                f"{county.name} has neither a camera's spot nor a bin; there is nothing to simulate"
            )
        self._pulses = Pulses(county, begin, self._wire.heard, self.truth)
        self._yards = Yards(made, begin, timedelta(seconds=county.policy.bins.report_s))

    @property
    def sent(self) -> int:
        """How many messages devices sent, copies included."""
        return self._wire.sent

    def counted(self) -> Counted:
        """What the devices are and have said so far."""
        cameras = {eye.spot.device for eye in self._eyes.values()}
        onsets = sum(one.onsets for one in self._sensors.values())
        return Counted(len(cameras), len(self._sensors), self.events, self.looks, onsets, self.readings,
                       self._wire.doubled, self._wire.under_way)  # fmt: skip

    def until(self, moment: datetime) -> list[Row]:
        """Let everything happen that falls before a moment; returns what has arrived by then, in its order."""
        self.agenda.run(moment)
        self.readings += self._yards.speak(moment, self._read)
        return self._wire.arrived(moment)

    def told(self, now: datetime) -> Told:
        """What the boxes last said of themselves and their cameras."""
        return self._pulses.told(now)

    def clean(self, site: str, at: datetime) -> None:
        """Somebody clears a site, or mends the sensor for which it stands."""
        for one in self._bins.get(site, ()):
            one.clean(at)
        if site in self._sensors:
            self._sensors[site].mend(at)
        for happening in self.truth.at(site):
            if happening.what in (What.DUMPING, What.PILE):
                self.truth.end(happening, at)
                for scene in self._scenes.get(site, ()):
                    scene.clean(happening, at)

    def put(self, command: Command) -> bool:
        """Take a command to look: its camera answers after a while, unless its link is down."""
        eye = self._eyes.get(command.spot or "")
        at = command.issued_at + timedelta(seconds=self._rates.telling.recheck_s)
        if eye is not None and at <= command.expires_at and self._wire.open_at(command.device, at) == at:
            self.agenda.put(at, lambda then: self._look(eye, command, then))
        return eye is not None

    def _look(self, eye: Eye, command: Command, at: datetime) -> None:
        eye.look(command, at)
        self.answers += 1
        self._wire.say(eye.answered(command, at), eye.spot.region[:12], at)

    def _tell(self, event: Event, village: str, at: datetime) -> None:
        self.looks += event.command_id is not None
        self.events += event.command_id is None
        self._wire.say(event, village, at)

    def _read(self, reading: Reading, village: str) -> None:
        self._wire.say(reading, village, reading.at)

    def _brim(self, site: str, at: datetime, full: bool) -> None:
        """A bin of a site runs over, or does no more: its cameras may see it."""
        self._brims[site] += 1 if full else -1
        if (full and self._brims[site] == 1) or not self._brims[site]:
            for scene in self._scenes.get(site, ()):
                self.agenda.put(at, lambda then, scene=scene: scene.overflow(then, self._brims[site] > 0))  # type: ignore[misc]

    def _link(self, device: str) -> Link:
        lot = Dice(self._seed, f"messages {device}")
        return Link(Dice(self._seed, f"link {device}"), self._rates, self._begin, lot)

    def _make_scenes(self) -> Iterator[Scene]:
        around = Around(self._rates, self.agenda, self._tell)
        ground = Ground(around, self.truth, self._sky)
        for spot, device in self._spots(DeviceKind.CAMERA):
            dice = Dice(self._seed, f"camera {spot.device} {spot.id}")
            scene = Scene(Eye(spot, device.speaker, around, dice), ground, dice)
            scene.begin(self._begin)
            yield scene

    def _make_bins(self) -> Iterator[Bin]:
        yard = Yard(self._rates, self.truth, self._sky, self._begin, self._brim)
        trucks = {region.code: self._truck(region.code) for region in self._county.townships}
        idle = Rounds(frozenset(), 0)
        for spot, device in self._spots(DeviceKind.BIN):
            dice = Dice(self._seed, f"bin {device.id}")
            made = Bin(device, spot, yard, trucks.get(spot.region[:9], idle), dice)
            self._bins[spot.ground].append(made)
            self._sensors[sensor_of(spot).ground] = made
            yield made

    def _spots(self, kind: DeviceKind) -> Iterator[tuple[Spot, Device]]:
        for spot in self._county.spots:
            device = self._county.device(spot.device)
            if device is not None and device.kind is kind:
                yield spot, device

    def _truck(self, township: str) -> Rounds:
        dice, rates = Dice(self._seed, f"truck {township}"), self._rates.bins
        broken = frozenset(day for day in range(DAYS_DRAWN) if dice.happens(rates.truck_broken))
        return Rounds(broken, dice.number(rates.market_every_days))
