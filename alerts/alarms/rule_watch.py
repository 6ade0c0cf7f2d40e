"""Rules on what devices say of themselves, and on their silence: health is no message of the inbox, but a latest value.

A round is one transaction. While the door does not hear, or this program did not run, nobody could be heard: then
silence counts from later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from alerts.alarms import observed
from alerts.alarms.applying import Before, Moment, Sitting, by_category
from alerts.alarms.condition_book import Conditions
from alerts.alarms.conditions import Said
from alerts.alarms.opening import Seen
from alerts.alarms.ruling import Spoken
from alerts.devices import alive, equipment_book
from alerts.devices.alive import Told
from alerts.devices.faults import watched
from alerts.sensors import bin_book
from alerts.store.book import Book, Pen
from alerts.store.tables import ALARMS
from alerts.tickets.moves import local_day
from alerts.values import Decision, Look, Source
from alerts.world import World
from broker.messages import Health, State
from county.policy.comparisons import Value
from county.snapshot import County
from county.values import Device, DeviceKind, Spot, own_spot, sensor_of

WATCHED = "rules"


@dataclass(frozen=True, slots=True)
class _Word:
    """What one device says of itself, or its box of it."""

    spot: Spot
    values: dict[str, Value]
    message: Health
    received_at: datetime
    of_camera: bool


class RuleWatch:
    """Lets the county's rules on health and silence look at every device now and then."""

    def __init__(self, book: Book, world: World, hear: Callable[[datetime], Told]) -> None:
        """``hear`` tells what the devices last said."""
        self._book = book
        self._world = world
        self._hear = hear

    def step(self) -> list[Decision]:
        """Look once; nothing where the county has no such rule. ``StoreAway`` or ``Conflict``: call again."""
        now, county = self._world.now(), self._world.county()
        if not (county.has_rules("health") or county.has_rules("silence")):
            return []
        told = self._hear(now)
        with self._book.writing() as pen:
            sitting = Sitting(Conditions(pen), county, Moment(now, now, "health"))
            made = [one for word in _words(county, told, now) for one in _heard(sitting, word)]
            awake = equipment_book.awake_since(pen, WATCHED, now)
            if told.door_open:
                made += _silent(sitting, _last_heard(self._book, county, told, now), awake)
            else:
                equipment_book.heard_anew(pen, WATCHED, now)
            sitting.conditions.write()
            self._world.crash("alerts.before_commit")
        self._world.crash("alerts.after_commit")
        return made


def _words(county: County, told: Told, now: datetime) -> Iterator[_Word]:
    for device in watched(county, now) if county.has_rules("health") else ():
        heard = told.health.get(device.id)
        if heard is None:
            continue
        box = dict(observed.of_box(heard.message, heard.received_at))
        yield _Word(own_spot(device), box, heard.message, heard.received_at, of_camera=False)
        for one in observed.of_cameras(heard.message):
            camera = county.device(one.name)
            if camera is not None and camera.speaker == device.id:
                yield _Word(own_spot(camera), {**box, **one.values}, heard.message, heard.received_at, of_camera=True)


def _heard(sitting: Sitting, word: _Word) -> list[Decision]:
    """Let the rules hear it; what was heard in an earlier round is nothing new to them."""
    made: list[Decision] = []
    laws = [law for law in sitting.county.laws_at("health", word.spot) if law.rule.of_cameras == word.of_camera]
    message, spot = word.message, word.spot
    for category, some in by_category(laws).items():
        known = sitting.conditions.pen.known(spot, category)
        floor = known.look.order if known.look is not None else None
        at = min(message.at, word.received_at)  # a clock that runs ahead would make all that follows older
        if floor is not None and (at, message.message_id, 0) <= floor:
            continue
        look = Look(spot.device, spot.id, category, at, message.message_id, 0, State.DIRTY)
        seen = Seen(look, "", 1.0, 1, rendered=False, source=Source.EQUIPMENT)
        spoken = Spoken(Said(at, message.message_id, word.values), seen, word.received_at)
        made += sitting.message(some, spot, spoken, Before(floor, known, busy=known.ticket is not None))
    return made


def _last_heard(book: Book, county: County, told: Told, now: datetime) -> Iterator[tuple[Spot, datetime]]:
    """Every device that was ever heard, as the spot that its silence concerns, and when it was heard last."""
    if not county.has_rules("silence"):
        return
    for device in watched(county, now):
        heard = alive.last_heard(told, device.speaker, now)
        if heard is not None:
            yield own_spot(device), heard
    day = local_day(county, now)
    bins = {one.device: one for one in county.spots if _is_bin(county.device(one.device))}
    for place, (heard, _) in bin_book.heard_moments(book).items():
        if place in bins and county.devices[place].holds(day):
            yield sensor_of(bins[place]), heard


def _is_bin(device: Device | None) -> bool:
    return device is not None and device.kind is DeviceKind.BIN


def _silent(sitting: Sitting, heard: Iterator[tuple[Spot, datetime]], awake: datetime) -> list[Decision]:
    up = _open(sitting.conditions.pen, sitting.county)
    return [
        one for spot, at in heard
        for one in sitting.silence(spot, max(at, awake), busy=(spot.device, spot.id) in up)
    ]  # fmt: skip


def _open(pen: Pen, county: County) -> set[tuple[str, str]]:
    """The spots with an open alarm of a category that a rule on silence may raise."""
    kinds = {rule.category for rule in county.policy.rules if rule.on == "silence"}
    mine = (ALARMS.c.county == pen.county) & ALARMS.c.is_open & ALARMS.c.kind.in_(kinds)
    return {(row.place, row.spot) for row in pen.conn.execute(sa.select(ALARMS.c.place, ALARMS.c.spot).where(mine))}
