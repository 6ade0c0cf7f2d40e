"""Tries to get in by another provider: each belongs to one browser, lasts ten minutes and is good once. In memory."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from screen.access.codes import same

LASTS = timedelta(minutes=10)
MOST = 5_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try. ``browser`` is the secret in its cookie, ``verifier`` that of PKCE; ``next`` a path of this server."""

    way: str
    state: str
    browser: str
    nonce: str
    verifier: str
    next: str
    at: datetime

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier (S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


class Attempts:
    """The tries of one server; the oldest are forgotten when there are too many."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._open: OrderedDict[str, Attempt] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, way: str, leads: str) -> Attempt:
        """A new try; ``leads`` is where it shall lead."""
        state, browser, nonce = (secrets.token_urlsafe(24) for _ in range(3))
        fresh = Attempt(way, state, browser, nonce, secrets.token_urlsafe(48), path_of(leads), self._now())
        with self._lock:
            self._open[state] = fresh
            while len(self._open) > MOST:
                self._open.popitem(last=False)
        return fresh

    def take(self, way: str, state: str, browser: str) -> Attempt | None:
        """The try that comes back, for the only time; None for another browser's, an old or a made-up one."""
        with self._lock:
            found = self._open.get(state)
            if found is None or found.way != way or not same(found.browser, browser):
                return None
            del self._open[state]
        return found if self._now() - found.at < LASTS else None


def path_of(leads: str) -> str:
    """A path of this server; anything else, as another server's address in whatever spelling, is the first page."""
    plain = leads.isascii() and leads.isprintable() and "\\" not in leads
    return leads if plain and leads.startswith("/") and not leads.startswith("//") and len(leads) <= 500 else "/"
