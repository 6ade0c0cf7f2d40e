"""Who watches which camera live: one a viewer, few at once in a county, and over as soon as nobody asks. In memory.

Pure but for what is remembered: the caller brings the time and sends the commands that come out.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from broker.identity import new_id

MOST = 4  # cameras at once
GONE = timedelta(seconds=6)  # a viewer who has not asked for so long has left
LONGEST = timedelta(minutes=10)  # then somebody must want it again
LASTS = timedelta(seconds=30)  # what one command asks of the box
RENEW = timedelta(seconds=20)
REMEMBERED = 3  # the newest commands of a camera whose pictures count


class TooMany(RuntimeError):
    """As many cameras as may be are watched now; the text names them."""


@dataclass(frozen=True, slots=True)
class Watch:
    """One viewer's look at one camera."""

    id: UUID
    viewer: str
    camera: str
    begun_at: datetime
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Ordered:
    """What a camera's box was asked: the newest commands, and when the last of them left."""

    commands: tuple[UUID, ...]
    at: datetime


class Watches:
    """All watches of one server; for any thread."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._watches: dict[UUID, Watch] = {}
        self._ordered: dict[str, Ordered] = {}
        self._lock = threading.Lock()

    def begin(self, viewer: str, camera: str, now: datetime) -> Watch:
        """Begin to watch; what this viewer watched before ends. ``TooMany`` when no camera more may be watched."""
        with self._lock:
            self._sweep(now)
            others = {one.camera for one in self._watches.values() if one.viewer != viewer}
            if camera not in others and len(others) >= self._most:
                raise TooMany("、".join(sorted(others)))
            for old in [one.id for one in self._watches.values() if one.viewer == viewer]:
                del self._watches[old]
            watch = Watch(new_id(), viewer, camera, now, now)
            self._watches[watch.id] = watch
            self._sweep(now)
            return watch

    def go_on(self, watch: UUID, viewer: str, camera: str, now: datetime) -> Watch | None:
        """Note that somebody still watches; None when this watch is over or another's."""
        with self._lock:
            self._sweep(now)
            known = self._watches.get(watch)
            if known is None or (known.viewer, known.camera) != (viewer, camera):
                return None
            self._watches[watch] = replace(known, asked_at=now)
            return known

    def order(self, camera: str, now: datetime) -> UUID | None:
        """The id of a command that the camera's box is to be sent now, None when it was asked of late."""
        with self._lock:
            known = self._ordered.get(camera)
            if known is not None and timedelta(0) <= now - known.at < RENEW:
                return None
            before = known.commands if known is not None else ()
            command = new_id()
            self._ordered[camera] = Ordered((command, *before)[:REMEMBERED], now)
            return command

    def commands(self, camera: str) -> tuple[UUID, ...]:
        """The commands whose pictures may be shown, the newest first."""
        with self._lock:
            known = self._ordered.get(camera)
        return known.commands if known is not None else ()

    def _sweep(self, now: datetime) -> None:
        for one in list(self._watches.values()):
            if now - one.asked_at > GONE or now - one.begun_at > LONGEST:
                del self._watches[one.id]
        watched = {one.camera for one in self._watches.values()}
        self._ordered = {camera: one for camera, one in self._ordered.items() if camera in watched}
