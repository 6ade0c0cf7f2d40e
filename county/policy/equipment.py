"""[equipment]: when a box, a camera or a line counts as silent or faulty, and what proves that it is well again."""

from __future__ import annotations

from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from county.policy.base import Positive, Strict, within


class Fault(StrEnum):
    """What can be wrong with our own equipment: category codes of every county, besides what a bin's sensor tells."""

    BOX_SILENT = "box_silent"  # 盒子离线
    CAMERA_SILENT = "camera_silent"  # 摄像机离线
    CAMERA_BLIND = "camera_blind"  # 镜头看不清: moved, covered, dirty, dark by day
    CAMERA_DARK = "camera_dark"  # 夜间过暗: listed, no ticket, for a lamp is another's
    BOX_CLOCK = "box_clock"  # 盒子时钟不准
    BOX_DISK = "box_disk"  # 盒子磁盘将满
    LINK_DOWN = "link_down"  # 网络中断: all boxes of a village or township at once
    BIN_DISAGREES = "bin_disagrees"  # 传感器与镜头不一致


OF_EQUIPMENT: frozenset[str] = frozenset(Fault)


class Equipment(Strict):
    """Seconds of silence or fault before a ticket; ``heard_again`` reports in a row prove that a device is well.

    A device that never spoke is waited for ``never_heard_after_s``: it may not be mounted yet. ``together`` boxes of a
    village or township that are all silent are one fault of the line. Where at least ``weather_share`` of the cameras
    are blind at once it is weather, and no ticket. ``clock_s`` is how far a box's clock may be off. ``night`` are the
    local hours in which a dark picture is listed instead of told. After ``disagree_times`` contradictions in a row of
    camera and sensor of one site a person must look at them.
    """

    box_silent_after_s: Positive = 300
    camera_silent_after_s: Positive = 300
    never_heard_after_s: Positive = 86_400
    blind_after_s: Positive = 7200
    faulty_after_s: Positive = 600
    clock_s: Positive = 120
    disk_free_mb: Positive = 500
    disk_good_mb: Positive = 1000
    heard_again: Annotated[int, Field(ge=1, le=100)] = 3
    together: Annotated[int, Field(ge=2, le=1000)] = 2
    weather_share: Annotated[float, Field(gt=0, le=1)] = 0.3
    weather_least: Annotated[int, Field(ge=2, le=10_000)] = 5
    night: tuple[time, time] = (time(20, 0), time(6, 0))
    disagree_times: Annotated[int, Field(ge=1, le=100)] = 3

    @model_validator(mode="after")
    def _apart(self) -> Equipment:
        if self.disk_good_mb < self.disk_free_mb:
            raise ValueError("disk_good_mb must not lie below disk_free_mb, or a ticket would flutter")
        if self.night[0] == self.night[1] or any(one.tzinfo is not None for one in self.night):
            raise ValueError("night is a local from and to, like ['20:00', '06:00']")
        return self

    def limit(self, fault: str) -> timedelta:
        """How long this must last before somebody is told."""
        if fault == Fault.BOX_SILENT:
            return timedelta(seconds=self.box_silent_after_s)
        if fault == Fault.CAMERA_SILENT:
            return timedelta(seconds=self.camera_silent_after_s)
        return timedelta(seconds=self.blind_after_s if fault == Fault.CAMERA_BLIND else self.faulty_after_s)

    def is_night(self, local: time) -> bool:
        """Whether a local time of day lies in the night."""
        return within(self.night, local)
