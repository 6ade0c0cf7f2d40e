"""A message, or the passing of time, brought before the rules of its place: from the book to a ruling and back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.alarms import observed
from alerts.alarms.condition_book import Conditions
from alerts.alarms.conditions import Order, Said, State, Verdict, judge, silence
from alerts.alarms.grading import AT_WORK, Grading, gravest, regraded
from alerts.alarms.opening import seen_in, watches
from alerts.alarms.ruling import Case, Ground, Spoken, by_silence, hear, meets, rule
from alerts.store.pen import Pen
from alerts.tickets.moves import Change, identity
from alerts.values import Decision, Known, Look, Status, Word
from broker.messages import Event
from county.policy import Severity
from county.policy.definition import Law
from county.snapshot import County
from county.values import SENSOR, DeviceKind, Spot, own_spot, sensor_of


@dataclass(frozen=True, slots=True)
class Moment:
    """When it is decided, up to when all that arrived is known (``until``), and how the history calls the cause."""

    now: datetime
    until: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Before:
    """What is known of a spot before a message: its newest message, and what spares the book a question.

    ``known`` None: ask the book. ``busy`` False: no ticket is open there.
    """

    floor: Order | None = None
    known: Known | None = None
    busy: bool = True


@dataclass(frozen=True, slots=True)
class Ruled:
    """What rules decided about a look, and whether its own category is theirs, so that it does not count at once."""

    decisions: list[Decision]
    governed: bool


class Sitting:
    """The rules of a county in one transaction of the book; whoever opened it stores the conditions at its end."""

    def __init__(self, conditions: Conditions, county: County, moment: Moment) -> None:
        """Decide by this revision of the county, at this moment."""
        self.conditions = conditions
        self.county = county
        self.moment = moment

    def concerns(self, laws: Sequence[Law], spot: Spot, said: Said) -> bool:
        """Whether a message meets a condition, or something is under way; else it changes nothing where none is open.

        Nearly every reading of a bin concerns no rule.
        """
        if any(self.conditions.knows(spot.device, spot.id, law) for law in laws):
            return True
        return any(meets(law, said) for law in laws)

    def message(self, laws: Sequence[Law], spot: Spot, spoken: Spoken, before: Before) -> list[Decision]:
        """Let the rules of one category at a spot hear a message; empty where nothing is or comes under way."""
        known = [self.conditions.case(spot.device, spot.id, law) for law in laws]
        met = any(meets(law, spoken.said) for law in laws)
        if not before.busy and not met and not any(known):
            return []
        cases = [case or Case(law, State(floor=before.floor)) for case, law in zip(known, laws, strict=True)]
        if not before.busy and not any(case.state.raised for case in cases):
            heard = [hear(case, spoken) for case in cases]
            verdicts = [judge(case.state, case.law, self.moment.now) for case in heard]
            if all(verdict.severity is None for verdict in verdicts):  # the book need not be asked what is open
                waits = zip(heard, verdicts, strict=True)
                self.conditions.put(spot, [replace(case, next_at=verdict.next_at) for case, verdict in waits])
                return [Decision(Word.UPDATED, verdicts[0].reason)]
        return self._rule(spot, cases, before.known, spoken)

    def listen(self, laws: Sequence[Law], spot: Spot, spoken: Spoken, floor: Order | None) -> None:
        """Let the rules hear a message that something else decides about: they count on, and raise and end nothing."""
        for law in laws:
            case = self.conditions.case(spot.device, spot.id, law) or Case(law, State(floor=floor))
            self.conditions.put(spot, [hear(case, spoken)])

    def time(self, place: str, spot_id: str, category: str) -> list[Decision]:
        """Judge what was said at a spot by the time that has passed since."""
        spot = spot_of(self.county, place, spot_id)
        if spot is None:
            return []
        rows = [row for row in self.conditions.at(place, spot_id) if row.category == category]
        laws = [law for row in rows if (law := self.county.law_at(row.rule, spot)) is not None]
        cases = [case for law in laws if (case := self.conditions.case(place, spot_id, law)) is not None]
        return self._rule(spot, cases, None, None) if cases else []

    def silence(self, spot: Spot, heard_at: datetime, *, busy: bool = True) -> list[Decision]:
        """Judge how long a device has said nothing. ``spot``: the device itself, or the sensor in a bin."""
        made: list[Decision] = []
        for category, laws in by_category(self.county.laws_at("silence", spot)).items():
            fresh = [silence(law, heard_at, None, self.moment.now) for law in laws]
            if not busy and all(one.severity is None for one in fresh):
                continue
            known = self.conditions.pen.known(spot, category)
            grading = self._grading(known)
            kept = known.kept.severity if known.kept is not None else None
            raised = grading.grades.get(f"{spot.device}/{spot.id}/{category}") or kept
            verdicts = [silence(law, heard_at, raised, self.moment.now) for law in laws]
            if any(one.category == category and one.on != "silence" for one in self.county.policy.rules):
                verdicts = [_for_all(one) if one.over else one for one in verdicts]
            cause = identity("silence", spot.device, spot.id, category, self.moment.now.isoformat())
            ground = Ground(spot, known, grading, self.county, self.moment.now)
            beside = self._beside(spot, category)
            made += by_silence(verdicts, category, Said(self.moment.now, cause, {}), ground, beside)
        self.conditions.pen.apply(made, self.moment.by, self.moment.now)
        return made

    def regrade(self, made: Sequence[Decision]) -> list[Decision]:
        """What alarms that began or ended in a ticket leave of its severity, whether or not rules stand behind them.

        While the proof of the work goes on it stays as it is.
        """
        ticket = next((one.ticket for one in reversed(made) if one.ticket is not None), None)
        if ticket is None or ticket.status not in AT_WORK or any(one.word is Word.OPENED for one in made):
            return []
        change = Change(self.moment.now, "按仍在的告警重新定级")
        done = regraded(ticket, self.conditions.grading(ticket, self.county), self.county, change)
        self.conditions.pen.apply(done, self.moment.by, self.moment.now)
        return done

    def _rule(self, spot: Spot, cases: Sequence[Case], known: Known | None, spoken: Spoken | None) -> list[Decision]:
        category = cases[0].law.rule.category
        known = with_earlier(self.conditions.pen, spot, known or self.conditions.pen.known(spot, category))
        shared = spot.id.endswith(SENSOR) and any(
            law.rule.category == category for law in self.county.laws_at("silence", spot)
        )
        ground = Ground(spot, known, self._grading(known), self.county, self.moment.now, shared=shared)
        until = self.moment.now if spoken is not None else self.moment.until
        ruling = rule(cases, ground, until, spoken)
        self.conditions.put(spot, ruling.cases)
        self.conditions.pen.apply(ruling.decisions, self.moment.by, self.moment.now)
        return ruling.decisions

    def _beside(self, spot: Spot, category: str) -> Severity | None:
        """How grave the rules on what a device says hold an alarm."""
        rows = self.conditions.at(spot.device, spot.id)
        raised = [one.state.raised for one in rows if one.category == category and one.state.raised is not None]
        return gravest(*raised) if raised else None

    def _grading(self, known: Known) -> Grading:
        return Grading({}) if known.ticket is None else self.conditions.grading(known.ticket, self.county)


def _for_all(over: Verdict) -> Verdict:
    """Silence that is over ends what other rules of its category held too."""
    return replace(over, reason=f"{over.reason},同类的其他规则也已解除")


def event(sitting: Sitting, message: Event, received_at: datetime, spot: Spot, known: Known) -> Ruled:
    """A look at a spot, by the rules of the county that are meant for it."""
    laws = [law for law in sitting.county.laws_at("event", spot) if message.what in law.rule.what]
    values = observed.of_event(message, spot)
    if not laws or values is None or not watches(spot, message.what):
        return Ruled([], governed=False)
    if message.tells_again:
        _picture(sitting, message, spot, laws)
        return Ruled([], governed=False)
    spoken = _spoken(message, values, received_at, spot)
    look, floor = spoken.seen.look, known.look.order if known.look is not None else None
    grouped = by_category(laws)
    mine = grouped.pop(message.what, [])  # first, while what is known still holds
    ticket = known.ticket
    proving = ticket is not None and ticket.status is Status.TO_CHECK and message.what in ticket.kinds
    if proving:  # once the work is reported done, the proof decides
        sitting.listen(mine, spot, spoken, floor)
    made = sitting.message(mine, spot, spoken, Before(floor, known)) if mine and not proving else []
    for some in grouped.values():
        made += sitting.message(some, spot, spoken, Before(floor))
    governed = bool(mine) and not proving
    if governed and (floor is None or look.order > floor) and not any(look in one.looks for one in made):
        made.append(Decision(Word.UPDATED, made[-1].reason if made else "规则不成立", looks=(look,)))
        sitting.conditions.pen.apply(made[-1:], sitting.moment.by, sitting.moment.now)
    return Ruled(made, governed)


def asked_for(sitting: Sitting, message: Event, received_at: datetime, spot: Spot, known: Known) -> None:
    """A look that a ticket asked for, and that the ticket's step decides about: the rules that wait hear it too."""
    laws = [law for law in sitting.county.laws_at("event", spot) if message.what in law.rule.what]
    values = observed.of_event(message, spot)
    if laws and values is not None and not message.tells_again and watches(spot, message.what):
        floor = known.look.order if known.look is not None else None
        sitting.listen(laws, spot, _spoken(message, values, received_at, spot), floor)


