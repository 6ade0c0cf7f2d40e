"""The conditions against an interpreter that reads the definition slowly: whole lists, minute by minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import permutations
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.alarms.conditions import Said, State, judge, rejudged, runs_of, settled, told
from county.calendar import Calendar, Day
from county.policy.base import RANK, Severity
from county.policy.comparisons import Comparison
from county.policy.definition import Condition, Definition, Law, Step
from county.policy.schedule import Hours, Weekday, Window
from tests.alerts.makes import at
from tests.depth import depth

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar({date(2026, 11, 22): Day(date(2026, 11, 22), works=True)})  # the Sunday after T0 is worked
WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def over(threshold: float) -> Comparison:
    return Comparison(field="temperature_c", operator=">=", value=threshold)


def under(threshold: float) -> Comparison:
    return Comparison(field="temperature_c", operator="<", value=threshold)


def conditions(comparison: Comparison, longest: int = 40) -> st.SearchStrategy[Condition]:
    return st.builds(
        Condition,
        all_of=st.just((comparison,)),
        for_s=st.integers(0, longest).map(lambda minutes: minutes * 60.0),
        repeat=st.integers(1, 4),
        within_s=st.none() | st.integers(1, 30).map(lambda minutes: minutes * 60.0),
    )


@st.composite
def windows(draw: st.DrawFn) -> tuple[Window, ...]:
    starts = st.integers(0, 47).map(lambda half: time(half // 2, half % 2 * 30))
    spans = st.tuples(starts, starts).map(lambda pair: (pair,))
    days = st.lists(st.sampled_from(WEEK), min_size=1, max_size=7, unique=True).map(tuple)
    made = st.builds(Window, days=days, only=st.sampled_from(["", "worked", "holiday"]), hours=spans)
    return tuple(draw(st.lists(made, max_size=2)))


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    severities: list[Severity] = draw(st.lists(st.sampled_from(["minor", "major", "urgent"]), min_size=1, unique=True))
    steps = [Step(each, draw(conditions(over(draw(st.sampled_from([50, 60])))))) for each in severities]
    return Definition(
        "r", "reading", "bin_fire", ("bin_fire",), tuple(sorted(steps, key=lambda one: -RANK[one.severity])),
        draw(st.none() | conditions(under(40), 10)), draw(windows()), draw(st.booleans()),
    )  # fmt: skip


@dataclass(frozen=True)
class Heard:
    minute: int
    degrees: int | None


def streams(most: int = 12) -> st.SearchStrategy[list[Heard]]:
    degrees = st.none() | st.sampled_from([30, 45, 55, 65])
    gaps = st.lists(st.tuples(st.integers(1, 25), degrees), min_size=1, max_size=most)

    def build(pairs: list[tuple[int, int | None]]) -> list[Heard]:
        minutes = [sum(gap for gap, _ in pairs[: count + 1]) for count in range(len(pairs))]
        return [Heard(minute, one) for minute, (_, one) in zip(minutes, pairs, strict=True)]

    return gaps.map(build)


def said_of(one: Heard) -> Said:
    values = {} if one.degrees is None else {"temperature_c": float(one.degrees)}
    return Said(at(one.minute), UUID(int=one.minute), values)


# The slow reading


def is_open(rule: Definition, moment: datetime) -> bool:
    """Whether a minute lies inside the windows: each window of yesterday and today, looked at by hand."""
    local = moment.astimezone(ZONE)
    for back in (0, 1):
        day = local.date() - timedelta(days=back)
        for window in rule.windows:
            if WEEK[day.weekday()] not in window.days:
                continue
            if window.only and CALENDAR.works(day) != (window.only == "worked"):
                continue
            for start, end in window.hours:
                begins = datetime.combine(day, start, ZONE)
                ends = datetime.combine(day if end > start else day + timedelta(days=1), end, ZONE)
                if begins <= local < ends:
                    return True
    return not rule.windows


def truth(comparisons: Sequence[Comparison], one: Heard) -> bool | None:
    if one.degrees is None:
        return None
    (comparison,) = comparisons
    threshold = float(comparison.value)
    return one.degrees >= threshold if comparison.operator == ">=" else one.degrees < threshold


def run_of(truths: Sequence[tuple[int, bool | None]]) -> list[int]:
    """The minutes of the last unbroken run."""
    run: list[int] = []
    for minute, is_so in truths:
        if is_so is not None:
            run = [*run, minute] if is_so else []
    return run


def lasts(condition: Condition, run: list[int], minute: int, opened: dict[int, bool]) -> bool:
    if len(run) < condition.repeat:
        return False
    if condition.within_s is not None and (run[-1] - run[-condition.repeat]) * 60 > condition.within_s:
        return False
    lasted = 0
    while opened[minute - lasted] and minute - lasted > run[0] and lasted * 60 < condition.for_s:
        if not opened[minute - lasted - 1]:
            break
        lasted += 1
    return opened[minute] and lasted * 60 >= condition.for_s


def slow(
    rule: Definition, heard: Sequence[Heard], minute: int, raised: Severity | None
) -> tuple[Severity | None, bool]:
    """What holds at a minute: severity, and whether the raised one is over."""
    known = [one for one in heard if one.minute <= minute]
    horizon = range(-1, minute + 1)
    opened = {each: is_open(rule, at(each)) for each in horizon}
    always = dict.fromkeys(horizon, True)
    ends: list[tuple[int, bool | None]] = []
    for step in rule.steps:
        truths = [(one.minute, truth(step.condition.all_of, one)) for one in known]
        if rule.seen_inside:
            truths = [(each, is_so and opened[each]) for each, is_so in truths]
        if lasts(step.condition, run_of(truths), minute, opened):
            return step.severity, False
    for one in known:
        begins = [truth(step.condition.all_of, one) for step in rule.steps]
        default = None if None in begins else not any(begins)
        ends.append((one.minute, truth(rule.clear.all_of, one) if rule.clear else default))
    if raised is not None and lasts(rule.clear or Condition(), run_of(ends), minute, always):
        return None, True
    return raised, False


@settings(max_examples=depth(400))
@given(definitions(), streams())
def test_every_verdict_is_that_of_the_slow_reading_minute_by_minute(rule: Definition, heard: list[Heard]) -> None:
    law = Law(rule, Hours(rule.windows, CALENDAR))
    state, raised, since = State(), None, 0
    waiting = list(heard)
    for minute in range(heard[0].minute, heard[-1].minute + 60):
        while waiting and waiting[0].minute == minute:
            state = told(state, said_of(waiting.pop(0)), at(minute), law)
        verdict = judge(state, law, at(minute))
        counted = [one for one in heard if since <= one.minute]
        assert (verdict.severity, verdict.over) == slow(rule, counted, minute, raised)
        state = settled(state, verdict)
        if verdict.over:
            since = max(one.minute for one in heard if one.minute <= minute) + 1
        raised = state.raised


@settings(max_examples=depth(300))
@given(definitions(), streams())
def test_it_is_enough_to_look_when_it_says_so(rule: Definition, heard: list[Heard]) -> None:
    law = Law(rule, Hours(rule.windows, CALENDAR))
    busy, lazy, wake = State(), State(), None
    waiting = list(heard)
    for minute in range(heard[0].minute, heard[-1].minute + 60):
        spoke = bool(waiting) and waiting[0].minute == minute
        if spoke:
            one = said_of(waiting.pop(0))
            busy, lazy = told(busy, one, at(minute), law), told(lazy, one, at(minute), law)
        busy = settled(busy, judge(busy, law, at(minute)))
        if spoke or (wake is not None and wake <= at(minute)):
            verdict = judge(lazy, law, at(minute))
            lazy, wake = settled(lazy, verdict), verdict.next_at
        assert lazy.raised == busy.raised


@given(definitions(), streams(5), st.data())
def test_in_whatever_order_it_arrives_the_same_has_happened(
    rule: Definition, heard: list[Heard], data: st.DataObject
) -> None:
    law = Law(rule, Hours(rule.windows, CALENDAR))
    arrival = data.draw(st.sampled_from(list(permutations(heard))))
    states = []
    for order in (heard, arrival):
        state = State()
        for one in order:
            state = told(state, said_of(one), at(heard[-1].minute), law)
        states.append(state)
    assert states[0] == states[1]
    assert runs_of(states[0], law) == runs_of(states[1], law)
    now = at(heard[-1].minute + 7)
    assert judge(states[0], law, now) == judge(states[1], law, now)


@given(definitions(), definitions(), streams())
def test_a_rule_that_replaces_another_finds_what_it_would_have_found_from_the_beginning(
    old: Definition, new: Definition, heard: list[Heard]
) -> None:
    before, after = (Law(rule, Hours(rule.windows, CALENDAR)) for rule in (old, new))
    changed, fresh = State(), State()
    for one in heard:
        changed = told(changed, said_of(one), at(one.minute), before)
        fresh = told(fresh, said_of(one), at(one.minute), after)
    changed = rejudged(changed, old, after)
    assert runs_of(changed, after) == runs_of(fresh, after)
    assert replace(changed, before=()) == replace(fresh, before=())
