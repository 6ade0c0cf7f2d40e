"""The bins: they fill, the truck empties them, now and then one burns or falls; and what their sensors say of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from broker.messages import Reading
from county.values import Device, Spot, sensor_of
from jingcun.simulate.chance import DAY, Dice
from jingcun.simulate.happenings import Happening, Truth, What
from jingcun.simulate.rates import Rates
from jingcun.simulate.sky import Sky

EMPTY = 3.0  # percent: something always stays at the bottom
FULL = 90.0  # a bin that looks full
BRIM = 100.0  # beside it lies what did not go in
SPIKE = (91.0, 99.0)
WEAK_DBM, USUAL_DBM = -119.0, (-100.0, -90.0)
LOW_BATTERY, FRESH = 15.0, 100.0
COOL_C, FIRE_C, FIRE_ENDS = 12.0, 85.0, timedelta(hours=5)
UPRIGHT, TILTED = 2.0, 80.0


class Onset(StrEnum):
    """What a plain threshold on each single reading would call an event: the raw events of a bin."""

    FULL = "full"
    HOT = "hot"
    TILTED = "tilted"
    BATTERY = "battery"
    WEAK = "weak"


@dataclass(frozen=True, slots=True)
class Rounds:
    """The truck of one township: which days it does not come, and its market days."""

    broken: frozenset[int]
    market: int  # day of the first market, counted from the beginning


@dataclass(frozen=True, slots=True)
class Yard:
    """What the bins of a county share. ``brim`` is told when a bin runs over and when it does no more."""

    rates: Rates
    truth: Truth
    sky: Sky
    begin: datetime
    brim: Callable[[str, datetime, bool], None]


class Bin:
    """One bin with its sensor; asked for its reading again and again, it lives up to that moment first."""

    def __init__(self, device: Device, spot: Spot, yard: Yard, rounds: Rounds, dice: Dice) -> None:
        rates = yard.rates.bins
        self.spot = spot
        self.turn = dice.between(0, 1)  # when in each stretch it speaks
        self.onsets = 0
        self._device, self._yard, self._rounds, self._dice = device, yard, rounds, dice
        self._sensor = sensor_of(spot).ground
        self._every = rates.interval_days[dice.number(len(rates.interval_days))]
        self._stretch = self._every * dice.factor(rates.fill_spread / 2)  # of the habits of those who use it
        self._per_hour = self._rate()
        self._measures = device.empty_mm is not None and device.full_mm is not None
        self._at = yard.begin
        self._day = dice.number(self._every)
        first = yard.sky.next(rates.round_hour + rates.round_hours * dice.between(0, 1), yard.begin)
        self._truck = first + self._day * DAY
        self._level = min(FULL - 2, EMPTY + self._per_hour * 24 * (self._every - self._day) * dice.between(0.2, 0.9))
        self._battery = dice.between(LOW_BATTERY + 1, FRESH)
        self._is: dict[What, Happening] = {}
        self._odd_until = yard.begin
        self._alarms: frozenset[Onset] = frozenset()
        self._chances = self._per_reading(0.5 / 24)
        self._breaks = sum(self._chances[2:6])

    def reading(self, at: datetime) -> Reading | None:
        """What the sensor says at a moment; None while it is broken."""
        self._live(at)
        if What.SILENT in self._is:
            return None
        odd = self._oddly(at)
        tilt = TILTED if What.FALLEN in self._is or self._dice.happens(self._chances[1]) else UPRIGHT
        heat = FIRE_C if What.FIRE in self._is else COOL_C
        rssi = WEAK_DBM if What.WEAK in self._is else self._dice.between(*USUAL_DBM)
        self._count(odd if odd is not None else self._level, tilt, heat, rssi)
        return Reading(
            message_id=self._dice.id(), device=self._device.speaker, at=at, spot=self.spot.id, temperature_c=heat,
            battery_percent=self._battery, tilt_degrees=tilt, rssi_dbm=rssi, simulated=True, **self._measured(odd),
        )  # fmt: skip

    def clean(self, at: datetime) -> None:
        """Somebody empties it, sets it up and puts out what burns."""
        self._live(at)
        self._empty(at)
        for what in (What.FIRE, What.FALLEN):
            self._end(what, at)

    def mend(self, at: datetime) -> None:
        """Somebody puts a fresh battery in and sees to antenna and sensor."""
        self._live(at)
        self._battery = FRESH
        for what in (What.BATTERY, What.WEAK, What.SILENT):
            self._end(what, at)

    def _live(self, at: datetime) -> None:
        while self._truck <= at:
            self._fill(self._truck)
            self._round()
        self._fill(at)
        self._wear(at)

    def _fill(self, at: datetime) -> None:
        hours = (at - self._at) / timedelta(hours=1)
        if hours <= 0:
            return
        self._at = at
        awake = 0.35 if not 6 <= self._yard.sky.hour(at) < 22 else 1.3
        day = (at - self._yard.begin).days
        rates = self._yard.rates.bins
        market = rates.market_factor if (day - self._rounds.market) % rates.market_every_days == 0 else 1.0
        self._level = min(BRIM, self._level + self._per_hour * hours * awake * market)
        if self._level >= FULL and What.FULL not in self._is:
            self._begin(What.FULL, at)
        if self._level >= BRIM and What.OVERFLOWING not in self._is:
            self._begin(What.OVERFLOWING, at)
            self._yard.brim(self.spot.ground, at, True)

    def _round(self) -> None:
        """The truck comes by, unless it is broken; it may pass the bin."""
        at, rates = self._truck, self._yard.rates.bins
        broken = (at - self._yard.begin).days in self._rounds.broken
        if not broken and not self._dice.happens(rates.skipped):
            self._empty(at)
        days = 1 if broken else self._every
        self._truck = at + days * DAY

    def _empty(self, at: datetime) -> None:
        self._level = EMPTY * self._dice.between(0.3, 1.5)
        self._per_hour = self._rate()
        for what in (What.FULL, What.OVERFLOWING):
            if what is What.OVERFLOWING and what in self._is:
                self._end(what, at)
                self._yard.brim(self.spot.ground, at, False)
            self._end(what, at)

    def _rate(self) -> float:
        """Percent an hour until the next round, so that it is about as full then as the county planned."""
        rates = self._yard.rates.bins
        return rates.fill_at_round / (24 * self._stretch) * self._dice.factor(rates.fill_spread)

    def _wear(self, at: datetime) -> None:
        """What breaks with time."""
        chances = self._chances
        self._battery -= chances[6]
        if self._battery <= LOW_BATTERY:
            self._battery = max(1.0, self._battery)
            self._begin(What.BATTERY, at)
        draw = self._dice.between(0, 1)
        if draw < self._breaks:
            for what, chance in zip((What.FIRE, What.FALLEN, What.WEAK, What.SILENT), chances[2:6], strict=True):
                if draw < chance:
                    self._begin(what, at)
                    break
                draw -= chance
        fire = self._is.get(What.FIRE)
        if fire is not None and at - fire.began > FIRE_ENDS:  # it burns out by itself
            self._end(What.FIRE, at)

    def _per_reading(self, days: float) -> tuple[float, ...]:
        """Chances within one reading's time: spike, tip, fire, fall, weak, broken; and what the battery loses."""
        noise, bins, equipment = self._yard.rates.noise, self._yard.rates.bins, self._yard.rates.equipment
        spikes = noise.spikes_per_bin_day * (1.0 if self._measures else bins.percent_spikes)
        per_day = (spikes, noise.tips_per_bin_day, bins.fires_per_bin_day, bins.falls_per_bin_day,
                   equipment.weak_per_bin_day, equipment.broken_per_bin_day)  # fmt: skip
        return (*(min(1.0, often * days) for often in per_day), (FRESH - LOW_BATTERY) / equipment.battery_days * days)

    def _oddly(self, at: datetime) -> float | None:
        """A height that is not the waste's: a lid, a bag against the sensor."""
        if at < self._odd_until:
            return self._dice.between(*SPIKE)
        if self._dice.happens(self._chances[0]):
            minutes = self._yard.rates.noise_shapes.spike_minutes
            self._odd_until = at + self._dice.about(timedelta(minutes=minutes), self._yard.rates.spread)
            return self._dice.between(*SPIKE)
        return None

    def _measured(self, odd: float | None) -> dict[str, float]:
        """Fill or distance, whichever of the two this sensor tells."""
        level = odd if odd is not None else self._level
        if not self._measures:
            return {"fill_percent": round(level, 1)}
        assert self._device.empty_mm is not None
        assert self._device.full_mm is not None
        level = self._dice.shaken(level, self._yard.rates.bins.measure_noise)
        deep = self._device.empty_mm - self._device.full_mm
        return {"distance_mm": round(max(0.0, self._device.empty_mm - deep * level / 100))}

    def _count(self, level: float, tilt: float, heat: float, rssi: float) -> None:
        """Count what a plain threshold on this reading would begin to call out."""
        plain = level < FULL and tilt < TILTED and heat < FIRE_C
        if plain and self._battery > LOW_BATTERY and rssi > WEAK_DBM:
            self._alarms = frozenset()
            return
        found = ((Onset.FULL, level >= FULL), (Onset.TILTED, tilt >= TILTED), (Onset.HOT, heat >= FIRE_C),
                 (Onset.BATTERY, self._battery <= LOW_BATTERY), (Onset.WEAK, rssi <= WEAK_DBM))  # fmt: skip
        now = frozenset(name for name, is_so in found if is_so)
        self.onsets += len(now - self._alarms)
        self._alarms = now

    def _begin(self, what: What, at: datetime) -> None:
        if what not in self._is:
            site = self._sensor if what in (What.BATTERY, What.WEAK, What.SILENT) else self.spot.ground
            self._is[what] = self._yard.truth.begin(what, site, self.spot.region[:12], at)

    def _end(self, what: What, at: datetime) -> None:
        happening = self._is.pop(what, None)
        if happening is not None:
            self._yard.truth.end(happening, at)


class Yards:
    """All bins, each with its turn: every bin speaks once in each stretch of ``report``."""

    def __init__(self, bins: Sequence[Bin], begin: datetime, report: timedelta) -> None:
        self._bins = sorted(bins, key=lambda one: (one.turn, one.spot.id))
        self._begin, self._report = begin, report
        self._next = 0

    def speak(self, until: datetime, say: Callable[[Reading, str], None]) -> int:
        """Let everybody whose turn comes before a moment speak; returns how many readings there were."""
        count = 0
        while self._bins:
            stretch, number = divmod(self._next, len(self._bins))
            one = self._bins[number]
            at = self._begin + self._report * (stretch + one.turn)
            if at >= until:
                break
            self._next += 1
            said = one.reading(at)
            if said is not None:
                say(said, one.spot.region[:12])
                count += 1
        return count
