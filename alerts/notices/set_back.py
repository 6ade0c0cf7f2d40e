"""A clock that was set back: what was written down by the later one would wait until that time comes round again.

What waits is due at once, and a claim counts from now, so it runs out after one lease. Retries and the hours of quiet
are worked out anew, by the clock as it is.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from alerts.store.book import Pen
from alerts.store.tables import NOTICES
from ingest.store import micros

SLACK = timedelta(minutes=2)  # two programs' clocks may differ; less than this bounds itself


def counted_anew(pen: Pen, mine: sa.ColumnElement[bool], now: datetime) -> int:
    """Count what was written later than now from now on; returns how many notices that were."""
    late, now_us = micros(now + SLACK), micros(now)
    written = (NOTICES.c.created_us > late) | (NOTICES.c.tried_us > late)
    waits = (NOTICES.c.state == "waiting") & (NOTICES.c.ready_us > late) & written & mine
    made, tried = (_at_most(column, now_us) for column in (NOTICES.c.created_us, NOTICES.c.tried_us))
    due = NOTICES.update().where(waits).values(ready_us=now_us, created_us=made, tried_us=tried)
    claims = (NOTICES.c.state == "claimed") & (NOTICES.c.claimed_us > late) & mine
    held = NOTICES.update().where(claims).values(claimed_us=now_us)
    return pen.conn.execute(due).rowcount + pen.conn.execute(held).rowcount


def _at_most(column: sa.Column[int], now_us: int) -> sa.ColumnElement[int]:
    return sa.case((column > now_us, now_us), else_=column)
