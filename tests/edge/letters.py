"""Messages for the tests of the box."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

from broker.downward import Outcome, Receipt, ReceiptLine
from broker.identity import new_id
from broker.messages import CHUNK_BYTES, Event, Kind, Phase, Picture, Reading, State
from broker.parse import dump
from broker.topics import Address
from edge.outbox import Row, row

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
BOX = Address.of_village("640999101201", "qx-box-01")


def event(spot: str = "gate") -> Row:
    message = Event(
        message_id=new_id(), device=BOX.device, at=NOW, event_id=uuid4(), revision=0, phase=Phase.NEW, spot=spot,
        what=Kind.GARBAGE, state=State.DIRTY, reason="three looks",
    )  # fmt: skip
    return row(BOX, message)


def reading() -> Row:
    return row(BOX, Reading(message_id=new_id(), device=BOX.device, at=NOW, spot="qx-bin-01", fill_percent=5))


def chunk(bundle: str = "a" * 64, index: int = 0, size: int = CHUNK_BYTES) -> Row:
    message = Picture(
        message_id=new_id(), device=BOX.device, at=NOW, sha256=bundle, size=size * 3, index=index, chunks=3,
        data=b"x" * size,
    )  # fmt: skip
    return row(BOX, message, bundle=bundle)


def receipt(*message_ids: UUID, outcome: Outcome = Outcome.STORED, reason: str = "") -> bytes:
    lines = tuple(ReceiptLine(message_id=one, outcome=outcome, reason=reason) for one in message_ids)
    return dump(Receipt(at=NOW, lines=lines))
