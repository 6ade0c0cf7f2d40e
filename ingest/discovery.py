"""What speaks or is spoken of, but stands in no registry: found from dead letters and from the health of boxes. Pure.

Each find is judged by the registry of now: what has been entered since is no find any more, and its dead letters can be
replayed. Nothing enters itself: who may speak is for the county to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from broker.messages import Event, Health, Message, Position, Reading, SensorFrame
from broker.parse import parse_up
from broker.topics import NOWHERE, Address
from county.snapshot import County
from ingest.dead_letters import DeadLetter


@dataclass(frozen=True, slots=True)
class Find:
    """Something unregistered: ``kind`` is box, truck, camera, bin or spot; ``by`` the device that speaks of it.

    ``times`` counts the refused messages, 0 where only a health message names it; ``letter`` is the newest of them.
    """

    kind: str
    id: str
    by: str
    village: str
    times: int = 0
    letter: int | None = None


def discover(county: County, letters: Iterable[DeadLetter], healths: Sequence[Health]) -> list[Find]:
    """Every unregistered thing once, by village, speaker and id."""
    found: dict[tuple[str, str, str], Find] = {}
    for letter in letters:
        one = _in_letter(county, letter)
        if one is None:
            continue
        key = (one.kind, one.id, one.by)
        known = found.get(key, replace(one, times=0))
        found[key] = replace(known, times=known.times + letter.times, letter=max(known.letter or 0, letter.id))
    for said in healths:
        for camera in said.cameras:
            box = county.device(said.device)
            if box is not None and county.device(camera.name) is None:
                found.setdefault(("camera", camera.name, box.id), Find("camera", camera.name, box.id, box.village))
    return sorted(found.values(), key=lambda one: (one.village, one.by, one.kind, one.id))


def _in_letter(county: County, letter: DeadLetter) -> Find | None:
    parsed = parse_up(letter.topic, letter.payload, letter.correlation)
    address = parsed.address
    if address is None or address.county != county.code:
        return None
    device = county.device(address.device)
    if device is None:
        return Find(_speaks_like(parsed.message, address), address.device, address.device, _village(address))
    spot = parsed.message.spot if isinstance(parsed.message, Event | Reading | SensorFrame) else None
    if spot is None or county.spot(device.id, spot) is not None:
        return None
    kind = "spot" if isinstance(parsed.message, Event) else "bin"
    return Find(kind, spot, device.id, device.village)


def _speaks_like(message: Message | None, address: Address) -> str:
    """What an unknown device is, as far as its message tells."""
    if isinstance(message, Position) or address.village == NOWHERE:
        return "truck"
    alone = isinstance(message, Reading) and message.spot == message.device
    return "bin" if alone else "box"


def _village(address: Address) -> str:
    return "" if address.village == NOWHERE else address.village
