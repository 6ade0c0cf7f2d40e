"""Which pictures the wall shows now: those of its alarms, and the newest one of each camera."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from fastapi import Request

from alerts.store.stills import Stills
from screen.rooms import Rooms
from screen.wall.live import Broadcast

LASTS = timedelta(days=30)  # as long as the camera wall shows a picture


def shows(request: Request, pictures: Iterable[str]) -> bool:
    """Whether the wall shows all of these pictures (SHA-256 in hex), or did when the page that asks was told."""
    broadcast: Broadcast = request.app.state.broadcast
    left = [one for one in pictures if not broadcast.shows(one)]
    return not left or set(left) <= set(stills(request.app.state.rooms).values())


def stills(rooms: Rooms) -> dict[str, str]:
    """The newest picture (SHA-256 in hex) of each camera, by the camera's id."""
    newest = Stills(rooms.book).newest(rooms.now() - LASTS)
    return {device: one.shot.sha256 for device, one in newest.items()}
