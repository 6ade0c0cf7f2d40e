"""Somebody acts on a ticket: who, when, and with what. Pure.

An act that is not possible raises ``Refused`` with Chinese words for the person who tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.moves import Change, plain
from alerts.values import Photo, Who


class Refused(ValueError):
    """The act is not possible; the text says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Data:
    """What comes with an act: words or reason, photos (SHA-256), position in degrees with its CRS."""

    words: str = ""
    photos: tuple[str, ...] = ()
    longitude: float | None = None
    latitude: float | None = None
    crs: str = ""


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
        if not words:
            raise Refused(ask)
        return words

    @property
    def said(self) -> str:
        """The words as they stand behind an act in the history, or nothing."""
        words = plain(self.data.words)
        return f":{words}" if words else ""

    @property
    def photos(self) -> tuple[Photo, ...]:
        """The pictures that were handed in."""
        return tuple(Photo(sha, self.now, self.actor.name) for sha in self.data.photos)
