"""Bins whose sensors speak through a network server: its messages in, readings into the outbox.

A message is acknowledged once its readings are on disk, so the same receipts, ids and promises hold as for everything
else a box says. What comes twice (a redelivery, a replay) gets the same ids or is passed over; what cannot be read is
sent up whole, for the dead letters.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from broker.decoders import BadFrame, Measured
from broker.decoders.milesight import decode
from broker.decoders.nbiot import decode_cellular, imei_of
from broker.decoders.networks import NetworkServer, unwrap
from broker.identity import EARLIEST, id_of
from broker.messages import ClockSource, Reading, SensorFrame
from broker.topics import Address
from edge.outbox import Outbox, row
from edge.sensors import FramedBin, NetworkSettings

log = logging.getLogger(__name__)

AHEAD = timedelta(minutes=2)  # how far a server's or a sensor's clock may run ahead of ours
REPEATED = timedelta(seconds=60)  # a bare frame that comes again within this is the same one
KEPT = 32  # how many frames of a sensor are remembered
MOST_STRANGERS = 1_000


@dataclass(frozen=True, slots=True)
class Heard:
    """A sensor's frame and what was said about it; ``at`` None where only its arrival is known."""

    sensor: str
    frame: bytes
    at: datetime | None
    counter: int = 0
    rssi_dbm: float | None = None
    snr_db: float | None = None


@dataclass(slots=True)
class Network:
    """One network server, and the bins that speak through it."""

    settings: NetworkSettings
    bins: dict[str, FramedBin]
    address: Address
    clock: ClockSource
    unread: int = 0  # messages that say nothing that can be used, of any sensor
    repeated: int = 0
    overrun: int = 0  # dropped unread, for the box could not keep up
    strangers: set[str] = field(default_factory=set)

    @property
    def weakness(self) -> str:
        """What does not go well, in plain words for the health message."""
        told = [
            (self.unread, "messages unreadable"),
            (self.overrun, "messages dropped in a flood"),
            (len(self.strangers), f"unknown sensors ({', '.join(sorted(self.strangers)[:3])})"),
        ]
        return ", ".join(f"{self.settings.name}: {count} {words}" for count, words in told if count)

    def take(self, payload: bytes, now: datetime, outbox: Outbox) -> int:
        """Store what one message of the server says; return how many rows. Raises only what the outbox raises."""
        try:
            heard = self._heard(payload)
        except BadFrame as problem:
            self.unread += 1
            log.warning("%s: a message %s", self.settings.name, problem)
            return 0
        if heard is None:
            return 0
        framed = self.bins.get(heard.sensor)
        if framed is None:
            self._stranger(heard.sensor)
            return 0
        name = f"frames/{framed.name}"
        seen = _remembered(outbox.recall(name))
        at = _usable(heard.at, now)
        mark = _mark(heard, at)
        if mark in seen and (at is not None or abs(now - seen[mark]) < REPEATED):
            self.repeated += 1
            return 0
        messages = self._messages(framed, heard, at, now)
        kept = dict(sorted({**seen, mark: now}.items(), key=lambda one: one[1])[-KEPT:])
        outbox.put([row(self.address, one) for one in messages], remember={name: _text(kept)})
        return len(messages)

    def _heard(self, payload: bytes) -> Heard | None:
        if self.settings.speaks == "cellular":
            return Heard(imei_of(payload), payload, None)
        uplink = unwrap(NetworkServer(self.settings.speaks), payload)
        if uplink is None:
            return None
        return Heard(uplink.eui, uplink.data, uplink.at, uplink.counter, uplink.rssi_dbm, uplink.snr_db)

    def _messages(
        self, framed: FramedBin, heard: Heard, at: datetime | None, now: datetime
    ) -> list[Reading | SensorFrame]:
        try:
            rssi, records = self._records(framed, heard)
        except BadFrame as problem:
            self.unread += 1
            log.warning("%s: %s", framed.name, problem)
            return [self._unreadable(framed, heard, at or now, str(problem))]
        moment, clock = (at, ClockSource.NTP) if at is not None else (now, self.clock)
        dated = _dated(records, moment, clock, timedelta(seconds=framed.source.record_every_s))
        usable = [one for one in dated if EARLIEST <= one.when <= now + AHEAD]
        if len(usable) < len(dated):
            self.unread += 1
            log.warning("%s: %d records with impossible times left out", framed.name, len(dated) - len(usable))
        return [self._reading(framed, heard, one, rssi if one.when == moment else None) for one in usable]

    def _records(self, framed: FramedBin, heard: Heard) -> tuple[float | None, tuple[Measured, ...]]:
        if self.settings.speaks != "cellular":
            return heard.rssi_dbm, decode(framed.source.model, heard.frame)
        frame = decode_cellular(framed.source.model, heard.frame)
        return frame.rssi_dbm, frame.records

    def _reading(self, framed: FramedBin, heard: Heard, one: _Dated, rssi: float | None) -> Reading:
        record = one.record
        content = f"{heard.sensor}|{one.when.isoformat()}|{record}|{heard.counter if record.at is None else ''}"
        return Reading(
            message_id=id_of(one.when, content.encode()), device=self.address.device, at=one.when, clock=one.clock,
            spot=framed.name, temperature_c=record.temperature_c, battery_percent=record.battery_percent,
            distance_mm=record.distance_mm, tilted=record.tilted, rssi_dbm=rssi,
            snr_db=heard.snr_db if rssi is not None else None,
        )  # fmt: skip

    def _unreadable(self, framed: FramedBin, heard: Heard, at: datetime, reason: str) -> SensorFrame:
        return SensorFrame(
            message_id=id_of(at, heard.sensor.encode() + heard.frame), device=self.address.device, at=at,
            clock=self.clock, spot=framed.name, model=framed.source.model, data=heard.frame[:4_096],
            reason=reason[:500],
        )  # fmt: skip

    def _stranger(self, sensor: str) -> None:
        if sensor not in self.strangers and len(self.strangers) < MOST_STRANGERS:
            self.strangers.add(sensor)
            log.warning("%s: sensor %s stands in no bin's settings", self.settings.name, sensor)


