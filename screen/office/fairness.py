"""The fairness log's route: the level above reads who let something pass below it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from alerts.asks import fairness_book
from alerts.asks.fairness import Deed, Line
from alerts.asks.fairness_book import Which
from county.values import Level
from screen.access.roles import Right
from screen.access.viewer import Viewer, needs
from screen.desk.ticket import rooms_of
from screen.office.office_shapes import FairnessFilter, FairnessLine
from screen.problems import Problem

Reads = Annotated[Viewer, needs(Right.FAIRNESS)]
router = APIRouter(prefix="/api/v1", tags=["fairness"])


@router.get("/fairness", summary="Who let something pass on the levels below one's own, newest first")
def listed(request: Request, viewer: Reads, which: Annotated[FairnessFilter, Query()]) -> list[FairnessLine]:
    return [_shown(line) for line in fairness_book.lines(rooms_of(request).book, asked(viewer, which))]


def asked(viewer: Viewer, which: FairnessFilter) -> Which:
    """Which lines a filter means, of those that a viewer may read; ``Problem`` 422 for a deed that is none."""
    try:
        deeds = (Deed(which.deed),) if which.deed else ()
    except ValueError as fault:
        raise Problem(422, f"没有“{which.deed}”这个事项") from fault
    levels = (Level(which.level),) if which.level else ()
    areas = (which.area,) if which.area else ()
    return Which(areas, levels, deeds, which.limit, which.offset, viewer.readable)


def _shown(line: Line) -> FairnessLine:
    one = line.entry
    return FairnessLine(
        n=line.number, at=one.at, deed=one.deed.value, deed_name=one.deed.words, author=one.author.name,
        level=one.author.level.value, area=one.area, place=one.place, ticket=str(one.ticket) if one.ticket else None,
        number=one.number, reason=one.reason, words=one.words,
    )  # fmt: skip
