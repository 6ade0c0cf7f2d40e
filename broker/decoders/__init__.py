"""What a bin sensor's own frame says: bytes in, values or one ``BadFrame`` out. Pure; knows no topic and no bin.

A frame is taken whole or not at all: a byte that nobody understands may stand for a length that nobody knows, and
what follows it would be guessed. Facts of the frames are the vendor's published tables and sample frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


class BadFrame(ValueError):
    """These bytes are no frame of this kind; the text names channel and byte offset. Sending them again is no use."""

    def __init__(self, words: str, *, channel: str = "", offset: int | None = None) -> None:
        super().__init__(words)
        self.channel = channel
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Measured:
    """One record of a sensor; None is what it did not say, or could not measure.

    ``at`` (UTC) only where the record carries a time of its own: a record of the sensor's memory.
    """

    battery_percent: int | None = None
    temperature_c: float | None = None
    distance_mm: int | None = None
    tilted: bool | None = None
    at: datetime | None = None

    @property
    def says_something(self) -> bool:
        """Whether there is any value in it."""
        values = (self.battery_percent, self.temperature_c, self.distance_mm, self.tilted)
        return any(value is not None for value in values)
