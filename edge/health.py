"""How the box is: what it tells the county about itself; latest value only, never through the outbox."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from broker.identity import new_id
from broker.messages import CameraHealth, ClockSource, Coverage, Health, SpotCoverage
from edge.outbox import Counts
from edge.reports import CameraReport, SpotReport


class Vitals:
    """Measures this process and its children."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started = time.monotonic()
        self._own = psutil.Process()
        psutil.cpu_percent(None)

    def health(
        self,
        device: str,
        when: tuple[datetime, ClockSource],
        counts: Counts,
        cameras: Sequence[CameraReport],
        note: str,
    ) -> Health:
        """Return the health message of this moment."""
        return Health(
            message_id=new_id(), device=device, at=when[0], clock=when[1], version=program_version(),
            uptime_s=round(time.monotonic() - self._started, 1), cpu_percent=psutil.cpu_percent(None),
            memory_mb=round(self._memory() / 1e6, 1),
            disk_free_mb=round(shutil.disk_usage(self._folder).free / 1e6, 1), outbox_waiting=counts.waiting,
            outbox_dropped=counts.dropped, refused_oversize=counts.oversize, refused_by_server=counts.refused,
            cameras=tuple(_camera(one) for one in cameras), note=note[:500],
        )  # fmt: skip

    def _memory(self) -> int:
        total = 0
        for one in [self._own, *self._own.children(recursive=True)]:
            try:
                total += int(one.memory_info().rss)
            except psutil.NoSuchProcess:
                continue
        return total


def coverage(
    device: str,
    when: tuple[datetime, ClockSource],
    spots: Sequence[SpotReport],
    before: Mapping[str, SpotReport],
) -> Coverage:
    """Return what was observed since ``before``; totals that fell belong to a new process and count from zero."""
    return Coverage(
        message_id=new_id(), device=device, at=when[0], clock=when[1],
        spots=tuple(
            SpotCoverage(
                spot=one.spot, state=one.state, reason=one.reason,
                observed_s=_since(one.observed_s, before[one.spot].observed_s if one.spot in before else 0.0),
                unknown_s=_since(one.unknown_s, before[one.spot].unknown_s if one.spot in before else 0.0),
            )
            for one in spots
        ),
    )  # fmt: skip


def program_version() -> str:
    """Return the installed version, empty when run from a bare folder."""
    try:
        return version("jingcun")
    except PackageNotFoundError:
        return ""


def _since(total: float, before: float) -> float:
    return round(total - before if total >= before else total, 1)


def _camera(one: CameraReport) -> CameraHealth:
    return CameraHealth(
        name=one.name, online=one.online, frames=one.frames, last_frame_age_s=one.last_frame_age_s,
        restarts=one.restarts, reason=one.reason, detection=one.switches.detection, kinds_off=one.switches.kinds_off,
        pictures=one.switches.pictures, min_score=one.switches.min_score,
    )  # fmt: skip
