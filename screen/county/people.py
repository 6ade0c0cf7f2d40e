"""The routes of people and duties: who answers where on a day, the gaps, one person; and changes to them."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from alerts.tickets.moves import local_day
from county.amend import (
    AddDuty,
    BadChange,
    Change,
    ComeBack,
    EndDuty,
    HandOver,
    PutPerson,
    TakeLeave,
    amended,
    folder_of,
)
from county.files import Folder
from county.staff import Leave
from county.values import Duty, Person, PersonKind
from screen.access.roles import Right
from screen.access.viewer import Viewer, needs
from screen.county import chains, roll
from screen.county.people_shapes import (
    AddDutyBody,
    BackBody,
    ChangeBody,
    ChangesBody,
    EndDutyBody,
    GapPage,
    HandOverBody,
    PeopleFilter,
    PeoplePage,
    PersonShown,
    PutPersonBody,
    Tree,
)
from screen.county.revising import MOST, folder_at, gap_shown, gaps_of, outlook
from screen.county.revision_shapes import Outlook, Saved
from screen.county.saving import save
from screen.desk.ticket import rooms_of
from screen.problems import Problem
from screen.rooms import Rooms

router = APIRouter(prefix="/api/v1/people", tags=["people"])
Reads = Annotated[Viewer, needs(Right.PEOPLE)]
Edits = Annotated[Viewer, needs(Right.PEOPLE_EDIT)]
Day = Annotated[date | None, Query(description="A day of the county, like 2026-11-29; today without one.")]
Code = Annotated[str, Query(max_length=64, pattern=r"^[^\x00]*$")]


@router.get("", summary="People of one's own part of the county, with what they answer for on a day")
def listed(request: Request, viewer: Reads, which: Annotated[PeopleFilter, Query()]) -> PeoplePage:
    day = _day(rooms_of(request), viewer, which.day)
    return roll.page(viewer, day, which.q.strip(), (which.limit, which.offset))


@router.get("/tree", summary="A region, what lies in it, and the chain of people behind each place on a day")
def tree(request: Request, viewer: Reads, day: Day = None, area: Code = "") -> Tree:
    return chains.tree(viewer, _day(rooms_of(request), viewer, day), area)


@router.get("/gaps", summary="Where nobody answers from a day on, and what to do")
def gaps(
    request: Request, viewer: Reads, day: Day = None, limit: Annotated[int, Query(ge=1, le=MOST)] = 200
) -> GapPage:
    asked = _day(rooms_of(request), viewer, day)
    found = [one for one in gaps_of(viewer.county, asked) if chains.sees(viewer, one.village or one.area)]
    shown = [gap_shown(one, viewer.county) for one in found[:limit]]
    return GapPage(day=asked, revision=viewer.county.revision, total=len(found), gaps=shown)


@router.get("/one/{person}", summary="One person: how they are reached, every duty and leave, open tickets")
def one(person: Annotated[str, Path(max_length=64)], request: Request, viewer: Reads, day: Day = None) -> PersonShown:
    rooms = rooms_of(request)
    return roll.person(rooms, viewer, person, _day(rooms, viewer, day))


@router.post("/outlook", summary="What changes would mean: problems, differences, gaps; nothing is saved")
def look(body: ChangesBody, request: Request, viewer: Edits) -> Outlook:
    rooms = rooms_of(request)
    return outlook(rooms, viewer, _folder(rooms, viewer, body), body.after)


@router.post("/changes", summary="Save changes as a new revision; refused while the check finds a problem")
def change(body: ChangesBody, request: Request, viewer: Edits) -> Saved:
    rooms = rooms_of(request)
    return save(rooms, viewer, _folder(rooms, viewer, body), body.reason, body.after)


def _folder(rooms: Rooms, viewer: Viewer, body: ChangesBody) -> Folder:
    """The newest files with these changes; ``Problem`` 409 for what cannot be done."""
    county = viewer.county
    try:
        content = amended(county.content, [_change(one) for one in body.changes], local_day(county, rooms.now()))
    except BadChange as fault:
        raise Problem(409, str(fault)) from fault
    return folder_of(folder_at(rooms, viewer, county.revision), content, county.content)


def _change(body: ChangeBody) -> Change:
    if isinstance(body, PutPersonBody):
        return PutPerson(_person(body), body.new)
    if isinstance(body, AddDutyBody):
        head = (body.person, body.area, body.level, body.role, body.rank)
        return AddDuty(Duty(*head, body.begins, body.ends, tuple(body.categories)))
    if isinstance(body, EndDutyBody):
        return EndDuty(body.key, body.on)
    if isinstance(body, HandOverBody):
        return HandOver(body.old, body.new, body.on)
    if isinstance(body, BackBody):
        return ComeBack(body.person, body.on)
    return TakeLeave(Leave(body.person, body.start, body.end, body.reason), body.deputy)


def _person(body: PutPersonBody) -> Person:
    said = body.person
    kind = PersonKind.VOLUNTEER if said.volunteer else PersonKind.STAFF
    head = (said.id, said.name, said.phone, said.unit, said.wechat, kind, said.email, said.wecom)
    return Person(*head, tuple(said.channels))


def _day(rooms: Rooms, viewer: Viewer, day: date | None) -> date:
    return day or local_day(viewer.county, rooms.now())
