"""What the rules of one category say at one spot becomes decisions about its alarm. Pure.

Several rules may stand for one category there: the alarm holds while any of them does, as grave as the gravest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.alarms import flapping, rules
from alerts.alarms.conditions import Said, State, Verdict, after, ended, is_dirt, judge, settled, told, waits
from alerts.alarms.grading import Grading, gravest, regraded
from alerts.alarms.opening import Seen
from alerts.mutes.mutes import Kept
from alerts.tickets import copies, proving
from alerts.tickets.moves import Change, category, noted
from alerts.values import Decision, Known, Look, Source, Status, Ticket, Word
from broker.messages import State as Looks
from county.policy import Severity
from county.policy.comparisons import Source as On
from county.policy.definition import Law
from county.snapshot import County
from county.values import Spot

_SOURCES: dict[On, Source] = {"event": Source.CAMERA, "reading": Source.SENSOR}


@dataclass(frozen=True, slots=True)
class Case:
    """One rule at one spot: how far it is, the last look at something, and when time alone may change it."""

    law: Law
    state: State
    seen: Seen | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message as the rules hear it, and as a look at the spot should it raise something."""

    said: Said
    seen: Seen
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Ground:
    """Where it is decided and by what: the spot, what the book knows of the category there, and what else is open.

    ``edited``: no message and no time, but another revision of the rules is why it is decided. ``shared``: rules on
    silence stand for the same alarm, and as they keep no state, their round ends it for all.
    """

    spot: Spot
    known: Known
    grading: Grading
    county: County
    now: datetime
    edited: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is decided, and the cases as they stand afterwards."""

    decisions: list[Decision]
    cases: list[Case]


def hear(case: Case, spoken: Spoken) -> Case:
    """Let a case hear one message."""
    state = told(case.state, spoken.said, spoken.received_at, case.law)
    if state is case.state or not (meets(case.law, spoken.said) or is_dirt(spoken.said)):
        return replace(case, state=state)
    newer = case.seen is None or case.seen.look.order < spoken.said.order
    look = replace(spoken.seen.look, kind=case.law.rule.category, state=Looks.DIRTY)
    return replace(case, state=state, seen=replace(spoken.seen, look=look) if newer else case.seen)


def unproved(case: Case, known: Known) -> Case:
    """The case without what was seen before the proof that the work at its site was done: that is no relapse (反弹)."""
    kinds = {case.law.rule.category, *case.law.rule.what}
    proofs = (proving.proved_at(one) for one in known.earlier if kinds.intersection(one.kinds))
    proved_at = max((one for one in proofs if one is not None), default=None)
    if proved_at is None:
        return case
    seen = case.seen if case.seen is not None and case.seen.look.at > proved_at else None
    return replace(case, state=after(case.state, proved_at), seen=seen)


def meets(law: Law, said: Said) -> bool:
    """Whether a message alone meets a condition that begins an alarm, never mind how long or how often."""
    return any(step.condition.holds(said.values) for step in law.rule.steps)


def rule(cases: Sequence[Case], ground: Ground, until: datetime, spoken: Spoken | None = None) -> Ruling:
    """Let the cases of one category hear ``spoken`` and judge them at ``until``; None: time alone has passed."""
    what = cases[0].law.rule.category
    cases = _aligned(cases, what, ground, adopt=spoken is not None and not ground.shared)
    feeds = None
    if spoken is not None:
        heard = [hear(case, spoken) for case in cases]
        if any(later.state is not case.state for later, case in zip(heard, cases, strict=True)):
            feeds = spoken  # what was told before is counted once
        cases = heard
    raised = [case.state.raised for case in cases if case.state.raised is not None]
    verdicts = [judge(case.state, case.law, until) for case in cases]
    done = _decided(cases, verdicts, raised, ground, feeds)
    settled_cases = [_settled(case, verdict) for case, verdict in zip(cases, verdicts, strict=True)]
    nothing = [] if spoken is None else [Decision(Word.UPDATED, verdicts[0].reason)]
    return Ruling(done or nothing, settled_cases)


def by_silence(
    verdicts: Sequence[Verdict], what: str, cause: Said, ground: Ground, beside: Severity | None = None
) -> list[Decision]:
    """What the rules of one category on silence, judged already, do to its alarm at a device.

    ``beside``: the severity that rules on what the device says hold there; it is over when all of them are.
    """
    held = [one for one in verdicts if one.severity is not None]
    up = holds(ground.known, ground.spot, what)
    if held and up:
        grave = _first_gravest(held)
        is_graver = beside is not None and gravest(beside, grave.severity) != grave.severity
        return [] if is_graver else _regraded([], what, grave, ground)
    if held:
        seen = Seen(_look(cause, what, Looks.DIRTY, ground), "", 1.0, 1, rendered=False, source=Source.EQUIPMENT)
        return _raised(seen, _first_gravest(held), ground)
    over = next((one for one in verdicts if one.over), None)
    if over is None or not up or beside is not None:
        return []
    return _ended(Seen(_look(cause, what, Looks.CLEAN, ground), "", 1.0, 1, rendered=False, source=Source.EQUIPMENT),
                  over, ground)  # fmt: skip


def end(case: Case, why: str, ground: Ground) -> list[Decision]:
    """End what a case has raised, for a reason that lies not in what was said: nobody has seen it clean.

    What nobody took up is dropped with that reason; what somebody took up stays as it is until the work is proved.
    """
    known, what = ground.known, case.law.rule.category
    if known.kept is not None:
        return [Decision(Word.UPDATED, why, kept=replace(known.kept, is_open=False))]
    ticket, alarm = known.ticket, known.alarm
    if ticket is None or alarm is None or not is_up(known, ground.spot, what):
        return []
    if not _untaken(ticket):
        proof = "已提交的处理仍要核查" if ticket.status is Status.TO_CHECK else "没有人看到已消除,处理后仍要核查"
        return [noted(ticket, Change(ground.now, f"{why},{proof}"))]
    over = replace(alarm, is_open=False, version=alarm.version + 1)
    ready = replace(ticket, dirty=tuple(key for key in ticket.dirty if key != alarm.key))
    if not ready.dirty:
        change = Change(ground.now, f"无人接单,不再算问题:{why}")
        first, *last = copies.ended(ready, ground.county, change, status=Status.DROPPED)
        return [replace(first, alarm=over), *last]
    name = category(ground.county, what)[0]
    note = replace(noted(ready, Change(ground.now, f"{why},{name}不再算,这里还有其他问题")), alarm=over)
    fallen = Change(ground.now, f"{name}不再算")
    return [note, *regraded(note.ticket or ready, ground.grading, ground.county, fallen)]


def is_up(known: Known, spot: Spot, what: str) -> bool:
    """Whether the alarm of a category is open, and was not seen to be over."""
    key = f"{spot.device}/{spot.id}/{what}"
    return known.alarm is not None and known.ticket is not None and key in known.ticket.dirty


def holds(known: Known, spot: Spot, what: str) -> bool:
    """Whether an alarm of a category is open, or what a mute holds back of it."""
    return known.kept is not None or is_up(known, spot, what)


def _aligned(cases: Sequence[Case], what: str, ground: Ground, *, adopt: bool) -> list[Case]:
    """The cases as the book knows the alarm: one that people ended begins anew with all its rules, one that no rule
    raised is taken on, and what was seen before the proof of work raises none.
    """
    by_a_rule = any(case.state.raised for case in cases)
    if not holds(ground.known, ground.spot, what):
        if by_a_rule:
            return [replace(case, state=ended(case.state), seen=None) for case in cases]
        return [unproved(case, ground.known) for case in cases]
    if not adopt or by_a_rule:
        return list(cases)
    usual = category(ground.county, what)[1]
    return [replace(cases[0], state=replace(cases[0].state, raised=usual)), *cases[1:]]


def _decided(
    cases: Sequence[Case], verdicts: Sequence[Verdict], raised: Sequence[Severity], ground: Ground,
    spoken: Spoken | None,
) -> list[Decision]:  # fmt: skip
    what = cases[0].law.rule.category
    up = holds(ground.known, ground.spot, what)
    held = [(one, case) for case, one in zip(cases, verdicts, strict=True) if one.severity is not None]
    if not held:
        over = next((one for one in zip(cases, verdicts, strict=True) if one[1].over), None)
        return [] if over is None or not up else _over(over, cases, ground)
    gravest_one = _first_gravest([one for one, _ in held])
    if not up:
        case = next(case for one, case in held if one is gravest_one)
        return _raised(case.seen or _look_of(case, ground, Looks.DIRTY), gravest_one, ground)
    fed = _fed(cases, ground, spoken, gravest_one)
    was = gravest(*raised) if raised else category(ground.county, what)[1]
    if gravest_one.severity == was:
        return fed
    return [*fed, *_regraded(fed, what, gravest_one, ground)]


def _over(over: tuple[Case, Verdict], cases: Sequence[Case], ground: Ground) -> list[Decision]:
    """End the alarm. By an edit alone it stays while another rule still waits on what was seen, and is only dropped
    where the last look was dirty, or where what was measured is the same and nobody has taken it up.
    """
    case, verdict = over
    if ground.shared:
        return []
    if ground.edited and any(one is not case and waits(one.state, one.law) for one in cases):
        return []
    if ground.edited and (is_dirt(case.state.said[-1]) or _same_but_untaken(case, ground)):
        return end(case, verdict.reason, ground)
    return _ended(_look_of(case, ground, Looks.CLEAN), verdict, ground)


def _same_but_untaken(case: Case, ground: Ground) -> bool:
    """Whether a sensor said it, which sees nothing clean or dirty, and nobody works on it who is spared the work."""
    ticket, looked = ground.known.ticket, "state" in case.state.said[-1].values
    return not looked and ticket is not None and _untaken(ticket)


def _untaken(ticket: Ticket) -> bool:
    return ticket.status in flapping.UNTAKEN and ticket.handler is None


def _settled(case: Case, verdict: Verdict) -> Case:
    return replace(case, state=settled(case.state, verdict), next_at=verdict.next_at,
                   seen=None if verdict.over else case.seen)  # fmt: skip


def _raised(seen: Seen, verdict: Verdict, ground: Ground) -> list[Decision]:
    told_by = replace(seen, reason=_because(seen, verdict), severity=verdict.severity)
    done = rules.found(ground.known, told_by, ground.spot, ground.county, ground.now)
    if ground.known.alarm is None:
        return done
    # It was over, and is not: its ticket may have fallen meanwhile.
    return [*done, *_regraded(done, seen.look.kind, verdict, ground)]


def _because(seen: Seen, verdict: Verdict) -> str:
    return f"{seen.reason}({verdict.reason})" if seen.reason else verdict.reason


def _ended(seen: Seen, verdict: Verdict, ground: Ground) -> list[Decision]:
    name = category(ground.county, seen.look.kind)[0]
    done = rules.over(ground.known, replace(seen, reason=verdict.reason), ground.county, ground.now)
    ticket = _last(done, ground.known.ticket)
    if ticket is None or not ticket.is_open:
        return done
    return [*done, *regraded(ticket, ground.grading, ground.county, Change(ground.now, f"{name}已解除"))]


def _fed(cases: Sequence[Case], ground: Ground, spoken: Spoken | None, verdict: Verdict) -> list[Decision]:
    """Feed the open alarm with a message that still finds something and is the newest."""
    if spoken is None:
        return []
    for case in cases:
        newest = case.state.said and case.state.said[-1].order == spoken.said.order
        if newest and case.seen is not None and case.seen.look.order == spoken.said.order:
            seen = replace(case.seen, reason=_because(case.seen, verdict), severity=verdict.severity)
            return rules.found(ground.known, seen, ground.spot, ground.county, ground.now)
    return []


def _regraded(done: Sequence[Decision], what: str, verdict: Verdict, ground: Ground) -> list[Decision]:
    """The severity that the alarm has now, after what was ``done`` already; under a mute it is kept for its end."""
    ticket = _last(done, ground.known.ticket)
    if ground.known.kept is not None:
        return _kept_as(verdict, done, ground.known.kept)
    if ticket is None or verdict.severity is None:
        return []
    key = f"{ground.spot.device}/{ground.spot.id}/{what}"
    grading = replace(ground.grading, grades={**ground.grading.grades, key: verdict.severity})
    return regraded(ticket, grading, ground.county, Change(ground.now, verdict.reason))


def _kept_as(verdict: Verdict, done: Sequence[Decision], before: Kept) -> list[Decision]:
    kept = next((one.kept for one in reversed(done) if one.kept is not None), before)
    if verdict.severity in (None, kept.severity):
        return []
    return [Decision(Word.UPDATED, f"静默期内{verdict.reason}", kept=replace(kept, severity=verdict.severity))]


def _first_gravest(held: Sequence[Verdict]) -> Verdict:
    grave = gravest(*(one.severity for one in held))
    return next(one for one in held if one.severity == grave)


def _look_of(case: Case, ground: Ground, state: Looks) -> Seen:
    """The newest message of a case as a look."""
    source = _SOURCES.get(case.law.rule.on, Source.EQUIPMENT)
    look = _look(case.state.said[-1], case.law.rule.category, state, ground)
    return Seen(look, "", 1.0, 1, rendered=False, source=source)


def _look(said: Said, what: str, state: Looks, ground: Ground) -> Look:
    return Look(ground.spot.device, ground.spot.id, what, said.at, said.id, said.revision, state)


def _last(decisions: Sequence[Decision], otherwise: Ticket | None) -> Ticket | None:
    return next((one.ticket for one in reversed(decisions) if one.ticket is not None), otherwise)
