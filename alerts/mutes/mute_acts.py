"""What people do with mutes: ask, grant, refuse, end; who may, and what nobody may. Pure.

An act that is not possible raises ``Refused`` with Chinese words for the person who tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.mutes import spans
from alerts.mutes.mutes import Hold, Mute, Scope, Wish
from alerts.tickets.doing import Refused
from alerts.tickets.entitled import NotEntitled, duties_today, is_helper
from alerts.tickets.moves import plain, rank
from alerts.values import Who
from county.policy.silences import SilencePolicy
from county.snapshot import County
from county.values import DeviceKind, Level, Spot

LATE = timedelta(minutes=5)  # a mute begins now at the earliest; who types is slow
EARLY = timedelta(days=366)
LONGEST_REASON = 300


def asked(wish: Wish, author: Who, county: County, now: datetime, others: Sequence[Mute] = ()) -> Mute:
    """The mute of a wish, with number 0: in force at once, or waiting for a grant. ``Refused`` says why not.

    ``others`` are the mutes of the time around it: what adjoins over the same ground counts as one with the wish, also
    what still waits for its grant, for each of several would be granted as if it were alone.
    """
    policy, reason = county.policy.silence, plain(wish.reason)[:LONGEST_REASON]
    if not reason:
        raise Refused("请写明为什么要静默")
    if wish.end_at is None:
        raise Refused("请写明静默到什么时候为止")
    _refuse_time(wish, wish.end_at, policy, now)
    spots = _refuse_scope(wish, county)
    _refuse_author(wish, author, county, now)
    beside = (*spans.hiding(others, county), *spans.waiting(others, now))
    length = spans.unbroken(wish, wish.end_at, beside, county)
    _refuse_length(wish, length, policy)
    hold = Hold.ASKED if needs_grant(wish, length, county) else Hold.HELD
    place, region = _placed(wish.scope, spots, county)
    return Mute(
        0, wish.scope, reason, max(wish.begin_at, now), wish.end_at, author, hold, place, region,
        wish.categories, wish.daily, wish.works,
    )  # fmt: skip


def granted(mute: Mute, who: Who, county: County, now: datetime, others: Sequence[Mute] = ()) -> Mute:
    """The mute with a grant; only somebody above its author over the same place may.

    ``others`` are the mutes of the time around it: together with those that hold or held it is no longer than one may.
    """
    _refuse_grantor(mute, who, county, now)
    if now >= mute.end_at:
        raise Refused("静默的时间已经过了,不用再批")
    held = replace(mute, hold=Hold.HELD, granted_by=who.name, begin_at=max(mute.begin_at, now))
    beside = [one for one in spans.hiding(others, county) if one.number != mute.number]
    _refuse_length(held, spans.unbroken(held, held.end_at, beside, county), county.policy.silence)
    return held


def refused(mute: Mute, who: Who, reason: str, county: County, now: datetime) -> Mute:
    """The mute, not granted; why must be said."""
    _refuse_grantor(mute, who, county, now)
    if not plain(reason):
        raise Refused("请写明为什么不批准")
    return replace(mute, hold=Hold.REFUSED, granted_by=who.name, ended_at=now)


def may_grant(mute: Mute, who: Who, county: County, now: datetime) -> bool:
    """Whether somebody may grant or refuse a mute now."""
    try:
        _refuse_grantor(mute, who, county, now)
    except Refused:
        return False
    return True


def ended(mute: Mute, who: Who, reason: str, county: County, now: datetime) -> Mute:
    """The mute, ended early by its author or by somebody as high over the same place."""
    if mute.hold not in (Hold.HELD, Hold.ASKED):
        raise Refused(f"静默{mute.hold.words},不用再结束")
    if not plain(reason):
        raise Refused("请写明为什么提前结束")
    if who.id != mute.author.id and not _is_over(who, mute, county, now, least=rank(mute.author.level)):
        raise NotEntitled("只有申请人或同级以上的负责人可以结束静默")
    return replace(mute, hold=Hold.ENDED, ended_at=now)


def run_out(mute: Mute, now: datetime) -> Mute | None:
    """The mute, ended by its time, or not granted in its time; None while that has not come."""
    if mute.hold not in (Hold.HELD, Hold.ASKED) or now < mute.end_at:
        return None
    hold = Hold.ENDED if mute.hold is Hold.HELD else Hold.REFUSED  # what never held is told from what did
    return replace(mute, hold=hold, ended_at=mute.end_at)


def needs_grant(wish: Wish, length: timedelta, county: County) -> bool:
    """Whether somebody above must agree first; ``length`` is how long the place is muted without a break."""
    policy = county.policy.silence
    if wish.works or length > timedelta(hours=policy.grant_over_h):
        return True
    grave = {one.code for one in county.policy.categories if one.severity in policy.grant_severities}
    return bool(grave.intersection(wish.categories)) if wish.categories else bool(grave)


def scope_named(county: County, camera: str, spot: str, area: str) -> Scope:
    """What somebody names: a camera or bin, a spot by its id (with its camera where two have the same), or an area."""
    if not spot:
        return Scope(device=camera, area=area)
    found = [one for one in county.spots if one.id == spot and camera in ("", one.device)]
    if len(found) > 1:
        raise Refused(f"有{len(found)}台设备的点位都叫“{plain(spot)[:40]}”,请同时写明摄像机")
    return Scope(found[0].device if found else camera or spot, spot, area)


def author_at(county: County, person: str, about: Wish | Mute, now: datetime) -> Who:
    """Somebody of the registry as who acts on a mute: on the highest level on which they answer for it today."""
    _refuse_nowhere(about.scope, county)
    known = county.people.get(person)
    if known is None:
        raise Refused(f"没有登记“{plain(person)[:40]}”这个人")
    levels = levels_over(county, person, about, now)
    if not levels:
        raise NotEntitled(f"{known.name}今天不负责这个地方")
    return Who(known.id, known.name, known.phone, max(levels, key=rank))


def levels_over(county: County, person: str, about: Wish | Mute, now: datetime) -> set[Level]:
    """The levels on which somebody answers today for all that is muted; none for a helper (协管员)."""
    if is_helper(county, person):
        return set()
    scope = about.scope
    region = scope.area or _region_of(scope, county)
    own = {scope.device, scope.spot} - {""}
    return {
        duty.level for duty in duties_today(county, person, now)
        if (duty.area in own or (duty.area.isdecimal() and region.startswith(duty.area)))
        and (not duty.categories or (about.categories and set(about.categories) <= set(duty.categories)))
    }  # fmt: skip


def _refuse_time(wish: Wish, end_at: datetime, policy: SilencePolicy, now: datetime) -> None:
    if wish.begin_at < now - LATE:
        raise Refused("静默不能从过去开始:已经发现的问题不能事后抹掉")
    if wish.begin_at > now + EARLY:
        raise Refused("静默最早提前一年申请")
    if end_at <= max(wish.begin_at, now):
        raise Refused("静默的结束时间要晚于开始时间")
    longest = policy.works_longest_h if wish.works else policy.longest_h
    if end_at - wish.begin_at > timedelta(hours=longest):
        raise Refused(f"一次静默最长 {longest:g} 小时,请缩短,到期还需要再申请")
    if wish.daily is not None and wish.daily[0] == wish.daily[1]:
        raise Refused("每天的时段起止不能相同")
    if wish.daily is not None and any(one.tzinfo is not None for one in wish.daily):
        raise Refused("每天的时段请写当地时间,如 08:00,不带时区")


def _refuse_length(wish: Wish | Mute, length: timedelta, policy: SilencePolicy) -> None:
    """One mute after another hides a place as long as a single one would, and no longer."""
    longest = policy.works_longest_h if wish.works else policy.longest_h
    if length > timedelta(hours=longest):
        hours = length / timedelta(hours=1)
        raise Refused(
            f"连同前后相接的静默,这里要连续静默 {hours:.1f} 小时,最长 {longest:g} 小时;请先恢复一段时间再申请"
        )


def _refuse_scope(wish: Wish, county: County) -> list[Spot]:
    """The spots that a scope covers; refused where it is nobody's, or somebody's own."""
    scope, policy = wish.scope, county.policy.silence
    unknown = [code for code in wish.categories if county.policy.category(code) is None]
    if unknown:
        raise Refused(f"没有“{plain(unknown[0])[:40]}”这一类")
    spots, region = _refuse_nowhere(scope, county), county.regions.get(scope.area)
    if region is not None and region.kind in policy.household_kinds:
        raise Refused("不能对单独一户静默(无差别预警)")
    alone = bool(spots) and (bool(scope.device) or len({spot.ground for spot in spots}) == 1)
    if alone and all(spot.zone in policy.alone_zones for spot in spots):
        raise Refused(f"{spots[0].name}是农户庭院,不能单独静默(无差别预警)")
    return spots


def _refuse_nowhere(scope: Scope, county: County) -> list[Spot]:
    """The spots of a scope; refused where it is none, or more than one thing."""
    if bool(scope.area) == bool(scope.device):
        raise Refused("请指明一台摄像机、一个点位或一个区域,只能选一样")
    if scope.device not in county.devices and scope.area not in county.regions:
        raise Refused("没有登记这台设备" if scope.device else "没有登记这个区域")
    spots = [spot for spot in county.spots if scope.covers(spot)]
    if scope.spot and not spots:
        raise Refused("没有登记这个点位")
    return spots


def _refuse_author(wish: Wish, author: Who, county: County, now: datetime) -> None:
    policy = county.policy.silence
    over = levels_over(county, author.id, wish, now)
    if not over.intersection(policy.levels):
        names = "、".join(county.policy.levels.of(level) for level in policy.levels if level in county.policy.ladder)
        raise NotEntitled(f"只有负责这里的{names}级人员可以申请静默")


def _refuse_grantor(mute: Mute, who: Who, county: County, now: datetime) -> None:
    if mute.hold is not Hold.ASKED:
        raise Refused(f"这条静默{mute.hold.words},不用再批")
    if who.id == mute.author.id:
        raise NotEntitled("自己申请的静默不能自己批")
    top = rank(mute.author.level) >= max(rank(level) for level in county.policy.ladder)
    if not _is_over(who, mute, county, now, least=rank(mute.author.level) + (not top)):
        raise NotEntitled("要由申请人的上一级批准")


def _is_over(who: Who, mute: Mute, county: County, now: datetime, least: int) -> bool:
    return any(rank(level) >= least for level in levels_over(county, who.id, mute, now))


def _placed(scope: Scope, spots: list[Spot], county: County) -> tuple[str, str]:
    """A scope in words, and the region that it lies in."""
    region = scope.area or _region_of(scope, county)
    name = ""
    if scope.spot:
        name = spots[0].name
    elif scope.device:
        name = county.devices[scope.device].name
    return f"{county.place_name(region)} {name}".strip(), region


def _region_of(scope: Scope, county: County) -> str:
    device = county.devices.get(scope.device)
    if device is not None and device.kind is not DeviceKind.TRUCK:
        return device.village
    return ""
