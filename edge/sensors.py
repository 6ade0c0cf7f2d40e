"""The settings of bins and of the network servers through which their sensors speak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from broker.decoders.milesight import Model
from broker.messages import Name
from edge.tables import Closed, Percent, Place, Seconds

IMEI_DIGITS = 15
Measure = Literal[
    "at", "fill_percent", "temperature_c", "battery_percent", "tilt_degrees", "rssi_dbm", "snr_db", "distance_mm"
]


_USUAL: dict[Measure, str] = {"fill_percent": "fill_percent", "at": "at"}


def _good_filter(value: str) -> str:
    levels = value.split("/")
    if any(("+" in one and one != "+") or ("#" in one and one != "#") for one in levels) or "#" in levels[:-1]:
        raise ValueError("+ stands alone between slashes, # alone at the end")
    return value


TopicFilter = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00$]*$"), AfterValidator(_good_filter)
]


class Emptied(Closed):
    """A moment of a bin's script: ``after_s`` seconds from the start somebody empties it."""

    after_s: Annotated[float, Field(ge=0)]


class SimulatedBin(Closed):
    """A bin that fills at a steady rate and is emptied by its script or by the world file."""

    type: Literal["simulated"]
    start_percent: Percent = 10.0
    percent_per_hour: Annotated[float, Field(ge=0, le=1_000_000)] = 5.0
    emptied: tuple[Emptied, ...] = ()
    every_s: Seconds = 60.0
    world: Place | None = None


class JsonBin(Closed):
    """Readings as JSON that another program writes: a folder of ``*.json`` files, or one growing file of lines.

    ``fields`` maps our names to a path in the JSON (``fill_percent = "data.level"``).
    """

    type: Literal["json"]
    path: Place
    fields: dict[Measure, str] = Field(default_factory=lambda: dict(_USUAL))
    every_s: Seconds = 5.0


class FrameBin(Closed):
    """A sensor whose own frames come through a network server: its model, and what it is called there.

    ``sensor`` is its DevEUI (16 hex digits), for ``cellular`` its IMEI. ``record_every_s`` is how far apart the records
    of a cellular frame are that holds several without a time.
    """

    type: Literal["frames"]
    network: Name
    sensor: Annotated[str, StringConstraints(pattern=r"^([0-9A-Fa-f]{16}|\d{15})$", to_upper=True)]
    model: Model
    record_every_s: Seconds = 1_800.0


class BinSettings(Closed):
    """One bin sensor; ``name`` is the bin's id in the county's registry."""

    name: Name
    source: Annotated[SimulatedBin | JsonBin | FrameBin, Field(discriminator="type")]


class NetworkSettings(Closed):
    """A server that publishes what sensors send, and what of it to hear. It is asked for nothing else.

    ``speaks``: uplinks of ChirpStack v4 or The Things Stack v3, or (``cellular``) the bare frames of NB-IoT sensors.
    """

    name: Name
    speaks: Literal["chirpstack", "the-things-stack", "cellular"]
    topics: Annotated[tuple[TopicFilter, ...], Field(min_length=1, max_length=50)]
    host: Annotated[str, StringConstraints(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65_535)] = 8883
    username: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    password_file: Place | None = None
    ca: Place | None = None
    cert: Place | None = None
    key: Place | None = None
    tls: bool = True
    mqtt: Literal["5", "3.1.1"] | None = None  # 3.1.1 for The Things Stack, which knows no other, else 5
    keep_s: Annotated[int, Field(ge=0, le=604_800)] = 86_400  # how long the server keeps what comes while we are away


@dataclass(frozen=True, slots=True)
class FramedBin:
    """A bin and the sensor in it that sends frames."""

    name: str
    source: FrameBin
