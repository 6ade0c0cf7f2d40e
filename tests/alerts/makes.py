"""Messages and times for the tests of this room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from broker.messages import Answer, Box, Event, Kind, Phase, Reading, State
from tests.county.small import BOX, SPOT

T0 = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)  # ten in the morning in the county


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def event(
    minutes: float, state: State | str = State.DIRTY, what: Kind | str = Kind.GARBAGE, spot: str = SPOT,
    event_id: UUID | None = None, revision: int = 0, command: UUID | None = None, picture: str | None = None,
) -> Event:  # fmt: skip
    state = State(state)
    phase = Phase.END if state is State.CLEAN else Phase.NEW
    return Event(
        message_id=uuid4(), device=BOX, at=at(minutes), event_id=event_id or uuid4(), revision=revision, phase=phase,
        spot=spot, what=Kind(what), state=state, reason=f"第{minutes}分钟{state.value}", score=0.8, looks=3,
        command_id=command, picture=picture, boxes=(Box(label="garbage", score=0.8, x1=0.1, y1=0.1, x2=0.3, y2=0.3),),
    )  # fmt: skip


def reading(minutes: float, fill: float | None, spot: str = "bin-1") -> Reading:
    return Reading(message_id=uuid4(), device=BOX, at=at(minutes), spot=spot, fill_percent=fill)


def answer(minutes: float, command: UUID, outcome: str) -> Answer:
    return Answer.model_validate(
        {"message_id": uuid4(), "device": BOX, "at": at(minutes), "command_id": command, "outcome": outcome,
         "reason": "盒子的原因"}
    )  # fmt: skip
