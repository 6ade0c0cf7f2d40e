"""What happens before the cameras, true or not: dumpings, piles, sweeping; dogs, rain, fog, and flickering light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from broker.messages import Kind
from jingcun.simulate.chance import Dice
from jingcun.simulate.eyes import Around, Eye, Thing
from jingcun.simulate.happenings import Happening, Truth, What
from jingcun.simulate.sky import Sky

DUSK_WITHIN = 0.7  # hours: the dark does not come to all places at one moment


@dataclass(frozen=True, slots=True)
class Ground:
    """What the scenes of a county share."""

    around: Around
    truth: Truth
    sky: Sky


class Scene:
    """What happens before one camera. ``clean`` is called by whoever cleans its ground."""

    def __init__(self, eye: Eye, ground: Ground, dice: Dice) -> None:
        self.eye = eye
        self._ground = ground
        self._dice = dice
        self._lying: dict[int, list[Thing]] = {}
        self._overflow: Thing | None = None
        self._rates = ground.around.rates

    def begin(self, at: datetime) -> None:
        """Let time bring what it brings from now on."""
        places, noise = self._rates.places, self._rates.noise
        self._again(places.dumpings_per_day, self._dump, at)
        self._again(places.piles_per_day, self._pile, at)
        self._again(noise.false_looks_per_day, self._mistake, at)
        self._again(noise.false_dumpings_per_day, self._mistaken_dumping, at)
        self._again(noise.withdrawn_dumpings_per_day, self._glimpse, at)
        self._again(noise.blind_per_day, self._fog, at)
        if not self._dice.happens(self._rates.sight.lit):
            self._until_dusk(at)

    def clean(self, happening: Happening, at: datetime) -> None:
        """What lay there is gone."""
        for thing in self._lying.pop(happening.number, ()):
            self.eye.take(thing, at)

    def overflow(self, at: datetime, full: bool) -> None:
        """A bin on this ground overflows, or none does any more."""
        if full and self._overflow is None and Kind.OVERFLOW in self.eye.kinds:
            self._overflow = Thing(Kind.OVERFLOW)
            if self._dice.happens(self._rates.telling.overflow_told):
                self.eye.put(self._overflow, at)
        elif not full and self._overflow is not None:
            self.eye.take(self._overflow, at)
            self._overflow = None

    def _again(self, per_day: float, do: Callable[[datetime], None], at: datetime) -> None:
        """Do something so often, for ever."""

        def done(then: datetime) -> None:
            do(then)
            self._again(per_day, do, then)

        self._ground.around.agenda.put(at + self._dice.wait(per_day), done)

    def _dump(self, at: datetime) -> None:
        """Somebody leaves garbage: the deed may be seen, and what is left lies there."""
        happening = self._ground.truth.begin(What.DUMPING, self.eye.spot.ground, self.eye.spot.region[:12], at)
        if self.eye.sees and Kind.DUMPED in self.eye.kinds and self._dice.happens(self._rates.telling.dumping_told):
            self.eye.dumped(self._thing(Kind.DUMPED, happening), at)
        self._lie(happening, at)

    def _pile(self, at: datetime) -> None:
        self._lie(self._ground.truth.begin(What.PILE, self.eye.spot.ground, self.eye.spot.region[:12], at), at)

    def _lie(self, happening: Happening, at: datetime) -> None:
        if self._dice.happens(self._rates.telling.pile_told):
            self.eye.put(self._thing(Kind.GARBAGE, happening), at)
        self._ground.around.agenda.put(at + self._dice.wait(self._rates.places.swept_per_day),
                                       lambda then: self._sweep(happening, then))  # fmt: skip
        self._flicker_later(happening, at)

    def _thing(self, kind: Kind, happening: Happening) -> Thing:
        thing = Thing(kind, told=lambda then: self._ground.truth.told((happening,), then))
        self._lying.setdefault(happening.number, []).append(thing)
        return thing

    def _sweep(self, happening: Happening, at: datetime) -> None:
        """Somebody takes it away unasked, by daylight."""
        if happening.ended is None:
            then = self._ground.sky.within(7, 17, at)
            if then > at:
                self._ground.around.agenda.put(then, lambda later: self._sweep(happening, later))
                return
            self._ground.truth.end(happening, at)
            self.clean(happening, at)

    def _flicker_later(self, happening: Happening, at: datetime) -> None:
        def flicker(then: datetime) -> None:
            if happening.ended is None:
                self.eye.flicker(then, self._about(self._rates.noise_shapes.flap_minutes))
                self._flicker_later(happening, then)

        self._ground.around.agenda.put(at + self._dice.wait(self._rates.noise.flaps_per_pile_day), flicker)

    def _mistake(self, at: datetime) -> None:
        """Something is taken for dirt while it is there."""
        shapes = self._rates.noise_shapes
        minutes = shapes.passing_minutes if self._dice.happens(shapes.passing) else shapes.weather_minutes
        self._shortly(Thing(self._dice_kind()), minutes, at)

    def _dice_kind(self) -> Kind:
        overflows = Kind.OVERFLOW in self.eye.kinds and self._dice.happens(0.2)
        return Kind.OVERFLOW if overflows else Kind.GARBAGE

    def _shortly(self, thing: Thing, minutes: float, at: datetime) -> None:
        self.eye.put(thing, at)
        self._ground.around.agenda.put(at + self._about(minutes), lambda then: self.eye.take(thing, then))

    def _mistaken_dumping(self, at: datetime) -> None:
        """Somebody parks a barrow, and it is told as a dumping until he takes it away."""
        if self.eye.sees and Kind.DUMPED in self.eye.kinds:
            thing = Thing(Kind.DUMPED)
            self.eye.dumped(thing, at)
            minutes = self._rates.noise_shapes.weather_minutes
            self._ground.around.agenda.put(at + self._about(minutes), lambda then: self.eye.take(thing, then))

    def _glimpse(self, at: datetime) -> None:
        if self.eye.sees and Kind.DUMPED in self.eye.kinds and not self.eye.shows(Kind.DUMPED):
            self.eye.glimpse(at, certain=False)

    def _fog(self, at: datetime) -> None:
        self.eye.go_blind(at, "雾、雨或遮挡")
        self._ground.around.agenda.put(at + self._about(self._rates.noise_shapes.blind_minutes), self.eye.see_again)

    def _until_dusk(self, at: datetime) -> None:
        """A camera without lamp or infrared: each night is unknown."""
        sky, agenda = self._ground.sky, self._ground.around.agenda
        dusk = sky.next(sky.dusk_hour + DUSK_WITHIN * self._dice.between(-1, 1), at)
        dawn = sky.next(sky.dawn_hour + DUSK_WITHIN * self._dice.between(-1, 1), dusk)
        agenda.put(dusk, lambda then: self.eye.go_blind(then, "天黑"))
        agenda.put(dawn, self._at_dawn)

    def _at_dawn(self, at: datetime) -> None:
        self.eye.see_again(at)
        self._until_dusk(at)

    def _about(self, minutes: float) -> timedelta:
        return self._dice.about(timedelta(minutes=minutes), self._rates.spread)
