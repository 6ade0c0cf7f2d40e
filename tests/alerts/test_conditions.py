"""What a rule says to what is said at one place: create, clear, severities, duration, repetition, schedule, edits."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from alerts.alarms.conditions import (
    KEPT,
    Run,
    Said,
    State,
    Verdict,
    ended,
    is_idle,
    judge,
    rejudged,
    runs_of,
    settled,
    silence,
    told,
)
from county.calendar import Calendar
from county.policy.comparisons import Value
from county.policy.definition import Law
from county.policy.rules import Rule
from county.policy.schedule import Hours
from tests.alerts.makes import at

HOT = """
name = "桶温过高"
on = "reading"
category = "bin_fire"
when = ["temperature_c >= 50"]
"""
DIRTY = """
name = "连看三次"
on = "event"
category = "garbage"
"""


def law(text: str, calendar: Calendar | None = None) -> Law:
    definition = Rule.model_validate(tomllib.loads(text)).definition()
    return Law(definition, Hours(definition.windows, calendar or Calendar()))


def said(minutes: float, number: int = 0, **values: Value) -> Said:
    return Said(at(minutes), UUID(int=number), values)


class Place:
    """One place under one rule; ``word`` is what its last verdict made of the alarm."""

    def __init__(self, under: Law, state: State | None = None) -> None:
        self.law = under
        self.state = state or State()
        self.verdict = Verdict(None, over=False, reason="")
        self.number = 0

    def hear(self, minutes: float, late: float = 0, **values: Value) -> str:
        self.number += 1
        one = said(minutes, self.number, **values)
        self.state = told(self.state, one, at(minutes + late), self.law)
        return self.look(minutes + late)

    def look(self, minutes: float) -> str:
        """What the sweep finds at a minute of ours."""
        before = self.state.raised
        self.verdict = judge(self.state, self.law, at(minutes))
        self.state = settled(self.state, self.verdict)
        if self.verdict.over:
            return "over"
        if self.verdict.severity == before:
            return "still" if before else ""
        return str(self.verdict.severity)

    def heat(self, *pairs: tuple[float, float]) -> list[str]:
        return [self.hear(minutes, temperature_c=degrees) for minutes, degrees in pairs]


def minutes_of(moment: datetime | None) -> float | None:
    return None if moment is None else (moment - at(0)) / timedelta(minutes=1)


# Create, clear, severities


def test_a_condition_that_is_met_raises_and_its_opposite_clears() -> None:
    assert Place(law(HOT)).heat((0, 49), (10, 50), (20, 51), (30, 49), (40, 49)) == ["", "major", "still", "over", ""]


def test_a_clear_condition_of_its_own_leaves_a_gap_in_which_the_alarm_stays() -> None:
    place = Place(law(HOT + 'clear = {when = ["temperature_c <= 25"]}'))
    assert place.heat((0, 50), (10, 40), (20, 26), (30, 25)) == ["major", "still", "still", "over"]


SEVERAL = (
    HOT.replace("50", "40")
    + """
