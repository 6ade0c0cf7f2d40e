"""During an upgrade two schema numbers are on the wire: the one before is lifted, a later one waits for the server."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from broker import identity, messages, schemas
from broker.parse import dump, parse_up
from broker.topics import Address

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
TOPIC = Address.of_village("640999101201", "box-1").topic("reading")
SENT = messages.Reading(message_id=identity.new_id(), device="box-1", at=NOW, spot="bin-1", fill_percent=40.0)


def lift(kind: str, value: dict[str, Any]) -> dict[str, Any]:
    """The schema before, as it might have been: a level from 0 to 1 where there is a percentage now."""
    assert kind == "reading"
    return {name: said for name, said in value.items() if name != "level"} | {"fill_percent": value["level"] * 100}


def of_before(**more: Any) -> bytes:
    value = json.loads(dump(SENT)) | {"schema": 0, "level": 0.4} | more
    value.pop("fill_percent")
    return json.dumps(value).encode()


@pytest.fixture
def upgrading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(schemas.OLDER, 0, lift)


@pytest.mark.usefixtures("upgrading")
def test_a_message_of_the_schema_before_comes_in_like_any_other() -> None:
    found = parse_up(TOPIC, of_before(), SENT.message_id.bytes)
    assert (found.message, found.refusal) == (SENT, "")
    assert parse_up(TOPIC, dump(SENT), None).message == SENT


@pytest.mark.usefixtures("upgrading")
def test_a_row_stored_before_the_upgrade_is_read_after_it() -> None:
    assert schemas.read_up("reading", of_before()) == SENT


@pytest.mark.usefixtures("upgrading")
def test_a_lifted_message_is_checked_like_any_other() -> None:
    found = parse_up(TOPIC, of_before(level=7), None)
    assert found.message is None
    assert "fill_percent" in found.refusal


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (2, "newer than this server, which reads 1: upgrade it, then replay"),
        (0, "this server reads schema 1: upgrade the device"),
        (-1, "upgrade the device"),
        ("2", "upgrade the device"),
        (True, ""),
        (10**30, "schema: "),
        (None, "upgrade the device"),
    ],
)
def test_a_schema_that_is_not_read_says_who_must_be_upgraded(number: object, words: str) -> None:
    payload = json.dumps(json.loads(dump(SENT)) | {"schema": number}).encode()
    found = parse_up(TOPIC, payload, None)
    assert found.message_id == SENT.message_id, "its sender hears of it"
    assert words in found.refusal


@pytest.mark.usefixtures("upgrading")
def test_two_numbers_are_read_and_named() -> None:
    payload = json.dumps(json.loads(dump(SENT)) | {"schema": 2}).encode()
    assert "reads 0 and 1" in parse_up(TOPIC, payload, None).refusal


@given(
    st.binary(max_size=60)
    | st.dictionaries(st.text(max_size=8), st.integers() | st.none()).map(lambda x: json.dumps(x).encode())
)
def test_no_bytes_trip_the_lifting(payload: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(schemas.OLDER, 0, lambda _kind, value: value)
        try:
            schemas.read_up("reading", payload)
        except ValidationError:
            return
        pytest.fail("nothing of this kind is a reading")
