"""What somebody reports becomes an alarm and a ticket by the same rules as what a camera sees. Pure.

A report is told once, by a person: it opens a ticket, or joins the one that is open at its ground. It never closes one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from alerts.alarms import rules
from alerts.alarms.grounds import Where
from alerts.alarms.opening import Seen, how
from alerts.reports.reporters import Reporter, discreet
from alerts.tickets import photos
from alerts.tickets.doing import Refused, Taken, told
from alerts.tickets.entitled import NotEntitled, duties_today, is_helper, may_inspect
from alerts.tickets.moves import Change, category, noted, plain
from alerts.values import PEOPLE, Decision, Known, Look, Phase, Photo, Source, Ticket
from broker.messages import OF_SENSORS, Kind, State
from county.policy.equipment import OF_EQUIPMENT
from county.snapshot import County
from county.values import Person, Spot

MOST_WORDS, MOST_PHOTOS = 300, 9
TOLD_BY_DEVICES = OF_EQUIPMENT | OF_SENSORS | {Kind.BIN_FULL}  # nobody who passes by can know of these


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody tells: who found it (``source``), which category, where, words, photos; by whom, if they say.

    ``origin`` is shown to everybody: the office that handed a problem down, with its paper's number. ``unsaid``: nobody
    chose the source; where whoever enters it has no duty, it is what any citizen may report.
    """

    source: Source
    what: str
    where: Where
    words: str = ""
    photos: tuple[Taken, ...] = ()
    reporter: Reporter | None = None
    origin: str = ""
    unsaid: bool = False


def checked(report: Report, county: County) -> Report:
    """The report as it may be kept; ``Refused`` for what this county does not know. Personal data leave the words."""
    if report.source not in PEOPLE:
        raise Refused("来源只能是督查、随手拍或上级交办")
    if county.policy.category(report.what) is None:
        raise Refused("没有这个问题类别,请重新选择")
    if report.what in TOLD_BY_DEVICES:
        raise Refused(f"“{category(county, report.what)[0]}”({report.what})只由设备上报,请选择看到的问题类别")
    if len(report.photos) > MOST_PHOTOS:
        raise Refused(f"一次最多交{MOST_PHOTOS}张照片")
    where = replace(report.where, words=discreet(plain(report.where.words), report.reporter)[:60])
    words = discreet(plain(report.words), report.reporter)[:MOST_WORDS]
    return replace(report, where=where, words=words, origin=plain(report.origin)[:60])


def must_enter(county: County, person: Person, source: Source, now: datetime) -> None:
    """Refuse (``NotEntitled``) who has no duty today, and a helper who enters more than a citizen may report."""
    if source is not Source.REPORT and is_helper(county, person.id):
        raise NotEntitled("协管员可以上报,不能录入督查和上级交办")
    if not duties_today(county, person.id, now):
        raise NotEntitled(f"{person.name}今天没有登记职责(可能已卸任或在请假),不能录入")


def entered(report: Report, spot: Spot, county: County, now: datetime) -> Report:
    """The report as its member of the staff may enter it at this place; ``NotEntitled`` for a patrol or an order there.

    For it sends work back that was reported done, which is the right of who answers for the place or stands above it.
    """
    who = report.reporter.person if report.reporter is not None else ""
    own = report.source is not Source.REPORT and who
    if not own or may_inspect(county, who, spot, report.what, now):
        return report
    if report.unsaid:
        return replace(report, source=Source.REPORT)
    raise NotEntitled(f"这个地方今天不归您负责,不能录入{report.source.words};可以作为随手拍上报")


def decide(known: Known, report: Report, spot: Spot, county: County, when: tuple[UUID, datetime]) -> list[Decision]:
    """Open, join or feed; each report leaves a line in the ticket's history and its photos beside it."""
    report_id, now = when
    seen = _seen(known, report, spot, report_id, now)
    decisions = rules.looked(known, seen, spot, county, now)
    ticket = next((one.ticket for one in decisions if one.ticket is not None), None)
    if ticket is None and known.ticket is not None:
        name = category(county, report.what)[0]
        again = noted(known.ticket, Change(now, f"又收到{how(seen)}{name}:{seen.reason}"))
        decisions, ticket = [*decisions, again], again.ticket
    if ticket is None:
        raise Refused("这条反映现在不能受理,请稍后再试")
    return _with_photos(decisions, _photos(report, ticket, county, now))


def _seen(known: Known, report: Report, spot: Spot, report_id: UUID, now: datetime) -> Seen:
    """A look by people; it counts from when it came in, and always after the one before it."""
    at = now if known.look is None else max(now, known.look.at + timedelta(microseconds=1))
    look = Look(report.source.place, spot.id, report.what, at, report_id, 0, State.DIRTY)
    origin = f"({report.origin})" if report.origin else ""
    return Seen(look, f"{report.words or '未写说明'}{origin}", 1.0, 1, False, source=report.source)


def _photos(report: Report, ticket: Ticket, county: County, now: datetime) -> tuple[Photo, ...]:
    place, limits = photos.ground(ticket, county), county.policy.photo
    handed = (told(replace(one, phase=Phase.BEFORE), now, report.source.words) for one in report.photos)
    return tuple(replace(one, doubts=photos.doubts(one, place, limits)) for one in handed)


def _with_photos(decisions: list[Decision], handed: tuple[Photo, ...]) -> list[Decision]:
    """Put the photos to the first decision about the ticket: no other is written with them."""
    if not handed:
        return decisions
    first = next(number for number, one in enumerate(decisions) if one.ticket is not None)
    before, after = decisions[:first], decisions[first + 1 :]
    return [*before, photos.with_photos(decisions[first], handed), *after]
