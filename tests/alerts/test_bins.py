"""The state of a bin: what each reading changes, what is found, and what is never believed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.sensors.bin_book import state_of, text_of
from alerts.sensors.bins import LATE, Absorbed, BinState, Finding, Heard, Tone, absorb, is_silent, silenced, tone
from alerts.sensors.fill import Emptying
from broker.messages import Kind, Reading, State
from county.policy import BinThresholds
from county.values import Device, DeviceKind
from tests.alerts.makes import at
from tests.county.small import BOX, VILLAGE

BIN = Device("bin-1", DeviceKind.BIN, "1号桶", VILLAGE, BOX, empty_mm=1000, full_mm=200)
LIMITS = BinThresholds()


def reading(minutes: float, **values: Any) -> Reading:
    return Reading(message_id=uuid4(), device=BOX, at=at(minutes), spot="bin-1", **values)


def heard(minutes: float) -> Heard:
    return Heard(at(minutes), at(minutes))


def fed(*readings: Reading, state: BinState | None = None, device: Device = BIN) -> Absorbed:
    told = Absorbed(state or BinState("bin-1"))
    for one in readings:
        told = absorb(told.state, one, Heard(one.at, one.at), device, LIMITS)
    return told


def every(minutes: float, **series: list[Any]) -> list[Reading]:
    count = len(next(iter(series.values())))
    return [
        reading(number * minutes, **{name: values[number] for name, values in series.items()})
        for number in range(count)
    ]


def kinds(told: Absorbed) -> dict[Kind, State]:
    return {one.kind: one.state for one in told.findings}


def test_a_distance_is_turned_into_a_fill_by_the_bins_own_depth() -> None:
    told = fed(*every(30, distance_mm=[250.0, 250.0]))
    assert told.state.level.percent == pytest.approx(93.75)
    assert kinds(told) == {Kind.BIN_FULL: State.DIRTY}
    assert told.findings[0].reason == "传感器读数 94%(测距 250 毫米)"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"distance_mm": 250, "lid_open": True}, "盖子开着"),
        ({"distance_mm": 250, "tilted": True}, "桶身倾斜"),
        ({"distance_mm": 250, "tilt_degrees": 80}, "桶身倾斜"),
        ({"distance_mm": 2_000}, "超出桶底"),
        ({"distance_mm": 950}, "等下一次读数证实"),
        ({"temperature_c": 20}, "没有给出读数"),
    ],
)
def test_a_height_that_cannot_be_the_wastes_is_passed_over_with_its_reason(values: dict[str, Any], words: str) -> None:
    before = fed(*every(30, distance_mm=[600.0, 600.0, 600.0])).state
    told = fed(reading(120, **values), state=before)
    assert told.state.level.percent == 50
    assert words in told.state.passed_over
    assert words in told.note
    assert Kind.BIN_FULL not in kinds(told)


def test_a_bin_that_nobody_measured_gives_no_fill_but_everything_else() -> None:
    told = fed(reading(0, distance_mm=300, temperature_c=70), device=replace(BIN, empty_mm=None, full_mm=None))
    assert told.state.level.percent is None
    assert "没有标定" in told.note
    assert kinds(told) == {Kind.BIN_FIRE: State.DIRTY}


def test_an_emptying_is_told_once() -> None:
    told = fed(*every(30, distance_mm=[300.0, 300.0, 300.0, 980.0, 990.0]))
    assert told.emptied is not None
    assert (told.emptied.at, told.emptied.before, told.emptied.after) == (at(90), 87.5, 1.2)
    assert kinds(told) == {Kind.BIN_FULL: State.CLEAN}
    assert fed(reading(180, distance_mm=985), state=told.state).emptied is None


@pytest.mark.parametrize(
    ("minutes", "degrees", "dirty"),
    [
        (30, [20, 61], True),  # hot
        (10, [25, 42], True),  # rises fast
        (10, [25, 36], False),  # rises, but is not warm
        (120, [20, 33, 45, 55], False),  # a summer day: thirteen degrees, but not within half an hour
        (10, [41, 49], False),
    ],
)
def test_fire_is_told_from_heat_or_from_its_rise(minutes: float, degrees: list[float], dirty: bool) -> None:
    told = fed(*every(minutes, temperature_c=degrees))
    assert (Kind.BIN_FIRE in told.state.wrong) is dirty


def test_a_fire_is_over_only_when_it_has_really_cooled() -> None:
    burning = fed(reading(0, temperature_c=80)).state
    assert Kind.BIN_FIRE in fed(reading(60, temperature_c=45), state=burning).state.wrong
    over = fed(reading(60, temperature_c=30), state=burning)
    assert kinds(over) == {Kind.BIN_FIRE: State.CLEAN}
    assert over.state.wrong == frozenset()
    assert fed(reading(90, temperature_c=30), state=over.state).findings == ()


def test_a_bin_that_is_tipped_once_has_not_fallen() -> None:
    once = fed(reading(0, tilted=True))
    assert once.findings == ()
    twice = fed(reading(30, tilted=True), state=once.state)
    assert kinds(twice) == {Kind.BIN_TILTED: State.DIRTY}
    assert Kind.BIN_TILTED in fed(reading(60, temperature_c=5), state=twice.state).state.wrong, "says nothing of it"
    assert kinds(fed(reading(60, tilted=False), state=twice.state)) == {Kind.BIN_TILTED: State.CLEAN}


def test_a_battery_between_low_and_good_neither_begins_nor_ends_an_alarm() -> None:
    assert fed(reading(0, battery_percent=16)).findings == ()
    low = fed(reading(0, battery_percent=15))
    assert kinds(low) == {Kind.BIN_BATTERY: State.DIRTY}
    assert "更换电池" in low.findings[0].reason
    assert fed(reading(30, battery_percent=29), state=low.state).findings == ()
    assert kinds(fed(reading(30, battery_percent=100), state=low.state)) == {Kind.BIN_BATTERY: State.CLEAN}


def test_one_weak_signal_is_weather_and_three_are_an_alarm() -> None:
    assert fed(*every(30, rssi_dbm=[-120.0, -120.0])).findings == ()
    weak = fed(*every(30, rssi_dbm=[-120.0, -90.0, -119.0]))
    assert kinds(weak) == {Kind.BIN_SIGNAL: State.DIRTY}
    good = fed(*every(30, rssi_dbm=[-120.0, -90.0, -119.0, -100.0, -101.0]))
    assert good.state.wrong == frozenset()


def test_a_silent_sensor_that_speaks_again_is_over_at_once_even_by_an_old_record() -> None:
    state = silenced(fed(reading(60, fill_percent=20)).state, "没有数据", at(500)).state
    assert Kind.BIN_SILENT in state.wrong
    told = absorb(state, reading(30, fill_percent=10), heard(501), BIN, LIMITS)
    assert told.findings == (Finding(Kind.BIN_SILENT, State.CLEAN, "传感器又有数据了", at=at(501)),)
    assert (told.state.wrong, told.state.heard_at) == (frozenset(), at(501))


def test_an_older_reading_changes_nothing() -> None:
    newer = fed(reading(60, fill_percent=95))
    told = fed(reading(30, fill_percent=5, temperature_c=90, tilted=True), state=newer.state)
    assert (told.findings, told.note) == ((), LATE)
    assert replace(told.state, heard_at=None) == replace(newer.state, heard_at=None)


@pytest.mark.parametrize(
    ("percent", "limits", "expected"),
    [
        (95, {}, Tone.ALARM), (85, {}, Tone.WARN), (79, {}, Tone.PLAIN), (71, {"dirty": 70}, Tone.ALARM),
        (62, {"dirty": 70}, Tone.WARN), (62, {"dirty": 70, "warn": 65}, Tone.PLAIN),
    ],
)  # fmt: skip
def test_the_tone_follows_the_countys_limits(percent: float, limits: dict[str, float], expected: Tone) -> None:
    made = BinThresholds.model_validate(limits)
    state = absorb(BinState("bin-1"), reading(0, fill_percent=percent), heard(0), BIN, made).state
    assert tone(state, at(1), made) is expected
    assert tone(state, at(60 * 24), made) is Tone.UNKNOWN, "what was last said a day ago is no level"
    assert tone(None, at(0), made) is Tone.UNKNOWN
    assert tone(replace(state, wrong=frozenset({Kind.BIN_FIRE})), at(60 * 24), made) is Tone.ALARM


def test_silence_is_so_many_missing_reports() -> None:
    state = fed(reading(0, fill_percent=5)).state
    assert not is_silent(state, at(180), LIMITS)
    assert is_silent(state, at(181), LIMITS)
    assert is_silent(None, at(0), LIMITS)


_VALUES = st.fixed_dictionaries(
    {},
    optional={
        "fill_percent": st.floats(0, 100), "distance_mm": st.floats(0, 60_000), "temperature_c": st.floats(-60, 300),
        "battery_percent": st.floats(0, 100), "tilt_degrees": st.floats(0, 180), "rssi_dbm": st.floats(-200, 20),
        "tilted": st.booleans(), "lid_open": st.booleans(),
    },
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 5_000), _VALUES), max_size=40))
def test_any_readings_in_any_order_keep_a_state_that_survives_the_book(told: list[tuple[int, dict[str, Any]]]) -> None:
    state = BinState("bin-1")
    for minutes, values in told:
        one = reading(minutes, **values)
        done = absorb(state, one, heard(6_000), BIN, LIMITS)
        state = state_of(text_of(done.state))
        assert state == done.state
        for finding in done.findings:
            assert (finding.kind in state.wrong) is (finding.state is State.DIRTY)
        assert state.level.percent is None or 0 <= state.level.percent <= 100
    assert state.at is None or state.at == max(at(minutes) for minutes, _ in told)


@given(st.permutations(list(range(6))))
def test_the_newest_reading_wins_in_whatever_order_they_come(order: list[int]) -> None:
    told = [reading(30 * number, fill_percent=10 * number, battery_percent=50 + number) for number in range(6)]
    state = BinState("bin-1")
    for number in order:
        state = absorb(state, told[number], heard(300), BIN, LIMITS).state
    assert (state.at, state.level.percent, state.battery) == (at(150), 50, 55)


def test_what_an_earlier_release_wrote_is_read_and_its_trail_begins_anew() -> None:
    text = """{"place":"bin-1","at":"2026-11-21T02:00:00Z","message":"af4137a4-59fe-4151-a040-d19a93e27ee9",
    "heard_at":"2026-11-21T02:00:00Z","level":{"percent":50.0,"at":"2026-11-21T02:00:00Z","near":[50.0,51.0],
    "held":["2026-11-21T02:00:00Z",95.0],"trail":[["2026-11-21T02:00:00Z",50.0]],
    "rate":{"per_hour":1.0,"slow":0.5,"fast":1.5},"emptied":{"at":"2026-11-21T01:00:00Z","before":91.0,"after":3.0}},
    "temperatures":[["2026-11-21T02:00:00Z",20.0]],"battery":90.0,"signals":[-90.0],"snr_db":null,"tilts":0,
    "lid_open":null,"passed_over":"","wrong":["bin_full"],"simulated":true}"""
    read = state_of(text)
    assert (read.at, read.level.percent, read.level.held) == (at(0), 50.0, (at(0), 95.0))
    assert read.wrong == {Kind.BIN_FULL}
    assert read.level.emptied == Emptying(at(-60), 91.0, 3.0)
    assert read.level.trail == ()
    assert read.level.rate is None
