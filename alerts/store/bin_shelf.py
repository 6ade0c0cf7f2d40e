"""The states of bins as the book holds them, kept at hand: what this process wrote itself it need not read again."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import MappingProxyType

from alerts.sensors.bins import BinState

_NOTHING: Mapping[str, BinState] = MappingProxyType({})


class Shelf:
    """What stands here is what the book holds while its counter of written states is the one this was kept at.

    The counter rises with each transaction that writes states, whoever's it is. Only what was committed is put here;
    whoever reads holds the county's lock, so nothing newer can be put here meanwhile.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = -1
        self._states: dict[str, BinState] = {}

    def at(self, number: int) -> Mapping[str, BinState]:
        """The states known to stand in the book at this number of its counter; others must be read."""
        with self._lock:
            return self._states if number == self._number else _NOTHING

    def put(self, before: int, after: int, states: Mapping[str, BinState]) -> None:
        """Keep what a committed transaction read and wrote; ``before`` and ``after`` are the counter then.

        What another process wrote in between makes all that stood here before worthless.
        """
        with self._lock:
            if after < self._number:  # a later transaction of this process was quicker to say so
                return
            if before == self._number:
                self._states.update(states)
            elif after > self._number:
                self._states = dict(states)
            self._number = after
