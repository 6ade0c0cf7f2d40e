"""Which clock this box has, and when its stories began."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from broker.messages import ClockSource
from edge.outbox import Outbox

# systemd-timesyncd and chrony leave these once the time is theirs.
_SYNCHRONISED = (Path("/run/systemd/timesync/synchronized"), Path("/run/chrony/chronyd.pid"))


def clock_source(marks: tuple[Path, ...] = _SYNCHRONISED) -> ClockSource:
    """Return what stands behind the system's time: ``NTP`` only when a time service says so."""
    return ClockSource.NTP if any(one.exists() for one in marks) else ClockSource.RTC


def synchronised() -> bool:
    """Return whether a time service stands behind the system's time now."""
    return clock_source() is ClockSource.NTP


def begun(outbox: Outbox, name: str, now: datetime) -> datetime:
    """Return when a source first ran; a scene or a bin goes on after a restart where the world is."""
    key = f"begun/{name}"
    kept = outbox.recall(key)
    if kept is None:
        outbox.put(remember={key: now.isoformat()})
        return now
    return datetime.fromisoformat(kept)
