"""What has been shown since the work on a ticket was reported done. A value; nothing here reads a clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class Judge(StrEnum):
    """Why a person has the last word, whatever a device sees; NONE where a device may prove it."""

    NONE = ""
    SAMPLE = "sample"  # one of the share of tickets that a person checks beside the camera
    DISPUTE = "dispute"  # who did the work contradicts the camera
    DEVICES = "devices"  # a camera and a sensor, or two cameras, see different things
    SPLIT = "split"  # a person saw dirt where the camera had seen it clean

    @property
    def settles(self) -> bool:
        """Whether devices and people disagree already, so that no further look of a device decides."""
        return self in {Judge.DISPUTE, Judge.DEVICES, Judge.SPLIT}


@dataclass(frozen=True, slots=True)
class Shown:
    """``clean`` looks that saw it clean, the last at ``clean_at``; ``hour``: one of them at the hour of the offence.

    ``refuted``: a camera sent the work back last; ``disputes``: how often its handler has contradicted that.
    ``split_by``: who saw dirt where the camera had seen it clean, and so never judges between the two. ``cleared``: a
    person ended an alarm by their word, so no device has shown that it is over.
    """

    clean: int = 0
    clean_at: datetime | None = None
    hour: bool = False
    refuted: bool = False
    disputes: int = 0
    judge: Judge = Judge.NONE
    split_by: str = ""
    cleared: bool = False

    def seen_clean(self, at: datetime, apart: timedelta, hour: bool) -> Shown:
        """Count one more clean look; one too soon after the last counts only as being at the hour."""
        counts = self.clean_at is None or at - self.clean_at >= apart
        return replace(
            self, clean=self.clean + counts, clean_at=at if counts else self.clean_at, hour=self.hour or hour
        )

    def anew(self) -> Shown:
        """Nothing is shown yet; what the handler said against the camera stays."""
        return Shown(refuted=self.refuted, disputes=self.disputes, cleared=self.cleared)


NOTHING_SHOWN = Shown()
