"""A rule as it holds at some place: every number put in, nothing left to look up."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

from pydantic import TypeAdapter

from county.policy.base import Severity
from county.policy.comparisons import OF_CAMERAS, Comparison, Source, Values, all_of, any_of
from county.policy.schedule import Hours, Window


@dataclass(frozen=True)
class Condition:
    """What must be so (each of ``all_of``, one of ``any_of``), for so long, so often in a row, within so long.

    ``for_s`` and ``within_s`` are seconds of the device's own time.
    """

    all_of: tuple[Comparison, ...] = ()
    any_of: tuple[Comparison, ...] = ()
    for_s: float = 0.0
    repeat: int = 1
    within_s: float | None = None

    def holds(self, values: Values) -> bool | None:
        """Whether one message says so; None when it does not say."""
        said = all_of(self.all_of, values)
        if not self.any_of or said is False:
            return said
        other = any_of(self.any_of, values)
        return None if other is not False and None in (said, other) else other

    def ways(self) -> Iterator[tuple[Comparison, ...]]:
        """Every set of comparisons that makes it true."""
        yield from ((*self.all_of, *other) for other in product(*([self.any_of] if self.any_of else [])))

    def asks_the_same(self, other: Condition) -> bool:
        """Whether every message says the same to both; how long and how often may differ."""
        return (self.all_of, self.any_of) == (other.all_of, other.any_of)


@dataclass(frozen=True)
class Step:
    """A severity and its condition."""

    severity: Severity
    condition: Condition


@dataclass(frozen=True)
class Definition:
    """A rule at a place. ``steps`` stand from the gravest down; without ``clear`` the opposite of all of them ends it.

    ``what`` are the kinds of events that it looks at. ``seen_inside``: a message from outside the windows counts as
    one that says no.
    """

    name: str
    on: Source
    category: str
    what: tuple[str, ...]
    steps: tuple[Step, ...]
    clear: Condition | None = None
    windows: tuple[Window, ...] = ()
    seen_inside: bool = False

    @cached_property
    def text(self) -> str:
        """All of it as JSON, to be read again by ``definition_of``."""
        return _TEXTS.dump_json(self).decode()

    @cached_property
    def digest(self) -> str:
        """The same for the same rule, another for another: 16 hex digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]

    @cached_property
    def fields(self) -> frozenset[str]:
        """The fields of a message that it looks at."""
        return frozenset(one.field for condition in self.conditions for one in (*condition.all_of, *condition.any_of))

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Those of the steps, then that of the end where it is told."""
        return (*(step.condition for step in self.steps), *((self.clear,) if self.clear else ()))

    @property
    def of_cameras(self) -> bool:
        """Whether it looks at each camera of a box, not at the box."""
        return bool(self.fields & OF_CAMERAS)

    @property
    def ends(self) -> Condition:
        """How long and how often it must be over."""
        return self.clear or Condition()

    @cached_property
    def timed(self) -> tuple[Condition, ...]:
        """What is counted: the conditions of the steps, then that of the end."""
        return (*(step.condition for step in self.steps), self.ends)


def none_of(said: Sequence[bool | None]) -> bool | None:
    """Whether none is so; None when one was not said and none is."""
    return False if True in said else None if None in said else True


_TEXTS = TypeAdapter(Definition)


def definition_of(text: str) -> Definition:
    """A rule from its own text."""
    return _TEXTS.validate_json(text)


@dataclass(frozen=True, slots=True)
class Law:
    """A definition and its hours by the calendar of a county."""

    rule: Definition
    hours: Hours = field(compare=False)
