"""A bin that fills: a steady rate, emptied by its script or by whoever writes the world file."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from pathlib import Path

from broker.identity import new_id
from broker.messages import Reading
from edge.sensors import SimulatedBin
from edge.sources import Surroundings, Taken

log = logging.getLogger(__name__)


class Simulated:
    """Readings of a bin that does not exist; each of them says ``simulated``."""

    kind = "simulated"

    def __init__(self, name: str, device: str, settings: SimulatedBin, around: Surroundings) -> None:
        self.name = name
        self.every_s = settings.every_s
        self._device = device
        self._settings = settings
        self._around = around

    def look(self, memory: str | None) -> Taken:
        """Return the reading of this moment."""
        now = self._around.now()
        fill = fill_at(self._settings, self._around.begun, now, emptied_in_world(self._settings.world))
        reading = Reading(
            message_id=new_id(), device=self._device, at=now, clock=self._around.clock, spot=self.name,
            fill_percent=round(fill, 1), battery_percent=100.0, simulated=True,
        )  # fmt: skip
        return Taken((reading,), memory)


def fill_at(settings: SimulatedBin, begun: datetime, now: datetime, emptied: datetime | None = None) -> float:
    """Return the fill in percent: from the start's or, after the last emptying before ``now``, from zero."""
    moments = [begun + timedelta(seconds=one.after_s) for one in settings.emptied]
    moments += [emptied] if emptied is not None else []
    past = [one for one in moments if begun <= one <= now]
    since, level = (max(past), 0.0) if past else (begun, settings.start_percent)
    hours = max(0.0, (now - since).total_seconds()) / 3_600
    return min(100.0, level + hours * settings.percent_per_hour)


def emptied_in_world(path: Path | None) -> datetime | None:
    """Read ``{"emptied_at": "2026-11-21T08:00:00Z"}``; no file, or one that cannot be read, empties nothing."""
    if path is None or not path.exists():
        return None
    try:
        moment = datetime.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["emptied_at"])
    except (OSError, ValueError, KeyError, TypeError) as problem:
        log.warning('world file %s cannot be read (%s); write {"emptied_at": time with zone}', path, problem)
        return None
    if moment.tzinfo is None:
        log.warning("world file %s: emptied_at has no time zone; add Z or +08:00", path)
        return None
    return moment
