"""How a ticket changes: the one place that builds a new version of it, its history row and its notices. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from alerts import phrases
from alerts.values import Decision, History, Notice, Purpose, Recheck, Stage, Status, Ticket, Who, Word
from broker.messages import OF_BINS
from county.policy import Limit, Severity
from county.policy import Recheck as ProofPolicy
from county.policy import Stage as LimitStage
from county.snapshot import County
from county.values import DeviceKind, Level, Spot

SYSTEM = "系统"
DESK_ID = "duty-desk"
DESK = "县级值班室"  # takes a ticket where nobody at all is registered; the auditor reports it
Area = tuple[str, str] | tuple[str, str, str]  # region code, spot id, and category (none: whoever answers for all)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_UNSEEN = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)  # Default_Ignorable_Code_Point of Unicode 16, the blank of Braille and the marks of annotations
_SPACE = UUID("6f0c3c1e-2f61-5d0e-8a60-0d5f0a6f2a11")
_FALLBACK = timedelta(hours=24)
WORKING = frozenset({Status.ACCEPTED, Status.ON_SITE})


@dataclass(frozen=True, slots=True)
class Change:
    """The cause of a move: when, why (plain Chinese), and who did it."""

    now: datetime
    why: str
    by: str = SYSTEM


def plain(text: str) -> str:
    """Words that came from outside, without what nobody can see: no word, place or reason consists of that.

    Control characters (no database stores NUL) and line breaks become blanks, invisible ones leave nothing behind.
    """
    return " ".join(_CONTROL.sub(" ", _UNSEEN.sub("", text)).split())


def identity(*parts: object) -> UUID:
    """Mint the id that these parts always give, so that a repeated decision writes nothing twice."""
    return uuid5(_SPACE, "|".join(str(part) for part in parts))


def moved(ticket: Ticket, change: Change, **changes: Any) -> Decision:
    """Change a ticket: next version and its history row. Without a new status it is a note."""
    after = _heard(ticket, replace(ticket, version=ticket.version + 1, **changes), change)
    row = History(
        ticket.status.words, after.status.words, after.stage, change.now, change.why, change.by,
        after.person.name, after.level, after.severity, after.due_at, after.due_clock,
        after.next_at if after.flaps.clean_at is not None else None,
    )  # fmt: skip
    return Decision(Word.MOVED, change.why, ticket=after, history=row)


def _heard(before: Ticket, after: Ticket, change: Change) -> Ticket:
    """What whoever must act did is a sign of life, whatever it is; a question about it is not sent any more."""
    pulse = after.pulse
    if change.by == after.person.name:
        asked = pulse.asked_at is not None and not after.overdue and {before.status, after.status} <= WORKING
        heard = replace(after, pulse=pulse.heard(change.now), calling=after.calling and not asked)
        return replace(heard, next_at=after.due_at) if reminded_early(before) and reminded_early(after) else heard
    if before.person.id != after.person.id and pulse == before.pulse:
        return replace(after, pulse=pulse.called())
    return after


def reminded_early(ticket: Ticket) -> bool:
    """Whether who works on it is reminded before their limit, for it has become worse and they were not heard since."""
    if ticket.next_at is None or ticket.due_at is None:
        return False
    return ticket.status in WORKING and ticket.next_at < ticket.due_at


def noted(ticket: Ticket, change: Change, **changes: Any) -> Decision:
    """Write a note into a ticket's history without changing its state."""
    return replace(moved(ticket, change, **changes), word=Word.NOTED)


def closed(ticket: Ticket, change: Change, **changes: Any) -> list[Decision]:
    """End a ticket, and assess it: how long, in time or not, how often reworked."""
    in_time = not ticket.overdue
    end = moved(
        ticket, change, stage=Stage.CHECKING, closed_at=change.now, calling=False, due_at=None, due_clock=None,
        next_at=None, command=None, in_time=in_time, **changes,
    )  # fmt: skip
    assert end.ticket is not None
    words = f"用时 {_spent(change.now - ticket.opened_at)},{'按时' if in_time else '超期'},返工 {ticket.reworks} 次"
    return [end, noted(end.ticket, Change(change.now, words), stage=Stage.ASSESSED)]


