"""The parser at the door: bytes in, a message or a refusal in plain words out. It never raises on bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from broker import identity, messages, schemas, topics

MAX_PAYLOAD = 262_144  # bytes; the JSON reader itself stops at 200 levels of depth

# A time outside names no moment of ours and would overflow when it is moved between zones.
FIRST_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
LAST_MOMENT = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one delivery turned out to be.

    Either ``message`` is set, or ``refusal`` says why not. ``message_id`` is the id that a receipt must name; it
    may be known even when the payload is garbled.
    """

    address: topics.Address | None
    kind: str
    message: messages.Message | None
    message_id: UUID | None
    refusal: str = ""


def parse_up(topic: str, payload: bytes, correlation: bytes | None) -> Parsed:
    """Read one upward message. The correlation data (16 bytes) wins as the id of the receipt."""
    named = identity.from_correlation(correlation)
    try:
        address, kind = topics.parse(topic)
    except topics.BadTopic as problem:
        return Parsed(None, "", None, named, str(problem))
    if kind not in messages.UPWARD:
        return Parsed(address, kind, None, named, f"kind {kind!r} does not travel upwards")
    if len(payload) > MAX_PAYLOAD:
        return Parsed(address, kind, None, named, f"payload of {len(payload)} bytes, limit {MAX_PAYLOAD}")
    try:
        message = schemas.read_up(kind, payload)
    except ValidationError as problem:
        return Parsed(address, kind, None, named or _id_inside(payload), _words(problem))
    refusal = _contradiction(message, address, named)
    return Parsed(address, kind, None if refusal else message, named or message.message_id, refusal)


def dump(message: BaseModel) -> bytes:
    """Return the bytes of any message of the contract, as they travel."""
    return message.model_dump_json(by_alias=True, exclude_none=True).encode()


def _contradiction(message: messages.Message, address: topics.Address, named: UUID | None) -> str:
    if message.device != address.device:
        return f"device {message.device!r} in the message, {address.device!r} in the topic"
    if named is not None and named != message.message_id:
        return f"message id {message.message_id} in the payload, {named} in the correlation data"
    if not 2000 < message.at.year < 2099 and not FIRST_MOMENT <= message.at < LAST_MOMENT:  # the year alone is quick
        return f"time {message.at.isoformat()} is no time of ours (2000 to 2099): set the clock of the device"
    return ""


def _id_inside(payload: bytes) -> UUID | None:
    """Dig the id out of a payload that failed, so that its sender still gets a receipt."""
    try:
        value = from_json(payload)
        return UUID(value["message_id"]) if isinstance(value, dict) else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _words(problem: ValidationError) -> str:
    """Name the fields and what is wrong with them, never their values."""
    foreign = schemas.refusal(problem)
    if foreign:
        return foreign
    errors = problem.errors(include_input=False, include_url=False)
    lines = [f"{'.'.join(str(part)[:40] for part in error['loc']) or 'payload'}: {error['msg']}" for error in errors]
    more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""
    return json.dumps("; ".join(lines[:3]) + more, ensure_ascii=True)[1:-1].replace('\\"', '"')[:400]
