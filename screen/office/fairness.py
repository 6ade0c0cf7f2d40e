"""The fairness log's routes: the level above reads who let something pass below it, on a page or in a spreadsheet."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from alerts.asks import fairness, fairness_book
from alerts.asks.fairness import Deed, Line
from alerts.asks.fairness_book import Which
from county.values import Level
from screen.access.roles import Right
from screen.access.viewer import Viewer, needs
from screen.desk.ticket import rooms_of
from screen.office.office_shapes import FairnessFilter, FairnessLine
from screen.problems import Problem

MOST_LINES = 100_000  # of one table for a spreadsheet
Reads = Annotated[Viewer, needs(Right.FAIRNESS)]
Takes = Annotated[Viewer, needs(Right.EXPORT)]
router = APIRouter(prefix="/api/v1", tags=["fairness"])


@router.get("/fairness", summary="Who let something pass on the levels below one's own, newest first")
def listed(request: Request, viewer: Reads, which: Annotated[FairnessFilter, Query()]) -> list[FairnessLine]:
    return [_shown(line) for line in _lines(request, viewer, which, which.limit)]


@router.get("/fairness.csv", summary="The same as a table for a spreadsheet", response_class=Response)
def table(request: Request, viewer: Takes, which: Annotated[FairnessFilter, Query()]) -> Response:
    zone = ZoneInfo(viewer.county.calendar.zone)
    data = fairness.as_csv(_lines(request, viewer, which, MOST_LINES), viewer.county.policy.levels, zone)
    headers = {"Content-Disposition": 'attachment; filename="fairness.csv"'}
    return Response(data, media_type="text/csv; charset=utf-8", headers=headers)


def _lines(request: Request, viewer: Viewer, which: FairnessFilter, limit: int) -> list[Line]:
    try:
        deeds = (Deed(which.deed),) if which.deed else ()
    except ValueError as fault:
        raise Problem(422, f"没有“{which.deed}”这个事项") from fault
    levels = (Level(which.level),) if which.level else ()
    areas = (which.area,) if which.area else ()
    asked = Which(areas, levels, deeds, limit, which.offset, viewer.readable)
    return fairness_book.lines(rooms_of(request).book, asked)


def _shown(line: Line) -> FairnessLine:
    one = line.entry
    return FairnessLine(
        n=line.number, at=one.at, deed=one.deed.value, deed_name=one.deed.words, author=one.author.name,
        level=one.author.level.value, area=one.area, place=one.place, ticket=str(one.ticket) if one.ticket else None,
        number=one.number, reason=one.reason, words=one.words,
    )  # fmt: skip
