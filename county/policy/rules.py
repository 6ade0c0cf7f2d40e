"""[[rule]], [[rise]]: when an alarm begins and ends, how grave it is, and how it grows graver while unsolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from county.policy.base import RANK, Positive, Severity, Strict
from county.policy.comparisons import Comparison, Source
from county.policy.definition import Condition, Definition, Step
from county.policy.overlap import can_all_be
from county.policy.schedule import Window

RuleName = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f|]+$")]
NumberName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}$")]
Finite = Annotated[float, Field(ge=-1_000_000, le=1_000_000, allow_inf_nan=False)]
Comparisons = Annotated[tuple[Comparison, ...], Field(min_length=1)]
Windows = Annotated[tuple[Window, ...], Field(min_length=1)]
MOST_REPEATS = 100
LONGEST_S = 1_000_000
DIRTY = Comparison(field="state", operator="==", value="dirty")


class Told(Strict):
    """What rule, level and clear block share. A duration or count may be the name of one of the rule's numbers."""

    when: Comparisons | None = None
    any_of: Comparisons | None = Field(default=None, alias="any")
    for_s: Annotated[float, Field(ge=0, le=LONGEST_S)] | NumberName | None = None
    repeat: Annotated[int, Field(ge=1, le=MOST_REPEATS)] | NumberName | None = None
    within_s: Positive | NumberName | None = None

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """All that stand here."""
        return (*(self.when or ()), *(self.any_of or ()))

    @property
    def timed(self) -> bool:
        """Whether it says how long or how often."""
        return (self.for_s, self.repeat, self.within_s) != (None, None, None)


class RuleLevel(Told):
    """One severity of a rule: its ``when`` must hold besides that of the rule; what else it says stands instead."""

    severity: Severity


class RuleAt(Strict):
    """What an area changes in a rule: some of its numbers, or its schedule."""

    name: RuleName
    numbers: Mapping[NumberName, Finite] = Field(default_factory=dict)
    schedule: Windows | None = None


class Rise(Strict):
    """A ticket of this category ("": any) that is unsolved so many seconds after it was opened is at least so grave."""

    category: str = ""
    after_s: Positive
    severity: Severity


