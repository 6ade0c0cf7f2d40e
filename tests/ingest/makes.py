"""Messages and rows for the tests of this room; time moves only where a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

from broker.identity import new_id
from broker.messages import Event, Kind, Message, Phase, Reading, State
from broker.parse import dump
from ingest.inbox import Incoming
from tests.county.small import BIN, BOX, COUNTY, SPOT, VILLAGE

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def event(message_id: UUID | None = None, **other: object) -> Event:
    said: dict[str, object] = {
        "message_id": message_id or new_id(), "device": BOX, "at": NOON, "event_id": uuid4(), "revision": 0,
        "phase": Phase.NEW, "spot": SPOT, "what": Kind.GARBAGE, "state": State.DIRTY, "reason": "three looks",
    }  # fmt: skip
    return Event.model_validate(said | other)


def reading(**other: object) -> Reading:
    said: dict[str, object] = {"message_id": new_id(), "device": BOX, "at": NOON, "spot": BIN, "fill_percent": 40.0}
    return Reading.model_validate(said | other)


def incoming(message: Message | None = None) -> Incoming:
    told = message or event()
    return Incoming(told.message_id, COUNTY, VILLAGE, told.device, told.kind, told.at, max(NOON, told.at), dump(told))


def topic(kind: str, device: str = BOX, village: str = VILLAGE) -> str:
    return f"jc/v1/{village[:6]}/{village[:9]}/{village}/{device}/{kind}"
