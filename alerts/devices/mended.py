"""The proof that equipment is mended: it speaks again. Nobody's word ends what can still not be heard. Pure."""

from __future__ import annotations

from datetime import datetime

from alerts.tickets.checking import ask_person, rework
from alerts.tickets.moves import Change, closed
from alerts.values import Check, Decision, Status, Ticket
from county.policy.equipment import OF_EQUIPMENT, Fault
from county.snapshot import County

PROVED_BY_SPEAKING = OF_EQUIPMENT - {Fault.BIN_DISAGREES}


def time_is_up(ticket: Ticket, county: County, now: datetime) -> list[Decision]:
    """The wait for a device that was reported mended is over: back to work, or closed; empty for any other ticket."""
    if ticket.check is not Check.READING or not PROVED_BY_SPEAKING.issuperset(ticket.kinds):
        return []
    if ticket.dirty:
        return [rework(ticket, county, now, "设备仍未恢复")]
    if ticket.shown.cleared:
        return [ask_person(ticket, county, now, "告警是人工清除的,没有设备证明已恢复")]
    return closed(ticket, Change(now, "设备已恢复正常,核查通过"), status=Status.CLOSED)
