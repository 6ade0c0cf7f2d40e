"""What waits for a channel, shared by all hands that send on it: letters of a ticket to a person go one by one."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that may be tried, whether it has waited for its channel for too long, and whose turn it is.

    ``turn``: ticket (or mute) and person. Two letters of one turn are never under way on one channel at the same time.
    """

    id: UUID
    channel: str
    late: bool
    turn: tuple[str, str]


class Tray:
    """The letters that were seen waiting when somebody last looked, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._letters: deque[Waiting] = deque()
        self._under_way: set[tuple[str, str]] = set()

    def empty(self, look: Callable[[], Sequence[Waiting]], deliver: Callable[[Waiting], bool]) -> int:
        """Deliver letter by letter until there is none whose turn is free; returns how many were tried.

        Looks once, where there is none to begin with. After a fault nobody knows what the others are still worth: they
        are looked for again.
        """
        self._fill(look)
        tried = 0
        while (letter := self._take()) is not None:
            try:
                tried += deliver(letter)
            except BaseException:
                self._clear()
                raise
            finally:
                self._done(letter)
        return tried

    def _fill(self, look: Callable[[], Sequence[Waiting]]) -> None:
        with self._lock:
            if not any(one.turn not in self._under_way for one in self._letters):
                self._letters = deque(look())

    def _take(self) -> Waiting | None:
        with self._lock:
            for n, letter in enumerate(self._letters):
                if letter.turn not in self._under_way:
                    del self._letters[n]
                    self._under_way.add(letter.turn)
                    return letter
            return None

    def _done(self, letter: Waiting) -> None:
        with self._lock:
            self._under_way.discard(letter.turn)

    def _clear(self) -> None:
        with self._lock:
            self._letters.clear()
