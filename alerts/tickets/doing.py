"""Somebody acts on a ticket: who, when, and with what. Pure.

An act that is not possible raises ``Refused`` with Chinese words for the person who tried.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.tickets.moves import Change, plain
from alerts.values import Phase, Photo, View, Voice, Who
from county.coordinates import WGS84, BadPosition, located

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Refused(ValueError):
    """The act is not possible; the text says why, in Chinese."""


class Unsaid(Refused):
    """Something that the act cannot do without was not said; the text names it, in Chinese."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A photo that is handed in, with what the phone says of it: where (degrees in ``crs``), when, of what."""

    sha256: str
    view: View | None = None
    phase: Phase | None = None
    longitude: float | None = None
    latitude: float | None = None
    crs: str = ""
    taken_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Data:
    """What comes with an act: words or reason, photos (the SHA-256 alone will do), position in degrees with its CRS.

    ``accuracy_m`` is how exact the position is. ``pressed_at`` and ``sent_at`` are the phone's clock when the act was
    done and when it left the phone (aware). ``voices`` are voice notes that were uploaded.
    A side move may want more: ``until`` (aware) when, ``to`` whom (a person's id or a unit), against which ``finding``.
    """

    words: str = ""
    photos: tuple[str | Taken, ...] = ()
    longitude: float | None = None
    latitude: float | None = None
    crs: str = ""
    until: datetime | None = None
    to: str = ""
    finding: str = ""
    accuracy_m: float | None = None
    pressed_at: datetime | None = None
    sent_at: datetime | None = None
    voices: tuple[Voice, ...] = ()


@dataclass(frozen=True, slots=True)
class Doing:
    """Who acts, when, with what."""

    actor: Who
    now: datetime
    data: Data = Data()

    def because(self, why: str) -> Change:
        return Change(self.now, why, self.actor.name)

    def reason(self, ask: str) -> str:
        """The words that this act needs; ``Refused`` with ``ask`` where there are none."""
        words = plain(self.data.words)
        if not words and not self.data.voices:
            raise Refused(ask)
        return f"{words}{self._spoken}"

    @property
    def said(self) -> str:
        """The words as they stand behind an act in the history, or nothing."""
        words = plain(self.data.words)
        return f":{words}{self._spoken}" if words or self.data.voices else ""

    @property
    def _spoken(self) -> str:
        return "(附语音说明)" if self.data.voices else ""

    @property
    def skew(self) -> timedelta:
        """How far the phone's clock is ahead of ours; nothing where the phone did not tell its time."""
        return self.data.sent_at - self.now if self.data.sent_at is not None else timedelta(0)

    @property
    def photos(self) -> tuple[Photo, ...]:
        """The pictures that were handed in, as the phone tells of them."""
        return tuple(told(one, self.now, self.actor.name) for one in self.data.photos)


def told(one: str | Taken, now: datetime, by: str) -> Photo:
    """A photo as its sender tells of it, its place brought to WGS-84; ``Refused`` for an id or a place that is none."""
    taken = Taken(one) if isinstance(one, str) else one
    if not _SHA256.fullmatch(taken.sha256):
        raise Refused("照片编号无效,请重新上传照片")
    photo = Photo(taken.sha256, now, by, taken.view, taken.phase, taken_at=taken.taken_at)
    if taken.longitude is None or taken.latitude is None:
        return photo
    try:
        point = located(taken.longitude, taken.latitude, taken.crs)
    except BadPosition as fault:
        raise Refused(f"照片的位置不能用:{fault}") from fault
    return replace(photo, longitude=point.longitude, latitude=point.latitude, crs=WGS84)
