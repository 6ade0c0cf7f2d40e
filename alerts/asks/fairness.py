"""The fairness log (无差别): who let something pass, where, when and why; for the level above to read. Pure values.

``fairness_book.note(pen, entry)`` writes an entry in the transaction of the act itself; nothing changes one afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from alerts.values import Decision, Status, Ticket, Who
from county.policy import LevelNames
from county.values import Level

COLUMNS = ("时间", "事项", "姓名", "级别", "区划", "地点", "工单", "原因", "说明")


class Deed(StrEnum):
    """What was let pass, put off or changed by somebody's word. ``words`` is what people read."""

    SUPPRESSED = "suppressed"
    SILENCED = "silenced"
    VOIDED = "voided"
    FORCED = "forced"
    HELD = "held"
    EXTENDED = "extended"
    WITHDRAWN = "withdrawn"
    CORRECTED = "corrected"
    CLEARED = "cleared"
    REVEALED = "revealed"
    ERASED = "erased"
    GIVEN_UP = "given_up"

    @property
    def words(self) -> str:
        """The Chinese name."""
        return _WORDS[self]


_WORDS = {
    Deed.SUPPRESSED: "静默期间发现", Deed.SILENCED: "静默", Deed.VOIDED: "不予立案", Deed.FORCED: "强制结案",
    Deed.HELD: "挂账", Deed.EXTENDED: "延期", Deed.WITHDRAWN: "撤回", Deed.CORRECTED: "更正", Deed.CLEARED: "人工清除",
    Deed.REVEALED: "查看反映人", Deed.ERASED: "删除反映人信息",
    Deed.GIVEN_UP: "放弃反映人信息",
}  # fmt: skip
_BY_STATUS = {Status.NOT_FILED: Deed.VOIDED, Status.FORCED: Deed.FORCED, Status.ON_HOLD: Deed.HELD}


class NoReason(ValueError):
    """Somebody let something pass without saying why, or nobody has said it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. ``author.level`` is on which level they decided; ``area`` a region code of the place.

    ``words`` say what exactly (until when, to whom); ``NoReason`` without an author or a reason.
    """

    deed: Deed
    author: Who
    reason: str
    at: datetime
    area: str
    place: str
    ticket: UUID | None = None
    number: str = ""
    words: str = ""

    def __post_init__(self) -> None:
        """Nothing is let pass by nobody or for no reason."""
        if not self.reason.strip() or not self.author.name.strip():
            raise NoReason(f"{self.deed.words}必须写明是谁、为什么")


@dataclass(frozen=True, slots=True)
class Line:
    """An entry with its number in the log."""

    number: int
    entry: Entry


def about(ticket: Ticket, deed: Deed, author: Who, said: tuple[str, str], at: datetime) -> Entry:
    """An entry about a ticket; ``said`` is the reason and what exactly was done."""
    scene = ticket.scene
    place = f"{scene.place_name} {scene.spot_name}".strip()
    return Entry(deed, author, said[0], at, scene.region, place, ticket.id, ticket.number, said[1])


def of_decisions(before: Ticket, decisions: Sequence[Decision], author: Who, at: datetime) -> list[Entry]:
    """What an act did to a ticket that must stand in the log: it was voided, forced shut, or put on hold."""
    status = before.status
    found = []
    for decision in decisions:
        after = decision.ticket
        if after is not None and after.status is not status:
            deed = _BY_STATUS.get(after.status)
            if deed is not None:
                found.append(about(after, deed, author, (decision.reason, ""), at))
            status = after.status
    return found


def cells(line: Line, levels: LevelNames, zone: ZoneInfo) -> tuple[str, ...]:
    """A line as a row of a table under ``COLUMNS``; the time is local."""
    one = line.entry
    return (
        f"{one.at.astimezone(zone):%Y-%m-%d %H:%M:%S}", one.deed.words, one.author.name,
        levels.of(one.author.level), one.area, one.place, one.number, one.reason, one.words,
    )  # fmt: skip


def below(level: Level) -> tuple[Level, ...]:
    """The levels whose deeds this one reads."""
    order = list(Level)
    return tuple(order[: order.index(level)])
