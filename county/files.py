"""The county as a folder of files, in and out. A folder is a mapping of file name to bytes; paths only at the edges."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

from county.calendar import Calendar, Day
from county.check import Lines, doubled, problems_of
from county.geo import read_outline, read_spots, write_spots
from county.policy_file import lines_of, read_policy
from county.rows import BadCell, Problem, Row, Table, write
from county.snapshot import Content, County
from county.values import ID, REGION_CODE, Device, DeviceKind, Duty, LegalBasis, Level, Person, Region

Folder = Mapping[str, bytes]
T = TypeVar("T")

_VALID = ("valid_from", "valid_to")
_POINT = ("longitude", "latitude", "crs")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "regions.csv": ("code", "name", "parent", "kind", *_VALID),
    "people.csv": ("id", "name", "phone", "unit"),
    "duties.csv": ("person", "area", "level", "role", "rank", *_VALID),
    "devices.csv": ("id", "kind", "name", "village", "box", *_POINT, "legal_basis", *_VALID),
    "calendar.csv": ("date", "works", "name", "note"),
}
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "regions.csv": _POINT,
    "people.csv": ("wechat",),
    "devices.csv": ("empty_mm", "full_mm"),
}
FILES = (*COLUMNS, "spots.geojson", "policy.toml", "outline.geojson")
_NEEDED = ("regions.csv", "people.csv", "duties.csv", "policy.toml")
_LARGEST = 50_000_000

_PHONE = re.compile(r"\+?\d{7,15}", re.ASCII)
_RANK = re.compile(r"\d{1,2}", re.ASCII)
_WORKS = re.compile(r"yes|no")


class BadCounty(ValueError):
    """A folder that cannot be a county; ``problems`` name file, line and cure."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{problems[0]}{more}")


@dataclass(slots=True)
class _Reading:
    """What has been read so far: values, the line of each, and the problems."""

    folder: Folder
    lines: Lines = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def table(self, file: str, build: Callable[[Row], T]) -> tuple[T, ...]:
        if file not in self.folder:
            return ()
        values: list[T] = []
        table = Table(file, COLUMNS[file], OPTIONAL.get(file, ()), self.problems)
        lines: list[int] = []
        for row in table.rows(self.folder[file]):
            try:
                values.append(build(row))
                lines.append(row.line)
            except BadCell as bad:
                table.report(row.line, str(bad), bad.cure)
        self.lines[file] = lines
        return tuple(values)


def from_path(path: Path) -> Folder:
    """The county files of a folder on disk; ``BadCounty`` when it is none."""
    if not path.is_dir():
        raise BadCounty([Problem(str(path), 0, "is not a folder", "give the folder that holds regions.csv")])
    return {name: (path / name).read_bytes() for name in FILES if (path / name).is_file()}


def to_path(folder: Folder, path: Path) -> None:
    """Write the files of a county into a folder, made when it is missing."""
    path.mkdir(parents=True, exist_ok=True)
    for name, data in folder.items():
        (path / name).write_bytes(data)


def _how_to_make(name: str) -> str:
    columns = COLUMNS.get(name)
    return f"make it; its columns are {','.join(columns)}" if columns else "copy that of county/qingluan and adapt it"


def read(folder: Folder) -> tuple[Content | None, list[Problem]]:
    """Parse and check a folder. Content is None when a file could not be read at all."""
    problems = [Problem(name, 0, "the file is missing", _how_to_make(name)) for name in _NEEDED if name not in folder]
    problems += [
        Problem(name, 0, "is no county file", f"the files are {', '.join(FILES)}")
        for name in folder
        if name not in FILES
    ]
    problems += [
        Problem(name, 0, f"the file has {len(data)} bytes", f"keep it under {_LARGEST} bytes")
        for name, data in folder.items()
        if len(data) > _LARGEST
    ]
    if problems:
        return None, problems
    reading = _Reading(folder, problems=problems)
    content = _content(reading)
    if content is not None:
        reading.problems += problems_of(content, reading.lines)
    return content, reading.problems


def load(folder: Folder, revision: int = 0) -> County:
    """A county from a folder; ``BadCounty`` lists every problem."""
    content, problems = read(folder)
    if problems or content is None:
        raise BadCounty(problems)
    return County(content, revision)


