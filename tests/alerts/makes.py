"""Messages, times, and a fake inbox for the tests of this room."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from alerts.tickets.acts import Data, Doing
from alerts.values import Decision, Ticket, Who
from broker.messages import Answer, Box, Event, Kind, Message, Phase, Reading, State
from county.snapshot import County
from county.values import Level
from ingest.inbox import Row
from tests.county.small import BOX, SPOT, VILLAGE

T0 = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)  # ten in the morning in the county
PHOTO = "ab" * 32


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def event(
    minutes: float, state: State | str = State.DIRTY, *, what: Kind | str = Kind.GARBAGE, spot: str = SPOT,
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


def answer(minutes: float, command: UUID, outcome: str, device: str = BOX) -> Answer:
    return Answer.model_validate(
        {"message_id": uuid4(), "device": device, "at": at(minutes), "command_id": command, "outcome": outcome,
         "reason": "盒子的原因"}
    )  # fmt: skip


def person(county: County, person_id: str) -> Who:
    known = county.people[person_id]
    level = {"v": Level.VILLAGE, "t": Level.TOWNSHIP, "c": Level.COUNTY, "l": Level.LEADER}[person_id[0]]
    return Who(known.id, known.name, known.phone, level)


def doing(who: Who, minutes: float, words: str = "", photos: tuple[str, ...] = ()) -> Doing:
    return Doing(who, at(minutes), Data(words, photos))


def last_ticket(decisions: list[Decision]) -> Ticket:
    return next(decision.ticket for decision in reversed(decisions) if decision.ticket is not None)


def row_of(message: Message, seq: int) -> Row:
    payload = message.model_dump_json(by_alias=True).encode()
    return Row(message.message_id, VILLAGE[:6], VILLAGE, message.device, message.kind, message.at,
               message.at, payload, seq)  # fmt: skip


class FakeInbox:
    """A list of rows with the inbox's way of reading, and its cursors."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.cursors: dict[str, int] = {}

    def add(self, *messages: Message) -> None:
        for message in messages:
            self.rows.append(row_of(message, len(self.rows) + 1))

    def read(self, after: int, limit: int, kinds: Collection[str] | None = None) -> list[Row]:
        found = [row for row in self.rows if row.seq > after and (kinds is None or row.kind in kinds)]
        return found[:limit]

    def cursor(self, name: str) -> int:
        return self.cursors.get(name, 0)

    def move(self, name: str, old: int, new: int) -> bool:
        if self.cursor(name) != old:
            return False
        self.cursors[name] = new
        return True
