"""The settings of a box: one TOML file, checked whole before anything starts.

Relative paths are relative to the file. Every error names the file, the key and the cure; an unknown key is an error,
for a misspelt one would silently do nothing. Secrets stand in files of their own (``password_file``).
"""

from __future__ import annotations

import tomllib
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from broker.journal import LogSettings
from broker.messages import MAX_PACKET, Name
from broker.topics import Address
from detect.filters import Filter, Polygon, merged, thresholds_are_for_dirt
from detect.fingerprint import fingerprint
from detect.kinds import Label
from detect.runtimes.files import RuntimeName
from detect.spots import WHOLE, Spot
from edge.sensors import IMEI_DIGITS, BinSettings, FrameBin, FramedBin, NetworkSettings
from edge.tables import Closed, Place, Seconds

Village = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]


class BadSettings(ValueError):
    """The settings cannot be used; the text names the file, the keys and the cures. Retrying does not help."""


class BrokerSettings(Closed):
    """Where the county's broker is, and who this box is there."""

    host: Annotated[str, StringConstraints(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65_535)] = 8883
    username: Name | None = None  # the device id unless told
    password_file: Place | None = None
    ca: Place | None = None
    cert: Place | None = None
    key: Place | None = None
    tls: bool = True
    max_packet: Annotated[int, Field(ge=1_024, le=268_435_455)] = MAX_PACKET
    keepalive: Annotated[int, Field(ge=5, le=3_600)] = 30
    retry_min_s: Seconds = 1.0
    retry_max_s: Seconds = 60.0


class FolderSource(Closed):
    """A folder of pictures, in the order of their names. ``times`` says whether a look happens at the time in the
    file's name (a recording) or now (a stand-in for a camera).
    """

    type: Literal["folder"]
    path: Place
    every_s: Annotated[float, Field(ge=0, le=86_400)] = 1.0
    hold: Annotated[int, Field(ge=1, le=1_000)] = 1  # looks at each picture
    loop: bool = False
    times: Literal["name", "now"] = "now"

    @model_validator(mode="after")
    def _a_recording_happened_once(self) -> Self:
        if self.loop and self.times == "name":
            raise ValueError('loop = true needs times = "now": a recorded time does not come twice')
        return self


class VideoSource(Closed):
    """A video file, played at its own pace (``fast`` plays it as quickly as it is looked at)."""

    type: Literal["video"]
    path: Place
    fps: Annotated[float, Field(gt=0, le=30)] = 1.0
    loop: bool = False
    fast: bool = False

    @model_validator(mode="after")
    def _a_recording_happened_once(self) -> Self:
        if self.loop and self.fast:
            raise ValueError("loop = true needs fast = false: a recorded time does not come twice")
        return self


class StreamSource(Closed):
    """A network camera (``rtsp://…``) or a local one (``/dev/video0``). A password in the address is read from
    ``password_file`` where the address says ``{password}``.
    """

    type: Literal["stream"]
    url: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
    password_file: Place | None = None
    fps: Annotated[float, Field(gt=0, le=30)] = 1.0


class RenderedSource(Closed):
    """A scene that ships, and a script: ``step`` tables as in ``edge.scenes.play`` (none: the scene stays clean).

    ``world`` is a JSON file that says what lies there by now. Every event of it says ``rendered``.
    """

    type: Literal["rendered"]
    scene: Name
    script: dict[str, Any] = Field(default_factory=dict)
    fps: Annotated[float, Field(gt=0, le=10)] = 1.0
    speed: Annotated[float, Field(gt=0, le=3_600)] = 1.0
    world: Place | None = None


PictureSource = Annotated[FolderSource | VideoSource | StreamSource | RenderedSource, Field(discriminator="type")]


class CameraSettings(Closed):
    """One camera: where its pictures come from, which spots it watches, and what nobody may see (``masks``)."""

    name: Name
    source: PictureSource
    spots: tuple[Spot, ...] = ()
    masks: tuple[Polygon, ...] = ()
    filters: dict[Label, Filter] = Field(default_factory=dict)  # which boxes count; a spot's own count over these
    look_at_least_s: Seconds = 10.0  # the gate lets a look through this often, whatever moves
    gate: bool = True  # False: the detector looks at every frame

    _checked = field_validator("filters")(thresholds_are_for_dirt)

    @model_validator(mode="after")
    def _filters_fit(self) -> Self:
        for spot in self.spots:
            try:
                self._filtered(spot)
            except ValidationError as problem:
                raise ValueError(f"spot {spot.name}, with the camera's filters: {_first(problem)}") from problem
        return self

    @cached_property
    def watched(self) -> tuple[Spot, ...]:
        """The spots, or the whole picture as one spot with the camera's name; each with all filters that count."""
        return tuple(self._filtered(spot) for spot in self.spots or (WHOLE.model_copy(update={"name": self.name}),))

    def _filtered(self, spot: Spot) -> Spot:
        return Spot.model_validate(spot.model_dump() | {"filters": merged(self.filters, spot.filters)})

    def config_id(self, version: int) -> str:
        """Name what decides this camera's events besides the model: ``version-digest``.

        The digest covers spots with their limits, masks, gate and looks a second. What the camera is called and where
        its pictures come from are left out: an address may hold a password, and neither decides anything.
        """
        decides = self.model_dump(mode="json", exclude={"name", "source"})
        decides |= {
            "spots": [spot.model_dump(mode="json") for spot in self.watched],
            "fps": getattr(self.source, "fps", None),
        }
        return f"{version}-{fingerprint(decides)}"


