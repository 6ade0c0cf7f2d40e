"""What each figure of the wall counts, as one condition: the cards count by it, and the list behind a card reads by it.

A figure and its list can therefore not disagree. Days are given as moments; ``of_devices`` is what no figure of
cleanliness counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from alerts.store.tables import ALARMS, TICKETS
from alerts.values import Source, Status
from county.values import SENSOR, Level
from ingest.store import micros

HOUR_US = 3_600_000_000
MONTH = timedelta(days=30)
_WORK = (Status.ACCEPTED.value, Status.ON_SITE.value)
Condition = sa.ColumnElement[bool]


def of_devices(table: sa.Table) -> Condition:
    """Whether a row of alarms or tickets is about a device or the sensor in a bin, and not about what lies there."""
    return (table.c.source == Source.EQUIPMENT.value) | table.c.spot.endswith(SENSOR, autoescape=True)


def cards(midnight: datetime, now: datetime) -> Mapping[str, Condition]:
    """The KPI cards: tickets of today, those that stand somewhere now, and those dealt with in the last 30 days."""
    t = TICKETS.c
    closed, waiting = t.status == Status.CLOSED.value, t.status == Status.DISPATCHED.value
    asked = (t.status == Status.ACCEPTED.value) & t.asked_us.is_not(None)
    return {
        "today": t.opened_us >= micros(midnight),
        "waiting": waiting,
        "handling": t.status.in_(_WORK),
        "checking": t.status == Status.TO_CHECK.value,
        "closed_today": closed & (t.closed_us >= micros(midnight)),
        "overdue": t.is_open & t.overdue,
        "silent": asked | (waiting & t.lapsed_us.is_not(None)),
        "dealt": closed & (t.closed_us >= micros(now - MONTH)),
    }


def steps(since: datetime) -> Mapping[str, Condition]:
    """The funnel's steps that are tickets, of those opened since a moment."""
    t, opened = TICKETS.c, TICKETS.c.opened_us >= micros(since)
    return {
        "dispatched": opened,
        "accepted": opened & t.accepted_us.is_not(None),
        "handled": opened & t.done_us.is_not(None),
        "closed": opened & (t.status == Status.CLOSED.value),
    }


def ranked(since: datetime) -> Mapping[str, Condition]:
    """What a township is ranked by, of its tickets opened since a moment."""
    t, opened = TICKETS.c, TICKETS.c.opened_us >= micros(since)
    return {"open": opened & t.is_open, "ended": opened & ~t.is_open, "overdue": opened & t.overdue}


def rung(level: str) -> Condition:
    """The open tickets on one level of the ladder; the county's with what its leaders hold."""
    levels = (level, Level.LEADER.value) if level == Level.COUNTY.value else (level,)
    return TICKETS.c.is_open & TICKETS.c.level.in_(levels)


def within(scope: str) -> Condition:
    """The tickets of a township (9 digits) or a village (12); everything for the county."""
    columns = {9: TICKETS.c.township, 12: TICKETS.c.village}
    return columns[len(scope)] == scope if len(scope) in columns else sa.true()


def in_hours(column: sa.Column[int], hour: datetime, hours: int = 1) -> Condition:
    """Whether a moment lies in so many whole hours, of which the first begins then."""
    first = micros(hour) // HOUR_US * HOUR_US
    return (column >= first) & (column < first + hours * HOUR_US)


def alarms_since(county: str, since: datetime) -> Condition:
    """The alarms first seen since a moment, without those about devices."""
    return (ALARMS.c.county == county) & (ALARMS.c.first_us >= micros(since)) & ~of_devices(ALARMS)
