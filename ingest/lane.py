"""The waiting line before the door: bounded for each device and as a whole, and fair: one device never holds up others.

Each device has a line of its own; a batch takes one from each in turn. A device over its share is refused at once, the
others only when there is no room at all. ``linger`` says how long a batch may grow: pure, tested alone.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

CALM = 100.0  # messages a second below which each one is committed alone: waiting would only make it late
PER_RATE_S = 5e-6  # at 1,000 a second a batch grows for 5 ms; a commit takes about as long
FORGET_S = 0.5  # how far back the rate looks


@dataclass(frozen=True, slots=True)
class Room:
    """What may wait: as a whole and for one device, in messages and in bytes."""

    messages: int
    bytes: int
    share: int
    share_bytes: int


@dataclass(slots=True)
class _Waiting(Generic[T]):
    item: T
    size: int
    since: float


def linger(rate: float, longest_s: float) -> float:
    """Return for how many seconds after its first row's arrival a batch may grow, at ``rate`` messages a second.

    The more there is to do, the more a commit is worth sharing; rows that come during a commit share the next anyway.
    """
    return 0.0 if rate < CALM else min(longest_s, rate * PER_RATE_S)


def flow(rate: float, rows: int, seconds: float) -> float:
    """Return the rate after ``rows`` more were taken in ``seconds``: older times fade within about ``FORGET_S``."""
    keep = max(0.0, 1.0 - seconds / FORGET_S)
    return rate * keep + (rows / seconds if seconds > 0 else 0.0) * (1.0 - keep)


class Lane(Generic[T]):
    """A fair bounded line from any thread to one that takes. Items of one key leave in the order of their arrival."""

    def __init__(self, room: Room, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` counts seconds, never backwards."""
        self._room = room
        self._clock = clock
        self._lines: dict[str, deque[_Waiting[T]]] = {}  # in the order of their turns
        self._held: dict[str, int] = {}
        self._count = 0
        self._bytes = 0
        self._wanted = 1  # how many must wait before the taker is woken
        lock = threading.Lock()
        self._changed, self._room_made = threading.Condition(lock), threading.Condition(lock)

    def __len__(self) -> int:
        return self._count

    def put(self, key: str, item: T, size: int, patience_s: float = 0.0) -> bool:
        """Add an item of ``size`` bytes; False when its key is over its share, or no room is made in time."""
        with self._changed:
            if self._over_share(key, size):
                return False
            if not self._fits(size) and not self._room_made.wait_for(lambda: self._fits(size), patience_s):
                return False
            self._lines.setdefault(key, deque()).append(_Waiting(item, size, self._clock()))
            self._held[key] = self._held.get(key, 0) + size
            self._count += 1
            self._bytes += size
            if self._count >= self._wanted:
                self._changed.notify()
            return True

    def take(self, most: int, grow_s: float, patience_s: float) -> list[T]:
        """Return up to ``most`` items, one of each key in turn; an empty list when none comes within ``patience_s``.

        A batch grows until it is full or its oldest item has waited ``grow_s``.
        """
        with self._changed:
            self._wanted = 1
            if not self._changed.wait_for(lambda: self._count, patience_s):
                return []
            end = min(line[0].since for line in self._lines.values()) + grow_s
            self._wanted = most
            while self._count < most and (left := end - self._clock()) > 0:
                self._changed.wait(left)
            taken = [self._next() for _ in range(min(most, self._count))]
            self._room_made.notify_all()
            return taken

    def _over_share(self, key: str, size: int) -> bool:
        line = self._lines.get(key)
        return line is not None and (
            len(line) >= self._room.share or self._held[key] + size > self._room.share_bytes
        )  # fmt: skip

    def _fits(self, size: int) -> bool:
        return not self._count or (self._count < self._room.messages and self._bytes + size <= self._room.bytes)

    def _next(self) -> T:
        key = next(iter(self._lines))
        line = self._lines.pop(key)
        first = line.popleft()
        if line:
            self._lines[key] = line  # to the end: its next turn comes after everybody else's
            self._held[key] -= first.size
        else:
            del self._held[key]
        self._count -= 1
        self._bytes -= first.size
        return first.item
