"""What stands behind a figure of the wall: the list whose length is that figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request

from alerts.store.behind import Asked, Behind, Entry, Figure
from screen.access.roles import Right
from screen.access.viewer import Viewer, needs
from screen.desk.ticket import rooms_of
from screen.problems import Problem
from screen.wall.behind_shapes import FigureAsked, FigureRow, FigureRows
from screen.wall.composed import severity_of, what_names

Whole = Annotated[Viewer, needs(Right.WALL, whole=True)]
router = APIRouter(prefix="/api/v1", tags=["wall"])


@router.get("/figures/{figure}", summary="What a figure of the wall counts, as a list")
def behind(
    figure: str,
    request: Request,
    _: Whole,
    which: Annotated[FigureAsked, Query()],
) -> FigureRows:
    """The total is counted by the same condition as the figure on the wall; ``limit=0`` gives only the total."""
    rooms = rooms_of(request)
    asked = _asked(figure, which)
    listed, now = Behind(rooms.book).of(asked, rooms.now()), rooms.now()
    names = what_names(rooms.county())
    return FigureRows(
        figure=asked.figure.value, total=listed.total, rows=listed.rows, now=now,
        shown=[_row(entry, names) for entry in listed.entries],
    )  # fmt: skip


def _asked(figure: str, which: FigureAsked) -> Asked:
    try:
        named = Figure(figure)
    except ValueError as fault:
        raise Problem(404, f"大屏上没有“{figure}”这个数") from fault
    return Asked(
        named, which.scope, tuple(which.kind), which.hour, which.hours, which.severity, which.rung, which.limit,
        which.offset,
    )  # fmt: skip


def _row(entry: Entry, names: Mapping[str, str]) -> FigureRow:
    line, what = entry.line, entry.kind or entry.line.what
    return FigureRow(
        ticket=str(line.id), code=line.number, at=entry.first_at or line.at, severity=severity_of(line.severity),
        what=what, what_name=names.get(what, what), place=f"{line.place} {line.spot_name}".strip(),
        state=line.status.value, state_name=line.status_name, level=line.level, due_at=line.due_at,
        overdue=line.overdue and line.status.is_open, in_time=entry.in_time, closed_at=entry.closed_at,
        looks=entry.looks,
    )  # fmt: skip
