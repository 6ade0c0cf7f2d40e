"""Tickets at each point of their life, made by the rules themselves."""

from __future__ import annotations

from datetime import datetime

from alerts import ladder
from alerts.alarms import rules
from alerts.sensors.bins import BinState, Heard, absorb
from alerts.sensors.readings import Cause, seen_by
from alerts.tickets import acts
from alerts.values import Alarm, Decision, Known, Look, Ticket
from broker.messages import Answer, Event, Kind, Reading
from county.snapshot import County
from tests.alerts.makes import PHOTO, at, doing, event, last_ticket, person, reading


def known_after(decisions: list[Decision], before: Known | None = None) -> Known:
    """What the book would know once these are written."""
    before = before or Known()
    look: Look | None = before.look
    alarm: Alarm | None = before.alarm
    ticket: Ticket | None = before.ticket
    for decision in decisions:
        look = decision.looks[0] if decision.looks else look
        alarm, ticket = decision.alarm or alarm, decision.ticket or ticket
    gone = ticket is not None and not ticket.is_open
    return Known(look, None if gone else alarm, None if gone else ticket)


def decide(
    known: Known, message: Event | Reading | Answer, county: County, now: datetime, state: BinState | None = None
) -> list[Decision]:
    """What the rules say to a message; a reading comes from a bin in this state, and only its fill is looked at."""
    if not isinstance(message, Reading):
        return rules.decide(known, message, county, now)
    spot = county.spot(message.device, message.spot)
    if spot is None:
        return [rules.unregistered(message)]
    device = county.devices[spot.device]
    absorbed = absorb(state or BinState(device.id), message, Heard(now, now), device, county.policy.bins)
    full = next((one for one in absorbed.findings if one.kind is Kind.BIN_FULL), None)
    if full is None:
        return [rules.ignored(absorbed.note)]
    cause = Cause(message.at, message.message_id, "test", now)
    return rules.looked(known, seen_by(full, spot, cause, message.simulated), spot, county, now)


def opened(county: County, message: Event | Reading | None = None) -> Known:
    """A ticket that waits to be accepted since minute 0."""
    return known_after(decide(Known(), message or event(0), county, at(0)))


def ticket_of(known: Known) -> Ticket:
    assert known.ticket is not None
    return known.ticket


def after(county: County, ticket: Ticket, *steps: tuple[str, str, float]) -> Ticket:
    """Let people act: (act, person id, minute)."""
    for act, who, minute in steps:
        task = doing(person(county, who), minute, "说明", (PHOTO,))
        ticket = last_ticket(acts.do(ticket, act, task, county))
    return ticket


def accepted(county: County) -> Ticket:
    return after(county, ticket_of(opened(county)), ("accept", "v1", 5))


def checking(county: County, message: Event | Reading | None = None) -> Ticket:
    """Reported done at minute 20; the camera (or the bin's sensor) is asked."""
    return after(county, ticket_of(opened(county, message)), ("accept", "v1", 5), ("done", "v1", 20))


def to_verify(county: County) -> Ticket:
    """The camera could not tell: the township must verify."""
    ticket = checking(county)
    for minute in range(40, 400, 20):
        if ticket.check.value == "person":
            return ticket
        ticket = last_ticket(ladder.overdue_step(ticket, county, at(minute)))
    raise AssertionError("the tries never end")


def full_bin() -> Reading:
    return reading(0, 95)