class MetricsSettings(Closed):
    """Where the box answers Prometheus; only itself unless told otherwise."""

    port: Annotated[int, Field(ge=1, le=65_535)]
    host: Annotated[str, StringConstraints(min_length=1, max_length=253)] = "127.0.0.1"


class BoxSettings(Closed):
    """Everything a box is told."""

    device: Name
    village: Village
    folder: Place
    broker: BrokerSettings
    cameras: tuple[CameraSettings, ...] = ()
    bins: tuple[BinSettings, ...] = ()
    networks: tuple[NetworkSettings, ...] = ()
    config_version: Annotated[int, Field(ge=0)] = 0
    config_settles_s: Seconds = 20.0  # how long the box must be well with what the county wishes before it is kept
    config_patience_s: Seconds = 180.0  # how long it may take to get well; then it is taken back
    outbox_mb: Annotated[int, Field(ge=1, le=100_000)] = 256
    health_s: Seconds = 60.0
    coverage_s: Seconds = 300.0
    model: Place | None = None  # the detector's file or exported folder; the one that ships unless told
    runtime: RuntimeName | None = None  # what runs it; by the file's ending unless told
    side: Annotated[int, Field(ge=64, le=1_280, multiple_of=32)] | None = None  # 320: a quarter of the work; .onnx only
    exact: bool = True  # False: short floats where they are faster; scores may move by some hundredths
    threads: Annotated[int, Field(ge=1, le=64)] | None = None  # of the detector; cores - 1 unless told
    metrics: MetricsSettings | None = None
    log: LogSettings = LogSettings()
    still_minutes: Annotated[float, Field(ge=0, le=1_440)] = 10.0  # between two stills of a camera; 0: none
    glimpse_mb_a_day: Annotated[float, Field(ge=0, le=100_000)] = 100.0  # stills and live pictures of all cameras
    silent_s: Seconds = 20.0  # a camera without a frame for so long is started anew

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        spots = [spot.name for camera in self.cameras for spot in camera.watched]
        for what, names in (
            ("camera", [camera.name for camera in self.cameras]),
            ("spot or bin", spots + [one.name for one in self.bins]),
            ("network", [one.name for one in self.networks]),
            ("sensor", [f"{one.source.sensor} of {one.source.network}" for one in self.framed]),
        ):
            doubled = sorted({name for name in names if names.count(name) > 1})
            if doubled:
                raise ValueError(f"{what} name used twice: {', '.join(doubled)}; give each its own")
        return self

    @model_validator(mode="after")
    def _sensors_have_their_network(self) -> Self:
        known = {one.name: one.speaks for one in self.networks}
        for one in self.framed:
            speaks = known.get(one.source.network)
            if speaks is None:
                raise ValueError(f"bin {one.name}: no [[networks]] with the name {one.source.network!r}")
            if (speaks == "cellular") != (len(one.source.sensor) == IMEI_DIGITS):
                raise ValueError(f"bin {one.name}: sensor is an IMEI (15 digits) for cellular, else a DevEUI (16 hex)")
        return self

    @property
    def framed(self) -> tuple[FramedBin, ...]:
        """The bins whose sensors speak through a network server."""
        return tuple(FramedBin(one.name, one.source) for one in self.bins if isinstance(one.source, FrameBin))

    @property
    def address(self) -> Address:
        """Where this box stands on the wire."""
        return Address.of_village(self.village, self.device)


def load(path: Path) -> BoxSettings:
    """Read and check a settings file; ``BadSettings`` lists every fault with its cure."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as problem:
        raise BadSettings(
            f"{path}: cannot be read ({problem.strerror}). Cure: name the box's settings file, such as box.toml"
        ) from problem
    except UnicodeDecodeError as problem:
        raise BadSettings(f"{path}: is not UTF-8 text. Cure: save the file as UTF-8") from problem
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as problem:  # too many digits and too deep nesting too
        raise BadSettings(f"{path}: {problem}. Cure: correct the TOML at that line") from problem
    return check(table, path)


def check(table: dict[str, Any], path: Path) -> BoxSettings:
    """Build settings from an already parsed table; ``path`` names the file and anchors relative paths."""
    try:
        return BoxSettings.model_validate(table, context={"base": path.absolute().parent})
    except ValidationError as problem:
        raise BadSettings("\n".join(f"{path}: {fault}" for fault in problems_of(problem))) from problem


def problems_of(problem: ValidationError) -> list[str]:
    """Every fault with its key and its cure."""
    return [_fault(error["loc"], error["type"], error["msg"]) for error in problem.errors()]


_CURES = {
    "missing": "add this key",
    "extra_forbidden": "no such key; correct its spelling or remove it",
    "union_tag_not_found": "add type = … to say what kind of source it is",
    "union_tag_invalid": "use one of the listed types",
    "value_error": "change it in the file",
    "string_pattern_mismatch": "ids are letters, digits, _ . - (a village code: 12 digits)",
}


def _first(problem: ValidationError) -> str:
    return problem.errors()[0]["msg"].removeprefix("Value error, ")


def _fault(place: tuple[int | str, ...], kind: str, words: str) -> str:
    key = ".".join(str(part) for part in place) or "the whole file"
    cure = _CURES.get(kind, "give a value that fits")
    return f"{key}: {words.removeprefix('Value error, ')}. Cure: {cure}"
