"""The published red and black lists for public LED screens: names of villages, places and points; no words, no person.

Read anew each time and kept by nobody, so that a list that was withdrawn is gone with the next question.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from alerts.lists.reckoning import Colour
from alerts.lists.village_list import VillageList
from screen.desk.photo_shapes import Sha
from screen.desk.ticket import rooms_of
from screen.office.lists import file_of, office_of
from screen.problems import Problem
from screen.shapes import Shape
from screen.wall.board import SHUT

router = APIRouter(prefix="/api/v1/public/lists", tags=["board"])


class BoardVillage(Shape):
    place: int
    name: str
    points: float
    picture: str | None


class BoardList(Shape):
    """A published list; ``black`` is empty unless the county makes it public."""

    area: str
    month: str
    red: list[BoardVillage]
    black: list[BoardVillage]


@router.get("", summary="The published red and black lists for public LED screens: villages only, no login")
def lists(request: Request, response: Response) -> list[BoardList]:
    response.headers["Cache-Control"] = "no-store"
    return [
        BoardList(area=one.area_name, month=one.month, red=_part(one, Colour.RED), black=_part(one, Colour.BLACK))
        for one in _public(request)
    ]


@router.get("/pictures/{sha256}", summary="A picture of a published list", response_class=FileResponse)
def picture(sha256: Sha, request: Request) -> FileResponse:
    if all(line.picture != sha256 for one in _public(request) for line in one.lines):
        raise Problem(404, "没有这张图片")
    return file_of(rooms_of(request), sha256)


def _public(request: Request) -> list[VillageList]:
    if not request.app.state.settings.public_board:
        raise Problem(404, SHUT)
    return office_of(rooms_of(request)).public()


def _part(one: VillageList, colour: Colour) -> list[BoardVillage]:
    return [
        BoardVillage(place=each.place, name=each.name, points=each.points, picture=each.picture)
        for each in one.lines if each.colour is colour
    ]  # fmt: skip
