"""Where looks come from. Every picture source is one class with ``frames()``; every bin sensor one with ``look()``.

A picture source paces itself (it yields when the next look is due), ends when a recording ends, and raises
``SourceFailed`` when it cannot go on; ``retry`` says whether opening it again may help. ``edge.sources.opening`` picks
the class for a camera's or bin's settings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from broker.messages import ClockSource, Reading

if TYPE_CHECKING:  # the box process moves bins and messages only; it never loads NumPy
    from detect.frames import Picture

Wait = Callable[[float], bool]  # sleeps; True when the box is stopping
Now = Callable[[], datetime]


class SourceFailed(RuntimeError):
    """A source cannot go on; the text names it and the cure, ``retry`` says whether opening it again may help."""

    def __init__(self, words: str, *, retry: bool) -> None:
        super().__init__(words)
        self.retry = retry


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One look: BGR uint8 (height, width, 3), when it was (UTC), and which clock says so."""

    image: Picture
    at: datetime
    clock: ClockSource


class Source(Protocol):
    """A camera, or what stands in for one."""

    name: str
    kind: str
    rendered: bool

    def frames(self) -> Iterator[Frame]:
        """Yield looks, oldest first; return at the end of a recording, raise ``SourceFailed`` on trouble."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one look at a bin gave. ``memory`` is to be stored in one transaction with the readings, ``done`` files
    are to be removed after it; ``bad`` says in plain words what could not be used.
    """

    readings: tuple[Reading, ...] = ()
    memory: str | None = None
    bad: tuple[str, ...] = ()
    done: tuple[Path, ...] = ()


class BinSource(Protocol):
    """A bin sensor, or what stands in for one."""

    name: str
    kind: str
    every_s: float

    def look(self, memory: str | None) -> Taken:
        """Return what is new since ``memory`` (None: the first look). Never raises on what a sensor wrote."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a source may use of the world: a clock, a sleep, the box's clock source, and when its story began.

    ``begun`` survives a restart of the box, so that a rendered scene goes on where the world is.
    """

    now: Now
    wait: Wait
    clock: ClockSource
    begun: datetime
    silent_s: float = 20.0


def utc_now() -> datetime:
    """Return the system's time, aware."""
    return datetime.now(UTC)
