"""Acknowledgements in the order of arrival, whatever order they are given in.

MQTT 5 asks for that order (MQTT-4.6.0-2), and rumqttd cuts a connection that breaks it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial


class Acks:
    """The acknowledgements that one connection still owes."""

    def __init__(self, send: Callable[[int, int], object]) -> None:
        """``send(mid, qos)`` acknowledges one message."""
        self._send = send
        self._lock = threading.Lock()
        self._open: deque[_Due] = deque()

    def expect(self, mid: int, qos: int) -> Callable[[], None]:
        """Note a message that will want an acknowledgement; call what is returned when it may have it."""
        due = _Due(mid, qos)
        if qos:
            with self._lock:
                self._open.append(due)
        return partial(self._give, due)

    def _give(self, due: _Due) -> None:
        with self._lock:
            due.given = True
            while self._open and self._open[0].given:
                first = self._open.popleft()
                self._send(first.mid, first.qos)


@dataclass(slots=True)
class _Due:
    """One message id that the broker waits for."""

    mid: int
    qos: int
    given: bool = False
