"""How often a provider lets us send: at most so many in so many seconds, so that the one too many is never sent."""

from __future__ import annotations

import hashlib
import threading
import weakref
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

ARRIVES_S = 10.0  # what leaves late may arrive early: added to a window where one too many is punished or dropped


@dataclass(frozen=True, slots=True)
class Window:
    """At most ``most`` in any ``seconds``; ``taken`` are the moments that count, oldest first."""

    most: int
    seconds: float
    taken: tuple[datetime, ...] = ()

    def wait_s(self, now: datetime) -> float:
        """Seconds until there is room again; 0 where there is."""
        live = self._live(now)
        if len(live) < self.most:
            return 0.0
        return (live[-self.most] - now).total_seconds() + self.seconds

    def took(self, now: datetime) -> Window:
        """With one more."""
        return replace(self, taken=(*self._live(now), now))

    def _live(self, now: datetime) -> tuple[datetime, ...]:
        """What still counts. A clock that was set back lets nothing count for longer than ``seconds`` from now."""
        since = now - timedelta(seconds=self.seconds)
        return tuple(min(moment, now) for moment in self.taken if moment > since)


class Pace:
    """Windows that hold together, for each key (a member, or the one robot); may be asked from several threads."""

    def __init__(self, *windows: Window) -> None:
        """Each key begins with these windows."""
        self._windows = windows
        self._taken: dict[str, tuple[Window, ...]] = {}
        self._held: dict[str, tuple[datetime, float]] = {}
        self._lock = threading.Lock()

    def take(self, now: datetime, key: str = "") -> float:
        """0, and one is taken; or the seconds until there is room, and nothing is taken."""
        with self._lock:
            wait = self._wait_s(now, key)
            if wait <= 0:
                self._taken[key] = tuple(window.took(now) for window in self._taken.get(key, self._windows))
            return wait

    def wait_s(self, now: datetime, key: str = "") -> float:
        """Seconds until there is room; nothing is taken."""
        with self._lock:
            return self._wait_s(now, key)

    def hold(self, now: datetime, seconds: float, key: str = "") -> None:
        """The provider has shut the door for this long."""
        with self._lock:
            self._held[key] = (now, seconds)

    def _wait_s(self, now: datetime, key: str) -> float:
        windows = self._taken.get(key, self._windows)
        return max([0.0, self._held_s(now, key), *(window.wait_s(now) for window in windows)])

    def _held_s(self, now: datetime, key: str) -> float:
        since, seconds = self._held.get(key, (now, 0.0))
        return min((since - now).total_seconds(), 0.0) + seconds


_SHARED: weakref.WeakValueDictionary[str, Pace] = weakref.WeakValueDictionary()
_SHARING = threading.Lock()


def shared(account: tuple[str, ...], *windows: Window) -> Pace:
    """The one pace of an account in this process, as long as a channel uses it: the provider counts them together."""
    key = hashlib.sha256(repr(account).encode()).hexdigest()
    with _SHARING:
        known = _SHARED.get(key)
        if known is None:
            known = _SHARED[key] = Pace(*windows)
        return known
