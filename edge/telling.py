"""From a change at a spot to the messages that tell it: an event at once, and again with its picture in chunks.

An occurrence keeps its event id through new, update and end, with a rising revision. ``Occurrences`` is a value that
the camera stores in the same transaction as the messages. The picture takes longer than the event may wait, so each
change has two revisions: an even one for its event, and the next for the same with its picture, if ever it is made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from broker.identity import new_id
from broker.messages import CHUNK_BYTES, Box, ClockSource, Event, Kind, Phase, Picture, State
from broker.topics import Address
from detect.boxes import Found
from detect.watch import Change
from edge.outbox import Row, row

Occurrences = Mapping[str, tuple[UUID, int]]  # "spot/key" -> event id and the revision of its last change

REVISIONS = 2  # of a change: the event, and the event with its picture


@dataclass(frozen=True, slots=True)
class Teller:
    """Who tells: what every event of one camera has in common."""

    address: Address
    model: str
    config: str
    rendered: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """The picture of a look, people already unreadable: JPEG bytes and how many boxes were covered."""

    jpeg: bytes
    blurred: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.jpeg).hexdigest()


@dataclass(frozen=True, slots=True)
class When:
    """The time of a look and the clock that gave it."""

    at: datetime
    clock: ClockSource


def tell(
    teller: Teller, open_events: Occurrences, changes: Sequence[tuple[str, Change]], when: When
) -> tuple[list[Event], dict[str, tuple[UUID, int]]]:
    """Make the events of one look's changes; returns them and the occurrences that are open after it.

    A spot has one open occurrence of each sort: a new one takes the place of one that never ended (not seeing a spot
    ends without a word of its own when it is seen dirty), or a box would keep them for years.
    """
    known = dict(open_events)
    events = []
    for spot, change in changes:
        name = f"{spot}/{change.key}"
        event_id, revision = known.get(name, (new_id(), -REVISIONS))
        revision += REVISIONS
        if change.phase == "new":
            known = {one: told for one, told in known.items() if _sort(one) != _sort(name)}
        events.append(_event(teller, (spot, change), (event_id, revision), when))
        if change.phase == "end":
            known.pop(name, None)
        else:
            known[name] = (event_id, revision)
    return events, known


def _sort(name: str) -> str:
    """Spot and sort of an occurrence: ``gate/garbage`` of ``gate/garbage:7``."""
    return name.rpartition(":")[0]


def picture_rows(address: Address, events: Sequence[Event], shown: Shown) -> list[Row]:
    """Return the outbox rows of a look's picture: its events told again and, once, the chunks of the picture."""
    again = [row(address, with_picture(one, shown)) for one in events]
    return again + [row(address, one, bundle=one.sha256) for one in chunks(address, shown, events[0])]


def with_picture(event: Event, shown: Shown) -> Event:
    """An event told again with its picture: it says no other look (``looks`` 0), and answers no command twice."""
    again = {
        "message_id": new_id(), "revision": event.revision + 1, "looks": 0, "picture": shown.sha256, "command_id": None,
        "phase": Phase.END if event.phase is Phase.END else Phase.UPDATE,
    }  # fmt: skip
    return event.model_copy(update=again)


def chunks(address: Address, shown: Shown, event: Event) -> list[Picture]:
    """Cut a picture into messages of at most ``CHUNK_BYTES``; each is resent alone, so a cut line resumes there."""
    parts = [shown.jpeg[start : start + CHUNK_BYTES] for start in range(0, len(shown.jpeg), CHUNK_BYTES)]
    return [
        Picture(
            message_id=new_id(), device=address.device, at=event.at, clock=event.clock, sha256=shown.sha256,
            size=len(shown.jpeg), index=index, chunks=len(parts), data=part, event_id=event.event_id,
            blurred=shown.blurred,
        )
        for index, part in enumerate(parts)
    ]  # fmt: skip


def freeze(open_events: Occurrences) -> dict[str, list[Any]]:
    """Return occurrences as JSON values."""
    return {name: [str(event_id), revision] for name, (event_id, revision) in open_events.items()}


def thaw(values: Mapping[str, Sequence[Any]]) -> dict[str, tuple[UUID, int]]:
    """Return occurrences from what ``freeze`` gave."""
    return {name: (UUID(event_id), int(revision)) for name, (event_id, revision) in values.items()}


def _event(teller: Teller, seen: tuple[str, Change], known: tuple[UUID, int], when: When) -> Event:
    spot, change = seen
    return Event(
        message_id=new_id(), device=teller.address.device, at=when.at, clock=when.clock, event_id=known[0],
        revision=known[1], phase=Phase(change.phase), spot=spot, what=Kind(change.what), state=State(change.state),
        reason=change.reason[:500], score=_share(change.score), looks=change.looks, boxes=_boxes(change.boxes),
        model=teller.model, config=teller.config, rendered=teller.rendered,
        command_id=UUID(change.recheck) if change.recheck else None,
    )  # fmt: skip


def _boxes(found: Sequence[Found]) -> tuple[Box, ...]:
    clipped = (
        (one, _share(one.x1), _share(one.y1), _share(one.x2), _share(one.y2)) for one in sorted(found, key=_worst_last)
    )
    return tuple(
        Box(label=one.label, score=_share(one.score), x1=x1, y1=y1, x2=x2, y2=y2)
        for one, x1, y1, x2, y2 in clipped
        if x1 < x2 and y1 < y2
    )[:100]


def _worst_last(one: Found) -> float:
    return -one.score


def _share(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 4)
