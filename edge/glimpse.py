"""Glimpses: small pictures of a camera that tell of nothing, a still now and then, and the live picture while watched.

They are made of frames that the camera looks at anyway, lie on no disk, wait for nobody and are the first to give way:
``due`` says when one is wanted, ``fitted`` makes it small, ``showing`` ends them when the day's bytes are used up.
Pure, but for what they remember.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import cv2

from broker.downward import Command
from broker.messages import CHUNK_BYTES
from detect.blur import encode, shrunk
from detect.boxes import Point
from detect.frames import Picture

SIDE = 640  # px, the longer side
LONGEST = timedelta(seconds=60)  # a live picture ends by itself, unless it is asked for again
LEAST = timedelta(milliseconds=200)  # between two live pictures, however quick the camera
FIRST = timedelta(minutes=1)  # after the start: beginning to look comes first
_TRIES = ((SIDE, 70), (SIDE, 50), (SIDE, 30), (480, 30), (320, 25))


@dataclass(frozen=True, slots=True)
class Watched:
    """Somebody watches: the command that asked, and until when."""

    command: UUID
    until: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Glimpse:
    """A frame as the camera gave it, which must not leave; ``asked`` is the command of who watches (None: a still)."""

    camera: str
    spot: str
    image: Picture
    masks: Sequence[Sequence[Point]]
    at: datetime
    asked: UUID | None
    rendered: bool = False
    wanted: Callable[[], bool] = lambda: True


class Glimpses:
    """When a camera gives one. ``every`` is the time between two stills, zero for none."""

    def __init__(self, every: timedelta) -> None:
        self._every = every
        self._watched: Watched | None = None
        self._live: datetime | None = None
        self._still_due: datetime | None = None

    def watch(self, command: Command, now: datetime) -> None:
        """Begin to give live pictures, or go on: until the command expires, ``LONGEST`` at most."""
        self._watched = Watched(command.command_id, min(command.expires_at, now + LONGEST))

    def due(self, now: datetime) -> tuple[bool, UUID | None]:
        """Whether this frame is wanted, and by which command; a still by none."""
        watched = self._watched
        if watched is not None and watched.until <= now:
            watched = self._watched = None
        if watched is not None:
            if self._live is not None and timedelta(0) <= now - self._live < LEAST:
                return False, None
            self._live = now
            return True, watched.command
        return self._still(now), None

    def _still(self, now: datetime) -> bool:
        if not self._every:
            return False
        if self._still_due is None or self._still_due - now > self._every:  # the first time, or a clock set back
            self._still_due = now + min(FIRST, self._every)
            return False
        if now < self._still_due:
            return False
        self._still_due = now + self._every
        return True


def labelled(image: Picture) -> Picture:
    """A copy that says in its corner that it is rendered, wherever it is shown."""
    marked = shrunk(image, SIDE).copy()
    cv2.putText(marked, "RENDERED", (8, marked.shape[0] - 10), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 215, 255), 1)
    return marked


def fitted(image: Picture) -> bytes:
    """A picture that may leave as a JPEG of at most ``SIDE`` px that goes through every broker in one packet."""
    data = b""
    for side, quality in _TRIES:
        data = encode(shrunk(image, side), quality)
        if len(data) <= CHUNK_BYTES:
            break
    return data
