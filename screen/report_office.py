"""What the county's staff does with reports and rewards. Who reported is shown only for a reason, and noted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query, Request

from alerts.book import Conflict
from alerts.doing import Refused
from alerts.moves import category
from alerts.report_book import Told
from alerts.report_office import Barred, NoReport
from alerts.rewards import Entry
from alerts.seal import BadSeal
from alerts.values import Who
from alerts.verdicts import Judged, Verdict
from county.snapshot import County
from county.values import Level
from screen.desk import rooms_of
from screen.problems import Problem
from screen.report_shapes import (
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
from screen.session import SignedIn

T = TypeVar("T")
router = APIRouter(prefix="/api/v1", tags=["reports"])


@router.get("/reports", summary="Reports, the newest first; who made them is not here")
def listed(request: Request, _: SignedIn, limit: int = Query(default=100, ge=1, le=500)) -> list[ReportShown]:
    rooms = rooms_of(request)
    county = rooms.county()
    return [_shown(told, judged, county) for told, judged in rooms.report_office.listed(limit)]


@router.post("/reports/{report}/verify", summary="Say whether a report is true; never by who made it")
def verify(report: UUID, body: VerifyBody, request: Request, name: SignedIn) -> ReportShown:
    rooms = rooms_of(request)
    _do(lambda: rooms.report_office.verify(report, Verdict(body.verdict), _who(name), body.words))
    found = _do(lambda: rooms.report_office.one(report))
    return _shown(*found, rooms.county())


@router.post("/reports/{report}/reporter", summary="Who reported: county level, with a reason, written down")
def reveal(report: UUID, body: ReasonBody, request: Request, name: SignedIn) -> ReporterShown:
    who = _do(lambda: rooms_of(request).report_office.reveal(report, _who(name), body.reason))
    return ReporterShown(known=who is not None, name=who.name if who else "", phone=who.phone if who else "")


@router.post("/reports/{report}/forget", summary="Forget who reported, in every report of the same phone")
def forget(report: UUID, body: ReasonBody, request: Request, name: SignedIn) -> Forgotten:
    return Forgotten(reports=_do(lambda: rooms_of(request).report_office.erase(report, _who(name), body.reason)))


@router.get("/rewards", summary="What stands to be granted, and the ledger (of a month like 2026-11, or whole)")
def rewards(request: Request, _: SignedIn, month: str = Query(default="", pattern=r"^(\d{4}-\d{2})?$")) -> Rewards:
    office = rooms_of(request).reward_office
    awards = [
        AwardShown(ticket=str(ticket), report=str(one.report), amount=one.amount, month=one.month, words=one.words)
        for ticket, one in office.awards()
    ]
    return Rewards(awards=awards, ledger=[_line(one) for one in office.ledger(month)])


@router.post("/rewards/{ticket}/{deed}", summary="approve, pay (how), withdraw (why); each once a problem")
def reward(
    ticket: UUID, deed: Literal["approve", "pay", "withdraw"], body: WordsBody, request: Request, name: SignedIn
) -> LedgerLine:
    office = rooms_of(request).reward_office
    acts: dict[str, Callable[[UUID, Who, str], Entry]] = {
        "approve": office.approve, "pay": office.pay, "withdraw": office.withdraw
    }  # fmt: skip
    return _line(_do(lambda: acts[deed](ticket, _who(name), body.words)))


def _who(name: str) -> Who:
    """The account acts for the county."""
    return Who(name, name, "", Level.COUNTY)


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
