"""Somebody arrives: how far from the place, as far as the phone knows. Pure.

What the phone says is noted, never a condition: without a position, with a bad one or from far away it is an arrival
all the same, and the history says which.
"""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from alerts.tickets.doing import Doing
from alerts.tickets.moves import plain
from alerts.tickets.photos import ground
from alerts.values import Ticket
from county.coordinates import BadPosition, Point, located
from county.snapshot import County

WAITED = timedelta(minutes=1)  # an arrival that left the phone so much later was kept there without signal


def arrived(ticket: Ticket, doing: Doing, county: County) -> str:
    """Why the arrival is written down, in words: who, how far from the place, how exact, and when if it came late."""
    return f"{doing.actor.name}到场({_where(ticket, doing, county)}{_when(doing, county)})"


def _where(ticket: Ticket, doing: Doing, county: County) -> str:
    data = doing.data
    if data.longitude is None or data.latitude is None:
        return "未提供位置"
    told = f"位置 {data.longitude:.5f},{data.latitude:.5f} {plain(data.crs)}"
    try:
        here = located(data.longitude, data.latitude, data.crs)
    except BadPosition:
        return told
    place = ground(ticket, county)
    return f"{_distance(here, place, data.accuracy_m, county)}{told}" if place is not None else told


def _distance(here: Point, place: Point, accuracy: float | None, county: County) -> str:
    far, metres, blur = county.policy.photo.far_m, here.metres_to(place), accuracy or 0.0
    exact = f",定位误差约{_metres(blur)}" if accuracy is not None else ""
    if blur > far:
        return f"定位误差约{_metres(blur)},看不出离点位多远;"
    near = "" if metres <= far + blur else ",不在点位附近"
    return f"离点位约{_metres(metres)}{near}{exact};"


def _when(doing: Doing, county: County) -> str:
    """The time by our own clock: the phone's may be wrong, but how long it waited is known from it alone."""
    data = doing.data
    if data.pressed_at is None or data.sent_at is None or data.sent_at - data.pressed_at < WAITED:
        return ""
    there = (doing.now - (data.sent_at - data.pressed_at)).astimezone(ZoneInfo(county.calendar.zone))
    return f";没有信号时记下,约{there:%m月%d日 %H:%M}到场"


def _metres(metres: float) -> str:
    return f"{metres / 1000:.1f}公里" if metres >= 1000 else f"{max(1.0, metres):.0f}米"
