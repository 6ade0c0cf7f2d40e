"""Commands: in time and once, answered once, remembered over a restart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from broker.downward import Command, Switch
from broker.messages import Answer, ClockSource, Kind
from broker.parse import dump
from edge.commands import CommandBook, judge
from edge.outbox import Lane, Outbox
from tests.edge.letters import BOX, NOW

MINUTE = timedelta(minutes=1)


def command(**changed: Any) -> Command:
    given: dict[str, Any] = {
        "command_id": uuid4(), "device": BOX.device, "name": "recheck", "spot": "gate", "issued_at": NOW,
        "expires_at": NOW + 10 * MINUTE,
    }  # fmt: skip
    return Command(**(given | changed))


class Desk:
    """A command book with one spot and one bin, over a file that outlives it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.outbox = Outbox(path)
        self.book = CommandBook(self.outbox, BOX, ClockSource.NTP)

    def receive(self, payload: bytes, minutes: float = 0) -> str | None:
        taken = self.book.receive(payload, NOW + minutes * MINUTE, {"gate"}, {"qx-bin-01"})
        return taken[1].act if taken else None

    def answers(self) -> list[tuple[str, str]]:
        rows = self.outbox.next(Lane.MAIN, 100)
        made = [Answer.model_validate_json(one.payload) for one in rows if one.kind == "answer"]
        return [(one.outcome, one.reason) for one in made]

    def restarted(self) -> Desk:
        self.outbox.close()
        return Desk(self.path)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "outbox.db")
    yield made
    made.outbox.close()


@pytest.mark.parametrize(
    ("changed", "act"),
    [
        ({}, "look"),
        ({"spot": "qx-bin-01"}, "read"),
        ({"spot": "elsewhere"}, "refuse"),
        ({"name": "snapshot"}, "refuse"),
        ({"name": "live"}, "look"),
        ({"name": "live", "spot": "qx-bin-01"}, "refuse"),
        ({"name": "switch", "switch": Switch(detection=False)}, "look"),
        ({"name": "switch", "switch": Switch(kinds_off=(Kind.DUMPED,))}, "look"),
        ({"name": "switch", "switch": Switch(kinds_off=(Kind.BIN_FULL,))}, "refuse"),
        ({"name": "switch", "switch": Switch()}, "refuse"),
        ({"name": "switch"}, "refuse"),
        ({"name": "switch", "switch": Switch(pictures=False), "spot": "qx-bin-01"}, "refuse"),
        ({"name": "relearn"}, "look"),
        ({"name": "confirm"}, "look"),
        ({"name": "confirm", "spot": "qx-bin-01"}, "refuse"),
        ({"device": "qx-box-02"}, "ignore"),
        ({"expires_at": NOW}, "expire"),
        ({"expires_at": NOW - MINUTE, "spot": "elsewhere"}, "expire"),
    ],
)
def test_a_command_is_judged(changed: dict[str, Any], act: str) -> None:
    verdict = judge(command(**changed), NOW, BOX.device, {"gate"}, {"qx-bin-01"})
    assert verdict.act == act
    assert verdict.reason


def test_an_unknown_spot_is_refused_with_its_name(desk: Desk) -> None:
    desk.receive(dump(command(spot="elsewhere")))
    assert desk.answers() == [("refused", "no spot or bin 'elsewhere' at this box")]
    assert desk.book.open() == []


def test_an_expired_command_is_answered_so_and_never_done(desk: Desk) -> None:
    assert desk.receive(dump(command()), minutes=11) == "expire"
    assert [outcome for outcome, _ in desk.answers()] == ["expired"]


def test_a_replayed_command_does_nothing_even_after_a_restart(desk: Desk) -> None:
    payload = dump(command())
    assert desk.receive(payload) == "look"
    assert desk.receive(payload) is None
    again = desk.restarted()
    assert again.receive(payload) is None
    assert again.book.counts.replayed == 1
    assert again.answers() == []
    again.outbox.close()


def test_a_command_under_way_is_taken_up_after_a_restart(desk: Desk) -> None:
    asked = command()
    desk.receive(dump(asked))
    again = desk.restarted()
    assert again.book.open() == [asked]
    again.outbox.close()


def test_of_two_answers_the_first_wins(desk: Desk) -> None:
    asked = command()
    desk.receive(dump(asked))
    assert desk.book.answer(asked, "done", "clean", NOW)
    assert not desk.book.answer(asked, "expired", "late", NOW)
    assert desk.answers() == [("done", "clean")]


def test_the_sweep_expires_what_nobody_answered_and_forgets_a_day_later(desk: Desk) -> None:
    payload = dump(command())
    desk.receive(payload)
    assert desk.book.sweep(NOW + 9 * MINUTE) == 0
    assert desk.book.sweep(NOW + 10 * MINUTE) == 1
    assert desk.book.sweep(NOW + 11 * MINUTE) == 0
    assert desk.answers() == [("expired", "nothing was seen in time")]
    assert desk.receive(payload, minutes=12) is None
    desk.book.sweep(NOW + timedelta(days=2))
    assert desk.outbox.recall_all("command/") == {}
    assert desk.receive(payload, minutes=3 * 24 * 60) == "expire"


def test_a_command_for_another_box_is_counted_and_never_answered(desk: Desk) -> None:
    assert desk.receive(dump(command(device="qx-box-02"))) is None
    assert desk.book.counts.foreign == 1
    assert desk.answers() == []


@pytest.mark.parametrize("payload", [b"", b"{}", b"\xff", b"[" * 10_000, b'{"name": "recheck"}', b"null"])
def test_a_garbled_command_is_counted_and_the_next_is_read(desk: Desk, payload: bytes) -> None:
    assert desk.receive(payload) is None
    assert desk.book.counts.garbled == 1
    assert desk.receive(dump(command())) == "look"
