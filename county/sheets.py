"""The CSV files of a county: the columns of each, and how a line becomes a value and a value a line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any

from county.calendar import Day
from county.content import Content
from county.policy.channels import ROUTE
from county.rows import BadCell, Row, write
from county.shifts import Local, Shift
from county.staff import Leave, Unit, UnitKind
from county.values import ID, REGION_CODE, Device, DeviceKind, Duty, LegalBasis, Level, Person, PersonKind, Region
from county.ways import WEEKDAYS, Way, WayKind

Cells = tuple[str, ...]
_VALID = ("valid_from", "valid_to")
_POINT = ("longitude", "latitude", "crs")
_EMAIL = re.compile(r"|[^@\s,;<>\"]+@[^@\s,;<>\"]+", re.ASCII)
_PHONE = re.compile(r"\+?\d{7,15}", re.ASCII)
_TIME = re.compile(r"\d{2}:\d{2}", re.ASCII)
_RANK = re.compile(r"\d{1,2}", re.ASCII)
_CONSENT = re.compile(r"\S.*\s(\d{4}-\d{2}-\d{2})", re.ASCII)
_WORKS = re.compile(r"yes|no")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file. A reader misses no ``optional`` or ``rare`` column; a rare one without cells is not written."""

    columns: Cells
    build: Callable[[Row], Any]
    cells: Callable[[Any], Cells]  # in the order of ``header``
    values: Callable[[Content], Iterable[Any]]
    optional: Cells = ()
    rare: Cells = ()
    spare: bool = False  # the file itself is not written without a line

    @property
    def header(self) -> Cells:
        """Every column."""
        return (*self.columns, *self.optional, *self.rare)

    def written(self, values: Iterable[Any]) -> bytes:
        """The file that says these values."""
        rows = [self.cells(value) for value in values]
        kept = [
            place
            for place, name in enumerate(self.header)
            if name not in self.rare or any(row[place] for row in rows)
        ]  # fmt: skip
        return write([self.header[place] for place in kept], ([row[place] for place in kept] for row in rows))


def _region(row: Row) -> Region:
    code = row.text("code", REGION_CODE, "a region code has 6, 9, 12 or more digits")
    start, end = row.validity()
    head = (code, row.needed("name"), row.text("parent"), row.text("kind"))
    return Region(*head, start, end, *_point(row))


def _region_cells(r: Region) -> Cells:
    return r.code, r.name, r.parent, r.kind, *_dates(r), *_place(r)


def _person(row: Row) -> Person:
    phone = row.text("phone", _PHONE, "write the phone as digits, like 13800001234 or +8613800001234")
    identity = row.text("id", ID, "an id has letters, digits and _ . -")
    head = (identity, row.needed("name"), phone, row.text("unit"), row.text("wechat"))
    ways = row.text("email", _EMAIL, "write it like name@unit.example"), row.text("wecom")
    return Person(*head, row.one_of("kind", PersonKind), *ways, _routes(row))


def _routes(row: Row) -> tuple[str, ...]:
    told = tuple(one.strip() for one in row.text("channels").split(";") if one.strip())
    if any(re.fullmatch(ROUTE, one) is None for one in told):
        raise BadCell(f"channels {row.text('channels')!r} is no route", "write it like wechat > sms; office")
    return told


def _person_cells(p: Person) -> Cells:
    return p.id, p.name, p.phone, p.unit, p.wechat, p.kind.value, p.email, p.wecom, "; ".join(p.channels)


def _unit(row: Row) -> Unit:
    identity = row.text("id", ID, "an id has letters, digits and _ . -")
    return Unit(identity, row.needed("name"), row.one_of("kind", UnitKind), row.text("parent"), *row.validity())


def _unit_cells(u: Unit) -> Cells:
    return u.id, u.name, u.kind.value, u.parent, *_dates(u)


