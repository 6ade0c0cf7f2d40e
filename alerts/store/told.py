"""What the log says of decisions that stand in the book: alarms and tickets opened, moved and closed."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from uuid import UUID

from alerts.values import Decision, Word
from broker.journal import about

log = logging.getLogger(__name__)


def tell(decisions: Sequence[Decision], caused_by: str, numbers: Mapping[UUID, str]) -> None:
    """One line for each decision that opened, joined, moved or closed something; ``numbers`` of the new tickets."""
    message_id = caused_by.removeprefix("message ") if caused_by.startswith("message ") else ""
    for decision in decisions:
        ticket, what = decision.ticket, _what(decision)
        if ticket is None or not what:
            continue
        scene = ticket.scene
        log.info(
            "%s at %s: %s", what, scene.spot, decision.reason,
            extra=about(
                device=scene.speaker, village=scene.village, message_id=message_id,
                ticket=numbers.get(ticket.id, ticket.number),
            ),
        )  # fmt: skip


def _what(decision: Decision) -> str:
    ticket = decision.ticket
    if ticket is not None and not ticket.is_open:
        return f"alarm closed, ticket {ticket.status}"
    if decision.word is Word.OPENED:
        return "alarm opened"
    if decision.word is Word.ATTACHED:
        return "alarm opened, in a ticket that is open"
    return f"ticket {ticket.status}" if ticket is not None and decision.word is Word.MOVED else ""