clear = {when = ["temperature_c <= 25"]}
[[level]]
severity = "minor"
when = ["temperature_c >= 40"]
[[level]]
severity = "urgent"
when = ["temperature_c >= 100"]
[[level]]
severity = "major"
when = ["temperature_c >= 50"]
"""
)


def test_the_gravest_severity_that_holds_counts_and_falls_on_improvement() -> None:
    place = Place(law(SEVERAL))
    heard = place.heat((0, 50), (1, 100), (2, 101), (3, 60), (4, 45), (5, 30), (6, 99), (7, 20))
    assert heard == ["major", "urgent", "still", "major", "minor", "still", "major", "over"]


def test_several_fields_must_agree_and_one_of_any_is_enough() -> None:
    text = HOT.replace('["temperature_c >= 50"]', '["temperature_c >= 50", "fill_percent >= 60"]')
    place = Place(law(text))
    assert place.hear(0, temperature_c=60, fill_percent=50) == ""
    assert place.hear(1, temperature_c=60, fill_percent=60) == "major"
    either = Place(law(HOT + 'any = ["lid_open == true", "tilted == true"]'))
    assert [
        either.hear(0, temperature_c=60, lid_open=False, tilted=False),
        either.hear(1, temperature_c=40, lid_open=True, tilted=False),
        either.hear(2, temperature_c=60, lid_open=False, tilted=True),
    ] == ["", "", "major"]


def test_what_a_message_does_not_say_neither_counts_nor_breaks() -> None:
    place = Place(law(HOT + "repeat = 2"))
    assert [
        place.hear(0, temperature_c=60), place.hear(1, fill_percent=20), place.hear(2, temperature_c=60),
        place.hear(3, fill_percent=20),
    ] == ["", "", "major", "still"]  # fmt: skip


def test_a_rule_filters_on_another_field_of_the_event() -> None:
    place = Place(law(DIRTY + 'when = ["score >= 0.9", "zone == street"]'))
    assert place.hear(0, state="dirty", score=0.8, zone="street") == ""
    assert place.hear(1, state="dirty", score=0.95, zone="road") == ""
    assert place.hear(2, state="dirty", score=0.95, zone="street") == "major"
    assert place.hear(3, state="clean", score=0.95, zone="street") == "over"


# Repetition


def test_so_many_in_a_row_raise_and_more_raise_higher() -> None:
    place = Place(law(HOT + '[[level]]\nseverity = "major"\nrepeat = 5\n[[level]]\nseverity = "urgent"\nrepeat = 10'))
    heard = place.heat(*((minute, 50) for minute in range(10)))
    assert heard == ["", "", "", "", "major", "still", "still", "still", "still", "urgent"]
    assert "连续10次" in place.verdict.reason


def test_one_that_is_not_so_begins_the_count_anew() -> None:
    place = Place(law(HOT + "repeat = 3"))
    assert place.heat((0, 50), (1, 50), (2, 49), (3, 50), (4, 50), (5, 50)) == ["", "", "", "", "", "major"]


def test_repeats_must_lie_within_the_time_that_is_given() -> None:
    place = Place(law(HOT + "repeat = 3\nwithin_s = 600"))
    assert place.heat((0, 50), (6, 50), (12, 50), (14, 50), (16, 50)) == ["", "", "", "major", "still"]


def test_clean_may_have_to_be_seen_several_times() -> None:
    place = Place(law(DIRTY + 'clear = {when = ["state == clean"], repeat = 2}'))
    states = ["dirty", "clean", "dirty", "clean", "clean"]
    heard = [place.hear(minute, state=state) for minute, state in enumerate(states)]
    assert heard == ["major", "still", "still", "still", "over"]


def test_a_message_told_twice_counts_once() -> None:
    rule, once = law(HOT + "repeat = 2"), said(0, 1, temperature_c=60)
    state = told(told(State(), once, at(0), rule), once, at(5), rule)
    assert runs_of(state, rule)[0].count == 1


# Duration


def test_a_duration_must_hold_without_a_break() -> None:
    place = Place(law(HOT + "for_s = 600"))
    assert place.heat((0, 50), (5, 50), (7, 49), (9, 60), (18.9, 60), (19, 60)) == ["", "", "", "", "", "major"]
    assert "已持续10分钟" in place.verdict.reason


def test_a_duration_ends_by_the_passing_of_time_alone() -> None:
    place = Place(law(HOT + "for_s = 600"))
    place.hear(3, temperature_c=50)
    assert minutes_of(place.verdict.next_at) == 13
    assert [place.look(12.99), place.look(13)] == ["", "major"]
    assert place.verdict.next_at is None


def test_the_end_too_may_have_to_last() -> None:
    place = Place(law(HOT + 'clear = {when = ["temperature_c < 40"], for_s = 300}'))
    assert place.heat((0, 50), (1, 39), (2, 41), (3, 39)) == ["major", "still", "still", "still"]
    assert minutes_of(place.verdict.next_at) == 8
    assert [place.look(7), place.look(8)] == ["still", "over"]


def test_a_graver_duration_runs_on_while_the_alarm_is_open() -> None:
    text = HOT + '[[level]]\nseverity = "minor"\n[[level]]\nseverity = "urgent"\nfor_s = 1200'
    place = Place(law(text))
    assert place.hear(0, temperature_c=50) == "minor"
    assert minutes_of(place.verdict.next_at) == 20
    assert place.look(20) == "urgent"


def test_what_a_box_hands_over_late_is_timed_by_the_box() -> None:
    rule = law(HOT + "for_s = 900")
    broken, lasting = Place(rule), Place(rule)
    assert broken.hear(0, late=60, temperature_c=50) == ""
    assert minutes_of(broken.verdict.next_at) == 75, "not at once: what followed may still be on its way"
    assert broken.hear(5, late=55.1, temperature_c=20) == ""
    assert broken.look(75) == ""
    assert [lasting.hear(0, late=60, temperature_c=50), lasting.hear(20, late=40.1, temperature_c=50)] == ["", "major"]


def test_a_message_that_was_overtaken_finds_its_place() -> None:
    rule = law(HOT + "for_s = 600")
    place = Place(rule)
    place.heat((0, 50), (9, 50))
    assert place.hear(5, late=4.5, temperature_c=20) == "", "it breaks what seemed to last"
    assert place.look(10) == ""
    assert minutes_of(place.verdict.next_at) == 19
    other = Place(rule)
    other.heat((9, 50))
    assert other.hear(0, late=9.5, temperature_c=50) == ""
    assert other.look(10) == "major", "it shows that it began earlier"


def test_what_is_not_newer_than_the_floor_is_past() -> None:
    rule = law(HOT + "for_s = 600")
    state = State(floor=(at(5), UUID(int=0), 0))
    assert told(state, said(4, 1, temperature_c=50), at(6), rule) is state
    assert told(state, said(5, 1, temperature_c=50), at(6), rule).said


def test_a_long_run_is_kept_beyond_the_messages_that_are() -> None:
    place = Place(law(HOT + "for_s = 864000\nrepeat = 100"))
    place.heat(*((minute, 50) for minute in range(4 * KEPT)))
    assert len(place.state.said) == KEPT
    assert runs_of(place.state, place.law)[0] == Run(at(0), 4 * KEPT)
    assert place.hear(KEPT, late=500, temperature_c=20) == "", "so late it changes nothing"
    assert runs_of(place.state, place.law)[0].count == 4 * KEPT


def test_an_alarm_is_not_taken_back_by_what_comes_late() -> None:
    place = Place(law(HOT + "for_s = 600"))
    assert place.heat((0, 50), (10, 50)) == ["", "major"]
    assert place.hear(5, late=6, temperature_c=20) == "still"


# Schedule


NIGHT = '[[schedule]]\nhours = [["22:00", "06:00"]]\n'
MORNING = '[[schedule]]\ndays = ["sat"]\nhours = [["09:00", "12:00"]]\n'  # T0 is ten o'clock on a Saturday
SUNDAY = '[[schedule]]\ndays = ["sun"]\n'
HOURS = 60.0


def test_inside_its_schedule_a_rule_raises_and_outside_it_waits_for_its_time() -> None:
    assert Place(law(HOT + MORNING)).hear(0, temperature_c=60) == "major"
    place = Place(law(HOT + NIGHT))
    assert place.hear(0, temperature_c=60) == ""
    assert minutes_of(place.verdict.next_at) == 12 * HOURS
    assert place.look(12 * HOURS) == "major"


def test_one_of_several_windows_is_enough() -> None:
    place = Place(law(HOT + SUNDAY + NIGHT))
    assert place.hear(0, temperature_c=60) == ""
    assert place.hear(12 * HOURS, temperature_c=60) == "major"
    assert Place(law(HOT + SUNDAY + NIGHT)).hear(30 * HOURS, temperature_c=60) == "major", "Sunday afternoon"


def test_a_duration_counts_only_inside_the_schedule() -> None:
    place = Place(law(HOT + "for_s = 3600\n" + MORNING + NIGHT))
    place.hear(90, temperature_c=60)  # half an hour before the morning ends
    assert minutes_of(place.verdict.next_at) == 13 * HOURS
    assert [place.look(120), place.look(13 * HOURS)] == ["", "major"]


def test_an_alarm_ends_at_any_hour() -> None:
    place = Place(law(HOT + MORNING))
    assert [place.hear(0, temperature_c=60), place.hear(200, temperature_c=60)] == ["major", "still"]
    assert place.hear(300, temperature_c=20) == "over"


def test_what_was_seen_outside_may_be_left_out_for_good() -> None:
    place = Place(law(HOT + "seen_inside = true\n" + NIGHT))
    assert place.hear(0, temperature_c=60) == ""
    assert place.look(12 * HOURS) == ""
    assert place.hear(13 * HOURS, temperature_c=60) == "major"


# After the end, and edits


def test_after_an_alarm_has_ended_by_hand_everything_counts_anew() -> None:
    place = Place(law(HOT + "repeat = 2"))
    assert place.heat((0, 50), (1, 50)) == ["", "major"]
    place.state = ended(place.state)
    assert is_idle(place.state, place.law)
    assert place.heat((2, 50), (3, 50)) == ["", "major"]


def test_nothing_need_be_remembered_where_nothing_is_under_way() -> None:
    place = Place(law(HOT + "repeat = 2"))
    place.heat((0, 40))
    assert is_idle(place.state, place.law)
    place.heat((1, 50))
    assert not is_idle(place.state, place.law)
    place.heat((2, 40))
    assert is_idle(place.state, place.law)


def edited(place: Place, text: str) -> Place:
    new = law(text)
    return Place(new, rejudged(place.state, place.law.rule, new))


def test_a_pending_count_is_judged_by_the_new_threshold() -> None:
    place = Place(law(HOT + "repeat = 3"))
    place.heat((0, 55), (1, 65), (2, 45), (3, 70), (4, 58))
    assert edited(place, HOT.replace("50", "60") + "repeat = 3").look(5) == ""
    assert edited(place, HOT.replace("50", "40") + "repeat = 3").look(5) == "major"


@pytest.mark.parametrize(("seconds", "expected"), [(240, "major"), (600, "")])
def test_a_pending_duration_is_judged_by_the_new_one(seconds: float, expected: str) -> None:
    place = Place(law(HOT + "for_s = 480"))
    assert place.heat((0, 50), (4, 50)) == ["", ""]
    other = edited(place, HOT + f"for_s = {seconds}")
    assert other.look(4) == expected
    assert other.look(10) == ("still" if expected else "major")


def test_an_open_alarm_takes_the_new_severity_or_ends_by_the_new_condition() -> None:
    place = Place(law(HOT))
    place.heat((0, 55))
    assert edited(place, HOT + 'severity = "urgent"').look(1) == "urgent"
    assert edited(place, HOT.replace("50", "60")).look(1) == "over"
    gap = HOT.replace("50", "60") + 'clear = {when = ["temperature_c < 40"]}'
    assert edited(place, gap).look(1) == "still", "its clear condition decides"


def test_a_run_from_before_what_is_kept_goes_on_where_the_rule_asks_the_same() -> None:
    place = Place(law(HOT + "for_s = 864000"))
    place.heat(*((minute, 55) for minute in range(2 * KEPT)))
    longer = edited(place, HOT + "for_s = 900000")
    assert runs_of(longer.state, longer.law)[0].since == at(0)
    lower = edited(place, HOT.replace("50", "40") + "for_s = 864000")
    assert runs_of(lower.state, lower.law)[0].since == at(KEPT), "by the messages that are kept"


def test_a_state_that_was_never_spoken_to_says_nothing() -> None:
    assert judge(State(), law(HOT), at(0)) == Verdict(None, over=False, reason="规则“桶温过高”:还没有消息")


@pytest.mark.parametrize(
    ("text", "values", "words"),
    [
        (HOT, [{"temperature_c": 57.5}], "规则“桶温过高”:桶内温度 57.5℃(规则≥50)"),
        (HOT + "repeat = 3", [{"temperature_c": 57}], "规则“桶温过高”:桶内温度 57℃(规则≥50);第1次,共需3次"),
        (HOT + "for_s = 7200", [{"temperature_c": 57}], "规则“桶温过高”:桶内温度 57℃(规则≥50);需持续2小时"),
        (HOT + NIGHT, [{"temperature_c": 57}], "规则“桶温过高”:桶内温度 57℃(规则≥50);不在规则的时段内"),
        (DIRTY, [{"state": "dirty"}], "规则“连看三次”:看到不干净"),
        (HOT, [{"temperature_c": 7}], "规则“桶温过高”:条件不成立"),
        (HOT, [{"temperature_c": 57}, {"temperature_c": 7}], "规则“桶温过高”:桶内温度 7℃(规则≥50),解除条件成立"),
    ],
)
def test_every_verdict_says_why_in_plain_words(text: str, values: Sequence[dict[str, Value]], words: str) -> None:
    place = Place(law(text))
    for minute, one in enumerate(values):
        place.number += 1
        place.state = told(place.state, Said(at(minute), UUID(int=place.number), one), at(minute), place.law)
        place.look(minute)
    assert place.verdict.reason == words


def test_a_law_is_its_definition() -> None:
    assert law(HOT) == law(HOT)
    assert replace(law(HOT).rule, category="x") != law(HOT).rule


def test_a_run_whose_messages_are_no_longer_kept_still_has_words() -> None:
    place = Place(law(HOT + "for_s = 864000"))
    place.hear(0, temperature_c=60)
    for minute in range(1, KEPT + 2):
        place.hear(minute, fill_percent=3)
    assert place.verdict.reason == "规则“桶温过高”:条件成立;需持续10天"
    assert place.look(864_000 / 60) == "major"


@pytest.mark.parametrize(("end", "goes_on"), [("for_s = 700", True), ("for_s = 9", True), ("repeat = 2", True)])
def test_the_run_of_an_end_goes_on_where_the_rule_asks_the_same(end: str, goes_on: bool) -> None:
    text = HOT + 'clear = {when = ["temperature_c < 30"], %s}'
    place = Place(law(text % "for_s = 864000"))
    place.hear(0, temperature_c=60)
    place.heat(*((minute, 20) for minute in range(1, 2 * KEPT)))
    assert place.state.raised
    other = edited(place, text % end)
    assert (runs_of(other.state, other.law)[-1].since == at(1)) is goes_on
    changed = edited(place, (text % end).replace("< 30", "< 25"))
    assert runs_of(changed.state, changed.law)[-1].since == at(KEPT)


@pytest.mark.parametrize(
    ("minute", "raised", "expected"),
    [
        (9, None, (None, False)), (10, None, ("minor", False)), (60, None, ("urgent", False)),
        (9, "minor", (None, True)), (61, "minor", ("urgent", False)), (30, "urgent", ("minor", False)),
    ],
)  # fmt: skip
def test_silence_is_a_duration_since_a_device_was_heard(minute: int, raised: Any, expected: tuple[Any, bool]) -> None:
    quiet = law("""
name = "沉默"
on = "silence"
category = "box_silent"
[[level]]
severity = "minor"
when = ["silent_s >= 600"]
[[level]]
severity = "urgent"
when = ["silent_s >= 3600", "silent_s > 60"]
""")
    verdict = silence(quiet, at(0), raised, at(minute))
    assert (verdict.severity, verdict.over) == expected
    assert verdict.next_at == {9: at(10), 10: at(60), 30: at(60)}.get(minute)


def test_silence_outside_the_schedule_waits_and_does_not_end() -> None:
    quiet = law('name = "沉默"\non = "silence"\ncategory = "box_silent"\nwhen = ["silent_s >= 600"]\n' + NIGHT)
    waits = silence(quiet, at(0), None, at(30))
    assert (waits.severity, waits.next_at) == (None, at(12 * HOURS))
    assert silence(quiet, at(0), "major", at(30)).over is False
    assert silence(quiet, at(0), None, at(12 * HOURS)).severity == "major"