def _leave(row: Row) -> Leave:
    start, end = row.day("from"), row.day("to")
    if start is None:
        raise BadCell("column 'from' is empty", "write the first day of the leave as 2026-03-01")
    if end is not None and end <= start:
        raise BadCell(f"to {end} is not after from {start}", "to is the first day on which the person is back")
    return Leave(row.needed("person"), start, end, row.text("reason"))


def _leave_cells(leave: Leave) -> Cells:
    return leave.person, _iso(leave.start), _iso(leave.end), leave.reason


def _shift(row: Row) -> Shift:
    start, end = _local(row, "from"), _local(row, "to")
    if start is not None and end is not None and end <= start:
        raise BadCell(f"to {end} is not after from {start}", "to is the first moment off duty")
    head = (row.needed("person"), row.needed("area"), row.one_of("level", Level))
    return Shift(*head, start, end, _weekdays(row, "days"), _hours(row))


def _local(row: Row, column: str) -> Local | None:
    day, _, clock = row.text(column).partition(" ")
    if not day:
        return None
    try:
        return Local(date.fromisoformat(day), _clock(clock.strip() or "00:00"))
    except ValueError:
        cure = "write the local time as 2026-03-01 08:00"
        raise BadCell(f"column {column!r} has {row.text(column)[:60]!r}", cure) from None


def _hours(row: Row) -> tuple[time, time] | None:
    text = row.text("hours")
    begin, dash, end = text.partition("-")
    try:
        return (_clock(begin), _clock(end)) if dash or text else None
    except ValueError:
        raise BadCell(f"column 'hours' has {text[:60]!r}", "write it like 18:00-08:00") from None


def _clock(text: str) -> time:
    if _TIME.fullmatch(text.strip()) is None:
        raise ValueError(text)
    return time.fromisoformat(text.strip())


def _shift_cells(s: Shift) -> Cells:
    hours = "-".join(f"{clock:%H:%M}" for clock in s.hours or ())
    bounds = (str(bound) if bound is not None else "" for bound in (s.start, s.end))
    return s.area, s.level.value, s.person, *bounds, "|".join(WEEKDAYS[day] for day in s.days), hours


def _duty(row: Row) -> Duty:
    rank = int(row.text("rank", _RANK, "rank is 0 for the first, 1 for the deputy"))
    level = row.one_of("level", Level)
    head = (row.needed("person"), row.needed("area"), level, row.needed("role"), rank)
    return Duty(*head, *row.validity(), row.words("categories"))


def _duty_cells(d: Duty) -> Cells:
    return d.person, d.area, d.level.value, d.role, str(d.rank), *_dates(d), "|".join(d.categories)


def _device(row: Row) -> Device:
    identity = row.text("id", ID, "a device id has letters, digits and _ . -, at most 64")
    kind, basis = row.one_of("kind", DeviceKind), row.one_of("legal_basis", LegalBasis)
    head = (identity, kind, row.needed("name"), row.text("village"), row.text("box"))
    depth = row.number("empty_mm"), row.number("full_mm")
    device = Device(*head, *_point(row), basis, *row.validity(), *depth, _consent(row))
    return replace(device, sign_date=row.day("sign_date"), purpose=row.text("purpose"), viewers=row.words("viewers"))


def _consent(row: Row) -> str:
    text = row.text("consent")
    if text and not _dated(text):
        cure = "write number and date, like 同意书2026-014 2026-03-01"
        raise BadCell(f"column 'consent' has {text[:60]!r}", cure)
    return text


def _dated(paper: str) -> bool:
    """Whether a date stands behind the number of a paper."""
    found = _CONSENT.fullmatch(paper)
    try:
        return found is not None and bool(date.fromisoformat(found[1]))
    except ValueError:
        return False


def _device_cells(d: Device) -> Cells:
    head = (d.id, d.kind.value, d.name, d.village, d.box)
    law = d.consent, d.purpose, _iso(d.sign_date), "|".join(d.viewers)
    return *head, *_place(d), d.legal_basis.value, *_dates(d), _plain(d.empty_mm), _plain(d.full_mm), *law


