"""Limits in working time that would not end within a year: the clock of a ticket could not be set by them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from county.calendar import Calendar
from county.content import Content
from county.policy.limits import Span, words_of
from county.rows import Lines, Problem

_LONGEST = timedelta(days=366)
_BASE = date(2026, 1, 1)  # any day: weeks are alike where the calendar names no exception


def time_problems(content: Content, lines: Lines) -> Iterator[Problem]:
    """Every span of policy.toml that is too long for the working time of the county."""
    most = _least_in_a_year(content.calendar)
    for name, line, span in _spans(content, lines):
        per_unit = {"work_hour": 1.0, "work_day": content.calendar.day_hours}.get(span.unit, 0.0)
        if span.value * per_unit > most:
            text = f"{name} of {words_of(span)} lasts longer than a year"
            cure = "write a shorter one, or correct [work] hours in policy.toml and the days of calendar.csv"
            yield Problem("policy.toml", line, text, cure)


def _spans(content: Content, lines: Lines) -> Iterator[tuple[str, int, Span]]:
    policy = content.policy
    for line, limit in zip(lines.get("policy.toml limit", []), policy.limits, strict=False):
        yield f"the limit {limit.stage} on level {limit.level.value}", line, limit
    for line, right in zip(lines.get("policy.toml right", []), policy.rights, strict=False):
        yield f"longest of the right {right.move.value}", line, right.longest
        yield f"within of the right {right.move.value}", line, right.within
    yield "reply of [supervision]", 0, policy.supervision.reply


def _least_in_a_year(calendar: Calendar) -> float:
    """The working hours of the worst year that begins in any month that the calendar names, or in an ordinary one."""
    firsts = {_BASE} | {day.replace(day=1) for day in calendar.days if 1 < day.year < 9998}
    starts = (datetime(first.year, first.month, 1, tzinfo=UTC) for first in firsts)
    return min(calendar.elapsed_work_hours(start, start + _LONGEST) for start in starts)
