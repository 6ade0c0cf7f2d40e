"""The rectification notice (整改通知书) as a value: who must put what right where by when, and who says so. Pure.

It is not made without a named person, a deadline, a place and a problem: ``NotIssued`` says in Chinese what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from alerts.papers.wording import cleaned

MOST_NAME, MOST_PLACE, MOST_PROBLEM, MOST_DEMAND = 60, 120, 2000, 300  # characters; what is longer ends in "…"


class NotIssued(ValueError):
    """The paper must not be issued; the text says why, in Chinese."""


class Standing(StrEnum):
    """How far what a paper asks for has come; the value is what people read."""

    RUNNING = "整改期限内"
    LATE = "超期"
    DONE = "已整改"
    DONE_LATE = "超期整改"
    DROPPED = "不再执行"


@dataclass(frozen=True, slots=True)
class Named:
    """A person as a paper names him."""

    name: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """The photo of a paper, by its SHA-256 in the evidence store; ``remark`` where it is no ordinary photo."""

    sha256: str
    taken_at: datetime | None = None
    device: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """The piece of ground: township and village in words, the spot there."""

    place: str
    spot: str = ""

    @property
    def words(self) -> str:
        """Both without a gap, as an official text names them: 柳林镇石门村村口垃圾点."""
        place, spot = "".join(self.place.split()), self.spot.strip()
        return cleaned(place + spot, MOST_PLACE)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: the problem in words, its category and severity by the county's names, how and when."""

    problem: str
    category: str
    severity: str
    at: datetime
    how: str = "视频巡查"


@dataclass(frozen=True, slots=True)
class Rectification:
    """A notice as it is issued. Moments are aware; ``zone`` is the county's, in which they are written."""

    number: str
    ticket: str
    issued_at: datetime
    due_at: datetime
    issuer: str
    person: Named
    ground: Ground
    found: Found
    demands: tuple[str, ...]
    picture: Shown | None = None
    zone: str = "Asia/Shanghai"

    def __post_init__(self) -> None:
        """Refuse what must not go out; ``NotIssued`` names it."""
        for there, what in self._needed():
            if not there:
                raise NotIssued(f"整改通知书不能签发：没有{what}")
        if any(one.tzinfo is None for one in (self.issued_at, self.due_at, self.found.at)):
            raise NotIssued("整改通知书不能签发：时间没有写明时区")
        if self.due_at <= self.issued_at:
            raise NotIssued("整改通知书不能签发：整改期限已经过去，请重新确定期限")

    def _needed(self) -> tuple[tuple[object, str], ...]:
        return (
            (self.person and cleaned(self.person.name, MOST_NAME), "明确的整改责任人"),
            (self.due_at, "整改期限"),
            (self.ground.words, "问题地点"),
            (cleaned(self.found.problem, MOST_PROBLEM), "存在的问题"),
            (cleaned(self.issuer, MOST_NAME), "签发单位"),
            (cleaned(self.number, MOST_NAME), "文号"),
            (any(cleaned(one, MOST_DEMAND) for one in self.demands), "整改要求"),
        )


def number_words(code: str, year: int, serial: int) -> str:
    """The number of a paper: the unit's code, the year in its brackets, the serial number: 青环整〔2026〕12号."""
    return f"{code}〔{year}〕{serial}号"


def year_of(moment: datetime, zone: str) -> int:
    """The calendar year of the county in which a paper is numbered."""
    return moment.astimezone(ZoneInfo(zone)).year


def standing(due_at: datetime, now: datetime, done_at: datetime | None = None, dropped: bool = False) -> Standing:
    """How a paper stands: late from the first second after its deadline. ``done_at``: when it was put right."""
    if dropped:
        return Standing.DROPPED
    if done_at is not None:
        return Standing.DONE if done_at <= due_at else Standing.DONE_LATE
    return Standing.RUNNING if now <= due_at else Standing.LATE
