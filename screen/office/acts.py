"""The office's routes: what a named person sees and does with the tickets of their part of the county.

What lies outside of it is not there (404); what this person may never do is 403, what is not possible now 409.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Literal, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, UploadFile

from alerts.asks.ask_book import Asked
from alerts.asks.asks import Ask
from alerts.notices import log
from alerts.office import NoAsk, Office
from alerts.store.lines import Line
from alerts.store.queries import Filters
from alerts.tickets.doing import Data
from alerts.values import Status
from county.values import Person
from screen.access.account import NAME
from screen.access.roles import Right
from screen.access.viewer import Viewer, must_see, needs
from screen.audit.authors import of_viewer
from screen.desk import show
from screen.desk.photo_shapes import taken
from screen.desk.ticket import Key, handed_in, rooms_of
from screen.desk.ticket_shapes import ask as ask_shown
from screen.office.deeds import done
from screen.office.office_shapes import (
    AnswerBody,
    AskLine,
    Choices,
    ClearBody,
    Me,
    OfficeActBody,
    TicketFilter,
    TicketLine,
    ToldShown,
)
from screen.problems import Problem
from screen.rooms import Rooms
from screen.shapes import Stored, TicketShown
from screen.turns import of_staff
from screen.wall.composed import severity_of, what_names

TRIES, WINDOW = 60, timedelta(minutes=10)  # refused acts of one account, before it must wait
T = TypeVar("T")
Answer = Literal["grant", "refuse", "reply", "withdraw"]
Reads = Annotated[Viewer, needs(Right.TICKETS)]
Acts = Annotated[Viewer, needs(Right.ACT)]
Self = Annotated[Viewer, needs(Right.SELF)]
router = APIRouter(prefix="/api/v1", tags=["office"])


@router.get("/me", summary="Who is signed in, with the levels and areas of today")
def me(request: Request, viewer: Self) -> Me:
    author = of_viewer(viewer, request)
    role = "管理账号" if viewer.name == NAME else author.role
    return Me(
        account=viewer.name, name=author.name, role=role, sees_all=viewer.sees_all,
        levels=[level.value for level in viewer.levels], areas=sorted({duty.area for duty in viewer.duties}),
        helper=viewer.helps, rights=[right.value for right in Right if viewer.may(right)],
    )  # fmt: skip


@router.get("/tickets", summary="The tickets of one's own area, overdue ones first")
def listed(request: Request, viewer: Reads, which: Annotated[TicketFilter, Query()]) -> list[TicketLine]:
    try:
        states = (Status(which.state),) if which.state else ()
    except ValueError as fault:
        raise Problem(422, f"没有“{which.state}”这个状态") from fault
    filters = Filters(
        states, which.scope, "", which.open_only, which.overdue_only, which.limit, which.offset, viewer.parts
    )
    names = what_names(viewer.county)
    return [line_shown(line, names) for line in rooms_of(request).reader.queue(filters)]


@router.get("/tickets/{ticket}/choices", summary="What one may do with a ticket now")
def choices(ticket: UUID, request: Request, viewer: Reads) -> Choices:
    rooms = rooms_of(request)
    found = must_see(rooms, viewer, ticket)
    if viewer.person is None:
        return Choices(acts=[], moves=[], asks=[], alarms=list(found.dirty))
    told, zone = rooms.office.choices(found, viewer.person), _zone(viewer)
    return Choices(
        acts=list(told.acts), moves=[move.value for move in told.moves],
        asks=[ask_shown(one, zone) for one in told.asks], alarms=list(found.dirty),
    )  # fmt: skip


@router.get("/tickets/{ticket}/notices", summary="Who was told of a ticket, by which way, what each attempt came to")
def notices(ticket: UUID, request: Request, viewer: Reads) -> list[ToldShown]:
    rooms = rooms_of(request)
    found = must_see(rooms, viewer, ticket)
    return [ToldShown.model_validate(asdict(one)) for one in log.of_ticket(rooms.book, found.id)]


@router.post("/tickets/{ticket}/photo", summary="Hand in a photo for an act; persons in it are made unreadable")
async def photo(ticket: UUID, request: Request, file: UploadFile, viewer: Acts, key: Key) -> Stored:
    def keep() -> Stored:
        must_see(rooms_of(request), viewer, ticket)
        return handed_in(rooms_of(request), _scope(viewer, ticket), key, file)

    return await of_staff(request).take(keep)


@router.post(
    "/tickets/{ticket}/acts/{act}", summary="accept, done, …, and the side moves: void, return, extend, hold …"
)
def act(  # noqa: PLR0913, PLR0917
    ticket: UUID, act: str, body: OfficeActBody, request: Request, viewer: Acts, key: Key
) -> TicketShown:
    """Do an act, or ask for a side move, and answer with the ticket as it is then.

    The same Idempotency-Key again changes nothing.
    """
    rooms = rooms_of(request)
    found, person = must_see(rooms, viewer, ticket), viewer.must_be_person()
    photos = tuple(taken(one) for one in body.photos)
    if not {one.sha256 for one in photos} <= rooms.uploads.of(_scope(viewer, ticket)):
        raise Problem(422, "照片不是在这张工单里上传的，请重新上传")
    data = Data(body.words or body.reason, photos, body.lon, body.lat, body.crs, body.until, body.to, body.finding)
    done_by = f"office {key}"
    done(request, viewer, lambda: rooms.office.act(found.id, act, person, data, done_by))
    return _shown(rooms, found.id)


@router.post("/tickets/{ticket}/clear", summary="End one alarm of a ticket by one's own word (人工清除), with a reason")
def clear(ticket: UUID, body: ClearBody, request: Request, viewer: Acts) -> TicketShown:
    rooms = rooms_of(request)
    found, person = must_see(rooms, viewer, ticket), viewer.must_be_person()
    done(request, viewer, lambda: rooms.office.clear(found.id, body.alarm, person, Data(body.reason)))
    return _shown(rooms, found.id)


@router.get("/asks", summary="What waits for one's own answer; with mine=false all that waits in one's own area")
def asks(request: Request, viewer: Reads, mine: bool = True) -> list[AskLine]:
    rooms, zone = rooms_of(request), _zone(viewer)
    found = rooms.office.waiting(viewer.person if mine else None)
    return [_ask_line(one, zone) for one in found if viewer.sees(one.ticket)]


@router.post(
    "/asks/{ask}/{answer}", summary="grant or refuse an ask; reply to a supervision (督办); withdraw one's own"
)
def answer(
    ask: UUID,
    answer: Literal["grant", "refuse", "reply", "withdraw"],
    body: AnswerBody,
    request: Request,
    viewer: Acts,
) -> AskLine:
    rooms, person, data = rooms_of(request), viewer.must_be_person(), Data(body.words)

    def do() -> Asked:
        known = rooms.office.ask(ask)
        if not viewer.sees(known.ticket):
            raise NoAsk("没有这件申请")
        told = _answered(rooms.office, (ask, answer), person, data)
        return Asked(told, known.ticket)

    return _ask_line(done(request, viewer, do), _zone(viewer))


def _answered(office: Office, what: tuple[UUID, str], person: Person, data: Data) -> Ask:
    ask, answer = what
    if answer in ("grant", "refuse"):
        return office.answer(ask, answer == "grant", person, data)
    return (office.reply if answer == "reply" else office.withdraw)(ask, person, data)


def _shown(rooms: Rooms, ticket: UUID) -> TicketShown:
    view = rooms.desk.show(ticket)
    if view is None:
        raise Problem(404, "没有这张工单")
    return show.ticket(view, rooms.now())


def _scope(viewer: Viewer, ticket: UUID) -> str:
    """Under what the photos of one account for one ticket are kept."""
    return f"office {viewer.name} {ticket}"


def _zone(viewer: Viewer) -> ZoneInfo:
    return ZoneInfo(viewer.county.calendar.zone)


def line_shown(line: Line, names: dict[str, str]) -> TicketLine:
    """A ticket of a list as JSON; ``names`` are what the county calls its categories."""
    return TicketLine(
        ticket=str(line.id), number=line.number, at=line.at, severity=severity_of(line.severity), what=line.what,
        what_name=names.get(line.what, line.what), place=f"{line.place} {line.spot_name}".strip(),
        state=line.status.value, state_name=line.status_name, level=line.level, person=line.person,
        due_at=line.due_at, closed_at=line.closed_at, overdue=line.overdue, lapses=line.lapses, asked_at=line.asked_at,
    )  # fmt: skip


def _ask_line(asked: Asked, zone: ZoneInfo) -> AskLine:
    scene = asked.ticket.scene
    place = f"{scene.place_name} {scene.spot_name}".strip()
    return AskLine(ticket=str(asked.ticket.id), number=asked.ticket.number, place=place, ask=ask_shown(asked.ask, zone))
