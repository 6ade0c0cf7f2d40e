"""The messages that come up: frozen models, parsed once at the door. What goes down stands in ``broker.downward``.

Each message carries a schema number, an id minted once, the device, the event time and the source of the clock that
gave it. Unknown fields are ignored (a newer box may say more); an unknown schema number is refused.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

SCHEMA = 1
MAX_PACKET = 262_144  # bytes of a whole MQTT packet, unless a side is told otherwise
MOST_GLIMPSE = 40_000  # bytes of the JPEG of a live picture or still
CHUNK_BYTES = 22_000  # raw bytes of a picture chunk; base64 and the envelope stay under 32 kB

Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
# No NUL: PostgreSQL cannot store it, and one such message would stop a reader for ever.
Text = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]
Count = Annotated[int, Field(ge=0, le=2_147_483_647)]  # fits every database's integer
Unit = Annotated[float, Field(ge=0, le=1)]


class ClockSource(StrEnum):
    """What stood behind a time stamp: how far it may be trusted."""

    NTP = "ntp"  # synchronised
    RTC = "rtc"  # battery clock, not synchronised since boot
    MAPPED = "mapped"  # boot id + monotonic time, mapped once the clock was known; or carried on over a clock set back
    FILE = "file"  # time of a recording, not of the box


class State(StrEnum):
    """What a spot looks like."""

    CLEAN = "clean"
    DIRTY = "dirty"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What an event is about: one alarm kind of a spot.

    ``straw_pile``, ``manure_pile``, ``earth_pile``, ``coal_pile`` and ``floating_waste`` are rendered only, not
    verified on real pictures.
    """

    GARBAGE = "garbage"  # 暴露垃圾: it lies there
    OVERFLOW = "overflow"  # 垃圾桶满溢, seen by a camera
    DUMPED = "dumped"  # 乱倾倒: somebody left it
    BIN_FULL = "bin_full"  # 垃圾桶满溢, measured by a sensor
    STRAW_PILE = "straw_pile"  # 柴草乱堆
    MANURE_PILE = "manure_pile"  # 粪堆
    EARTH_PILE = "earth_pile"  # 乱堆土
    COAL_PILE = "coal_pile"  # 煤堆
    FLOATING_WASTE = "floating_waste"  # 水面漂浮物
    BIN_FIRE = "bin_fire"  # 疑似起火: temperature, or how fast it rises
    BIN_TILTED = "bin_tilted"  # 垃圾桶倾倒
    BIN_BATTERY = "bin_battery"  # 传感器电量低
    BIN_SIGNAL = "bin_signal"  # 传感器信号弱
    BIN_SILENT = "bin_silent"  # 传感器没有数据


# Told by a bin's sensor; the last three are about the sensor itself.
OF_BINS = frozenset({
    Kind.BIN_FULL, Kind.BIN_FIRE, Kind.BIN_TILTED, Kind.BIN_BATTERY, Kind.BIN_SIGNAL, Kind.BIN_SILENT,
})  # fmt: skip
OF_SENSORS = frozenset({Kind.BIN_BATTERY, Kind.BIN_SIGNAL, Kind.BIN_SILENT})

# Learnt from rendered scenes only, not verified on real pictures: no spot is watched for them unless it asks by name.
RENDERED_ONLY = frozenset({
    Kind.STRAW_PILE, Kind.MANURE_PILE, Kind.EARTH_PILE, Kind.COAL_PILE, Kind.FLOATING_WASTE,
})  # fmt: skip


class Phase(StrEnum):
    """Place of a message in the life of one event."""

    NEW = "new"
    UPDATE = "update"
    END = "end"


