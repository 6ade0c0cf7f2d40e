"""What the tests of a county's own rules begin with: rules, looks and readings, and what stands in the book."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from alerts.values import Ticket
from broker.messages import Reading
from county.snapshot import County
from tests.alerts.loop import Room
from tests.alerts.makes import at, doing, event, person
from tests.county.small import BIN, BOX, small_county

Json = dict[str, Any]


def thrice(**more: Any) -> Json:
    return {"name": "连看三次", "on": "event", "category": "garbage", "repeat": 3, **more}


def heat(**more: Any) -> Json:
    return {"name": "桶温", "on": "reading", "category": "bin_fire", "when": ["temperature_c >= 45"], **more}


GRAVE: Json = heat(
    when=None, clear={"when": ["temperature_c < 35"]},
    level=[
        {"severity": "minor", "when": ["temperature_c >= 45"]},
        {"severity": "urgent", "when": ["temperature_c >= 70"]},
    ],
)  # fmt: skip
GRAVE.pop("when")


def county_with(*rules: Json, revision: int = 1, **policy: Any) -> County:
    return small_county(revision, rule=list(rules), **policy)


def reading(minutes: float, **values: Any) -> Reading:
    return Reading(message_id=uuid4(), device=BOX, at=at(minutes), spot=BIN, **values)


def look(room: Room, minutes: float, state: str = "dirty", **more: Any) -> None:
    room.minutes = minutes
    room.feed(event(minutes, state, **more))


def warm(room: Room, minutes: float, degrees: float, **more: Any) -> None:
    room.minutes = minutes
    room.feed(reading(minutes, temperature_c=degrees, **more))


def sweep(room: Room, minutes: float) -> None:
    room.minutes = minutes
    room.sweep.step()


def only(room: Room) -> Ticket:
    (ticket,) = room.tickets()
    return ticket


def history(room: Room) -> list[str]:
    return [line.words for line in room.reader.history(only(room).id)]


def days(count: float) -> list[Json]:
    """The same limit of days on every rung."""
    levels = ("village", "township", "county")
    return [{"stage": stage, "level": level, "value": count, "unit": "day"}
            for stage in ("accept", "handle") for level in levels]  # fmt: skip


def accepted(room: Room, minutes: float) -> None:
    """The village accepts."""
    room.post.step()
    room.minutes = minutes
    room.desk.act(room.code(), "accept", doing(person(room.county, "v1"), minutes).data, "accept")
