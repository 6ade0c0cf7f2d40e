"""Which pictures the wall was told of: a page that asks for one a moment later still shows it."""

from __future__ import annotations

import re
import threading
import time

LASTS_S = 120.0  # a page on a slow line draws a wall that long after it was sent
# By its key: words that somebody has written may look like an address, but no bare quote stands inside a JSON string.
PICTURE = re.compile(rb'"(?:sha256|picture)":"([0-9a-f]{64})"')


class Told:
    """The addresses (SHA-256 in hex) in what went out to the pages, for two minutes after they last stood in it."""

    def __init__(self) -> None:
        self._at: dict[str, float] = {}
        self._lock = threading.Lock()

    def note(self, sent: bytes) -> frozenset[str]:
        """Keep the pictures of a wall or an alarm that goes out now; returns them."""
        now, found = time.monotonic(), frozenset(one.decode() for one in PICTURE.findall(sent))
        if not found:  # as in most alarms, which come ten a second
            return found
        with self._lock:
            self._at |= dict.fromkeys(found, now)
            self._at = {one: at for one, at in self._at.items() if now - at <= LASTS_S}
        return found

    def has(self, sha256: str) -> bool:
        """Whether a picture was in what went out of late."""
        with self._lock:
            return time.monotonic() - self._at.get(sha256, float("-inf")) <= LASTS_S
