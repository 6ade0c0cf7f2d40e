"""The committed rates: how often what happens, and how people behave. Read from TOML, strict, each in its bounds."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Often = Annotated[float, Field(ge=0, le=1_000, allow_inf_nan=False)]
Span = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)]
Hour = Annotated[float, Field(ge=0, lt=24, allow_inf_nan=False)]
Percent = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
MOST_NOISE = 20.0


class BadRates(ValueError):
    """A file of rates that cannot be used; the text names what is wrong."""


class Block(BaseModel):
    """A block that refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Places(Block):
    """True things before a camera, per camera-day."""

    dumpings_per_day: Often
    piles_per_day: Often
    swept_per_day: Often


class Telling(Block):
    """What a box tells of what is there."""

    dumping_told: Share
    pile_told: Share
    overflow_told: Share
    confirm_s: Span
    remind_s: Span
    picture_told: Share
    picture_s: Span
    recheck_s: Span
    recheck_blind: Share
    recheck_wrong: Share


class Sight(Block):
    """When a camera sees; local hours."""

    dawn_hour: Hour
    dusk_hour: Hour
    lit: Share

    @model_validator(mode="after")
    def _in_order(self) -> Sight:
        if self.dawn_hour >= self.dusk_hour:
            raise ValueError("dawn_hour must lie before dusk_hour")
        return self


class Noise(Block):
    """What is not so: per camera-day or bin-day, or a share of all messages."""

    false_looks_per_day: Often
    false_dumpings_per_day: Often
    withdrawn_dumpings_per_day: Often
    blind_per_day: Often
    flaps_per_pile_day: Often
    spikes_per_bin_day: Often
    tips_per_bin_day: Often
    late: Share
    doubled: Share
    ahead: Share

    def times(self, factor: float) -> Noise:
        """So much of all of it; a share never exceeds one."""
        return Noise(**{
            name: value * factor if name.endswith("_day") else min(1.0, value * factor)
            for name, value in self.model_dump().items()
        })  # fmt: skip


class NoiseShapes(Block):
    """What noise is like, however much there is."""

    passing: Share
    passing_minutes: Span
    weather_minutes: Span
    blind_minutes: Span
    flap_minutes: Span
    spike_minutes: Span
    late_minutes: Span


class Bins(Block):
    """How bins fill, and when the truck comes."""

    interval_days: Annotated[tuple[Annotated[int, Field(ge=1, le=60)], ...], Field(min_length=1)]
    fill_at_round: Percent
    fill_spread: Annotated[float, Field(gt=0, le=3)]
    market_every_days: Annotated[int, Field(ge=1, le=365)]
    market_factor: Annotated[float, Field(ge=1, le=20)]
    measure_noise: Annotated[float, Field(ge=0, le=50)]
    distance_share: Share
    percent_spikes: Share
    round_hour: Hour
    round_hours: Annotated[float, Field(gt=0, le=16)]
    skipped: Share
    truck_broken: Share
    fires_per_bin_day: Often
    falls_per_bin_day: Often


class Equipment(Block):
    """What breaks."""

    battery_days: Span
    weak_per_bin_day: Often
    broken_per_bin_day: Often
    outages_per_link_day: Often
    outage_minutes: Span


class People(Block):
    """How people behave; local hours."""

    wakes_hour: Hour
    sleeps_hour: Hour
    reads_minutes: Span
    forgets: Share
    refuses: Share
    accepts_forgets: Share
    works_minutes: Span
    half_done: Share
    denies_truth: Share
    admits_nothing: Share
    verifies_minutes: Span
    judges_unclear: Share
    judges_wrong: Share
    away_share: Annotated[float, Field(ge=0, le=0.9)]
    away_days: Span

    @model_validator(mode="after")
    def _in_order(self) -> People:
        if self.wakes_hour >= self.sleeps_hour:
            raise ValueError("wakes_hour must lie before sleeps_hour")
        return self


class Rates(Block):
    """All of it. ``spread`` is the sigma of the log-normal times."""

    spread: Annotated[float, Field(gt=0, le=3)]
    places: Places
    telling: Telling
    sight: Sight
    noise: Noise
    noise_shapes: NoiseShapes
    bins: Bins
    equipment: Equipment
    people: People

    def with_noise(self, factor: float) -> Rates:
        """The same county with so much of the committed noise. ValueError for a factor that is none."""
        if not 0 <= factor <= MOST_NOISE:
            raise ValueError(f"noise is {factor:g}; give a factor from 0 to {MOST_NOISE:g}, 1 is the committed rate")
        return self.model_copy(update={"noise": self.noise.times(factor)})


def read_rates(text: str) -> Rates:
    """The rates that a text says; ``BadRates`` names each block and key that is wrong."""
    try:
        return Rates.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadRates(f"not TOML: {error}") from error
    except ValidationError as error:
        wrong = [f"{'.'.join(str(part) for part in one['loc']) or 'rates'}: {one['msg']}" for one in error.errors()]
        raise BadRates("; ".join(wrong[:5]) + (f" (and {len(wrong) - 5} more)" if len(wrong) > 5 else "")) from error


def committed() -> Rates:
    """The rates that stand beside this file."""
    return read_rates(files("jingcun.simulate").joinpath("rates.toml").read_text(encoding="utf-8"))


def rates_of(path: Path | None) -> Rates:
    """The rates of a file, or the committed ones; ``BadRates`` names the file."""
    if path is None:
        return committed()
    try:
        return read_rates(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise BadRates(f"{path}: not UTF-8: {error.reason}") from error
    except BadRates as error:
        raise BadRates(f"{path}: {error}") from error