def _way(row: Row) -> Way:
    identity = row.text("id", ID, "an id has letters, digits and _ . -")
    start, end = row.validity()
    head = (identity, row.one_of("kind", WayKind), row.needed("name"), row.needed("region"), row.text("road"))
    return Way(*head, start, end, *_point(row), _rota(row))


def _rota(row: Row) -> tuple[int, ...]:
    return _weekdays(row, "rota")


def _weekdays(row: Row, column: str) -> tuple[int, ...]:
    words = [word.lower() for word in row.words(column)]
    if words == ["daily"]:
        return tuple(range(len(WEEKDAYS)))
    unknown = [word for word in words if word not in WEEKDAYS]
    if unknown or len(set(words)) != len(words):
        raise BadCell(
            f"column {column!r} has {row.text(column)[:60]!r}", "write weekdays like mon|thu, each once, or daily"
        )
    return tuple(sorted(WEEKDAYS.index(word) for word in words))


def _way_cells(w: Way) -> Cells:
    head = (w.id, w.kind.value, w.name, w.region, w.road)
    return *head, *_dates(w), *_place(w), "|".join(WEEKDAYS[day] for day in w.rota)


def _day(row: Row) -> Day:
    day = row.day("date")
    if day is None:
        raise BadCell("column 'date' is empty", "write the date as 2026-03-01")
    return Day(day, row.text("works", _WORKS, "write yes or no") == "yes", row.text("name"), row.text("note"))


def _day_cells(d: Day) -> Cells:
    return str(d.date), "yes" if d.works else "no", d.name, d.note


def _point(row: Row) -> tuple[float | None, float | None, str]:
    return row.number("longitude"), row.number("latitude"), row.text("crs")


def _dates(value: Region | Duty | Device | Way | Unit) -> Cells:
    return _iso(value.valid_from), _iso(value.valid_to)


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _plain(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


def _place(value: Region | Device | Way) -> Cells:
    numbers = (
        ("" if number is None else f"{number:.7f}".rstrip("0").rstrip("."))
        for number in (value.longitude, value.latitude)
    )
    longitude, latitude = numbers
    return longitude, latitude, value.crs


SHEETS: Mapping[str, Sheet] = {
    "regions.csv": Sheet(
        ("code", "name", "parent", "kind", *_VALID), _region, _region_cells, lambda content: content.regions, _POINT
    ),
    "people.csv": Sheet(
        ("id", "name", "phone", "unit"), _person, _person_cells, lambda content: content.people, ("wechat",),
        ("kind", "email", "wecom", "channels"),
    ),
    "duties.csv": Sheet(
        ("person", "area", "level", "role", "rank", *_VALID), _duty, _duty_cells, lambda content: content.duties,
        rare=("categories",),
    ),
    "devices.csv": Sheet(
        ("id", "kind", "name", "village", "box", *_POINT, "legal_basis", *_VALID), _device, _device_cells,
        lambda content: content.devices, rare=("empty_mm", "full_mm", "consent", "purpose", "sign_date", "viewers"),
    ),
    "calendar.csv": Sheet(
        ("date", "works", "name", "note"), _day, _day_cells, lambda content: content.calendar.days.values()
    ),
    "ways.csv": Sheet(
        ("id", "kind", "name", "region", "road", *_VALID), _way, _way_cells, lambda content: content.ways,
        _POINT, ("rota",), spare=True,
    ),
    "units.csv": Sheet(
        ("id", "name", "kind", "parent", *_VALID), _unit, _unit_cells, lambda content: content.units, spare=True
    ),
    "roster.csv": Sheet(
        ("area", "level", "person", "from", "to"), _shift, _shift_cells, lambda content: content.shifts,
        rare=("days", "hours"), spare=True,
    ),
    "leave.csv": Sheet(
        ("person", "from", "to", "reason"), _leave, _leave_cells, lambda content: content.leaves, spare=True
    ),
}  # fmt: skip
