"""From a ticket to its rectification notice: who may issue it, to whom, until when. Pure.

``NotIssued`` says in Chinese why a notice cannot be issued.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.papers.rectification import Found, Ground, Named, NotIssued, Rectification, Shown, Standing, standing
from alerts.papers.wording import time_words
from alerts.store.queries import Shot
from alerts.tickets.entitled import levels_over
from alerts.tickets.moves import Change, category, due, first_person, noted
from alerts.values import PEOPLE, Clock, Decision, Source, Status, Ticket, Who
from broker.messages import OF_BINS
from county.snapshot import County
from county.values import Level, Person

KIND = "rectification"
_TO_PUT_RIGHT = frozenset({Status.DISPATCHED, Status.ACCEPTED, Status.ON_SITE})
_LONGEST = timedelta(days=366)
_RUNGS = tuple(Level)  # lowest first
_DROPPED = frozenset({Status.NOT_FILED, Status.FORCED, Status.DROPPED})
_HOW = {
    Source.CAMERA: "视频巡查", Source.SENSOR: "传感器监测", Source.PATROL: "现场督查", Source.REPORT: "群众反映",
    Source.SUPERIOR: "上级交办", Source.EQUIPMENT: "设备自检",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody wants to issue a notice now: ``by`` is an id of people.csv; ``due_at`` a deadline of his own choice."""

    by: str
    now: datetime
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What makes a notice the same notice: who issues it, to whom, until when."""

    issuer: Person
    person: Person
    due_at: datetime


def terms(ticket: Ticket, county: County, wish: Wish) -> Terms:
    """Settle who issues a notice to whom until when; ``NotIssued`` where one of them is missing or not entitled."""
    if ticket.status not in _TO_PUT_RIGHT:
        raise NotIssued(f"工单{ticket.status.words}，现在不能签发整改通知书")
    issuer, level = _issuer(ticket, county, wish)
    person = _person(ticket, county, issuer, level, wish.now)
    if person is None:
        raise NotIssued("整改通知书不能签发：没有明确的整改责任人，请先在责任名单中落实到人")
    return Terms(issuer, person, _until(ticket, county, wish))


def _until(ticket: Ticket, county: County, wish: Wish) -> datetime:
    until = wish.due_at or deadline(ticket, county)
    if until is None:
        raise NotIssued("整改通知书不能签发：没有整改期限")
    if until.tzinfo is None:
        raise NotIssued("整改通知书不能签发：时间没有写明时区")
    if until > wish.now + _LONGEST:
        raise NotIssued("整改通知书不能签发：整改期限最长一年")
    return until


def deadline(ticket: Ticket, county: County) -> datetime | None:
    """Until when the ticket wants it put right: the limit that runs, or the one after accepting at the last moment."""
    if ticket.due_at is None or ticket.due_clock is not Clock.ACCEPT:
        return ticket.due_at
    return due(county, "handle", ticket, ticket.person.level, ticket.due_at)


def written(
    ticket: Ticket, county: County, agreed: Terms, numbered: tuple[str, datetime], shot: Shot | None
) -> Rectification:
    """The notice itself under its number and moment of issue."""
    number, now = numbered
    scene, paper = ticket.scene, county.policy.paper
    names = "、".join(dict.fromkeys(_plain_name(county, kind) for kind in ticket.kinds))
    severity = county.policy.severities.get(ticket.severity, ticket.severity)
    return Rectification(
        number, ticket.number, now, agreed.due_at, paper.issuer or agreed.issuer.unit,
        Named(agreed.person.name, agreed.person.unit), Ground(scene.place_name, scene.spot_name),
        Found(names, _plain_name(county, ticket.what), severity, ticket.seen_at, _HOW[ticket.source]), paper.demands,
        _shown(ticket, county, shot) if shot else None, county.calendar.zone,
    )  # fmt: skip


def code_of(county: County) -> str:
    """What the county's numbers begin with."""
    return county.policy.paper.code or f"{county.name[:1]}环整"


def issued(ticket: Ticket, paper: Rectification, issuer: Person) -> Decision:
    """The note in the ticket's history; its clocks go on as they are."""
    until = time_words(paper.due_at, paper.zone)
    words = f"{issuer.name}签发《整改通知书》{paper.number},责任人{paper.person.name},期限{until}"
    return noted(ticket, Change(paper.issued_at, words, issuer.name))


def stands(due_at: datetime, ticket: Ticket, now: datetime) -> Standing:
    """How a notice of a ticket stands: put right is what was reported done and held in the check."""
    done_at = (ticket.done_at or ticket.closed_at) if not ticket.is_open else None
    return standing(due_at, now, done_at, ticket.status in _DROPPED)


def _issuer(ticket: Ticket, county: County, wish: Wish) -> tuple[Person, Level]:
    """Who answers today for the ground and category on a level above the village may issue, and nobody else."""
    person = county.people.get(wish.by)
    if person is None:
        raise NotIssued(f"人员名单中没有编号“{wish.by}”，不能签发")
    levels = [one for one in levels_over(county, person.id, ticket, wish.now) if one is not Level.VILLAGE]
    if not levels:
        raise NotIssued(f"{person.name}不是这个地点的乡镇级或者县级责任人，不能签发整改通知书")
    return person, levels[-1]


def _person(ticket: Ticket, county: County, issuer: Person, level: Level, now: datetime) -> Person | None:
    """Who must put it right: who has the ticket; where that is the issuer himself, who answers below him."""
    who: Who | None = ticket.person
    if ticket.person.id == issuer.id:
        below = tuple(rung for rung in county.policy.ladder if _RUNGS.index(rung) < _RUNGS.index(level))
        who = first_person(county, ticket.area, below, now, frozenset({issuer.id}))
    return county.people.get(who.id) if who else None


def _plain_name(county: County, kind: str) -> str:
    known = county.policy.category(kind)
    return known.name if known else category(county, kind)[0]


def _shown(ticket: Ticket, county: County, shot: Shot) -> Shown:
    device = county.device(shot.device)
    unreal = "模拟读数" if OF_BINS.issuperset(ticket.kinds) else "渲染画面"
    remark = f"（{unreal}，仅供演示）" if ticket.rendered else ""
    by_people = shot.device in {source.place for source in PEOPLE}  # who took it is nobody's business on a paper
    name = "" if by_people else device.name if device else shot.device
    return Shown(shot.sha256, None, name, remark)
