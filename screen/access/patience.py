"""Slow down who guesses: failures counted by source, a growing wait after too many. In memory, bounded."""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_SOURCES = 20_000
MOST_GUESSES = 16


@dataclass(frozen=True, slots=True)
class _Failures:
    """What is known of one source."""

    count: int
    last: datetime
    guesses: tuple[int, ...]


def counted_as(source: str) -> str:
    """Under what a source is counted: of IPv6 its network (/64), for who has one address has them all."""
    if ":" not in source:
        return source
    try:
        address = ipaddress.IPv6Address(source.partition("%")[0])
    except ValueError:
        return source
    return str(address.ipv4_mapped or ipaddress.IPv6Network((address, 64), strict=False))


class Patience:
    """``allowed`` failures within ``window`` are free; each further one doubles the wait, up to the window."""

    def __init__(self, now: Callable[[], datetime], allowed: int, window: timedelta) -> None:
        self._now = now
        self._allowed = allowed
        self._window = window
        self._failures: OrderedDict[str, _Failures] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, source: str) -> int:
        """Return the seconds that this source must still wait, 0 when it may try."""
        with self._lock:
            known = self._known(counted_as(source))
        if known.count < self._allowed:
            return 0
        pause = min(self._window, timedelta(seconds=2 ** min(known.count - self._allowed + 3, 20)))
        return max(0, int((known.last + pause - self._now()).total_seconds() + 0.999))

    def failed(self, source: str, guess: str = "") -> None:
        """Count one failure. The same ``guess`` again is somebody who reloads a page, not somebody who guesses."""
        source = counted_as(source)
        with self._lock:
            known = self._known(source)
            mark = hash(guess)
            if guess and mark in known.guesses:
                return
            guesses = (*known.guesses, mark)[-MOST_GUESSES:]
            self._failures[source] = _Failures(known.count + 1, self._now(), guesses)
            self._failures.move_to_end(source)
            while len(self._failures) > MOST_SOURCES:
                self._failures.popitem(last=False)

    def succeeded(self, source: str) -> None:
        """Forget the failures of a source that proved itself."""
        with self._lock:
            self._failures.pop(counted_as(source), None)

    def _known(self, source: str) -> _Failures:
        now = self._now()
        known = self._failures.get(source)
        return known if known is not None and now - known.last < self._window else _Failures(0, now, ())