class Frozen(BaseModel):
    """Base of every value on the wire."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        ser_json_bytes="base64",
        val_json_bytes="base64",
        allow_inf_nan=False,
    )


class Message(Frozen):
    """What every message says: schema, own id, device, event time, clock source."""

    kind: ClassVar[str]
    schema_number: Literal[1] = Field(default=1, alias="schema")
    message_id: UUID
    device: Name
    at: AwareDatetime
    clock: ClockSource = ClockSource.NTP


class Box(Frozen):
    """One thing seen: label, score 0..1, and corners normalised to the picture's width and height (0..1)."""

    label: Name
    score: Unit
    x1: Unit
    y1: Unit
    x2: Unit
    y2: Unit

    @model_validator(mode="after")
    def _ordered(self) -> Box:
        if self.x2 <= self.x1 or self.y2 <= self.y1:
            raise ValueError("box corners must be ordered: x1 < x2 and y1 < y2")
        return self


class Event(Message):
    """A spot changed, or was looked at again because a ticket asked.

    ``event_id`` is one occurrence, the same in new, update and end, with a rising ``revision``. ``command_id`` is
    set when this look answers a re-check command. ``picture`` is the SHA-256 of the picture that shows it. A picture
    takes time, and no event waits for it: the event comes without, and when the picture is made the same is told again
    with it, of a higher revision, with ``looks`` 0 (no look of its own) and without a command. A dumping begins ``new``
    and unknown; ``update`` with dirty confirms it, ``end`` with unknown takes it back.
    ``model`` is the first 12 hex digits of the SHA-256 of the detector's file; ``config`` names what else decided: the
    version of the box's settings, ``-``, a digest of the camera's spots, limits, masks and gate, and ``+`` with the
    least score where one was switched on.
    """

    kind: ClassVar[str] = "event"
    event_id: UUID
    revision: Count
    phase: Phase
    spot: Name
    what: Kind
    state: State
    reason: Text
    score: Unit = 0.0
    looks: Count = 1
    boxes: tuple[Box, ...] = Field(default=(), max_length=100)
    picture: Sha256 | None = None
    model: Text = ""
    config: Text = ""
    rendered: bool = False
    command_id: UUID | None = None

    @property
    def tells_again(self) -> bool:
        """Whether this only brings the picture of a look that an earlier message told."""
        return self.looks == 0 and self.picture is not None


class Chunk(Message):
    """A part of a file, at most ``CHUNK_BYTES`` raw bytes; resumable by (sha256, index)."""

    sha256: Sha256
    size: int = Field(gt=0, le=64_000_000)
    index: int = Field(ge=0)
    chunks: int = Field(gt=0, le=4096)
    content_type: Text
    data: bytes
    event_id: UUID | None = None
    blurred: Count = 0

    @model_validator(mode="after")
    def _inside(self) -> Chunk:
        if self.index >= self.chunks:
            raise ValueError("chunk index outside the number of chunks")
        if not 0 < len(self.data) <= CHUNK_BYTES:
            raise ValueError(f"a chunk carries 1 to {CHUNK_BYTES} bytes")
        return self


class Picture(Chunk):
    """A part of a JPEG; ``blurred`` counts the boxes that were made unreadable before encoding."""

    kind: ClassVar[str] = "picture"
    content_type: Literal["image/jpeg"] = "image/jpeg"


class Clip(Chunk):
    """A part of a short MP4."""

    kind: ClassVar[str] = "clip"
    content_type: Literal["video/mp4"] = "video/mp4"


class Reading(Message):
    """One look of a bin sensor. A value that the sensor did not give is None, never 0.

    ``fill_percent`` is given by a sensor that knows its bin; ``distance_mm`` (from the sensor down to the waste) by one
    that does not: the county's registry knows how deep the bin is.
    """

    kind: ClassVar[str] = "reading"
    spot: Name
    fill_percent: float | None = Field(default=None, ge=0, le=100)
    temperature_c: float | None = Field(default=None, ge=-60, le=300)
    battery_percent: float | None = Field(default=None, ge=0, le=100)
    tilt_degrees: float | None = Field(default=None, ge=0, le=180)
    rssi_dbm: float | None = Field(default=None, ge=-200, le=20)
    snr_db: float | None = Field(default=None, ge=-60, le=60)
    distance_mm: float | None = Field(default=None, ge=0, le=60_000)
    tilted: bool | None = None
    lid_open: bool | None = None
    simulated: bool = False