def _content(reading: _Reading) -> Content | None:
    regions = reading.table("regions.csv", _region)
    people = reading.table("people.csv", _person)
    duties = reading.table("duties.csv", _duty)
    devices = reading.table("devices.csv", _device)
    days = reading.table("calendar.csv", _day)
    reading.problems += doubled("calendar.csv", [str(day.date) for day in days], reading.lines, "date")
    spots, lines, wrong = read_spots(reading.folder.get("spots.geojson", b""), {d.id: d for d in devices})
    reading.lines["spots.geojson"] = lines
    reading.problems += wrong
    outline, wrong = read_outline(reading.folder.get("outline.geojson", b""))
    reading.problems += wrong
    policy, wrong = read_policy(reading.folder["policy.toml"])
    reading.problems += wrong
    if policy is None:
        return None
    reading.lines |= {f"policy.toml {name}": found for name, found in lines_of(reading.folder["policy.toml"]).items()}
    calendar = Calendar({day.date: day for day in days}, policy.work.hours, policy.work.zone)
    return Content(regions, people, duties, devices, spots, policy, calendar, outline)


def _region(row: Row) -> Region:
    code = row.text("code", REGION_CODE, "a region code has 6, 9, 12 or more digits")
    start, end = row.validity()
    head = (code, row.needed("name"), row.text("parent"), row.text("kind"))
    return Region(*head, start, end, *_point(row))


def _person(row: Row) -> Person:
    phone = row.text("phone", _PHONE, "write the phone as digits, like 13800001234 or +8613800001234")
    identity = row.text("id", ID, "an id has letters, digits and _ . -")
    return Person(identity, row.needed("name"), phone, row.text("unit"), row.text("wechat"))


def _duty(row: Row) -> Duty:
    rank = int(row.text("rank", _RANK, "rank is 0 for the first, 1 for the deputy"))
    level = row.one_of("level", Level)
    return Duty(row.needed("person"), row.needed("area"), level, row.needed("role"), rank, *row.validity())


def _device(row: Row) -> Device:
    identity = row.text("id", ID, "a device id has letters, digits and _ . -, at most 64")
    kind, basis = row.one_of("kind", DeviceKind), row.one_of("legal_basis", LegalBasis)
    head = (identity, kind, row.needed("name"), row.text("village"), row.text("box"))
    depth = row.number("empty_mm"), row.number("full_mm")
    return Device(*head, *_point(row), basis, *row.validity(), *depth)


def _day(row: Row) -> Day:
    day = row.day("date")
    if day is None:
        raise BadCell("column 'date' is empty", "write the date as 2026-03-01")
    return Day(day, row.text("works", _WORKS, "write yes or no") == "yes", row.text("name"), row.text("note"))


def _point(row: Row) -> tuple[float | None, float | None, str]:
    return row.number("longitude"), row.number("latitude"), row.text("crs")


def dump(content: Content, policy_toml: bytes) -> Folder:
    """The folder of a content; policy.toml is passed through, since its comments are the county's own."""
    tables: dict[str, list[tuple[str, ...]]] = {
        "regions.csv": [
            (r.code, r.name, r.parent, r.kind, *_dates(r), *_place(r)) for r in content.regions
        ],
        "people.csv": [(p.id, p.name, p.phone, p.unit, p.wechat) for p in content.people],
        "duties.csv": [(d.person, d.area, d.level.value, d.role, str(d.rank), *_dates(d)) for d in content.duties],
        "devices.csv": [
            (d.id, d.kind.value, d.name, d.village, d.box, *_place(d), d.legal_basis.value, *_dates(d),
             _plain(d.empty_mm), _plain(d.full_mm))
            for d in content.devices
        ],
        "calendar.csv": [
            (str(d.date), "yes" if d.works else "no", d.name, d.note) for d in content.calendar.days.values()
        ],
    }  # fmt: skip
    folder = {name: write(*_filled(name, rows)) for name, rows in tables.items()}
    folder["spots.geojson"] = write_spots(content.spots)
    folder["policy.toml"] = policy_toml
    if content.outline:
        folder["outline.geojson"] = content.outline.encode()
    return folder


def _filled(name: str, rows: list[tuple[str, ...]]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Columns and rows; the depth of bins is left out of a county that measured none."""
    columns = (*COLUMNS[name], *OPTIONAL.get(name, ()))
    if name == "devices.csv" and not any(cell for row in rows for cell in row[-len(OPTIONAL[name]) :]):
        kept = len(COLUMNS[name])
        return columns[:kept], [row[:kept] for row in rows]
    return columns, rows


def _dates(value: Region | Duty | Device) -> tuple[str, str]:
    return _iso(value.valid_from), _iso(value.valid_to)


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _plain(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


def _place(value: Region | Device) -> tuple[str, str, str]:
    numbers = (
        ("" if number is None else f"{number:.7f}".rstrip("0").rstrip("."))
        for number in (value.longitude, value.latitude)
    )
    longitude, latitude = numbers
    return longitude, latitude, value.crs
