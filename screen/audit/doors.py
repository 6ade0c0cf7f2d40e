"""The register's routes, for auditors: a page of rows, the chain verified, and a table for a spreadsheet."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from alerts.register.deeds import Deed
from alerts.register.register import Row, Which
from alerts.register.sentences import Names, sentence
from alerts.register.tabling import as_csv, more_of, name_of, words_of
from screen.access.roles import Right
from screen.access.session import gate_of
from screen.access.viewer import Viewer, needs
from screen.audit.register_shapes import (
    ChainShown,
    DeedShown,
    RegisterAsked,
    RegisterForm,
    RegisterPage,
    RegisterRow,
)
from screen.desk.ticket import rooms_of
from screen.next_page import tell_next

MOST_ROWS = 100_000  # of one table for a spreadsheet
Why = Annotated[str, Query(min_length=2, max_length=300, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]
router = APIRouter(prefix="/api/v1/register", tags=["register"])


@router.get("", summary="Who did and looked at what, newest first")
def listed(
    request: Request,
    response: Response,
    viewer: Annotated[Viewer, needs(Right.AUDIT)],
    asked: Annotated[RegisterAsked, Query()],
) -> RegisterPage:
    register = rooms_of(request).register
    rows = register.rows(_which(asked))
    more = rows[-1].n if len(rows) == asked.limit else None
    tell_next(request, response, before=more)
    names = _names(request, viewer)
    return RegisterPage(rows=[_shown(row, names) for row in rows], next=more, head=str(register.head()))


@router.get("/form", summary="What there is to choose from: deeds by code and name")
def form(_: Annotated[Viewer, needs(Right.AUDIT)]) -> RegisterForm:
    return RegisterForm(deeds=[DeedShown(code=one, name=one.words) for one in Deed])


@router.get("/chain", summary="Walk the whole chain: whether every row is as it was written")
def chain(request: Request, _: Annotated[Viewer, needs(Right.AUDIT)]) -> ChainShown:
    verdict = rooms_of(request).register.verify()
    broken = verdict.broken
    words = f"从第 {broken.n} 条起对不上：有人改过、删过或换过" if broken else f"{verdict.rows} 条全部核对无误"
    return ChainShown(rows=verdict.rows, head=str(verdict.head), broken=broken.n if broken else None, words=words)


@router.get("/table.csv", summary="The same as a table; says why, and is itself a row", response_class=Response)
def table(
    request: Request, viewer: Annotated[Viewer, needs(Right.AUDIT)], asked: Annotated[RegisterAsked, Query()],
    reason: Why,
) -> Response:  # fmt: skip
    rows = rooms_of(request).register.rows(replace(_which(asked), limit=MOST_ROWS))
    headers = {"Content-Disposition": 'attachment; filename="register.csv"'}
    data = as_csv(rows, ZoneInfo(viewer.county.calendar.zone), _names(request, viewer))
    return Response(data, media_type="text/csv; charset=utf-8", headers=headers)


def _which(asked: RegisterAsked) -> Which:
    return Which(asked.account, asked.deed, asked.subject, asked.since, asked.until, asked.before, asked.limit)


def _names(request: Request, viewer: Viewer) -> Names:
    """What people call an account, a person or a device, by its id, as the county and the accounts say today."""
    county, kept = viewer.county, gate_of(request).account.named
    accounts = {one.person: one.name for one in kept.listed() if one.name}
    people = {one.id: one.name for one in county.people.values()}
    return accounts | people | {one.id: one.name for one in county.content.devices}


def _shown(row: Row, names: Names) -> RegisterRow:
    return RegisterRow(
        n=row.n, at=row.at, deed=row.said("deed"), deed_name=words_of(row), account=row.said("account"),
        name=name_of(row, names), unit=row.said("unit"), role=row.said("role"), source=row.said("source"),
        kind=row.said("kind"), subject=row.said("subject"), reason=row.said("reason"), content=row.said("+content"),
        words=sentence(row, names),
        more=more_of(row), hash=row.hash,
    )  # fmt: skip
