"""The series writer: readings and events of the inbox become points, behind a cursor of its own.

The series store may be away for hours; the cursor waits, alarms do not. A crash between write and cursor writes the
same points again, which changes nothing. A point that the store will never take becomes a dead letter.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from broker.messages import Event, Message, Reading
from ingest.dead_letters import DeadLetters, Refusal
from ingest.inbox import Inbox, Row
from ingest.series import Point, Rejected, Series, SeriesAway
from ingest.store import StoreAway

log = logging.getLogger(__name__)

NAME = "series"
KINDS = ("event", "reading")
AT_ONCE = 2000
TIDY_S = 3600.0
AHEAD = timedelta(minutes=2)  # how far a device's clock may run ahead of ours, as alerts/alarms/rules.py has it
_NUMBERS = ("fill_percent", "temperature_c", "battery_percent", "tilt_degrees", "rssi_dbm", "snr_db", "distance_mm")


def utc_now() -> datetime:
    """Return the system clock, aware."""
    return datetime.now(UTC)


class SeriesWriter:
    """Moves the inbox into a series store."""

    def __init__(
        self,
        inbox: Inbox,
        series: Series,
        crash: Callable[[str], None] = lambda _point: None,
        letters: DeadLetters | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """Read from one inbox, write into one store; what it never takes goes to the dead letters."""
        self._inbox = inbox
        self._series = series
        self._letters = letters
        self._now = now
        self._tidy_due = 0.0
        self._crash = crash
        self.rejected = 0
        self.away = ""  # why the store is away, "" while it answers
        self.told: Callable[[str], None] = lambda _away: None  # hears it change

    def run(self, stop: threading.Event, pause_s: float = 0.5, retry_s: float = 5.0) -> None:
        """Write until ``stop``; waits ``retry_s`` after a failure of either store."""
        while not stop.is_set():
            try:
                done = self.step()
                self._tidy()
            except (SeriesAway, StoreAway) as fault:
                if not self.away:
                    log.warning("series wait: %s", fault)
                self._stand(str(fault))
                stop.wait(retry_s)
                continue
            if self.away:
                log.warning("series go on")
            self._stand("")
            if done < AT_ONCE:
                stop.wait(pause_s)

    def _stand(self, away: str) -> None:
        if away != self.away:
            self.away = away
            self.told(away)

    def step(self) -> int:
        """Write the next rows and move the cursor; returns how many rows there were."""
        start = self._inbox.cursor(NAME)
        rows = self._inbox.read(start, AT_ONCE, KINDS)
        if not rows:
            return 0
        refused = self._series.write(points_of(rows))
        if refused:
            self._put_aside(refused)
        self._crash("series.after_write")
        self._inbox.move(NAME, start, rows[-1].seq)
        return len(rows)

    def _put_aside(self, refused: Sequence[Rejected]) -> None:
        for one in refused:
            log.error("a point of %s is not kept: %s", one.point.measurement, one.reason)
        if self._letters is not None:
            self._letters.put([_letter(one, self._now()) for one in refused])
        self.rejected += len(refused)

    def _tidy(self) -> None:
        if time.monotonic() >= self._tidy_due:
            self._series.tidy(self._now())
            self._tidy_due = time.monotonic() + TIDY_S


def _letter(refused: Rejected, now: datetime) -> Refusal:
    point = refused.point
    told = {"tags": dict(point.tags), "fields": {name: repr(value) for name, value in point.fields.items()},
            "at": point.at.isoformat()}  # fmt: skip
    reason = f"the series store does not take it: {refused.reason}"[:500]
    device = point.tags.get("device", "")[:64]
    return Refusal(reason, device, f"series/{point.measurement}", json.dumps(told, ensure_ascii=False).encode(), now)


def believed(at: datetime, received_at: datetime) -> datetime:
    """The time of a point: a time from the future is that of its arrival, or it would stay the last value for days."""
    return at if at - received_at <= AHEAD else received_at


def points_of(rows: Sequence[Row]) -> list[Point]:
    """Turn rows into points; a reading without any number gives none."""
    points = (_point(row, row.message()) for row in rows)
    return [point for point in points if point is not None and point.fields]


def _point(row: Row, message: Message) -> Point | None:
    tags, at = {"device": row.device, "village": row.village}, believed(message.at, row.received_at)
    if isinstance(message, Reading):
        numbers = {name: getattr(message, name) for name in _NUMBERS}
        known = {name: float(value) for name, value in numbers.items() if value is not None}
        return Point("reading", tags | {"spot": message.spot}, known, at)
    if isinstance(message, Event) and not message.tells_again:
        told = {"spot": message.spot, "what": message.what, "state": message.state, "phase": message.phase}
        return Point(
            "event", tags | told, {"count": 1.0, "score": message.score}, believed(message.at, row.received_at)
        )
    return None