class Rule(Told):
    """An alarm rule of a county. ``areas``: region codes, zones, device and spot ids; none: everywhere.

    ``what``: the kinds of events that it looks at, its own category unless told. ``seen_inside``: what is seen outside
    its schedule does not count, not even when the time comes.
    """

    name: RuleName
    on: Source
    category: str
    what: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    areas: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    numbers: Mapping[NumberName, Finite] = Field(default_factory=dict)
    severity: Severity | None = None
    levels: tuple[RuleLevel, ...] = Field(default=(), alias="level")
    clear: Told | None = None
    schedule: Windows | None = None
    seen_inside: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Rule:
        blocks = (self, *self.levels, *((self.clear,) if self.clear else ()))
        for one in (one for block in blocks for one in block.comparisons):
            if fault := one.fault(self.on, self.numbers):
                raise ValueError(fault)
        for fault in (self._level_fault(), self._source_fault(blocks)):
            if fault:
                raise ValueError(fault)
        self.definition()
        return self

    def definition(self, changes: Sequence[RuleAt] = (), severity: Severity = "major") -> Definition:
        """The rule with its numbers put in; a later change counts before an earlier one.

        ``severity`` is what it has when it names none. ValueError: with these numbers it says nothing, or flutters.
        """
        numbers, windows = dict(self.numbers), self.schedule or ()
        for change in changes:
            numbers |= change.numbers
            windows = change.schedule or windows
        steps = [Step(one.severity, self._condition(one, numbers)) for one in self.levels]
        steps = steps or [Step(self.severity or severity, self._condition(Told(), numbers))]
        found = Definition(
            self.name, self.on, self.category, self.what or (self.category,),
            tuple(sorted(steps, key=lambda step: -RANK[step.severity])),
            _condition(self.clear, self.clear.when or (), numbers) if self.clear else None,
            windows, self.seen_inside,
        )  # fmt: skip
        _refuse_nonsense(found)
        return found

    def _condition(self, level: Told, numbers: Mapping[str, float]) -> Condition:
        """A level's: what it does not say, the rule says."""
        said = {name: getattr(level, name) if getattr(level, name) is not None else getattr(self, name)
                for name in ("any_of", "for_s", "repeat", "within_s")}  # fmt: skip
        every = (*(self.when or ()), *(level.when or ()))
        whole = Told.model_construct(when=every, **said)
        if self.on == "event" and all(one.field != "state" for one in whole.comparisons):
            every = (DIRTY, *every)
        return _condition(whole, every, numbers)

    def _level_fault(self) -> str:
        severities = [level.severity for level in self.levels]
        if len(set(severities)) != len(severities):
            return "two levels of one severity; write what they share as one, with any = [...]"
        if severities and self.severity is not None:
            return "a severity beside levels; each level says its own"
        if self.clear is not None and not self.clear.comparisons:
            return "clear says nothing that could end the alarm; give it when or any, or leave it out"
        if self.seen_inside and self.schedule is None:
            return "seen_inside without a schedule; add [[rule.schedule]] or remove it"
        bare = [level for level in self.levels or (Told(),) if not (*self.comparisons, *level.comparisons)]
        return f"a rule on a {self.on} needs when or any" if bare and self.on != "event" else ""

    def _source_fault(self, blocks: Sequence[Told]) -> str:
        if self.what and self.on != "event":
            return f"a {self.on} has no kinds; remove what"
        if self.on != "silence":
            return ""
        if any(block.timed for block in blocks):
            return "a silence is a duration itself; say it by silent_s, without for_s, repeat and within_s"
        if self.clear is not None or any(block.any_of for block in blocks):
            return "a silence ends with the next message; remove clear and any"
        if any(one.operator not in (">=", ">") for one in self.comparisons):
            return "a silence can only be too long; write silent_s >= so many seconds"
        return ""


def _condition(told: Told, every: tuple[Comparison, ...], numbers: Mapping[str, float]) -> Condition:
    within = None if told.within_s is None else _number("within_s", told.within_s, numbers)
    repeat = _number("repeat", told.repeat or 1, numbers)
    if within is not None and repeat < 2:
        raise ValueError("within_s says within how long repeat must be reached; give repeat 2 or more")
    return Condition(
        tuple(one.resolved(numbers) for one in every), tuple(one.resolved(numbers) for one in told.any_of or ()),
        _number("for_s", told.for_s or 0, numbers), int(repeat), within,
    )  # fmt: skip


_BOUNDS = {"for_s": (0, LONGEST_S), "within_s": (1, LONGEST_S), "repeat": (1, MOST_REPEATS)}


def _number(key: str, told: float | str, numbers: Mapping[str, float]) -> float:
    """A number, or what its name stands for."""
    if isinstance(told, str) and told not in numbers:
        raise ValueError(f"{key} names {told!r}, which is none of the rule's numbers")
    number = numbers[told] if isinstance(told, str) else told
    low, high = _BOUNDS[key]
    if not low <= number <= high or (key == "repeat" and number != int(number)):
        raise ValueError(f"{key} is {number:g}; it lies between {low} and {high}, and repeat is a whole number")
    return number


def _refuse_nonsense(rule: Definition) -> None:
    for condition in rule.conditions:
        if not any(can_all_be(way) for way in condition.ways()):
            raise ValueError("a condition that no message can meet; correct its numbers")
    for step, begin in _begins(rule):
        for end in rule.clear.ways() if rule.clear else ():
            if can_all_be((*begin, *end)):
                raise ValueError(
                    f"one message could begin ({step.severity}) and end the alarm, it would flutter; "
                    "let clear exclude what begins it, with a gap between"
                )


def _begins(rule: Definition) -> Iterator[tuple[Step, tuple[Comparison, ...]]]:
    yield from ((step, way) for step in rule.steps for way in step.condition.ways())
