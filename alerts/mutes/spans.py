"""How long a place is muted without a break: short mutes in a row over the same ground are one long one. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from alerts.mutes.mutes import Hold, Mute, Scope, Wish
from county.snapshot import County
from county.values import SENSOR

BREAK = timedelta(minutes=15)  # a shorter pause is none: an hourly look would hardly ever fall into it


def hiding(mutes: Iterable[Mute], county: County) -> tuple[Mute, ...]:
    """Those that hold or held; who waited for a grant that never came has hidden nothing."""
    alone = timedelta(hours=county.policy.silence.grant_over_h)

    def held(one: Mute) -> bool:
        if one.hold is Hold.ENDED:
            return bool(one.granted_by) or (not one.works and one.end_at - one.begin_at <= alone)
        return one.hold is Hold.HELD

    return tuple(one for one in mutes if held(one))


def waiting(mutes: Iterable[Mute], now: datetime) -> tuple[Mute, ...]:
    """Those that may still be granted: a wish beside them would be as long as all of them together."""
    return tuple(one for one in mutes if one.hold is Hold.ASKED and now < one.end_at)


def unbroken(wish: Wish | Mute, end_at: datetime, mutes: Iterable[Mute], county: County) -> timedelta:
    """How long the ground of a wish is muted without a break, with the mutes that overlap or adjoin it."""
    begin, end = wish.begin_at, end_at
    left = sorted((one for one in mutes if _same_ground(wish, one, county)), key=lambda one: one.begin_at)
    while near := [one for one in left if one.begin_at <= end + BREAK and _over(one) >= begin - BREAK]:
        begin = min(begin, *(one.begin_at for one in near))
        end = max(end, *(_over(one) for one in near))
        left = [one for one in left if one not in near]
    return end - begin


def _over(mute: Mute) -> datetime:
    """When a mute ends, or ended early."""
    return max(mute.ended_at or mute.end_at, mute.begin_at)


def _same_ground(wish: Wish | Mute, mute: Mute, county: County) -> bool:
    if wish.works != mute.works:  # works have their own longest time, and each a grant of its own
        return False
    apart = wish.categories and mute.categories and not set(wish.categories) & set(mute.categories)
    return not apart and _meet(wish.scope, mute.scope, county)


def _meet(one: Scope, two: Scope, county: County) -> bool:
    """Whether two scopes share ground: an area in another, the device or spot in it, or the site that both look at."""
    if one.area and two.area:
        return one.area.startswith(two.area) or two.area.startswith(one.area)
    named = {scope.spot.removesuffix(SENSOR) for scope in (one, two) if scope.spot}
    if not one.area and one.device == two.device and len(named) < 2:
        return True
    for area, scope in ((one.area, two), (two.area, one)):
        device = county.devices.get(scope.device)
        if area and device is not None and device.village.startswith(area):
            return True
    return bool(_grounds(one, county) & _grounds(two, county))


def _grounds(scope: Scope, county: County) -> set[str]:
    return {spot.ground for spot in county.spots if scope.covers(spot)}
