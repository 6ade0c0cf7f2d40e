"""The routes of the red and black lists: drawn up, edited, objected to, approved, published, withdrawn.

Who answers for the whole area sees all of a list; others see the lines of their own part, once it was handed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from fastapi.responses import FileResponse

from alerts.lists import list_acts
from alerts.lists.list_board import Shot
from alerts.lists.list_office import ListOffice, NoList
from alerts.lists.list_rights import By, keeps
from alerts.lists.village_list import State, VillageList
from alerts.register.deeds import Deed, Entry, Subject
from alerts.tickets.doing import Refused
from alerts.world import World
from ingest.evidence import EvidenceAway
from screen.access.reach import sees_region
from screen.access.roles import Right
from screen.access.viewer import Viewer, needs
from screen.audit.authors import of_viewer
from screen.desk.photo_shapes import Sha
from screen.desk.ticket import rooms_of
from screen.office.deeds import done
from screen.office.list_shapes import (
    Code,
    LineEdit,
    ListArea,
    ListDeed,
    ListPage,
    ListShown,
    ListWish,
    ObjectionAnswer,
    ObjectionBody,
    shown,
)
from screen.problems import Problem
from screen.rooms import Rooms

Number = Annotated[int, Path(ge=1, le=2**31)]
Step = Literal["submit", "approve", "refuse", "publish", "withdraw"]
Reads = Annotated[Viewer, needs(Right.LISTS)]
Keeps = Annotated[Viewer, needs(Right.LISTS_EDIT)]
UNKEPT = {"Cache-Control": "no-store", "Content-Security-Policy": "sandbox"}
STEPS: dict[Step, Callable[[VillageList, By, str], VillageList]] = {
    "submit": lambda one, by, _words: list_acts.submitted(one, by),
    "approve": lambda one, by, _words: list_acts.approved(one, by),
    "refuse": list_acts.refused,
    "publish": lambda one, by, _words: list_acts.published(one, by),
    "withdraw": list_acts.withdrawn,
}
router = APIRouter(prefix="/api/v1/lists", tags=["lists"])


@router.get("", summary="The red and black lists of one's own part of the county, newest month first")
def listed(request: Request, viewer: Reads) -> ListPage:
    office, county = office_of(rooms_of(request)), viewer.county
    by = office.by(viewer.person.id) if viewer.person is not None else None
    areas = [one for one in county.regions.values() if len(one.code) <= 9 and by is not None and keeps(by, one.code)]
    found = (_seen(viewer, one) for one in office.listed())
    return ListPage(
        on=county.policy.lists.on, black_public=county.policy.lists.black_public,
        areas=[ListArea(code=one.code, name=one.name) for one in areas],
        lists=[shown(one, by) for one in found if one is not None],
    )  # fmt: skip


@router.post("", summary="Draw up the list of an area and month from its tickets")
def propose(body: ListWish, request: Request, viewer: Keeps) -> ListShown:
    office, person = office_of(rooms_of(request)), viewer.must_be_person()
    made = done(request, viewer, lambda: office.propose(body.area, body.month, person.id))
    return shown(made, office.by(person.id))


@router.post("/{number}/lines/{code}", summary="Correct a line's points, put a picture to it, or take it off")
def edit(number: Number, code: Code, body: LineEdit, request: Request, viewer: Keeps) -> ListShown:
    shot = _shot(rooms_of(request), body.ticket) if body.ticket else None

    def act(one: VillageList, by: By) -> VillageList:
        if body.remove:
            return list_acts.removed(one, by, code, body.reason)
        if body.points is not None:
            return list_acts.corrected(one, by, code, body.points, body.reason)
        if body.ticket and shot is None:
            raise Refused("没有这个编号的工单，或者它没有图")
        return list_acts.pictured(one, by, code, shot, body.reason)

    return _acted(request, viewer, (number, body.revision), act)


@router.post("/{number}/objections", summary="Object to the line of a village of one's own, while the window is open")
def object_to(number: Number, body: ObjectionBody, request: Request, viewer: Reads) -> ListShown:
    return _acted(
        request, viewer, (number, None), lambda one, by: list_acts.objected(one, by, body.village, body.words)
    )


@router.post("/{number}/answer", summary="Answer an objection; one that is upheld takes the line off the list")
def answer(number: Number, body: ObjectionAnswer, request: Request, viewer: Keeps) -> ListShown:
    def act(one: VillageList, by: By) -> VillageList:
        return list_acts.answered(one, by, body.objection, body.upheld, body.words)

    return _acted(request, viewer, (number, body.revision), act)


@router.post("/{number}/{deed}", summary="submit, approve or refuse (by another person), publish, withdraw")
def step(number: Number, deed: Step, body: ListDeed, request: Request, viewer: Keeps) -> ListShown:
    return _acted(request, viewer, (number, body.revision), lambda one, by: STEPS[deed](one, by, body.words))


@router.get("/{number}/pictures/{sha256}", summary="A picture of a list", response_class=FileResponse)
def picture(number: Number, sha256: Sha, request: Request, viewer: Reads) -> FileResponse:
    rooms = rooms_of(request)
    one = done(request, viewer, lambda: _must_see(viewer, office_of(rooms).one(number)))
    if all(each.picture != sha256 for each in one.lines):
        raise Problem(404, "没有这张图片")
    subject, more = Subject("picture", sha256), {"content": f"第 {number} 号红黑榜的配图"}
    author, once = of_viewer(viewer, request), f"list/{number}/{viewer.name}/{sha256}"
    rooms.register.add(Entry(rooms.now(), author, Deed.EVIDENCE_SEEN, subject, details=more, once=once))
    return file_of(rooms, sha256)


def office_of(rooms: Rooms) -> ListOffice:
    return ListOffice(rooms.book, World(rooms.county, rooms.now))


def file_of(rooms: Rooms, sha256: str) -> FileResponse:
    """A picture of a list as it lies in the evidence; nobody keeps a copy, for a list may be withdrawn."""
    try:
        path = rooms.evidence.path(sha256)
    except EvidenceAway as fault:
        raise Problem(503, "图片库暂时不可用，请稍后再试", 30) from fault
    if path is None:
        raise Problem(404, "没有这张图片")
    return FileResponse(path, media_type="image/jpeg", headers=UNKEPT)


def _acted(
    request: Request, viewer: Viewer, which: tuple[int, int | None], act: Callable[[VillageList, By], VillageList]
) -> ListShown:
    office, person = office_of(rooms_of(request)), viewer.must_be_person()

    def do() -> VillageList:
        _must_see(viewer, office.one(which[0]))
        return office.do(*which, person.id, act)

    return shown(_must_see(viewer, done(request, viewer, do)), office.by(person.id))


def _shot(rooms: Rooms, number: str) -> Shot | None:
    """The newest picture of a ticket, with all that decides whether everybody may see it."""
    ticket = rooms.shelf.ticket_numbered(number)
    found = rooms.reader.shot(ticket) if ticket is not None else None
    if found is None:
        return None
    tickets = sorted(rooms.reader.showing(found.sha256), key=lambda one: one.id != ticket)
    try:
        return Shot(found.sha256, rooms.evidence.blurred(found.sha256), tickets)
    except EvidenceAway as fault:
        raise Problem(503, "图片库暂时不可用，请稍后再试", 30) from fault


def _seen(viewer: Viewer, one: VillageList) -> VillageList | None:
    """A list as far as it is this viewer's to see."""
    if sees_region(viewer, one.area):
        return one
    lines = tuple(each for each in one.lines if sees_region(viewer, each.village))
    if one.state in (State.DRAFT, State.WITHDRAWN) or not lines:
        return None
    objections = tuple(each for each in one.objections if sees_region(viewer, each.village))
    return replace(one, lines=lines, objections=objections, left_out=(), history=())


def _must_see(viewer: Viewer, one: VillageList) -> VillageList:
    found = _seen(viewer, one)
    if found is None:
        raise NoList(f"没有第{one.number}号红黑榜")
    return found
