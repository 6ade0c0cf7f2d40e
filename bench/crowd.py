"""A crowd of boxes that come back with their hands full: each connects in its own time and sends with its window."""

from __future__ import annotations

import heapq
import json
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.line import Line, Lines
from broker.topics import Address

WINDOW = 32
# When a message without a receipt is sent again, as edge/courier.py has it: the line's own time twice, then chance.
PATIENCE_S, JITTER_S, LONGEST_S = 5.0, 2.0, 60.0
LOOK_S = 0.25


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message in a box's hand: the topic as ``packets.text`` gives it, its id as text and as bytes, its bytes."""

    topic: bytes
    words: str
    raw: bytes
    payload: bytes


@dataclass(slots=True)
class Flight:
    """A message under way: when it was first sent, when it will be sent again (monotonic), how often it was."""

    parcel: Parcel
    sent: float
    due: float
    tries: int = 1


@dataclass(slots=True, eq=False)
class Box:
    """One box: it comes ``after_s`` seconds after the door opened and keeps what is not receipted."""

    address: Address
    after_s: float
    line: Line = field(init=False)
    held: deque[Parcel] = field(default_factory=deque)
    under_way: dict[str, Flight] = field(default_factory=dict)
    takes_s: float = 0.0  # how long receipts took of late
    resent: int = 0

    def __post_init__(self) -> None:
        self.line = Line(self.address.device, self.address.topic("receipt"), self.hear, lambda _: None)

    def hold(self, parcel: Parcel) -> None:
        """Take one more message in hand."""
        self.held.append(parcel)

    @property
    def done(self) -> bool:
        """Whether everything was receipted."""
        return not self.held and not self.under_way

    def fill(self, now: float) -> None:
        """Send from the hand until the window is full, once the broker has granted the line."""
        while self.line.ready and self.held and len(self.under_way) < WINDOW:
            parcel = self.held.popleft()
            self.under_way[parcel.words] = Flight(parcel, now, now + self._patience(1))
            self._send(parcel)

    def again(self, now: float) -> None:
        """Send again what waits for its receipt too long."""
        for flight in self.under_way.values():
            if flight.due <= now:
                flight.tries += 1
                flight.due = now + self._patience(flight.tries)
                self.resent += 1
                self._send(flight.parcel)

    def hear(self, payload: bytes) -> None:
        """Take a receipt: its messages leave the hand; ``RuntimeError`` when one was refused."""
        now = time.monotonic()
        for line in json.loads(payload)["lines"]:
            flight = self.under_way.pop(line["message_id"], None)
            if flight is not None:
                took = now - flight.sent
                self.takes_s = max(took, 0.8 * self.takes_s + 0.2 * took)
            if line["outcome"] == "refused":
                raise RuntimeError(f"a message of {self.address.device} was refused: {line.get('reason', '')}")
        self.fill(now)

    def _patience(self, tries: int) -> float:
        span = min(LONGEST_S, JITTER_S * (1 << min(tries - 1, 16)))
        return max(PATIENCE_S, min(2 * self.takes_s, 10 * LONGEST_S)) + random.uniform(0.0, span)

    def _send(self, parcel: Parcel) -> None:
        self.line.publish(parcel.topic, parcel.words, parcel.raw, parcel.payload)


def work_off(boxes: Sequence[Box], port: int, patience_s: float, look: Callable[[], None]) -> float:
    """Let all boxes come and send until everything is receipted; returns when that was (monotonic).

    ``look`` is called four times a second. ``TimeoutError`` when it takes longer than ``patience_s``, ``RuntimeError``
    when a message is refused: then there was no backlog to work off.
    """
    begin = time.monotonic()
    coming = [(box.after_s, number) for number, box in enumerate(boxes)]
    heapq.heapify(coming)
    due, arriving = begin, set[Box]()
    with Lines() as lines:
        while not all(box.done for box in boxes):
            now = time.monotonic()
            while coming and begin + coming[0][0] <= now:
                box = boxes[heapq.heappop(coming)[1]]
                box.line.connect(port)
                lines.add(box.line)
                arriving.add(box)
            if now >= due:
                due = now + LOOK_S
                _look_after(boxes, now, begin + patience_s)
                look()
            for box in [one for one in arriving if one.line.ready]:
                arriving.remove(box)
                box.fill(now)
            lines.turn(min(due, begin + coming[0][0] if coming else due) - now)
        return time.monotonic()


def _look_after(boxes: Sequence[Box], now: float, end: float) -> None:
    for box in boxes:
        box.again(now)
    if now > end:
        left = sum(len(box.held) + len(box.under_way) for box in boxes)
        raise TimeoutError(f"{left} messages of the backlog were not receipted in time")
