"""What the commands ``jingcun county …`` and ``jingcun device …`` do: plain functions that return values to print."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from county import credentials
from county.book import BookAway, CountyBook, NoCounty, Outrun
from county.credentials import DeviceCredential, NotADevice
from county.diff import Difference, differences
from county.files import BadCounty, from_path, load, read, to_path
from county.rows import Problem
from county.snapshot import Content, County
from county.values import Device, DeviceKind, Gap

# Everything that a command should print as one line and end with exit code 1.
ERRORS = (BadCounty, BookAway, NoCounty, NotADevice, Outrun, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Report:
    """What ``check`` found. A gap is no fault of the file, but somebody must know it."""

    name: str
    counts: dict[str, int]
    problems: tuple[Problem, ...]
    gaps: tuple[Gap, ...]

    @property
    def ok(self) -> bool:
        return not self.problems and not self.gaps


@dataclass(frozen=True, slots=True)
class Loaded:
    """What ``load`` did: the revision that holds now, and the differences to the one before."""

    revision: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """One device as ``device list`` shows it; ``credential`` is ``valid``, ``revoked``, ``none`` or ``box``."""

    id: str
    kind: str
    name: str
    place: str
    box: str
    credential: str
    made_at: datetime | None


def check(folder: Path, day: date) -> Report:
    """Problems of a folder, and its gaps from ``day`` on once it has no problem."""
    content, problems = read(from_path(folder))
    if content is None or problems:
        return Report(str(folder), _counts(content), tuple(problems), ())
    county = County(content)
    return Report(f"{county.name} {county.code}", _counts(content), (), tuple(county.gaps(day)))


def diff(book: CountyBook, folder: Path) -> list[Difference]:
    """What loading a folder would change; everything is new for a county that is not in the book."""
    return _against(book, load(from_path(folder)))


def load_folder(book: CountyBook, folder: Path, author: str, reason: str) -> Loaded:
    """Save a folder as the next revision; ``Outrun`` if another one came in between."""
    files = from_path(folder)
    county = load(files)
    before = book.revision_number(county.code)
    found = tuple(_against(book, county))
    return Loaded(book.save(files, author, reason, after=before), found)


def export(book: CountyBook, folder: Path, code: str | None = None, number: int | None = None) -> list[str]:
    """Write a revision's files into a folder, byte for byte; returns the file names."""
    files = book.folder(code, number)
    to_path(files, folder)
    return sorted(files)


def add_device_secret(book: CountyBook, device_id: str, author: str, now: datetime) -> str:
    """Give a registered device a fresh secret and return it, for the only time; an older one stops working."""
    county = book.current()
    secret, credential = credentials.make(credentials.speaker(county, device_id), author, now)
    book.put_credential(county.code, credential)
    return secret


def revoke_device_secret(book: CountyBook, device_id: str, why: str, now: datetime) -> None:
    """End a device's credential; ``NotADevice`` when it has none."""
    if not book.revoke_credential(book.current().code, device_id, now, why):
        raise NotADevice(f"device {device_id!r} has no valid credential; `jingcun device list` shows who has")


def list_devices(book: CountyBook) -> list[DeviceLine]:
    """Every registered device and how it stands with credentials."""
    county = book.current()
    newest = {each.device: each for each in book.credentials(county.code)}
    return [_line(county, device, newest.get(device.id)) for device in county.devices.values()]


def _line(county: County, device: Device, known: DeviceCredential | None) -> DeviceLine:
    state = "none" if known is None else "valid" if known.valid else "revoked"
    if device.box or device.kind == DeviceKind.CAMERA:
        state = "box"
    place = county.place_name(device.village)
    made_at = known.made_at if known else None
    return DeviceLine(device.id, device.kind.value, device.name, place, device.box, state, made_at)


def _against(book: CountyBook, new: County) -> list[Difference]:
    try:
        return differences(book.current(new.code).content, new.content)
    except NoCounty:
        return [Difference("regions.csv", "added", new.code, f"{new.name}, a county that is new to the book")]


def _counts(content: Content | None) -> dict[str, int]:
    names = ("regions", "people", "duties", "devices", "spots", "ways", "units", "leaves")
    return {name: len(getattr(content, name)) for name in names} if content else {}
