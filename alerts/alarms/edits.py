"""A new revision of the county: what is under way is judged by its rules, and the history says what was changed.

Each place is one transaction, and done again it changes nothing; the revision is noted when all are done. So a kill in
between loses nothing and tells nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from alerts.alarms import condition_book, grading, rules
from alerts.alarms.applying import spot_of, with_earlier
from alerts.alarms.condition_book import Conditions, Kept
from alerts.alarms.conditions import waits
from alerts.alarms.opening import Seen
from alerts.alarms.ruling import Case, Ground, end, holds, is_up, rule, unproved
from alerts.store.book import Book, Conflict, Unwritable, counter
from alerts.store.tables import ALARMS, TICKETS, ticket_of
from alerts.tickets.moves import Change, noted
from alerts.values import Decision, Known, Ticket
from alerts.world import World
from county.policy.definition import Definition, Law
from county.policy.schedule import Hours
from county.policy.wording import difference
from county.snapshot import County
from county.values import Spot

JUDGED = "rules_revision"  # the last revision by which everything under way was judged


class Edits:
    """Brings what is under way up to the county's newest revision."""

    def __init__(self, book: Book, world: World) -> None:
        """Asks the book only when this process has not seen to a revision yet."""
        self._book = book
        self._world = world
        self._judged = -1

    def settle(self) -> list[Decision]:
        """Judge everything under way by the present revision, once; returns what was decided."""
        county = self._world.county()
        if county.revision <= self._judged:
            return []
        with self._book.store.read() as conn:
            judged = counter(conn, self._book.county, JUDGED)
        done: list[Decision] = []
        if judged < county.revision:
            done = [*self._rules(county), *self._limits(county)]
            with self._book.writing() as pen:
                pen.note(JUDGED, max(county.revision, counter(pen.conn, pen.county, JUDGED)))
        self._judged = county.revision
        return done

    def _rules(self, county: County) -> list[Decision]:
        done: list[Decision] = []
        for row in condition_book.every(self._book):
            if _law(row, county, digest=row.digest) is not None:
                continue  # it reads as it did
            try:
                done += self._rule(row, county)
            except (Conflict, Unwritable) as fault:  # we hold the county's lock: the next try would end alike
                condition_book.let_go(self._book, row.key, fault)
        return done

    def _rule(self, row: Kept, county: County) -> list[Decision]:
        decisions: list[Decision] = []
        with self._book.writing() as pen:
            conditions = Conditions(pen, [row.place])
            fresh = next((one for one in conditions.at(row.place, row.spot) if one.rule == row.rule), None)
            if fresh is not None:
                edit = Edit(conditions, county, self._world.now())
                decisions = _edited(edit, fresh)
                pen.apply(decisions, f"revision {county.revision}", edit.now)
            conditions.write()
            self._world.crash("alerts.before_commit")
        self._world.crash("alerts.after_commit")
        return decisions

    def _limits(self, county: County) -> list[Decision]:
        """Open tickets whose limit the county now reckons otherwise."""
        done: list[Decision] = []
        now = self._world.now()
        older = TICKETS.c.is_open & (TICKETS.c.county == self._book.county) & (TICKETS.c.revision < county.revision)
        with self._book.store.read() as conn:
            tickets = [ticket_of(row) for row in conn.execute(sa.select(TICKETS).where(older)).all()]
            changed = [
                one.id for one in tickets if grading.relimited(one, condition_book.began(conn, one), county, now)
            ]
        for ticket_id in changed:
            with self._book.writing() as pen:
                ticket = pen.ticket(ticket_id)
                decisions = (
                    grading.relimited(ticket, condition_book.began(pen.conn, ticket), county, now)
                    if ticket is not None and ticket.is_open else []
                )  # fmt: skip
                pen.apply(decisions, f"revision {county.revision}", now)
                self._world.crash("alerts.before_commit")
            self._world.crash("alerts.after_commit")
            done += decisions
        return done


