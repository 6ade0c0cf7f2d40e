"""The public board for LED screens: counts and the townships' ranking, without a login, a person, a place or a picture.

It tells less than the wall and nothing else: it is cut out of the wall's own JSON, made every two seconds at most
for all, so strangers cost the database nothing. A county opens it by its own settings. Red and black lists that were
approved and published are asked for apart: ``screen/wall/board_lists.py``.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from screen.problems import Problem
from screen.shapes import Shape
from screen.wall.looks import broadcast_of

SHUT = "公示屏没有开通：请管理员在 server.toml 的 [screen] 里写 public_board = true，再重启"
router = APIRouter(prefix="/api/v1/public", tags=["board"])


class BoardRank(Shape):
    name: str
    score: float | None
    open: int
    closed: int
    overdue: int


class BoardCategory(Shape):
    name: str
    count: int


class Board(Shape):
    """What the public reads: today's counts, and of the last ``days`` the ranking (best first) and the categories."""

    now: datetime
    county: str
    rendered: bool
    days: int
    today: int
    closed_today: int
    working: int
    on_time_percent: float | None
    ranking: list[BoardRank]
    categories: list[BoardCategory]


@router.get("/board", summary="Counts and ranking for public LED screens: no login, nothing personal")
def board(request: Request, response: Response) -> Board:
    if not request.app.state.settings.public_board:
        raise Problem(404, SHUT)
    response.headers["Cache-Control"] = "public, max-age=10"
    return board_of(json.loads(broadcast_of(request).wall()))


def board_of(wall: dict[str, Any]) -> Board:
    """Cut the public part out of the wall's JSON."""
    kpi = wall["kpi"]
    return Board(
        now=wall["now"], county=wall["county"]["name"], rendered=wall["rendered"], days=wall["funnel"]["days"],
        today=kpi["today"], closed_today=kpi["closed_today"],
        working=kpi["waiting"] + kpi["handling"] + kpi["checking"], on_time_percent=kpi["on_time_percent"],
        ranking=[BoardRank.model_validate(one) for one in wall["ranking"]],
        categories=[BoardCategory.model_validate(one) for one in wall["categories"]],
    )  # fmt: skip
