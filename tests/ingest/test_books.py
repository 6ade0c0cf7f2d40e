"""Dead letters, commands and latest values survive, count, and end as promised; on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from broker.downward import Command
from broker.messages import Health
from broker.parse import dump
from ingest.commands import CommandBook, Fate
from ingest.dead_letters import DeadLetters, NoSuchLetter, Refusal
from ingest.latest import Latest, LatestValue
from ingest.store import Store
from tests.county.small import BOX, COUNTY, SPOT, VILLAGE
from tests.ingest.makes import NOON


def refusal(payload: bytes = b"{", reason: str = "not JSON") -> Refusal:
    return Refusal(reason, BOX, f"jc/v1/{COUNTY}/x", payload, NOON, b"0123456789abcdef")


def recheck() -> Command:
    return Command(
        command_id=uuid4(),
        device=BOX,
        name="recheck",
        spot=SPOT,
        issued_at=NOON,
        expires_at=NOON + timedelta(minutes=5),
    )


def test_the_same_refusal_is_one_letter_with_a_count(store: Store) -> None:
    letters = DeadLetters(store)
    letters.put([refusal(), refusal(), refusal(b"\x00\xff", "garbled \x00 bytes")])
    letters.put([refusal()])
    shown = {letter.payload: letter for letter in letters.list()}
    assert shown[b"{"].times == 3
    assert shown[b"\x00\xff"].reason == "garbled  bytes"
    assert letters.get(shown[b"{"].id) == shown[b"{"]
    assert letters.count() == 2


def test_only_the_newest_letters_are_kept(store: Store) -> None:
    letters = DeadLetters(store, keep=3)
    for number in range(6):
        letters.put([refusal(str(number).encode())])
    assert [letter.payload for letter in letters.list()] == [b"5", b"4", b"3"]


def test_one_broken_device_does_not_push_out_the_letters_of_others(store: Store) -> None:
    letters = DeadLetters(store, keep=20, keep_each=15)
    quiet = [Refusal("not JSON", f"quiet-{number}", "t", b"%d" % number, NOON) for number in range(4)]
    letters.put(quiet)
    for start in range(0, 300, 50):
        letters.put([refusal(str(start + number).encode()) for number in range(50)])
    loud = [letter.payload for letter in letters.list() if letter.device == BOX]
    assert sorted(loud, key=int) == [b"%d" % number for number in range(285, 300)]
    more = [Refusal("not JSON", f"quiet-{number}", "u", b"%d" % number, NOON) for number in range(4)]
    letters.put(more)
    kept = letters.list()
    assert len(kept) == 20
    assert {(letter.device, letter.topic) for letter in kept} >= {(one.device, one.topic) for one in quiet + more}


def test_a_replayed_letter_says_what_became_of_it(store: Store) -> None:
    letters = DeadLetters(store)
    letters.put([refusal()])
    number = letters.list()[0].id
    seen: list[tuple[str, bytes, bytes | None]] = []

    def again(topic: str, payload: bytes, correlation: bytes | None) -> str | None:
        seen.append((topic, payload, correlation))
        return None if payload == b"{}" else "not JSON"

    letters.replay(number, NOON)
    assert letters.get(number).replay_result is None
    assert letters.answer(again, NOON) == 1
    assert (letters.get(number).replay_result, letters.count()) == ("not JSON", 1)
    letters.replay(number, NOON, payload=b"{}")
    assert letters.answer(again, NOON) == 1
    assert letters.answer(again, NOON) == 0
    assert (letters.get(number).replay_result, letters.count()) == ("", 0)
    assert letters.get(number).replayed_at == NOON
    assert seen == [(f"jc/v1/{COUNTY}/x", b"{", b"0123456789abcdef"), (f"jc/v1/{COUNTY}/x", b"{}", None)]


def test_an_unknown_letter_is_named(store: Store) -> None:
    with pytest.raises(NoSuchLetter, match="no dead letter 7"):
        DeadLetters(store).get(7)


def test_a_command_is_due_until_answered_with_growing_pauses(store: Store) -> None:
    book, command = CommandBook(store), recheck()
    assert book.put(command)
    assert not book.put(command)
    assert book.due(NOON) == [command]
    book.sent([command.command_id], NOON)
    assert book.due(NOON + timedelta(seconds=4)) == []
    assert book.due(NOON + timedelta(seconds=5)) == [command]
    book.sent([command.command_id], NOON + timedelta(seconds=5))
    assert book.due(NOON + timedelta(seconds=14)) == []
    assert not book.answered(command.command_id, "another-box", Fate.DONE)
    assert book.answered(command.command_id, BOX, Fate.DONE)
    assert not book.answered(command.command_id, BOX, Fate.FAILED, "too late to say so")
    state = book.state(command.command_id)
    assert state is not None
    assert (state.fate, state.sent) == (Fate.DONE, 2)
    assert book.due(NOON + timedelta(minutes=4)) == []


def test_a_command_nobody_answers_expires_but_a_late_answer_still_counts(store: Store) -> None:
    book, command = CommandBook(store), recheck()
    book.put(command)
    assert book.due(NOON + timedelta(minutes=5)) == []
    state = book.state(command.command_id)
    assert state is not None
    assert state.fate is Fate.EXPIRED
    assert book.answered(command.command_id, BOX, Fate.DONE)
    assert book.state(uuid4()) is None


def test_the_newest_arrival_is_the_latest_value(store: Store) -> None:
    latest = Latest(store)

    def value(device: str, uptime: float) -> LatestValue:
        health = Health(message_id=uuid4(), device=device, at=NOON, uptime_s=uptime)
        return LatestValue(COUNTY, VILLAGE, device, "health", NOON, NOON, dump(health))

    latest.put([value("b", 1), value("a", 2), value("b", 3)])
    latest.put([value("a", 4)])
    assert [(found.device, found.message().model_dump()["uptime_s"]) for found in latest.all("health")] == [
        ("a", 4),
        ("b", 3),
    ]
    assert latest.get("a", "status") is None