@dataclass(frozen=True, slots=True)
class Edit:
    """The rows that a transaction works on, the new revision, and when it is judged."""

    conditions: Conditions
    county: County
    now: datetime

    @property
    def version(self) -> str:
        """How the history names the revision."""
        return f"第{self.county.revision}版规则"

    def ground(self, spot: Spot, known: Known) -> Ground:
        """Where it is decided."""
        ticket = known.ticket
        grades = grading.Grading({}) if ticket is None else self.conditions.grading(ticket, self.county)
        return Ground(spot, known, grades, self.county, self.now, edited=True)

    def difference(self, old: Definition, new: Definition) -> str:
        """What was changed in a rule, for the history."""
        policy = self.county.policy
        names = {one.code: one.name for one in policy.categories}
        changed = difference(old, new, policy.severities, names) or "定义有变"
        return f"{self.version}修改了“{new.name}”:{changed}"


def _law(row: Kept, county: County, digest: str | None = None) -> Law | None:
    """The rule of a row as it is now; with ``digest`` only where it reads as it did."""
    spot = spot_of(county, row.place, row.spot)
    law = county.law_at(row.rule, spot) if spot is not None else None
    return law if law is not None and digest in (None, law.rule.digest) else None


def _edited(edit: Edit, row: Kept) -> list[Decision]:
    """What a row comes to under the new revision."""
    spot, old = spot_of(edit.county, row.place, row.spot), edit.conditions.definition(row.digest)
    if spot is None:
        return _removed(edit, row)
    law = _law(row, edit.county)
    new = _renamed(edit, row, old, spot) if law is None else None
    if new is not None:
        return _handed_on(edit, row, new, spot)
    if law is None or old is None or law.rule.on != old.on:
        return _gone(edit, row, old, spot)
    if law.rule.category != row.category:
        case = edit.conditions.case(row.place, row.spot, law)
        ended = _gone(edit, row, old, spot)
        edit.conditions.pen.apply(ended, f"revision {edit.county.revision}", edit.now)
        begun = [] if case is None else _judged(edit, [_anew(case)], spot)
        return [*begun, *_noted_after(edit, begun, edit.difference(old, law.rule))]
    return _changed(edit, row, (old, law), spot)


def _anew(case: Case) -> Case:
    """What was said, for another category that has raised nothing yet."""
    seen = case.seen
    look = replace(seen.look, kind=case.law.rule.category) if seen is not None else None
    said = replace(seen, look=look) if seen is not None and look is not None else None
    return replace(case, state=replace(case.state, raised=None), seen=said)


def _removed(edit: Edit, row: Kept) -> list[Decision]:
    """The place is no longer there: nothing is counted any more, and no ticket is closed for that."""
    edit.conditions.drop(row.key)
    mine = (ALARMS.c.place == row.place) & (ALARMS.c.spot == row.spot) & (ALARMS.c.kind == row.category)
    query = sa.select(TICKETS).join(ALARMS, ALARMS.c.ticket == TICKETS.c.id).where(mine & ALARMS.c.is_open)
    found = edit.conditions.pen.conn.execute(query).one_or_none()
    if found is None or row.state.raised is None:
        return []
    words = f"第{edit.county.revision}版登记中已没有这个设备或点位,规则“{row.rule}”不再计算,请人工核查"
    return [noted(ticket_of(found), Change(edit.now, words))]


def _renamed(edit: Edit, row: Kept, old: Definition | None, spot: Spot) -> Law | None:
    """The rule that reads as this one did, but for its name, and has nothing of its own under way here."""
    return next(
        (
            law for law in edit.county.laws_at(old.on, spot)
            if replace(law.rule, name=old.name) == old and not edit.conditions.knows(row.place, row.spot, law)
        ),
        None,
    ) if old is not None else None  # fmt: skip


def _handed_on(edit: Edit, row: Kept, law: Law, spot: Spot) -> list[Decision]:
    """Another name is no other rule: it goes on from where it was."""
    edit.conditions.drop(row.key)
    edit.conditions.keep(row.place, row.spot, Case(law, row.state, row.seen, row.next_at))
    known = edit.conditions.pen.known(spot, row.category)
    if row.state.raised is None or known.ticket is None or not is_up(known, spot, row.category):
        return []
    return [noted(known.ticket, Change(edit.now, f"{edit.version}中“{row.rule}”改名为“{law.rule.name}”,告警照旧"))]