def _spent(time: timedelta) -> str:
    """A length of time as people say it: minutes up to an hour and a half, then hours."""
    minutes = time / timedelta(minutes=1)
    return f"{max(1, round(minutes))} 分钟" if minutes < 90 else f"{minutes / 60:.1f} 小时"


def local_day(county: County, now: datetime) -> date:
    """The calendar day of the county."""
    return now.astimezone(ZoneInfo(county.calendar.zone)).date()


def people_at(county: County, area: Area, level: Level, now: datetime) -> tuple[Who, ...]:
    """Who answers for an area on one rung now: who is on duty (值班), then the first of the duties before deputies."""
    region, spot, *what = area
    answering = county.responsibles(region, level, local_day(county, now), spot, *what)
    people = dict.fromkeys((*county.on_duty(region, level, now, spot), *answering))
    return tuple(Who(person.id, person.name, person.phone, level) for person in people)


def person_at(county: County, area: Area, level: Level, now: datetime) -> Who | None:
    """Who answers for an area on one rung now."""
    return next(iter(people_at(county, area, level, now)), None)


def first_person(
    county: County, area: Area, levels: tuple[Level, ...], now: datetime, but: frozenset[str] = frozenset()
) -> Who | None:
    """Find the first person from these rungs upwards, deputies included, who is none of ``but`` (ids of people)."""
    found = (who for level in levels for who in people_at(county, area, level, now))
    return next((who for who in found if who.id not in but), None)


def desk(county: County) -> Who:
    """Who stands in where no person is registered on any rung."""
    ladder = county.policy.ladder
    return Who(DESK_ID, DESK, "", Level.COUNTY if Level.COUNTY in ladder else ladder[-1])


def meant_for(who: Who, county: County) -> Level | None:
    """The rung a new ticket is meant for, where a gap sent it higher; None where it has come to it."""
    lowest = county.policy.ladder[0]
    return None if who.level is lowest and who.id != DESK_ID else lowest


def due(county: County, stage: LimitStage, ticket: Ticket, level: Level, now: datetime) -> datetime:
    """When a stage that starts now must be over; a stage without a limit of its own takes that of ``handle``."""
    own = runs_out(county, stage, ticket, level, now)
    return own or runs_out(county, "handle", ticket, level, now) or now + _FALLBACK


def runs_out(county: County, stage: LimitStage, ticket: Ticket, level: Level, now: datetime) -> datetime | None:
    """When the stage's own limit runs out, if it has one; what came back (反弹) may have less time."""
    limit = limit_at(county, stage, ticket, level)
    return limit.due(now, county.calendar) if limit is not None else None


def limit_at(county: County, stage: LimitStage, ticket: Ticket, level: Level) -> Limit | None:
    """The stage's own limit on a level, if it has one, shortened for what came back."""
    limit = county.limit(stage, level, ticket.what, ticket.scene.zone, ticket.severity)
    share = county.policy.relapse.limit_share if ticket.relapse else 1
    return limit if limit is None or share == 1 else limit.model_copy(update={"value": limit.value * share})


def reminder(ticket: Ticket, county: County) -> timedelta:
    """After how long without an answer the next letter goes out."""
    policy = county.policy
    return timedelta(seconds=policy.remind.every_s.get(ticket.severity, policy.reminder_s))


def above(county: County, level: Level) -> tuple[Level, ...]:
    """The rungs over this level, lowest first; the level itself need not be one of them (any more)."""
    return tuple(rung for rung in county.policy.ladder if rank(rung) > rank(level))


def up_to(county: County, level: Level) -> tuple[Level, ...]:
    """The rungs that are not over this level, lowest first."""
    return tuple(rung for rung in county.policy.ladder if rank(rung) <= rank(level))


