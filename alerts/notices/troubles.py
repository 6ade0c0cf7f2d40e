"""What is wrong with a channel's account: in words, when its keepers are told, and when it is over. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from alerts.channels import Trouble

AGAIN = timedelta(days=1)  # the keepers are told once more
RETRY = timedelta(minutes=1)  # nobody could be told
CALM = timedelta(hours=1)  # letters must go for so long before it is over: a template may fail only at each reminder
FORGET = timedelta(days=1)  # the end is told no later than so long after it
NAMES: Mapping[Trouble, str] = {
    Trouble.BALANCE: "余额不足", Trouble.LOW: "余额将尽", Trouble.QUOTA: "额度用完", Trouble.SIGN: "签名不可用",
    Trouble.TEMPLATE: "模板不可用", Trouble.CREDENTIALS: "密钥不对或已停用", Trouble.RIGHT: "没有权限",
    Trouble.IP: "服务器IP不被允许", Trouble.CLOCK: "服务器时钟不准", Trouble.BLOCKED: "被对方停用",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """A trouble as it stands: since when, how many letters did not go, and what the provider said last.

    ``good_at``: since when letters go again; ``told_at``: when the keepers were told last; ``tried_at``: when that was
    tried last; ``over_at``: it has ended, and whoever was told of it is to be told so.
    """

    channel: str
    cause: Trouble
    since: datetime
    letters: int
    words: str
    good_at: datetime | None = None
    told_at: datetime | None = None
    tried_at: datetime | None = None
    over_at: datetime | None = None


class Next(StrEnum):
    """What is done about a trouble now."""

    NOTHING = "nothing"
    TELL = "tell"
    OVER = "over"  # letters have gone for long enough
    TELL_END = "tell end"
    FORGET = "forget"  # nobody was told of it, or its end could not be told


def next_of(one: Standing, now: datetime) -> Next:
    """What is done now."""
    if one.over_at is not None:
        if one.told_at is None or now - one.over_at >= FORGET:
            return Next.FORGET
        return Next.TELL_END if _may_try(one, now) else Next.NOTHING
    if one.good_at is not None:
        return Next.OVER if now - one.good_at >= CALM else Next.NOTHING
    due = one.told_at is None or now - one.told_at >= AGAIN
    return Next.TELL if due and _may_try(one, now) else Next.NOTHING


def _may_try(one: Standing, now: datetime) -> bool:
    return one.tried_at is None or now - one.tried_at >= RETRY


def shown(one: Standing, now: datetime, zone: ZoneInfo) -> str:
    """One line for a panel: 短信余额不足,自10:20,已失败14条."""
    failed = f",已失败{one.letters}条" if one.letters else ""
    return f"通知通道{one.channel}{NAMES[one.cause]},自{clock(one.since, now, zone)}{failed}"


def told(one: Standing, now: datetime, zone: ZoneInfo) -> str:
    """What the keepers read."""
    if one.over_at is not None:
        begin, end = clock(one.since, now, zone), clock(one.good_at or one.over_at, now, zone)
        return f"通知通道{one.channel}已恢复({NAMES[one.cause]},自{begin}到{end},共失败{one.letters}条)"
    rest = "" if one.cause is Trouble.LOW else "。这些通知改走下一个通道,没有下一个的已告诉上一级"
    return f"{shown(one, now, zone)}{rest}。对方说:{one.words[:120]}。请尽快处理"


def clock(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """A moment in the county: its day only where that is not today."""
    local = moment.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else f"{local:%m月%d日%H:%M}"
