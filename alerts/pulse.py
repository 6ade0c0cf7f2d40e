"""What is heard of whoever must act: the last sign of life, the question that waits, the letters without an answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Pulse:
    """``heard_at``: their last act; ``asked_at``: when "还在处理吗?" was asked, None once they were heard.

    ``lapsed_at``: since when nobody has it any more after a silence; ``kept`` and ``lapses``: how often the question
    was answered, and how often an acceptance lapsed; ``letters``: how many of this step nobody has answered.
    """

    heard_at: datetime | None = None
    asked_at: datetime | None = None
    lapsed_at: datetime | None = None
    kept: int = 0
    lapses: int = 0
    letters: int = 0

    def heard(self, now: datetime) -> Pulse:
        """They did something."""
        return replace(self, heard_at=now, asked_at=None, lapsed_at=None, letters=0)

    def called(self) -> Pulse:
        """A step began, whose first letter goes out."""
        return replace(self, lapsed_at=None, letters=1)


NO_PULSE = Pulse()
