"""The state of a bin: the one place where readings become a level, a fire, a fall, a weak or silent sensor. Pure.

A reading that is older than the newest applied one changes nothing, so the order of arrival never matters. What is
wrong is found with a margin between beginning and end, or an alarm would flutter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from uuid import UUID

from alerts.sensors import fill
from alerts.sensors.fill import Emptying, Level, Points
from broker.messages import Kind, Reading, State
from county.policy import BinThresholds
from county.values import Device

SIGNALS = 3  # levels that the median of a signal is taken of
LATE = "早于已采用的读数,不改变任何状态"
BETWEEN = "读数在清空与满溢两个阈值之间,或传感器没有给出读数"


class Tone(StrEnum):
    """How a bin is drawn."""

    UNKNOWN = "unknown"  # silent, or never heard
    PLAIN = "plain"
    WARN = "warn"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class BinState:
    """What is known of one bin. ``at`` and ``message`` are the newest reading applied, ``heard_at`` its arrival here.

    ``passed_over`` says why the last reading did not move the level ("" when it did); ``wrong`` are the kinds whose
    alarm holds. ``tilts`` counts the last readings in a row that were tilted.
    """

    place: str
    at: datetime | None = None
    message: UUID | None = None
    heard_at: datetime | None = None
    level: Level = field(default_factory=Level)
    temperatures: Points = ()
    battery: float | None = None
    signals: tuple[float, ...] = ()
    snr_db: float | None = None
    tilts: int = 0
    lid_open: bool | None = None
    passed_over: str = ""
    wrong: frozenset[Kind] = frozenset()
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of a bin is dirty (wrong) or clean (over), why, and when (``at`` None: the reading's own time)."""

    kind: Kind
    state: State
    reason: str
    score: float = 1.0
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Absorbed:
    """The state after a reading, what was found, and the emptying that it shows; ``note`` where nothing was found."""

    state: BinState
    findings: tuple[Finding, ...] = ()
    emptied: Emptying | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """When a message arrived, and when it is decided about; both aware."""

    received_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a finding is made from."""

    before: BinState
    after: BinState
    reading: Reading
    limits: BinThresholds
    moved: bool = field(default=False)


def absorb(state: BinState, reading: Reading, heard: Heard, device: Device, limits: BinThresholds) -> Absorbed:
    """Take one reading in."""
    lives = _speaks_again(state, heard.now)
    heard_at = max(heard.received_at, state.heard_at or heard.received_at)
    wrong = state.wrong - {Kind.BIN_SILENT} if lives else state.wrong
    if state.at is not None and state.message is not None and (reading.at, reading.message_id) <= (
        state.at, state.message,
    ):  # fmt: skip
        return Absorbed(replace(state, heard_at=heard_at, wrong=wrong), lives, None, LATE)
    level, why_not = _level(state, reading, device, limits)
    after = _updated(state, reading, limits, (level, why_not, heard_at, wrong))
    ground = _Ground(state, after, reading, limits, moved=level.at == reading.at)
    found = [finding for find in _FINDERS if (finding := find(ground)) is not None]
    if found:
        wrong = wrong | {one.kind for one in found if one.state is State.DIRTY}
        wrong -= {one.kind for one in found if one.state is State.CLEAN}
    if wrong != after.wrong:
        after = replace(after, wrong=wrong)
    emptied = level.emptied if level.emptied != state.level.emptied else None
    return Absorbed(after, (*lives, *found), emptied, why_not or BETWEEN)


def silenced(state: BinState, words: str, now: datetime) -> Absorbed:
    """The state of a bin that has said nothing for too long."""
    after = replace(state, wrong=state.wrong | {Kind.BIN_SILENT})
    return Absorbed(after, (Finding(Kind.BIN_SILENT, State.DIRTY, words, at=now),))


def is_silent(state: BinState | None, now: datetime, limits: BinThresholds) -> bool:
    """Whether a bin was not heard for too long; one that never spoke is silent."""
    return state is None or state.heard_at is None or now - state.heard_at > limits.silent_after


def tone(state: BinState | None, now: datetime, limits: BinThresholds) -> Tone:
    """How a bin is drawn: an alarm of its own before its level, and no level of one that is silent."""
    if state is not None and state.wrong & {Kind.BIN_FIRE, Kind.BIN_TILTED}:
        return Tone.ALARM
    if state is None or state.level.percent is None or is_silent(state, now, limits):
        return Tone.UNKNOWN
    if state.level.percent >= limits.dirty:
        return Tone.ALARM
    return Tone.WARN if state.level.percent >= limits.warns_at else Tone.PLAIN


def _speaks_again(state: BinState, now: datetime) -> tuple[Finding, ...]:
    if Kind.BIN_SILENT not in state.wrong:
        return ()
    return (Finding(Kind.BIN_SILENT, State.CLEAN, "传感器又有数据了", at=now),)


def _level(state: BinState, reading: Reading, device: Device, limits: BinThresholds) -> tuple[Level, str]:
    """The level after a reading, and why it did not move, "" when it did."""
    level = state.level
    if reading.fill_percent is None and reading.distance_mm is None:
        return level, BETWEEN
    if reading.lid_open:
        return level, "盖子开着,这次的高度不算"
    if _is_tilted(reading, limits):
        return level, "桶身倾斜,这次的高度不算"
    if reading.fill_percent is not None:
        return fill.said(level, reading.at, reading.fill_percent, limits), ""
    return _by_distance(level, reading, device, limits)


def _by_distance(level: Level, reading: Reading, device: Device, limits: BinThresholds) -> tuple[Level, str]:
    if device.empty_mm is None or device.full_mm is None:
        return level, f"{device.name}没有标定空桶和满桶的距离(devices.csv 的 empty_mm、full_mm),读数不能换算"
    assert reading.distance_mm is not None
    percent = fill.percent_of(reading.distance_mm, device.empty_mm, device.full_mm)
    if percent is None:
        return level, f"测距 {reading.distance_mm:.0f} 毫米,超出桶底,盖子可能开着,这次不算"
    moved = fill.measured(level, reading.at, percent, limits)
    far = moved.held is not None
    return moved, f"一次跳到 {percent:.0f}%,等下一次读数证实" if far else ""


def _updated(
    state: BinState, reading: Reading, limits: BinThresholds, known: tuple[Level, str, datetime, frozenset[Kind]]
) -> BinState:
    """The state with what the reading says; what it does not say stays as it was.

    ``known`` is what was found out already: the level, why it did not move, when it was heard, what is wrong. The state
    is built in one piece: a copy for each part of it was half of a reading's cost.
    """
    level, passed_over, heard_at, wrong = known
    warmth = state.temperatures
    if warmth:
        window = timedelta(seconds=limits.fire_rise_s)
        warmth = tuple(one for one in warmth if reading.at - one[0] <= window)
    if reading.temperature_c is not None:
        warmth = (*warmth[-SIGNALS * 4 :], (reading.at, reading.temperature_c))
    signals = state.signals if reading.rssi_dbm is None else (*state.signals, reading.rssi_dbm)[-SIGNALS:]
    knows = reading.tilted is not None or reading.tilt_degrees is not None
    tilts = state.tilts + 1 if _is_tilted(reading, limits) else 0
    return BinState(
        place=state.place, at=reading.at, message=reading.message_id, heard_at=heard_at, level=level,
        temperatures=warmth, battery=state.battery if reading.battery_percent is None else reading.battery_percent,
        signals=signals, snr_db=state.snr_db if reading.snr_db is None else reading.snr_db,
        tilts=tilts if knows else state.tilts,
        lid_open=state.lid_open if reading.lid_open is None else reading.lid_open,
        passed_over=passed_over, wrong=wrong, simulated=reading.simulated,
    )  # fmt: skip


def _is_tilted(reading: Reading, limits: BinThresholds) -> bool:
    if reading.tilt_degrees is not None and reading.tilt_degrees >= limits.tilt_degrees:
        return True
    return reading.tilted is True


def _find_full(ground: _Ground) -> Finding | None:
    percent, limits = ground.after.level.percent, ground.limits
    if not ground.moved or percent is None or limits.clean < percent < limits.dirty:
        return None
    state = State.DIRTY if percent >= limits.dirty else State.CLEAN
    measured = ground.reading.distance_mm
    words = f"传感器读数 {percent:.0f}%" + (f"(测距 {measured:.0f} 毫米)" if measured is not None else "")
    return Finding(Kind.BIN_FULL, state, words, percent / 100)


def _find_fire(ground: _Ground) -> Finding | None:
    limits, warmth = ground.limits, ground.after.temperatures
    if ground.reading.temperature_c is None:
        return None
    now = warmth[-1][1]
    if now >= limits.fire_c:
        return Finding(Kind.BIN_FIRE, State.DIRTY, f"桶内温度 {now:.0f}℃")
    rise = now - min(one[1] for one in warmth) if now >= limits.fire_rise_from_c else 0.0
    if rise >= limits.fire_rise_c:
        minutes = limits.fire_rise_s / 60
        return Finding(Kind.BIN_FIRE, State.DIRTY, f"桶内温度 {minutes:.0f} 分钟内上升 {rise:.0f}℃,现在 {now:.0f}℃")
    return _over(ground, Kind.BIN_FIRE, now < limits.fire_over_c, f"桶内温度回到 {now:.0f}℃")


def _find_tilt(ground: _Ground) -> Finding | None:
    tilts = ground.after.tilts
    if tilts >= ground.limits.tilt_looks:
        return Finding(Kind.BIN_TILTED, State.DIRTY, f"连续 {tilts} 次测到桶身倾斜")
    return _over(ground, Kind.BIN_TILTED, tilts == 0, "桶身已经扶正")


def _find_battery(ground: _Ground) -> Finding | None:
    level, limits = ground.reading.battery_percent, ground.limits
    if level is None:
        return None
    if level <= limits.battery:
        return Finding(Kind.BIN_BATTERY, State.DIRTY, f"电池剩 {level:.0f}%,请更换电池")
    return _over(ground, Kind.BIN_BATTERY, level >= limits.battery_good, f"电池 {level:.0f}%")


def _find_signal(ground: _Ground) -> Finding | None:
    limits, signals = ground.limits, ground.after.signals
    if ground.reading.rssi_dbm is None or len(signals) < SIGNALS:
        return None
    level = median(signals)
    if level <= limits.weak_dbm:
        return Finding(Kind.BIN_SIGNAL, State.DIRTY, f"信号 {level:.0f} dBm,可能丢数据,请检查天线和安装位置")
    return _over(ground, Kind.BIN_SIGNAL, level >= limits.good_dbm, f"信号 {level:.0f} dBm")


def _over(ground: _Ground, kind: Kind, good: bool, words: str) -> Finding | None:
    """Clean, where the alarm held and the value is good again."""
    return Finding(kind, State.CLEAN, words) if good and kind in ground.before.wrong else None


_FINDERS: tuple[Callable[[_Ground], Finding | None], ...] = (
    _find_full, _find_fire, _find_tilt, _find_battery, _find_signal,
)  # fmt: skip