class SensorFrame(Message):
    """A frame of a bin's sensor that the box could not read, whole, for the dead letters; ``reason`` says where."""

    kind: ClassVar[str] = "frame"
    spot: Name
    model: Name
    data: bytes = Field(max_length=4_096)
    reason: Text


class Position(Message):
    """Where a moving device is; degrees, CGCS2000 or WGS-84 (they differ by centimetres)."""

    kind: ClassVar[str] = "position"
    longitude: float = Field(ge=-180, le=180)
    latitude: float = Field(ge=-90, le=90)
    crs: Literal["CGCS2000", "WGS-84"] = "WGS-84"
    speed_mps: float | None = Field(default=None, ge=0, le=100)


class Answer(Message):
    """What became of a command."""

    kind: ClassVar[str] = "answer"
    command_id: UUID
    outcome: Literal["done", "refused", "expired", "failed"]
    reason: Text = ""


class Claim(Message):
    """A box asks for its credentials with a one-time code."""

    kind: ClassVar[str] = "claim"
    code: Text
    serial: Text


class CameraHealth(Frozen):
    """One camera as the box sees it; times in seconds.

    ``detection``, ``kinds_off``, ``pictures`` and ``min_score`` are how it is switched at run time. What is off reads
    unknown, never clean.
    """

    name: Name
    online: bool
    frames: int = Field(default=0, ge=0)
    last_frame_age_s: float | None = None
    restarts: Count = 0
    reason: Text = ""
    detection: bool = True
    kinds_off: tuple[Kind, ...] = Field(default=(), max_length=100)
    pictures: bool = True
    min_score: Unit = 0.0


class Health(Message):
    """How the box is; latest value only."""

    kind: ClassVar[str] = "health"
    version: Text = ""
    uptime_s: float = Field(default=0, ge=0)
    cpu_percent: float | None = None
    memory_mb: float | None = None
    disk_free_mb: float | None = None
    outbox_waiting: Count = 0
    outbox_dropped: Count = 0
    refused_oversize: Count = 0
    refused_by_server: Count = 0
    cameras: tuple[CameraHealth, ...] = ()
    note: Text = ""


class Status(Message):
    """Online or offline; retained, offline is also the last will."""

    kind: ClassVar[str] = "status"
    online: bool
    reason: Text = ""


class SpotCoverage(Frozen):
    """How long a spot was really observed; seconds since the last report."""

    spot: Name
    state: State
    observed_s: float = Field(ge=0)
    unknown_s: float = Field(ge=0)
    reason: Text = ""


class Coverage(Message):
    """What was and was not observed; latest value only."""

    kind: ClassVar[str] = "coverage"
    spots: tuple[SpotCoverage, ...]


class ConfigState(Message):
    """Which configuration a box runs."""

    kind: ClassVar[str] = "config-state"
    version: Count
    ok: bool
    reason: Text = ""


class Live(Message):
    """One small picture of the camera of a spot; JPEG, people blurred; latest value only.

    ``asked`` is the command ``live`` of who watches; without it this is the still that a camera gives now and then.
    ``blurred`` counts what was made unreadable. A picture that nobody asked for, or late, is shown to nobody as live.
    """

    kind: ClassVar[str] = "live"
    spot: Name
    data: bytes = Field(max_length=MOST_GLIMPSE)
    asked: UUID | None = None
    blurred: Count = 0
    rendered: bool = False


UPWARD: dict[str, type[Message]] = {
    model.kind: model
    for model in (
        Event, Picture, Clip, Reading, SensorFrame, Position, Answer, Claim, Health, Status, Coverage, ConfigState,
        Live,
    )
}  # fmt: skip
