"""Camera against bin sensor at one site (镜头与传感器互相印证): do they say the same? Pure.

A sensor that says 40 % while the camera sees the bin overflow is wrong, or the camera is. Neither is believed alone,
and when it happens again and again a person must look at them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from alerts.sensors import bins
from alerts.sensors.bins import BinState
from alerts.tickets.moves import Change, noted
from alerts.values import Decision, Look, Ticket
from broker.messages import Kind, State
from county.policy import BinThresholds

LOOK_LASTS = timedelta(hours=24)  # a camera tells what changes; what it said longer ago is no witness


class Says(StrEnum):
    """How the two stand to each other; NOTHING where one of them does not know."""

    NOTHING = ""
    BOTH_FULL = "both_full"
    BOTH_NOT = "both_not"
    SENSOR_LOW = "sensor_low"  # the camera sees it overflow
    SENSOR_FULL = "sensor_full"  # the camera sees no overflow

    @property
    def agree(self) -> bool:
        return self in {Says.BOTH_FULL, Says.BOTH_NOT}

    @property
    def disagree(self) -> bool:
        return self in {Says.SENSOR_LOW, Says.SENSOR_FULL}


@dataclass(frozen=True, slots=True)
class Fill:
    """How full the sensor of one bin says that it is, and when it measured that; its thresholds."""

    place: str
    name: str
    percent: float
    at: datetime
    limits: BinThresholds


@dataclass(frozen=True, slots=True)
class Compared:
    """What both say, in words with both figures; ``fill`` is the fullest bin, ``at`` the newest word of the two."""

    says: Says
    words: str = ""
    fill: Fill | None = None
    evidence: str = ""  # other evidence is another time


@dataclass(frozen=True, slots=True)
class Memory:
    """What a site is remembered by: what both said last, how often in a row, and the ticket in which that stands."""

    site: str
    says: Says = Says.NOTHING
    times: int = 0
    evidence: str = ""
    noted_in: UUID | None = None


def fill_of(state: BinState, name: str, limits: BinThresholds, now: datetime) -> Fill | None:
    """What a sensor says now; None where it is silent, or its last reading was not believed."""
    level = state.level
    if level.percent is None or level.at is None or state.passed_over or bins.is_silent(state, now, limits):
        return None
    return Fill(state.place, name, level.percent, level.at, limits)


def compare(looks: Iterable[Look], fills: Sequence[Fill | None], now: datetime) -> Compared:
    """Compare what the cameras of a site saw last of overflow with its bins; the fullest bin counts."""
    clear = [one for one in looks if one.kind == Kind.OVERFLOW and now - one.at <= LOOK_LASTS]
    dirty = [one for one in clear if one.state is State.DIRTY]
    known = [one for one in fills if one is not None]
    if not known or not clear or any(one.state is State.UNKNOWN for one in clear):
        return Compared(Says.NOTHING)
    fullest = max(known, key=lambda one: one.percent)
    look = max(dirty or clear, key=lambda one: one.order)
    full = fullest.percent >= fullest.limits.dirty
    if dirty and fullest.percent < fullest.limits.warns_at and len(known) < len(fills):
        return Compared(Says.NOTHING)  # the bin that overflows may be the one that says nothing
    if dirty:
        says = Says.SENSOR_LOW if fullest.percent < fullest.limits.warns_at else Says.BOTH_FULL
    else:
        says = Says.SENSOR_FULL if full else Says.BOTH_NOT
    return Compared(says, _words(says, fullest), fullest, f"{look.at.isoformat()} {fullest.at.isoformat()}")


def remember(memory: Memory, compared: Compared) -> Memory:
    """Count how often in a row both have said the same thing about each other; the same evidence counts once."""
    if compared.says is Says.NOTHING or (compared.evidence, compared.says) == (memory.evidence, memory.says):
        return memory
    again = compared.says is memory.says or (compared.says.agree and memory.says.agree)
    times = memory.times + 1 if again else 1
    return replace(memory, says=compared.says, times=times, evidence=compared.evidence)


def note(memory: Memory, before: Memory, compared: Compared, ticket: Ticket, now: datetime) -> Decision | None:
    """Say in the ticket of the site what both say, once for each; that both see nothing only after a contradiction."""
    if compared.says is Says.NOTHING or compared.fill is None:
        return None
    told = before.noted_in == ticket.id and before.says is compared.says
    if told or (compared.says is Says.BOTH_NOT and not (before.says.disagree and before.noted_in == ticket.id)):
        return None
    how = "不一致" if compared.says.disagree else "一致"
    return noted(ticket, Change(now, f"传感器与镜头{how}:{compared.words}"))


def contradicts(fills: Iterable[Fill | None], look: Look, done_at: datetime | None) -> Fill | None:
    """The sensor that says emptied since the work was done, while the camera still sees the bin overflow."""
    if look.kind != Kind.OVERFLOW or look.state is not State.DIRTY or done_at is None:
        return None
    known = [one for one in fills if one is not None and one.at > done_at]
    emptied = all(one.percent <= one.limits.clean for one in known)
    return max(known, key=lambda one: one.percent) if known and emptied else None


def _words(says: Says, fill: Fill) -> str:
    sees = {
        Says.SENSOR_LOW: "镜头看到满溢", Says.SENSOR_FULL: "镜头看到没有满溢", Says.BOTH_FULL: "镜头也看到满溢",
        Says.BOTH_NOT: "镜头也看到没有满溢",
    }  # fmt: skip
    return f"{fill.name}传感器读数 {fill.percent:.0f}%,{sees[says]}"
