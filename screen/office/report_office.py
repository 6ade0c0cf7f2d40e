"""What the county's staff does with reports and rewards. Who reported is shown only for a reason, and noted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query, Request

from alerts.reports.report_book import Told
from alerts.reports.report_office import MAY_SEE, Barred, NoReport
from alerts.reports.rewards import Entry
from alerts.reports.seal import BadSeal
from alerts.store.book import Conflict
from alerts.tickets.doing import Refused
from alerts.tickets.entitled import NotEntitled, acting
from alerts.tickets.moves import category
from alerts.tickets.verdicts import Judged, Verdict
from alerts.values import Who
from county.snapshot import County
from screen.access.roles import Right
from screen.access.viewer import Viewer, must_see, needs, seen
from screen.desk.ticket import rooms_of
from screen.problems import Problem
from screen.reports.report_shapes import (
    AwardShown,
    Forgotten,
    LedgerLine,
    ReasonBody,
    ReporterShown,
    ReportShown,
    Rewards,
    VerifyBody,
    WordsBody,
)
from screen.rooms import Rooms

LOOK, MOST_LOOKS = 500, 20  # reports that are looked through at once, and how often
T = TypeVar("T")
Reads = Annotated[Viewer, needs(Right.TICKETS)]
Acts = Annotated[Viewer, needs(Right.ACT)]
router = APIRouter(prefix="/api/v1", tags=["reports"])


@router.get("/reports", summary="Reports of one's own area, the newest first; who made them is not here")
def listed(request: Request, viewer: Reads, limit: int = Query(default=100, ge=1, le=500)) -> list[ReportShown]:
    rooms = rooms_of(request)
    found: list[ReportShown] = []
    before = None
    for _ in range(MOST_LOOKS):  # the newest of the county may all lie elsewhere
        page = rooms.report_office.listed(LOOK, before)
        found += [_shown(told, judged, viewer.county) for told, judged in page if seen(rooms, viewer, told.ticket)]
        if len(page) < LOOK or len(found) >= limit:
            break
        before = page[-1][0].at
    return found[:limit]


@router.post("/reports/{report}/verify", summary="Say whether a report is true; never by who made it")
def verify(report: UUID, body: VerifyBody, request: Request, viewer: Acts) -> ReportShown:
    rooms = rooms_of(request)
    who = _reporting(rooms, viewer, report)
    _do(lambda: rooms.report_office.verify(report, Verdict(body.verdict), who, body.words))
    return _shown(*rooms.report_office.one(report), viewer.county)


@router.post("/reports/{report}/reporter", summary="Who reported: county level, with a reason, written down")
def reveal(report: UUID, body: ReasonBody, request: Request, viewer: Acts) -> ReporterShown:
    rooms = rooms_of(request)
    by = _reporting(rooms, viewer, report)
    who = _do(lambda: rooms.report_office.reveal(report, by, body.reason))
    return ReporterShown(known=who is not None, name=who.name if who else "", phone=who.phone if who else "")


@router.post("/reports/{report}/forget", summary="Forget who reported, in every report of the same phone")
def forget(report: UUID, body: ReasonBody, request: Request, viewer: Acts) -> Forgotten:
    rooms = rooms_of(request)
    by = _reporting(rooms, viewer, report)
    return Forgotten(reports=_do(lambda: rooms.report_office.erase(report, by, body.reason)))


@router.get("/rewards", summary="What stands to be granted, and the ledger (of a month like 2026-11, or whole)")
def rewards(request: Request, viewer: Reads, month: str = Query(default="", pattern=r"^(\d{4}-\d{2})?$")) -> Rewards:
    if viewer.person is not None and not set(viewer.levels) & set(MAY_SEE):
        raise Problem(403, "奖励由县级办理")
    rooms = rooms_of(request)
    awards = [
        AwardShown(ticket=str(ticket), report=str(one.report), amount=one.amount, month=one.month, words=one.words)
        for ticket, one in rooms.reward_office.awards() if seen(rooms, viewer, ticket)
    ]  # fmt: skip
    ledger = [_line(one) for one in rooms.reward_office.ledger(month) if seen(rooms, viewer, one.ticket)]
    return Rewards(awards=awards, ledger=ledger)


@router.post("/rewards/{ticket}/{deed}", summary="approve, pay (how), withdraw (why); each once a problem")
def reward(
    ticket: UUID, deed: Literal["approve", "pay", "withdraw"], body: WordsBody, request: Request, viewer: Acts
) -> LedgerLine:
    rooms = rooms_of(request)
    office, by = rooms.reward_office, _acting(rooms, viewer, ticket)
    acts: dict[str, Callable[[UUID, Who, str], Entry]] = {
        "approve": office.approve, "pay": office.pay, "withdraw": office.withdraw
    }  # fmt: skip
    return _line(_do(lambda: acts[deed](ticket, by, body.words)))


def _acting(rooms: Rooms, viewer: Viewer, ticket: UUID) -> Who:
    """The person as who acts at the place of a ticket: on their highest level over it."""
    found = must_see(rooms, viewer, ticket)
    person = viewer.must_be_person()
    try:
        return acting(viewer.county, person, found, rooms.now())
    except NotEntitled as fault:
        raise Problem(403, str(fault)) from fault


def _reporting(rooms: Rooms, viewer: Viewer, report: UUID) -> Who:
    told, _ = _do(lambda: rooms.report_office.one(report))
    return _acting(rooms, viewer, told.ticket)


def _do(act: Callable[[], T]) -> T:
    """Do something, or refuse with what it says."""
    try:
        return act()
    except NoReport as fault:
        raise Problem(404, str(fault)) from fault
    except Barred as fault:
        raise Problem(403, str(fault)) from fault
    except Refused as fault:
        raise Problem(409, str(fault)) from fault
    except Conflict as fault:
        raise Problem(409, "有人刚刚也在办理，请看一下再操作") from fault
    except BadSeal as fault:
        raise Problem(409, "反映人信息是用另一把密钥加密的，请先恢复原来的密钥文件") from fault


def _shown(told: Told, judged: Judged | None, county: County) -> ReportShown:
    return ReportShown(
        id=str(told.id), at=told.at, source=told.source.value, source_name=told.source.words, what=told.what,
        what_name=category(county, told.what)[0], place=county.place_name(told.region), words=told.words,
        origin=told.origin, ticket=str(told.ticket), new=told.opened, named=told.reporter is not None,
        verdict=judged.verdict.value if judged else None,
    )  # fmt: skip


def _line(entry: Entry) -> LedgerLine:
    return LedgerLine(
        n=entry.number, ticket=str(entry.ticket), report=str(entry.report), deed=entry.deed.value,
        deed_name=entry.deed.words, amount=entry.amount, month=entry.month, by=entry.by, at=entry.at,
        words=entry.words,
    )  # fmt: skip