def open_networks(
    networks: Iterable[NetworkSettings], framed: Iterable[FramedBin], address: Address, clock: ClockSource
) -> dict[str, Network]:
    """Return the network servers of a box by name, each with its bins by what the server calls their sensors."""
    made = {one.name: Network(one, {}, address, clock) for one in networks}
    for one in framed:
        made[one.source.network].bins[one.source.sensor] = one
    return made


@dataclass(frozen=True, slots=True)
class _Dated:
    """A record, when it was taken, and whose clock says so."""

    record: Measured
    when: datetime
    clock: ClockSource


def _dated(records: tuple[Measured, ...], moment: datetime, clock: ClockSource, apart: timedelta) -> list[_Dated]:
    """Give each record its time: its own, else the frame's, and those before it one interval earlier each."""
    own = [_Dated(one, one.at, ClockSource.RTC) for one in records if one.at is not None]
    rest = [one for one in records if one.at is None]
    told = [
        _Dated(one, moment - (len(rest) - 1 - place) * apart, clock if place == len(rest) - 1 else ClockSource.MAPPED)
        for place, one in enumerate(rest)
    ]
    return sorted([*own, *told], key=lambda one: one.when)


def _usable(at: datetime | None, now: datetime) -> datetime | None:
    return at if at is not None and EARLIEST <= at <= now + AHEAD else None


def _mark(heard: Heard, at: datetime | None) -> str:
    content = f"{heard.sensor}|{heard.counter}|{at.isoformat() if at else ''}|".encode() + heard.frame
    return hashlib.sha256(content).hexdigest()[:16]


def _remembered(text: str | None) -> dict[str, datetime]:
    return {mark: datetime.fromisoformat(at) for mark, at in json.loads(text or "{}").items()}


def _text(seen: dict[str, datetime]) -> str:
    return json.dumps({mark: at.isoformat() for mark, at in seen.items()})