def rank(level: Level) -> int:
    """How high a level stands; a higher one has the greater number."""
    return list(Level).index(level)


def category(county: County, what: str) -> tuple[str, Severity]:
    """Name (with its remark: how far it may be believed) and severity of an alarm kind in this county."""
    known = county.policy.category(what)
    if known is None:
        return what, "major"
    return f"{known.name}({known.remark})" if known.remark else known.name, known.severity


def notices(ticket: Ticket, purpose: Purpose, county: County, to: Who | None = None) -> tuple[Notice, ...]:
    """One notice a channel to the person who must act (or ``to``), for the ticket's present level and round."""
    words = letter(ticket, phrases.ask(purpose, ticket.severity), county, phrases.do(purpose, ticket.severity) + ":")
    who = to or ticket.person
    return addressed(ticket, purpose, who, words, county.routes(ticket.level, who.id))


def addressed(ticket: Ticket, purpose: Purpose, who: Who, words: str, routes: tuple[str, ...]) -> tuple[Notice, ...]:
    """These words to one person, one notice a route, for the ticket's present level and round."""
    return tuple(
        Notice(
            identity("notice", ticket.id, ticket.level, ticket.round, who.id, route),
            ticket.id, ticket.level, ticket.round, who, route, purpose, words,
        )
        for route in routes
    )  # fmt: skip


def camera_of(ticket: Ticket, county: County) -> Spot | None:
    """The spot by which a camera sees the site of a ticket: its own, else another on the same ground."""
    seen = [spot for spot in county.on_ground(ticket.scene.site) if _is_camera(county, spot)]
    return next((spot for spot in seen if spot.device == ticket.scene.place), seen[0] if seen else None)


def proof(ticket: Ticket, county: County) -> ProofPolicy:
    """How the site of a ticket is looked at again."""
    return county.recheck_at(ticket.scene.region, ticket.scene.place, ticket.scene.spot)


def _is_camera(county: County, spot: Spot) -> bool:
    device = county.device(spot.device)
    return device is not None and device.kind is DeviceKind.CAMERA


def recheck(ticket: Ticket, camera: Spot, county: County, now: datetime) -> Recheck:
    """Ask for one more look; a site with one kind of dirt is asked about that kind, else about all."""
    expires = now + timedelta(seconds=proof(ticket, county).expires_s)
    what = ticket.kinds[0] if len(ticket.kinds) == 1 else None
    command = identity("recheck", ticket.id, ticket.round, ticket.tries + 1, now.isoformat())
    device = county.device(camera.device)
    speaker = device.speaker if device is not None else camera.device
    return Recheck(command, speaker, camera.id, what, now, expires)


def letter(ticket: Ticket, ask: str, county: County, do: str = "") -> str:
    """What a notice says: what to do, where, about what, until when; ``ask`` may name {due}, {person} and {status}."""
    names = "、".join(dict.fromkeys(category(county, kind)[0] for kind in ticket.kinds))
    severity = county.policy.severities.get(ticket.severity, "")
    limit = _limit_words(ticket, ZoneInfo(county.calendar.zone))
    ask = ask.format(due=limit, person=ticket.person.name, status=ticket.status.words)
    unreal = "(模拟读数)" if OF_BINS.issuperset(ticket.kinds) else "(渲染画面)"
    scene = unreal if ticket.rendered else ""
    back = f"(反弹,第{ticket.relapse}次)" if ticket.relapse else ""
    where = f"{ticket.scene.place_name} {ticket.scene.spot_name}"
    return phrases.sentence(severity, f"{do}{where}", f"{names}{back}{scene}", ask)


def _limit_words(ticket: Ticket, zone: ZoneInfo) -> str:
    """When it is due, as people read it; with seconds where minutes would say nothing (the demo's limits)."""
    if ticket.due_at is None:
        return "尽快"
    short = ticket.due_at - ticket.opened_at < timedelta(minutes=10)
    return f"{ticket.due_at.astimezone(zone):{'%H:%M:%S' if short else '%m月%d日 %H:%M'}}"
