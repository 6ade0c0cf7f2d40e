"""Bin readings that another program writes as JSON: a folder of ``*.json`` files, or one growing file of lines.

Nothing that stands there is trusted: what cannot be used is told with its reason and passed over. A file's reading has
an id made from its content, so that a kill between storing and removing it cannot bring it in twice.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from broker.identity import EARLIEST, id_of
from broker.messages import ClockSource, Reading
from edge.sensors import JsonBin
from edge.sources import Surroundings, Taken

MOST_BYTES = 65_536  # of one reading
MOST_AT_ONCE = 200


class Unusable(ValueError):
    """These bytes give no reading; the text says why."""


class JsonReadings:
    """The readings of one bin out of a folder or a growing file."""

    kind = "json"

    def __init__(self, name: str, device: str, settings: JsonBin, around: Surroundings) -> None:
        self.name = name
        self.every_s = settings.every_s
        self._device = device
        self._settings = settings
        self._around = around

    def look(self, memory: str | None) -> Taken:
        """Return what is new; ``memory`` is the place reached in a growing file."""
        path = self._settings.path
        try:
            return self._files(path) if path.is_dir() else self._lines(path, _place(memory))
        except OSError as problem:
            return Taken(memory=memory, bad=(f"{path} cannot be read ({problem.strerror}); check `path`",))

    def _files(self, folder: Path) -> Taken:
        readings: list[Reading] = []
        bad: list[str] = []
        paths = sorted(one for one in folder.iterdir() if one.suffix == ".json" and one.is_file())[:MOST_AT_ONCE]
        for path in paths:
            with path.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
            seen = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            self._take(content, path.name, seen, (readings, bad))
        return Taken(tuple(readings), None, tuple(bad), tuple(paths))

    def _lines(self, path: Path, place: int) -> Taken:
        readings: list[Reading] = []
        bad: list[str] = []
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(place if place <= size else 0)  # a shorter file is a new one
            for _ in range(MOST_AT_ONCE):
                start = file.tell()
                line = file.readline(MOST_BYTES + 1)
                if not line.endswith(b"\n") and len(line) <= MOST_BYTES:
                    file.seek(start)  # still being written
                    break
                if not line.endswith(b"\n"):
                    _skip_line(file)
                if line.strip():
                    self._take(line, f"{path.name} byte {start}", self._around.now(), (readings, bad))
            return Taken(tuple(readings), str(file.tell()), tuple(bad))

    def _take(self, content: bytes, where: str, seen: datetime, into: tuple[list[Reading], list[str]]) -> None:
        try:
            into[0].append(self._reading(content, where, seen))
        except Unusable as problem:
            into[1].append(f"{where}: {problem}")

    def _reading(self, content: bytes, where: str, seen: datetime) -> Reading:
        if len(content) > MOST_BYTES:
            raise Unusable(f"longer than {MOST_BYTES} bytes")
        try:
            table = from_json(content)
        except ValueError as problem:
            raise Unusable(f"is not JSON ({str(problem)[:80]})") from problem
        values = {field: _at_path(table, path) for field, path in self._settings.fields.items()}
        at = _time(values.pop("at", None), seen)
        measured = {field: _number(field, value) for field, value in values.items() if value is not None}
        if not measured:
            raise Unusable(f"holds none of {', '.join(sorted(values)) or 'the fields that settings name'}")
        try:
            return Reading(
                message_id=id_of(at, f"{self._device}/{self.name}/{where}".encode() + content), device=self._device,
                at=at, clock=ClockSource.RTC, spot=self.name, **measured,
            )  # fmt: skip
        except ValidationError as problem:
            first = problem.errors()[0]
            raise Unusable(f"{first['loc'][0]}: {first['msg']}") from problem


def _place(memory: str | None) -> int:
    return int(memory) if memory is not None and memory.isdecimal() else 0


def _skip_line(file: Any) -> None:
    while (part := file.readline(MOST_BYTES)) and not part.endswith(b"\n"):
        pass


def _at_path(table: object, path: str) -> object:
    for part in path.split("."):
        if not isinstance(table, dict):
            return None
        table = table.get(part)
    return table


def _number(field: str, value: object) -> float:
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
    raise Unusable(f"{field} is {str(value)[:40]!r}, not a number")


def _time(value: object, seen: datetime) -> datetime:
    """Return the sensor's time (ISO with zone, or epoch seconds or milliseconds); an impossible one is the box's."""
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
        else:
            number = _number("at", value)
            at = datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
    except (Unusable, ValueError, OverflowError, OSError):
        return seen
    usable = at.tzinfo is not None and EARLIEST <= at <= seen + timedelta(days=1)
    return at.astimezone(UTC) if usable else seen
