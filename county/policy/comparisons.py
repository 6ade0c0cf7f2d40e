"""One comparison of a rule: a field of a message against a threshold, written like ``temperature_c >= 55``.

What a message does not say is neither so nor not so (``None``): a sensor that leaves its temperature out has not
cooled down. ``all`` and ``any`` carry that on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import model_validator

from county.policy.base import Strict

Source = Literal["event", "reading", "health", "silence"]
Value = float | bool | str
Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a message: what it holds (``words`` where only some are possible), and how people call it."""

    holds: Literal["number", "flag", "word"]
    name: str
    unit: str = ""
    words: tuple[str, ...] = ()


STATES = ("dirty", "clean")  # what is unknown never counts
FIELDS: Mapping[Source, Mapping[str, Field]] = {
    "event": {
        "state": Field("word", "看到", words=STATES), "score": Field("number", "把握"),
        "looks": Field("number", "连看次数", "次"), "zone": Field("word", "区域"),
        "rendered": Field("flag", "渲染画面"),
    },
    "reading": {
        "fill_percent": Field("number", "满溢度", "%"), "temperature_c": Field("number", "桶内温度", "℃"),
        "battery_percent": Field("number", "电量", "%"), "tilt_degrees": Field("number", "倾斜", "度"),
        "rssi_dbm": Field("number", "信号", "dBm"), "snr_db": Field("number", "信噪比", "dB"),
        "distance_mm": Field("number", "测距", "毫米"), "tilted": Field("flag", "桶身倾斜"),
        "lid_open": Field("flag", "桶盖打开"), "simulated": Field("flag", "模拟读数"),
    },
    "health": {
        "cpu_percent": Field("number", "处理器占用", "%"), "memory_mb": Field("number", "内存占用", "MB"),
        "disk_free_mb": Field("number", "磁盘剩余", "MB"), "uptime_s": Field("number", "已运行", "秒"),
        "outbox_waiting": Field("number", "待发消息", "条"), "outbox_dropped": Field("number", "丢弃消息", "条"),
        "refused_oversize": Field("number", "过大被拒", "条"), "refused_by_server": Field("number", "被县端拒收", "条"),
        "clock_error_s": Field("number", "时钟误差", "秒"), "cameras_offline": Field("number", "离线镜头", "个"),
        "camera_online": Field("flag", "镜头在线"), "camera_frame_age_s": Field("number", "画面停滞", "秒"),
        "camera_restarts": Field("number", "镜头重启", "次"),
    },
    "silence": {"silent_s": Field("number", "没有消息已", "秒")},
}  # fmt: skip
OF_CAMERAS = frozenset({"camera_online", "camera_frame_age_s", "camera_restarts"})  # said of each camera of a box

Operator = Literal[">=", ">", "<=", "<", "==", "!="]
SIGNS: Mapping[str, str] = {">=": "≥", "<=": "≤", "==": "=", "!=": "≠"}
_OPPOSITE: Mapping[str, Operator] = {"≥": ">=", "≤": "<=", "=": "==", "≠": "!="}
_WRITTEN = re.compile(r"\s*([a-z_]+)\s*(>=|<=|==|!=|[><=≥≤≠])\s*(\S+)\s*")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_HOW = "write it like 'temperature_c >= 55', 'lid_open == true' or 'state == dirty'"


class Comparison(Strict):
    """``field operator value``. A word behind a number field names one of the rule's ``numbers``."""

    field: str
    operator: Operator
    value: Value

    @model_validator(mode="before")
    @classmethod
    def _from_words(cls, told: Any) -> Any:
        if not isinstance(told, str):
            if isinstance(told, Mapping | Comparison):
                return told
            raise ValueError(f"a condition is a text; {_HOW}")
        found = _WRITTEN.fullmatch(told)
        if found is None:
            raise ValueError(f"{told!r} is no condition; {_HOW}")
        field, operator, value = found.groups()
        return {"field": field, "operator": _OPPOSITE.get(operator, operator), "value": _value(value)}

    def fault(self, source: Source, numbers: Mapping[str, float]) -> str:
        """What is wrong with it for this source and these named numbers, "" when it can be judged."""
        known = FIELDS[source].get(self.field)
        if self.field == "what":
            return "the kinds of an event are chosen by the rule's own key: what = ['garbage']"
        if known is None:
            return f"a {source} has no field {self.field!r}; it has {', '.join(FIELDS[source])}"
        if known.holds == "number":
            return self._number_fault(numbers)
        if self.operator not in ("==", "!="):
            return f"{self.field} cannot be more or less than something; use == or !="
        return self._other_fault(known)

    def resolved(self, numbers: Mapping[str, float]) -> Comparison:
        """The same with its named number put in."""
        number = numbers.get(self.value) if isinstance(self.value, str) else None
        return self if number is None else self.model_copy(update={"value": number})

    def holds(self, values: Values) -> bool | None:
        """Whether it is so; None when the message does not say. Both sides must be of one type (``fault``)."""
        said = values.get(self.field)
        if said is None:
            return None
        if self.operator == "==":
            return said == self.value
        if self.operator == "!=":
            return said != self.value
        assert not isinstance(said, str)
        assert not isinstance(self.value, str)
        if self.operator in (">=", ">"):
            return said > self.value or (self.operator == ">=" and said == self.value)
        return said < self.value or (self.operator == "<=" and said == self.value)

    def words(self, source: Source, values: Values) -> str:
        """What was measured and what it was held against, in Chinese."""
        field, said = FIELDS[source][self.field], values.get(self.field)
        if field.holds == "number":
            sign = SIGNS.get(self.operator, self.operator)
            return f"{field.name} {_plain(said)}{field.unit}(规则{sign}{_plain(self.value)})"
        if field.holds == "flag":
            return field.name if said else f"没有{field.name}"
        return f"{field.name}{_WORDS.get(str(said), str(said))}"

    def _number_fault(self, numbers: Mapping[str, float]) -> str:
        if isinstance(self.value, bool) or (isinstance(self.value, str) and self.value not in numbers):
            return (
                f"{self.field} is a number and {_plain(self.value)!r} is none; "
                "write a number, or a name that stands in the rule's numbers"
            )
        return ""

    def _other_fault(self, field: Field) -> str:
        if field.holds == "flag" and not isinstance(self.value, bool):
            return f"{self.field} is true or false, not {_plain(self.value)!r}"
        if field.holds == "word" and not isinstance(self.value, str):
            return f"{self.field} is a word, not {_plain(self.value)!r}"
        if field.words and self.value not in field.words:
            return f"{self.field} is one of {', '.join(field.words)}, not {_plain(self.value)!r}"
        return ""


_WORDS = {"dirty": "不干净", "clean": "干净"}


def all_of(comparisons: Iterable[Comparison], values: Values) -> bool | None:
    """Whether each is so: one that is not decides, then one that nobody said."""
    said = [one.holds(values) for one in comparisons]
    return False if False in said else None if None in said else True


def any_of(comparisons: Iterable[Comparison], values: Values) -> bool | None:
    """Whether at least one is so: one that is decides, then one that nobody said."""
    said = [one.holds(values) for one in comparisons]
    return True if True in said else None if None in said else False


def _value(text: str) -> Value:
    if text in ("true", "false"):
        return text == "true"
    return float(text) if _NUMBER.fullmatch(text) else text.strip("'\"")


def _plain(value: Value | None) -> str:
    if value is None:
        return "?"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else f"{value:g}"
