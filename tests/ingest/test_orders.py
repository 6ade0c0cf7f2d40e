"""Commands travel to the box that speaks for a device, and only its answer ends them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from broker.downward import Command
from broker.identity import new_id
from broker.messages import Answer
from broker.parse import dump
from county.values import Device, DeviceKind
from ingest.commands import CommandBook, Fate
from ingest.inbox import Inbox
from ingest.lease import Lease
from ingest.orders import NAME, Orders
from ingest.store import Store
from tests.county.small import BOX, CAMERA, COUNTY, DEVICES, SPOT, VILLAGE, small_county
from tests.ingest.makes import NOON, event, incoming, topic
from tests.ingest.test_door import Wire

OTHER = Device("box-2", DeviceKind.BOX, "上河村盒子", VILLAGE)


class Desk:
    """Orders on a real store, and the wire they leave by."""

    def __init__(self, store: Store) -> None:
        county = small_county(devices=(*DEVICES, OTHER))
        self.book, self.inbox, self.wire = CommandBook(store), Inbox(store, COUNTY), Wire()
        self.orders = Orders(self.book, self.inbox, lambda: county)
        fence = Lease(store, COUNTY).take("test", NOON)
        assert fence is not None
        self.fence = fence

    def ask(self, device: str) -> UUID:
        command = Command(
            command_id=uuid4(), device=device, name="recheck", spot=SPOT, issued_at=NOON,
            expires_at=NOON + timedelta(minutes=5),
        )  # fmt: skip
        self.book.put(command)
        return command.command_id

    def answer(self, command_id: UUID, device: str, outcome: str = "done") -> None:
        said = {"message_id": new_id(), "device": device, "at": NOON, "command_id": command_id, "outcome": outcome}
        self.inbox.append([incoming(Answer.model_validate(said))], self.fence)

    def fate(self, command_id: UUID) -> Fate:
        state = self.book.state(command_id)
        assert state is not None
        return state.fate


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    store = Store(f"sqlite:///{tmp_path / 'inbox.db'}")
    yield Desk(store)
    store.close()


@pytest.mark.parametrize("device", [BOX, CAMERA])
def test_a_command_goes_to_the_box_that_speaks_for_the_device(desk: Desk, device: str) -> None:
    command_id = desk.ask(device)
    assert desk.orders.send(desk.wire, NOON) == 1
    assert desk.orders.send(desk.wire, NOON) == 0
    (where, payload, retained), *rest = desk.wire.sent
    assert (where, retained, rest) == (topic("command"), False, [])
    assert Command.model_validate_json(payload).command_id == command_id
    desk.answer(command_id, BOX)
    assert desk.orders.mark() == 1
    assert desk.fate(command_id) is Fate.DONE


def test_another_box_cannot_answer(desk: Desk) -> None:
    command_id = desk.ask(BOX)
    desk.answer(command_id, "box-2")
    desk.answer(uuid4(), BOX)  # nobody asked
    assert desk.orders.mark() == 0
    assert desk.fate(command_id) is Fate.WAITING
    assert desk.inbox.cursor(NAME) == desk.inbox.last()


def test_the_look_that_was_asked_for_is_an_answer_too(desk: Desk) -> None:
    command_id = desk.ask(CAMERA)
    desk.inbox.append([incoming(event()), incoming(event(command_id=command_id))], desk.fence)
    assert desk.orders.mark() == 1
    assert desk.fate(command_id) is Fate.DONE


def test_a_refusal_of_the_box_is_kept_with_its_kind(desk: Desk) -> None:
    command_id = desk.ask(BOX)
    desk.answer(command_id, BOX, "refused")
    desk.orders.mark()
    assert desk.fate(command_id) is Fate.REFUSED


def test_without_a_broker_everything_stays_due(desk: Desk) -> None:
    desk.wire.down = True
    command_id = desk.ask(BOX)
    assert desk.orders.send(desk.wire, NOON) == 0
    desk.wire.down = False
    assert desk.orders.send(desk.wire, NOON) == 1
    state = desk.book.state(command_id)
    assert state is not None
    assert state.sent == 1
    assert dump(desk.book.due(NOON + timedelta(seconds=6))[0]) == desk.wire.sent[0][1]
