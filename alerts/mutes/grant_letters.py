"""Whoever may grant a mute that waits is told of it, and told again: at first soon, then at most once a day. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.mutes.mute_acts import may_grant
from alerts.mutes.mutes import Hold, Mute
from alerts.tickets.moves import category, identity, local_day, rank
from alerts.values import Decision, Notice, Purpose, Who, Word
from county.snapshot import County

DAY = timedelta(days=1)


def described(mute: Mute, county: County) -> str:
    """What a mute holds back, in words."""
    names = "、".join(category(county, code)[0] for code in mute.categories) or "所有类别"
    until = mute.end_at.astimezone(ZoneInfo(county.calendar.zone))
    daily = f",每天 {mute.daily[0]:%H:%M} 到 {mute.daily[1]:%H:%M}" if mute.daily else ""
    works = "管控" if mute.works else "静默"
    return f"第{mute.number}号{works},{names},到 {until:%m月%d日 %H:%M} 为止{daily}"


def is_due(mute: Mute, now: datetime) -> bool:
    """Whether somebody is to be told (again) that a mute waits for a grant."""
    return mute.hold is Hold.ASKED and now < mute.end_at and (mute.next_at is None or mute.next_at <= now)


def told(mute: Mute, county: County, now: datetime) -> tuple[Mute, Decision | None]:
    """The mute after its next round, and the notice of it; None where nobody who may grant it is on duty."""
    pause = min(timedelta(seconds=county.policy.reminder_s) * 2 ** min(mute.round, 20), DAY)
    after = replace(mute, next_at=now + pause)
    who = grantor(mute, county, now)
    if who is None:
        return after, None
    after = replace(after, round=mute.round + 1)
    words = f"{described(mute, county)},等{who.name}批准"
    return after, Decision(Word.NOTED, words, notices=tuple(_letters(after, who, county)))


def grantor(mute: Mute, county: County, now: datetime) -> Who | None:
    """The first on duty of the lowest rung that may grant a mute; None where there is nobody."""
    ladder, day = county.policy.ladder, local_day(county, now)
    upward = [level for level in ladder if rank(level) > rank(mute.author.level)]
    for level in upward or ladder[-1:]:
        for person in county.responsibles(mute.region, level, day, mute.scope.spot or mute.scope.device):
            who = Who(person.id, person.name, person.phone, level)
            if may_grant(mute, who, county, now):
                return who
    return None


def _letters(mute: Mute, who: Who, county: County) -> Iterator[Notice]:
    again = ",再次提醒" if mute.round > 1 else ""
    author = f"{mute.author.name}({county.policy.levels.rung(mute.author.level)})"
    words = f"【净村】{mute.place} {author}申请{described(mute, county)}。原因:{mute.reason}。"
    words += f"请批准或不批准{again};没有批准以前照常报警。"
    about = identity("mute", county.code, mute.number)
    for channel in county.routes(who.level, who.id):
        notice = identity("mute notice", about, mute.round, who.id, channel)
        yield Notice(notice, about, who.level, mute.round, who, channel, Purpose.GRANT, words, mute=mute.number)
