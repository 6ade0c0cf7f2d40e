"""Whether two sets of comparisons can be so at once: what begins and what ends an alarm must not."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import groupby

from county.policy.comparisons import Comparison, Value


def can_all_be(comparisons: Iterable[Comparison]) -> bool:
    """Whether some message could make every one of these true."""
    by_field = sorted(comparisons, key=lambda one: one.field)
    return all(_one_field(list(group)) for _, group in groupby(by_field, key=lambda one: one.field))


def _one_field(comparisons: list[Comparison]) -> bool:
    wanted = {one.value for one in comparisons if one.operator == "=="}
    barred = {one.value for one in comparisons if one.operator == "!="}
    if len(wanted) > 1 or wanted & barred:
        return False
    flags = {value for value in (*wanted, *barred) if isinstance(value, bool)}
    if flags:
        return not {True, False} <= barred
    return _in_reach([one for one in comparisons if one.operator not in ("==", "!=")], wanted, barred)


def _in_reach(bounds: list[Comparison], wanted: set[Value], barred: set[Value]) -> bool:
    low, low_open = _edge([one for one in bounds if one.operator in (">", ">=")], -math.inf)
    high, high_open = _edge([one for one in bounds if one.operator in ("<", "<=")], math.inf)
    for value in wanted:
        if isinstance(value, str):
            return True
        return (low < value or (low == value and not low_open)) and (value < high or (value == high and not high_open))
    if low == high:
        return not (low_open or high_open) and low not in barred
    return low < high


def _edge(bounds: list[Comparison], far: float) -> tuple[float, bool]:
    """The narrowest bound of one side, and whether the bound itself is left out."""
    numbers = [(one.value, one.operator in (">", "<")) for one in bounds if isinstance(one.value, float | int)]
    if not numbers:
        return far, True
    narrowest = (max if far < 0 else min)(number for number, _ in numbers)
    return narrowest, any(is_open for number, is_open in numbers if number == narrowest)