def _gone(edit: Edit, row: Kept, old: Definition | None, spot: Spot) -> list[Decision]:
    """The rule is no more, or no more here: what it raised ends, unless its category counts without it or another
    rule holds it or waits on it.
    """
    edit.conditions.drop(row.key)
    known = with_earlier(edit.conditions.pen, spot, edit.conditions.pen.known(spot, row.category))
    words = f"{edit.version}中“{row.rule}”不再适用于这里"
    counts = old is not None and _counts_at_once(row, old, edit.county, spot)
    if row.state.raised is not None and holds(known, spot, row.category):
        if counts or old is None or _others(edit, row, spot):
            up = known.ticket if is_up(known, spot, row.category) else None
            return [noted(up, Change(edit.now, f"{words},告警照旧"))] if up is not None else []
        case = Case(Law(old, Hours((), edit.county.calendar)), row.state, row.seen)
        return end(case, words, edit.ground(spot, known))
    if counts and old is not None and row.state.raised is None and not holds(known, spot, row.category):
        waited = unproved(Case(Law(old, Hours((), edit.county.calendar)), row.state, row.seen), known)
        return _found(edit, spot, known, waited.seen, words)
    return []


def _found(edit: Edit, spot: Spot, known: Known, seen: Seen | None, words: str) -> list[Decision]:
    """What counts at once now that its rule is gone."""
    if seen is None:
        return []
    reason = f"{seen.reason}({words})" if seen.reason else words
    return rules.found(known, replace(seen, reason=reason, severity=None), spot, edit.county, edit.now)


def _others(edit: Edit, row: Kept, spot: Spot) -> bool:
    """Whether another rule of the category has raised the alarm too, or waits on what was seen."""
    for one in edit.conditions.at(row.place, row.spot):
        law = _law(one, edit.county) if one.category == row.category else None
        case = edit.conditions.case(row.place, row.spot, law) if law is not None else None
        if case is not None and (case.state.raised or waits(case.state, case.law)):
            return True
    return False


def _counts_at_once(row: Kept, old: Definition, county: County, spot: Spot) -> bool:
    """Whether what was seen last is dirty, and opens an alarm by itself now that no rule stands before it."""
    if old.on != "event" or row.category not in old.what or not row.state.said:
        return False
    ruled = any(law.rule.category == row.category for law in county.laws_at("event", spot))
    return not ruled and row.state.said[-1].values.get("state") == "dirty"


def _changed(edit: Edit, row: Kept, rule_pair: tuple[Definition, Law], spot: Spot) -> list[Decision]:
    """The rule reads otherwise: what was said is judged by it."""
    old, law = rule_pair
    known = edit.conditions.pen.known(spot, row.category)
    words = edit.difference(old, law.rule)
    made: list[Decision] = []
    if row.state.raised is not None and known.ticket is not None and is_up(known, spot, row.category):
        made = [noted(known.ticket, Change(edit.now, words), revision=edit.county.revision)]
        known = replace(known, ticket=made[0].ticket)
    laws = [one for one in edit.county.laws_at(law.rule.on, spot) if one.rule.category == row.category]
    cases = [case for one in laws if (case := edit.conditions.case(row.place, row.spot, one)) is not None]
    done = _judged(edit, cases, spot, known)
    return [*made, *done] if made else [*done, *_noted_after(edit, done, words)]


def _judged(edit: Edit, cases: Sequence[Case], spot: Spot, known: Known | None = None) -> list[Decision]:
    known = known or edit.conditions.pen.known(spot, cases[0].law.rule.category)
    known = with_earlier(edit.conditions.pen, spot, known)
    ruling = rule(cases, edit.ground(spot, known), edit.now)
    edit.conditions.put(spot, ruling.cases)
    return ruling.decisions


def _noted_after(edit: Edit, decisions: Sequence[Decision], words: str) -> list[Decision]:
    """Say in a ticket that an edit opened why it was opened only now."""
    ticket: Ticket | None = next((one.ticket for one in reversed(decisions) if one.ticket is not None), None)
    return [noted(ticket, Change(edit.now, words))] if ticket is not None and ticket.is_open else []
