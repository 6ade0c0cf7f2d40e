"""The county as a folder of files, in and out. A folder is a mapping of file name to bytes; paths only at the edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from county.calendar import Calendar
from county.check import problems_of
from county.geo import read_masks, read_outline, read_spots, write_masks, write_spots
from county.policy_file import lines_of, read_policy
from county.rows import BadCell, Lines, Problem, Table, doubled
from county.sheets import SHEETS
from county.snapshot import Content, County

Folder = Mapping[str, bytes]
FILES = (*SHEETS, "spots.geojson", "masks.geojson", "policy.toml", "outline.geojson")
_NEEDED = ("regions.csv", "people.csv", "duties.csv", "policy.toml")
_LARGEST = 50_000_000


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

    def table(self, file: str) -> tuple[Any, ...]:
        """The values of a CSV file; none where there is no such file."""
        if file not in self.folder:
            return ()
        sheet, values = SHEETS[file], []
        table = Table(file, sheet.columns, (*sheet.optional, *sheet.rare), self.problems)
        lines: list[int] = []
        for row in table.rows(self.folder[file]):
            try:
                values.append(sheet.build(row))
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
    sheet = SHEETS.get(name)
    if sheet is None:
        return "copy that of county/qingluan and adapt it"
    return f"make it; its columns are {','.join(sheet.columns)}"


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
    regions = reading.table("regions.csv")
    people = reading.table("people.csv")
    duties = reading.table("duties.csv")
    devices = reading.table("devices.csv")
    days = reading.table("calendar.csv")
    ways, units, leaves = (reading.table(name) for name in ("ways.csv", "units.csv", "leave.csv"))
    shifts = reading.table("roster.csv")
    reading.problems += doubled("calendar.csv", [str(day.date) for day in days], reading.lines, "date")
    spots, lines, wrong = read_spots(reading.folder.get("spots.geojson", b""), {d.id: d for d in devices})
    reading.lines["spots.geojson"] = lines
    reading.problems += wrong
    masks, lines, wrong = read_masks(reading.folder.get("masks.geojson", b""))
    reading.lines["masks.geojson"] = lines
    reading.problems += wrong
    outline, wrong = read_outline(reading.folder.get("outline.geojson", b""))
    reading.problems += wrong
    policy, wrong = read_policy(reading.folder["policy.toml"])
    reading.problems += wrong
    if policy is None:
        return None
    reading.lines |= {f"policy.toml {name}": found for name, found in lines_of(reading.folder["policy.toml"]).items()}
    calendar = Calendar({day.date: day for day in days}, policy.work.hours, policy.work.zone)
    rest = (ways, units, leaves, shifts, masks)
    return Content(regions, people, duties, devices, spots, policy, calendar, outline, *rest)


def dump(content: Content, policy_toml: bytes) -> Folder:
    """The folder of a content; policy.toml is passed through, since its comments are the county's own."""
    told = {name: tuple(sheet.values(content)) for name, sheet in SHEETS.items()}
    folder = {name: SHEETS[name].written(values) for name, values in told.items() if values or not SHEETS[name].spare}
    folder["spots.geojson"] = write_spots(content.spots)
    if content.masks:
        folder["masks.geojson"] = write_masks(content.masks)
    folder["policy.toml"] = policy_toml
    if content.outline:
        folder["outline.geojson"] = content.outline.encode()
    return folder
