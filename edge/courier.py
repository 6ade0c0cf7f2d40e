"""The courier: carries the outbox to the county and removes a row only when its receipt comes back.

Two connections of the same user: ``X`` for events, answers and readings, ``X-bulk`` for the chunks of pictures and
clips; receipts, commands and the door state come in on the first, so the second only moves while the first stands.
Each connection has at most ``window`` rows under way without a receipt; the last quarter of the main one's is kept for
events and answers. What is not receipted in time is sent again with full-jitter back-off. "In time" follows the line:
how long receipts took, and how long a row of its size takes at the slowest rate. Each resend halves a window, each
receipt lets one more row under way. Pictures begin one at a time: copies do not fill a narrow line. All else begins
with the whole window: a county that comes back and finds every box at its door is asked for less until it answers in
time. State changes and due times are plain values of a monotonic clock that is handed in, so tests drive them without
waiting.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol
from uuid import UUID

from pydantic import ValidationError

from broker.downward import Door, Outcome, Receipt
from broker.journal import about
from broker.link import NotConnected, TooLarge
from edge.outbox import Lane, Outbox, Row

log = logging.getLogger(__name__)

IDLE_S = 1.0  # the longest sleep between two looks into the outbox
URGENT = 0  # priority of events and answers


class Wire(Protocol):
    """What the courier needs of a connection (``broker.link.Link``)."""

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, correlation: bytes | None = None
    ) -> None:
        """Hand over one message or raise ``NotConnected`` or ``TooLarge``."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much may be under way, and when to send again; seconds."""

    window: int = 32
    window_least: int = 4  # of the main connection: one row more than the ordinary ones, for an event
    patience_s: float = 5.0  # the least time a receipt is given
    slowest: float = 2_000.0  # bytes a second: a line that is slower sees more copies
    jitter_s: float = 2.0  # the first back-off; doubles with every resend
    longest_s: float = 60.0
    listen_s: float = 0.5  # after connecting, how long a retained door state is waited for

    @staticmethod
    def ordinary(window: int) -> int:
        """The part of the main connection's window that is open to rows that are not urgent."""
        return max(1, window - max(1, window // 4))


class _Answer(Enum):
    """What became of handing one row to a connection."""

    SENT = "sent"
    REFUSED = "refused"  # too large: it will never go
    BROKEN = "broken"  # no connection: try again later


@dataclass(slots=True)
class _Flight:
    """One row on its way."""

    row: Row
    sent: float
    due: float
    tries: int = 1


@dataclass(slots=True)
class Tally:
    """What the courier has seen since it started."""

    sent: int = 0
    resent: int = 0
    stored: int = 0
    duplicates: int = 0
    refused: int = 0
    oversize: int = 0
    garbled: int = 0


@dataclass(slots=True)
class _Road:
    """One connection and what is under way on it."""

    wire: Wire
    open: float  # how many rows may be under way now
    least: float = 1.0  # and at least
    up: bool = False
    flights: dict[UUID, _Flight] = field(default_factory=dict)
    takes_s: float = 0.0  # how long receipts took of late, from the first sending

    def receipted(self, flight: _Flight, clock: float, most: int) -> None:
        """A receipt came: the line takes so long, and one more row may be under way."""
        took = clock - flight.sent
        self.takes_s = max(took, 0.8 * self.takes_s + 0.2 * took)
        self.open = min(most, self.open + 1)

    def overslept(self) -> None:
        """No receipt in time: the line has too much, or the county is slow."""
        self.open = max(self.least, self.open / 2)


Crash = Callable[[str], None]


def no_crash(_point: str) -> None:
    """Do nothing at a named crash point (the default outside chaos runs)."""


class Courier:
    """Moves rows from the outbox to the wire and receipts back; not thread-safe, driven by one thread."""

    def __init__(
        self,
        outbox: Outbox,
        wires: dict[Lane, Wire],
        *,
        pace: Pace | None = None,
        draw: Callable[[float, float], float] = random.uniform,
        crash: Crash = no_crash,
    ) -> None:
        self._outbox = outbox
        self._pace = pace or Pace()
        full, least = self._pace.window, self._pace.window_least
        self._roads = {
            lane: _Road(wire, 1) if lane is Lane.BULK else _Road(wire, full, least) for lane, wire in wires.items()
        }
        self._clock = 0.0
        self._draw = draw
        self._crash = crash
        self.door_open = True
        self.door_reason = ""
        self._listen_until = 0.0
        self.tally = Tally()

    def under_way(self, lane: Lane) -> int:
        """Return how many rows of a lane wait for a receipt now."""
        return len(self._roads[lane].flights)

    @property
    def idle(self) -> bool:
        """Whether the county takes messages and none waits for a receipt now."""
        return self.door_open and not any(road.flights for road in self._roads.values())

    def rose(self, lane: Lane, clock: float) -> None:
        """Note that a connection came up: a shut door is told at once, an absent one not at all."""
        self._roads[lane].up = True
        if lane is Lane.MAIN:
            self._listen_until = clock + self._pace.listen_s

    def broke(self, lane: Lane) -> None:
        """Note that a connection ended: what was under way starts again, and an absent door means open."""
        self._roads[lane].up = False
        self._roads[lane].flights.clear()
        if lane is Lane.MAIN:
            self.door_open, self.door_reason = True, ""

    def see_door(self, payload: bytes) -> None:
        """Take the county's door state; an empty payload (retained message removed) means open."""
        self._listen_until = 0.0
        if not payload:
            self.door_open, self.door_reason = True, ""
            return
        try:
            door = Door.model_validate_json(payload)
        except ValidationError as problem:
            self._garbled("door", problem)
            return
        if door.open != self.door_open:
            log.info("county door is %s %s", "open" if door.open else "shut", door.reason)
        self.door_open, self.door_reason = door.open, door.reason

    def take_receipt(self, payload: bytes, at: datetime) -> None:
        """Let the rows of a receipt leave: stored and duplicate ones go, refused ones are kept aside with a reason."""
        try:
            receipt = Receipt.model_validate_json(payload)
        except ValidationError as problem:
            self._garbled("receipt", problem)
            return
        self._crash("edge.before_drop")
        settled = {line.message_id for line in receipt.lines if line.outcome is not Outcome.REFUSED}
        refused = {
            line.message_id: line.reason or "no reason given"
            for line in receipt.lines
            if line.outcome is Outcome.REFUSED
        }
        if settled:
            self.tally.stored += self._outbox.leave(settled)
            self.tally.duplicates += sum(line.outcome is Outcome.DUPLICATE for line in receipt.lines)
        if refused:
            self.tally.refused += self._outbox.refuse(refused, by="server", at=at)
            for message_id, reason in refused.items():
                log.warning("county refused message %s: %s", message_id, reason, extra=about(message_id=message_id))
        for road in self._roads.values():
            for message_id in settled | refused.keys():
                flight = road.flights.pop(message_id, None)
                if flight is not None:
                    road.receipted(flight, self._clock, self._pace.window)

    def step(self, clock: float, at: datetime) -> float:
        """Send what is due at ``clock`` (monotonic seconds); return how long nothing more will be due."""
        self._clock = clock
        if not self.door_open or not self._roads[Lane.MAIN].up:
            return IDLE_S
        if clock < self._listen_until:
            return min(IDLE_S, self._listen_until - clock)
        wait = IDLE_S
        for lane, road in self._roads.items():
            if road.up:
                self._send_again(road, clock, at)
                self._fill(lane, road, clock, at)
                wait = min([wait, *(flight.due - clock for flight in road.flights.values())])
        return max(0.0, wait)

    def _send_again(self, road: _Road, clock: float, at: datetime) -> None:
        late = [one for one in road.flights.values() if one.due <= clock]
        if late:
            road.overslept()
        for flight in late:
            answer = self._publish(road, flight.row, at)
            if answer is _Answer.BROKEN:
                return
            if answer is _Answer.REFUSED:
                del road.flights[flight.row.message_id]
                continue
            flight.tries += 1
            flight.due = clock + self._patience(road, flight.row, flight.tries)
            self.tally.resent += 1

    def _fill(self, lane: Lane, road: _Road, clock: float, at: datetime) -> None:
        window = int(road.open)
        ordinary = window if lane is Lane.BULK else self._pace.ordinary(window)
        room = window - len(road.flights)
        for row in self._outbox.next(lane, room, without=road.flights.keys()) if room > 0 else ():
            if row.priority > URGENT and len(road.flights) >= ordinary:
                return
            answer = self._publish(road, row, at)
            if answer is _Answer.BROKEN:
                return
            if answer is _Answer.SENT:
                road.flights[row.message_id] = _Flight(row, clock, clock + self._patience(road, row, 1))
                self.tally.sent += 1

    def _publish(self, road: _Road, row: Row, at: datetime) -> _Answer:
        self._crash("edge.before_send")
        try:
            road.wire.publish(row.topic, row.payload, correlation=row.message_id.bytes)
        except TooLarge as problem:
            # Sent anyway, it would only loop connect - resend - disconnect and starve what stands behind it.
            self._outbox.refuse({row.message_id: str(problem)}, by="sender", at=at)
            self.tally.oversize += 1
            extra = about(message_id=row.message_id)
            log.error("%s %s is too large and was set aside: %s", row.kind, row.message_id, problem, extra=extra)
            return _Answer.REFUSED
        except NotConnected:
            return _Answer.BROKEN
        self._crash("edge.after_send")
        return _Answer.SENT

    def _patience(self, road: _Road, row: Row, tries: int) -> float:
        """Return the seconds until a resend: the time for a receipt on this line, then jitter over a doubling span."""
        span = min(self._pace.longest_s, self._pace.jitter_s * 2 ** min(tries - 1, 16))
        line = max(2 * road.takes_s, len(row.payload) / self._pace.slowest)
        return max(self._pace.patience_s, min(line, 10 * self._pace.longest_s)) + self._draw(0.0, span)

    def _garbled(self, what: str, problem: ValidationError) -> None:
        self.tally.garbled += 1
        log.warning("ignored a garbled %s: %s", what, str(problem).splitlines()[0])
