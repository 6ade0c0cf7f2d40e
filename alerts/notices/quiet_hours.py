"""Notices that wait for the end of the quiet hours: which, until when, and that they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from alerts.store.book import Pen
from alerts.store.tables import NOTICES
from county.snapshot import County
from ingest.store import micros


def waiting_for_morning(rows: Sequence[sa.Row[Any]], county: County, now: datetime) -> dict[UUID, datetime]:
    """Which of these wait for the morning, and until when; what is about no ticket is not grave."""
    quiet, zone = county.policy.quiet, ZoneInfo(county.calendar.zone)
    return {row.id: until for row in rows if (until := quiet.until(now, zone, row.severity or "minor"))}


def hold_back(pen: Pen, waits: Mapping[UUID, datetime]) -> None:
    """Let letters wait for the end of the quiet hours."""
    for notice, until in waits.items():
        which = (NOTICES.c.id == notice) & (NOTICES.c.state == "waiting")
        pen.conn.execute(NOTICES.update().where(which).values(ready_us=micros(until)))
