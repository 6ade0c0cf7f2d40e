"""How far a rule has come at one place: what was said there, how long and how often it held, and what follows. Pure.

A state holds the newest messages themselves, so a message that comes late finds its place among them, and a changed
rule can be judged anew by what was said before the change. What is older is kept as runs: since when and how often
each condition held without a break.

Time passes as the device tells it: between two messages by their own times, after the newest by as much as has passed
here since it arrived. So a box that hands over what it saw an hour ago neither hurries an alarm nor holds it up.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from uuid import UUID

from county.calendar import Calendar
from county.policy import Severity
from county.policy.comparisons import Value
from county.policy.definition import Condition, Definition, Law, Step, none_of
from county.policy.schedule import Hours
from county.policy.wording import span

KEPT = 32  # messages of one state; what comes later than so many newer ones changes nothing
Order = tuple[datetime, UUID, int]


@dataclass(frozen=True, slots=True)
class Said:
    """One message: its own time and id, and what it says. A field that it leaves out is missing in ``values``."""

    at: datetime
    id: UUID
    values: Mapping[str, Value]
    revision: int = 0

    @property
    def order(self) -> Order:
        """As with looks: the event's time, then its id and revision."""
        return self.at, self.id, self.revision


@dataclass(frozen=True, slots=True)
class Run:
    """How long and how often a condition has held without a break; ``times`` only where that must be within a time."""

    since: datetime | None = None
    count: int = 0
    times: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """How far a rule is at a place. ``before`` are the runs before the first of ``said``: one for each step, and that
    of the end. What is not newer than ``floor`` is not counted any more. ``raised``: the severity of its open alarm.
    """

    floor: Order | None = None
    said: tuple[Said, ...] = ()
    received_at: datetime | None = None
    before: tuple[Run, ...] = ()
    raised: Severity | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says now. ``severity``: that of the alarm that holds; ``over``: the one raised before has ended.

    ``next_at``: when the passing of time alone may change it.
    """

    severity: Severity | None
    over: bool
    reason: str
    next_at: datetime | None = None


def told(state: State, said: Said, received_at: datetime, law: Law) -> State:
    """Take one message in, at its place by its own time; one told before, or older than all that is kept, is nothing.

    Ids tell two of the same time apart.
    """
    orders = [one.order for one in state.said]
    if (state.floor is not None and said.order <= state.floor) or said.order in orders:
        return state
    place = bisect(orders, said.order)
    whole = (*state.said[:place], said, *state.said[place:])
    arrived = received_at if place == len(orders) else state.received_at
    state = replace(state, said=whole, received_at=arrived)
    if len(whole) <= KEPT:
        return state
    return replace(state, said=whole[1:], before=_after(_runs_before(state, law), whole[0], law), floor=whole[0].order)


def judge(state: State, law: Law, now: datetime) -> Verdict:
    """What follows from what was said, and from the time that has passed since."""
    if not state.said or state.received_at is None:
        return Verdict(state.raised, over=False, reason=_named(law, "还没有消息"))
    then = state.said[-1].at + max(now - state.received_at, timedelta(0))
    runs = runs_of(state, law)
    reached = [_reached(step.condition, run, law.hours, then) for step, run in zip(law.rule.steps, runs, strict=False)]
    end = _reached(law.rule.ends, runs[-1], _ALWAYS, then) if state.raised is not None else None
    waits = [moment for moment in (*reached, end) if moment is not None and moment > then]
    next_at = now + (min(waits) - then) if waits else None
    for step, run, moment in zip(law.rule.steps, runs, reached, strict=False):
        if moment == then:
            return Verdict(step.severity, over=False, reason=_why(state, law, step, run, then), next_at=next_at)
    if end == then:
        return Verdict(None, over=True, reason=_why_over(state, law))
    return Verdict(state.raised, over=False, reason=_progress(state, law, runs), next_at=next_at)


def silence(law: Law, heard_at: datetime, raised: Severity | None, now: datetime) -> Verdict:
    """What a rule on silence says of a device that was last heard at ``heard_at``; being heard again ends it."""
    from_when = [(step, heard_at + timedelta(seconds=_longest(step.condition))) for step in law.rule.steps]
    reached = [law.hours.first(silent, timedelta(0), max(silent, now)) for _, silent in from_when]
    next_at = min((moment for moment in reached if moment is not None and moment > now), default=None)
    for (step, _), moment in zip(from_when, reached, strict=True):
        if moment == now:
            why = _named(law, f"已{span((now - heard_at).total_seconds())}没有消息")
            return Verdict(step.severity, over=False, reason=why, next_at=next_at)
    over = raised is not None and all(silent > now for _, silent in from_when)
    words = _named(law, "又有消息了" if over else "未到静默时限" if raised is None else "仍没有消息")
    return Verdict(None if over else raised, over=over, reason=words, next_at=next_at)


def _longest(condition: Condition) -> float:
    """The seconds of silence that all comparisons of a condition ask for."""
    return max(float(one.value) for one in condition.all_of)


def runs_of(state: State, law: Law) -> tuple[Run, ...]:
    """The runs as they stand after the newest message: one for each step, and that of the end."""
    return reduce(lambda runs, said: _after(runs, said, law), state.said, _runs_before(state, law))


def is_idle(state: State, law: Law) -> bool:
    """Whether nothing is under way, so that nothing need be remembered.

    A look at dirt that meets no condition is remembered: no other may come for hours, and an edited rule may mean it.
    """
    if state.raised is not None or not state.said:
        return state.raised is None
    newest = state.said[-1]
    if is_dirt(newest) or (
        not law.rule.seen_inside and any(one.condition.holds(newest.values) for one in law.rule.steps)
    ):
        return False
    return not waits(state, law)


def waits(state: State, law: Law) -> bool:
    """Whether a condition has begun, and only lacks how long or how often."""
    return any(run.since is not None for run in runs_of(state, law)[:-1])


def is_dirt(said: Said) -> bool:
    """Whether a message is a look at dirt, whatever a rule asks besides."""
    return said.values.get("state") == "dirty"


def settled(state: State, verdict: Verdict) -> State:
    """The state once what was judged has been done."""
    return ended(state) if verdict.over else replace(state, raised=verdict.severity)


def after(state: State, moment: datetime) -> State:
    """The state without what was said up to a moment; a condition that held before it counts only from then on."""
    later = tuple(one for one in state.said if one.at > moment)
    before = tuple(run if run.since is None or run.since > moment else Run() for run in state.before)
    if len(later) == len(state.said) and before == state.before:
        return state
    gone = state.said[: len(state.said) - len(later)]
    return replace(state, said=later, before=before, floor=gone[-1].order if gone else state.floor,
                   received_at=state.received_at if later else None)  # fmt: skip


def ended(state: State) -> State:
    """After the end of an alarm, however it ended: everything counts anew from what is said next."""
    newest = state.said[-1].order if state.said else state.floor
    return State(floor=newest)


def rejudged(state: State, old: Definition, law: Law) -> State:
    """The state under a changed rule: what is kept counts by the new one. A run from before that goes on only where
    the new rule asks the same of each message.
    """
    if not state.before:
        return state
    known = list(zip((step.condition for step in old.steps), state.before, strict=False))
    same_time = (old.seen_inside, old.windows if old.seen_inside else ()) == (
        law.rule.seen_inside, law.rule.windows if law.rule.seen_inside else (),
    )  # fmt: skip
    runs = [
        next((run for one, run in known if same_time and one.asks_the_same(step.condition)), Run())
        for step in law.rule.steps
    ]
    return replace(state, before=(*runs, state.before[-1] if _ends_alike(old, law.rule) else Run()))


def _ends_alike(old: Definition, new: Definition) -> bool:
    if old.clear is not None and new.clear is not None:
        return old.clear.asks_the_same(new.clear)
    asked = [(one.condition.all_of, one.condition.any_of) for one in old.steps]
    return old.clear is new.clear and asked == [(one.condition.all_of, one.condition.any_of) for one in new.steps]


def _runs_before(state: State, law: Law) -> tuple[Run, ...]:
    return state.before or (Run(),) * (len(law.rule.steps) + 1)


def _after(runs: Sequence[Run], said: Said, law: Law) -> tuple[Run, ...]:
    rule = law.rule
    begins = [step.condition.holds(said.values) for step in rule.steps]
    over = rule.clear.holds(said.values) if rule.clear else none_of(begins)
    if rule.seen_inside and not law.hours.holds(said.at):
        begins = [None if one is None else False for one in begins]
    truths = zip(runs, rule.timed, (*begins, over), strict=True)
    return tuple(_longer(run, condition, is_so, said.at) for run, condition, is_so in truths)


def _longer(run: Run, condition: Condition, is_so: bool | None, at: datetime) -> Run:
    if is_so is None:
        return run
    if not is_so:
        return Run()
    times = (*run.times, at)[-condition.repeat :] if condition.within_s is not None else ()
    return Run(run.since or at, run.count + 1, times)


def _reached(condition: Condition, run: Run, hours: Hours, then: datetime) -> datetime | None:
    """When a condition holds, ``then`` or later, if nothing else is said; None: not by time alone."""
    if run.since is None or run.count < condition.repeat:
        return None
    if condition.within_s is not None:
        first = run.times[-condition.repeat :]
        if len(first) < condition.repeat or first[-1] - first[0] > timedelta(seconds=condition.within_s):
            return None
    return hours.first(run.since, timedelta(seconds=condition.for_s), then)


def _why(state: State, law: Law, step: Step, run: Run, then: datetime) -> str:
    condition = step.condition
    words = [_measured(state, law, condition)]
    if condition.repeat > 1:
        words.append(f"连续{run.count}次")
    if condition.for_s and run.since is not None:
        words.append(f"已持续{span((then - run.since).total_seconds())}")
    return _named(law, ",".join(words))


def _why_over(state: State, law: Law) -> str:
    ends = law.rule.ends
    asked = ends if law.rule.clear is not None else law.rule.steps[-1].condition
    values = state.said[-1].values
    words = [one.words(law.rule.on, values) for one in (*asked.all_of, *asked.any_of) if one.field in values]
    lasted = f",已持续{span(ends.for_s)}" if ends.for_s else ""
    return _named(law, f"{'、'.join(dict.fromkeys(words)) or '条件不再成立'}{lasted},解除条件成立")


def _progress(state: State, law: Law, runs: Sequence[Run]) -> str:
    """What a condition that has begun still lacks; of several the least grave."""
    for step, run in zip(reversed(law.rule.steps), reversed(runs[:-1]), strict=True):
        if run.since is not None:
            lacks = [f"第{run.count}次,共需{step.condition.repeat}次"] if run.count < step.condition.repeat else []
            if step.condition.for_s:
                lacks.append(f"需持续{span(step.condition.for_s)}")
            lacking = ";".join(lacks) or ("不在规则的时段内" if law.rule.windows else "未达到次数或时限")
            return _named(law, f"{_measured(state, law, step.condition)};{lacking}")
    return _named(law, "条件不成立" if state.raised is None else "未达到解除条件")


def _measured(state: State, law: Law, condition: Condition) -> str:
    """What the newest message that met the condition said."""
    for said in reversed(state.said):
        if condition.holds(said.values):
            words = [
                one.words(law.rule.on, said.values)
                for one in (*condition.all_of, *condition.any_of) if one.holds(said.values)
            ]  # fmt: skip
            return "、".join(dict.fromkeys(words))
    return "条件成立"


def _named(law: Law, words: str) -> str:
    return f"规则“{law.rule.name}”:{words}"


_ALWAYS = Hours((), Calendar())  # the end of an alarm is never put off