def _spoken(message: Event, values: observed.Values, received_at: datetime, spot: Spot) -> Spoken:
    """A look as the rules hear it."""
    look = Look(spot.device, spot.id, message.what, message.at, message.event_id, message.revision, message.state)
    said = Said(message.at, message.event_id, values, message.revision)
    return Spoken(said, seen_in(message, look), received_at)


def with_earlier(pen: Pen, spot: Spot, known: Known) -> Known:
    """What is known, with the last tickets of the site that ended also where another is open there."""
    if known.ticket is None or known.alarm is not None:
        return known
    return replace(known, earlier=pen.ended_at(spot.ground))


def by_category(laws: Iterable[Law]) -> dict[str, list[Law]]:
    """Rules that may raise the same alarm stand together, in the county's order."""
    grouped: dict[str, list[Law]] = defaultdict(list)
    for law in laws:
        grouped[law.rule.category].append(law)
    return grouped


def spot_of(county: County, place: str, spot: str) -> Spot | None:
    """The spot of a row: one that is looked at, the sensor in a bin, or a device itself; None when it is gone."""
    found, device = county.spot(place, spot), county.device(place)
    if found is not None or device is None or not spot.endswith(SENSOR):
        return found
    if device.kind is not DeviceKind.BIN:
        return own_spot(device)
    inside = next((one for one in county.spots if one.device == place), None)
    return sensor_of(inside) if inside is not None else None


def _picture(sitting: Sitting, message: Event, spot: Spot, laws: Sequence[Law]) -> None:
    """Keep the picture of a look that a rule still waits on."""
    for law in laws:
        case = sitting.conditions.case(spot.device, spot.id, law)
        if case is not None and case.seen is not None and case.seen.look.event_id == message.event_id:
            shown = replace(case.seen, picture=message.picture, boxes=message.boxes)
            sitting.conditions.keep(spot.device, spot.id, replace(case, seen=shown))
