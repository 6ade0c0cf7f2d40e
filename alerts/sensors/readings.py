"""A bin's reading on its way through the rules: state, findings, and one look of the rules for each finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from alerts.alarms import rules
from alerts.alarms.applying import Before, Sitting, by_category
from alerts.alarms.conditions import Order, Said
from alerts.alarms.observed import of_reading
from alerts.alarms.rules import Seen
from alerts.alarms.ruling import Spoken
from alerts.sensors import bins
from alerts.sensors.bin_book import Page
from alerts.sensors.bins import Absorbed, BinState, Finding, Heard
from alerts.values import Decision, Look, Source
from broker.messages import OF_SENSORS, Reading, State
from county.policy.definition import Law
from county.snapshot import County
from county.values import DeviceKind, Spot, sensor_of


@dataclass(frozen=True, slots=True)
class Cause:
    """What made the findings: its time and id, how the history names it, and when it is decided about."""

    at: datetime
    id: UUID
    by: str
    now: datetime


def take(page: Page, reading: Reading, heard: Heard, sitting: Sitting) -> list[Decision]:
    """Decide about a reading; never empty: whatever came in has a reason to show. The caller writes the page."""
    county = sitting.county
    spot = county.spot(reading.device, reading.spot)
    if spot is None:
        return [rules.unregistered(reading)]
    device = county.device(spot.device)
    if device is None or device.kind is not DeviceKind.BIN:
        return [rules.ignored(f"{spot.name}不是垃圾桶,读数不用")]
    before = page.state(device.id)
    absorbed = bins.absorb(before, reading, heard, device, county.bins_at(device.id))
    cause = Cause(reading.at, reading.message_id, sitting.moment.by, heard.now)
    laws = county.laws_at("reading", spot)
    if laws and absorbed.findings:
        governed = {law.rule.category for law in laws}
        absorbed = replace(absorbed, findings=tuple(one for one in absorbed.findings if one.kind not in governed))
    made = look_at(page, absorbed, spot, cause, county)
    if laws:
        floor = (before.at, before.message, 0) if before.at is not None and before.message is not None else None
        made += _by_rules(page, sitting, _Told(reading, absorbed.state, heard.received_at, floor), spot, laws)
    return made or [rules.ignored(absorbed.note)]


@dataclass(frozen=True, slots=True)
class _Told:
    """A reading as the rules hear it: with the state that it made, and the newest reading before it."""

    reading: Reading
    state: BinState
    received_at: datetime
    floor: Order | None


def _by_rules(page: Page, sitting: Sitting, told: _Told, spot: Spot, rules_here: Sequence[Law]) -> list[Decision]:
    """Let the county's own rules hear a reading, each where its category is told: at the bin or at its sensor."""
    reading, made = told.reading, list[Decision]()
    said = Said(reading.at, reading.message_id, of_reading(reading, told.state.level))
    busy = page.has_ticket(spot.device)
    for category, laws in by_category(rules_here).items():
        where = sensor_of(spot) if category in OF_SENSORS else spot
        if not busy and not sitting.concerns(laws, where, said):
            continue
        look = Look(where.device, where.id, category, reading.at, reading.message_id, 0, State.DIRTY)
        seen = Seen(look, "", 1.0, 1, reading.simulated, source=Source.SENSOR)
        before = Before(told.floor, busy=busy)
        decided = sitting.message(laws, where, Spoken(said, seen, told.received_at), before)
        if any(one.alarm is not None for one in decided):
            page.opened(spot.device)
        made += decided
    return made


def look_at(page: Page, absorbed: Absorbed, spot: Spot, cause: Cause, county: County) -> list[Decision]:
    """Put each finding to the rules, write what they decide, and note on the page what the bin's state is now."""
    made: list[Decision] = []
    for finding in absorbed.findings:
        if finding.state is State.CLEAN and not page.has_ticket(spot.device):
            made.append(rules.ignored(f"{finding.reason},没有工单"))
            continue
        where = sensor_of(spot) if finding.kind in OF_SENSORS else spot
        seen = seen_by(finding, where, cause, absorbed.state.simulated)
        known = page.pen.known(where, finding.kind, may_open=finding.state is State.DIRTY)
        decisions = rules.looked(known, seen, where, county, cause.now)
        page.pen.apply(decisions, cause.by, cause.now)
        made += decisions
        page.opened(spot.device)
    page.keep(absorbed, cause.by)
    return made


def seen_by(finding: Finding, where: Spot, cause: Cause, simulated: bool) -> Seen:
    """A finding as a look at a spot: the bin, or the sensor in it."""
    look = Look(where.device, where.id, finding.kind, finding.at or cause.at, cause.id, 0, finding.state)
    return Seen(look, finding.reason, finding.score, 1, simulated, source=Source.SENSOR)
