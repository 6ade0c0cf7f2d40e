"""Who may say what: one delivery in, one verdict out. Pure; the registry decides, the topic only routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from broker.messages import Chunk, Event, Live, Message, Reading, SensorFrame
from broker.parse import Parsed
from broker.topics import BULK, LATEST, NOWHERE, UP, Address
from county.snapshot import County
from county.values import Device, DeviceKind
from ingest.glimpses import STILL, wrong_with
from ingest.inbox import Incoming
from ingest.latest import LatestValue

ALLOWED: Mapping[DeviceKind, frozenset[str]] = {
    DeviceKind.BOX: UP,
    DeviceKind.CAMERA: UP - {"position"},
    DeviceKind.BIN: frozenset({"reading", "event", "answer", "claim", "health", "status", "config-state"}),
    DeviceKind.TRUCK: frozenset({"position", "answer", "claim", "health", "status", "config-state"}),
}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A receipted message that may come in; ``chunk`` is set for a part of a picture or clip."""

    incoming: Incoming
    address: Address
    chunk: Chunk | None = None


@dataclass(frozen=True, slots=True)
class Newest:
    """A message of which only the newest is kept; it gets no receipt."""

    value: LatestValue


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that stays outside. It is receipted where the topic names a device and the id is known."""

    reason: str
    address: Address | None
    message_id: UUID | None


Verdict = Accepted | Newest | Refused


def judge(parsed: Parsed, payload: bytes, county: County, now: datetime) -> Verdict:
    """Decide about one parsed delivery; ``now`` is its arrival (aware)."""
    address, message = parsed.address, parsed.message
    receipt_id = None if parsed.kind in LATEST else parsed.message_id
    if address is None or message is None:
        return Refused(parsed.refusal, address, receipt_id)
    device = county.device(address.device)
    reason = _why_not(address, message, device, county, now)
    if reason or device is None:
        return Refused(reason, address, receipt_id)
    village = device.village or NOWHERE
    if isinstance(message, Live):
        return Newest(_glimpse(message, device, county, now, payload))
    if parsed.kind in LATEST:
        value = LatestValue(county.code, village, device.id, parsed.kind, message.at, now, payload)
        return Newest(value)
    chunk = message if isinstance(message, Chunk) and parsed.kind in BULK else None
    kept = payload if chunk is None else chunk.model_dump_json(by_alias=True, exclude={"data"}).encode()
    incoming = Incoming(message.message_id, county.code, village, device.id, parsed.kind, message.at, now, kept)
    return Accepted(incoming, address, chunk)


def _glimpse(message: Live, device: Device, county: County, now: datetime, payload: bytes) -> LatestValue:
    """A small picture is kept under its camera: the newest still, and apart from it the newest that was asked for."""
    spot = county.spot(device.id, message.spot)
    camera = county.device(spot.device) if spot is not None else None
    owner = camera or device
    kind = STILL if message.asked is None else Live.kind
    return LatestValue(county.code, owner.village or NOWHERE, owner.id, kind, message.at, now, payload)


def _why_not(address: Address, message: Message, device: Device | None, county: County, now: datetime) -> str:
    """Say in plain words why a message may not come in, "" when it may."""
    if address.county != county.code:
        return f"county {address.county} is not served here; this is {county.code} {county.name}"
    if device is None:
        return f"device {address.device} is not registered; add it to the county's devices"
    if not device.holds(now.date()):
        return f"device {device.id} is registered, but not for {now.date()}; check its valid_from and valid_to"
    if address.village != NOWHERE and address.village not in county.regions:
        return f"unknown village {address.village}; check the box's settings or load the county's regions"
    return _out_of_place(message, device, county)


def _out_of_place(message: Message, device: Device, county: County) -> str:
    if message.kind not in ALLOWED[device.kind]:
        return f"a {device.kind.value} does not send {message.kind}; {device.id} is registered as one"
    if isinstance(message, SensorFrame):
        return f"unreadable frame of {message.spot} ({message.model}): {message.reason}"
    if isinstance(message, Event | Reading | Live) and county.spot(device.id, message.spot) is None:
        return f"spot {message.spot} of {device.id} is not registered; add it to the county's spots"
    if isinstance(message, Live):
        return wrong_with(message.data)
    return ""
