"""A rule in plain Chinese, and what an edit has changed in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from county.policy.base import Severity
from county.policy.comparisons import FIELDS, SIGNS, Comparison, Source
from county.policy.definition import Condition, Definition
from county.policy.schedule import Window

_DAYS = {"mon": "周一", "tue": "周二", "wed": "周三", "thu": "周四", "fri": "周五", "sat": "周六", "sun": "周日"}
_ONLY = {"": "", "worked": "工作日", "holiday": "节假日"}
_WORDS = {"dirty": "不干净", "clean": "干净", "true": "是", "false": "否"}


def in_words(condition: Condition, on: Source) -> str:
    """What must be so: ``桶内温度≥55℃且满溢度≥60%,连续3次(10分钟内),持续20分钟``."""
    said = [*(_compared(one, on) for one in condition.all_of)]
    if condition.any_of:
        some = "或".join(_compared(one, on) for one in condition.any_of)
        said.append(f"({some})" if said else some)
    parts = ["且".join(said)]
    if condition.repeat > 1:
        within = f"({span(condition.within_s)}内)" if condition.within_s is not None else ""
        parts.append(f"连续{condition.repeat}次{within}")
    if condition.for_s:
        parts.append(f"持续{span(condition.for_s)}")
    return ",".join(parts)


def difference(
    old: Definition, new: Definition, severities: Mapping[Severity, str], categories: Mapping[str, str]
) -> str:
    """What an edit has changed, in the county's words for severities and categories; "" where nothing."""
    return ";".join(_differences(old, new, severities, categories))


def span(seconds: float) -> str:
    """A duration as people say it."""
    if seconds < 120:
        return f"{seconds:g}秒" if seconds == int(seconds) else f"{seconds:.1f}秒"
    if seconds < 7200:
        return f"{seconds / 60:.3g}分钟"
    return f"{seconds / 3600:.3g}小时" if seconds < 172_800 else f"{seconds / 86_400:.3g}天"


def _differences(
    old: Definition, new: Definition, severities: Mapping[Severity, str], categories: Mapping[str, str]
) -> Iterator[str]:
    if old.category != new.category:
        yield f"问题类别由{categories.get(old.category, old.category)}改为{categories.get(new.category, new.category)}"
    before = {step.severity: in_words(step.condition, old.on) for step in old.steps}
    after = {step.severity: in_words(step.condition, new.on) for step in new.steps}
    if before != after:
        yield f"条件由“{_steps(before, severities)}”改为“{_steps(after, severities)}”"
    ends = [in_words(one.clear, one.on) if one.clear else "条件不再成立" for one in (old, new)]
    if ends[0] != ends[1]:
        yield f"解除条件由“{ends[0]}”改为“{ends[1]}”"
    times = [(_windows(one.windows), one.seen_inside) for one in (old, new)]
    if times[0] != times[1]:
        yield f"时段由“{times[0][0]}”改为“{times[1][0]}”"
    if old.what != new.what or old.on != new.on:
        yield "所看的消息有变"


def _steps(steps: Mapping[Severity, str], severities: Mapping[Severity, str]) -> str:
    return ";".join(f"{severities.get(severity, severity)}:{words}" for severity, words in steps.items())


def _windows(windows: tuple[Window, ...]) -> str:
    return "、".join(_window(one) for one in windows) or "任何时间"


def _window(window: Window) -> str:
    days = "每天" if len(window.days) == len(_DAYS) else "".join(_DAYS[day] for day in window.days)
    hours = "、".join(f"{start:%H:%M}–{end:%H:%M}" for start, end in window.hours)
    return f"{days}{_ONLY[window.only]}{'' if hours == '00:00–00:00' else hours}"


def _compared(one: Comparison, on: Source) -> str:
    field = FIELDS[on][one.field]
    sign = SIGNS.get(one.operator, one.operator)
    if isinstance(one.value, bool):
        return field.name if one.value == (one.operator == "==") else f"没有{field.name}"
    if isinstance(one.value, str):
        return f"{field.name}{'' if one.operator == '==' else '不是'}{_WORDS.get(one.value, one.value)}"
    return f"{field.name}{sign}{one.value:g}{field.unit}"
