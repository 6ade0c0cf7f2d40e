"""调用登记 over HTTP: whether a ticket's evidence asks for a reason, and the reason that opens it for half an hour."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request

from alerts.register.deeds import Author, Cause, Deed, Entry, Subject
from screen.access.account import NAME
from screen.access.reach import sees_device, sees_pictures, sees_through
from screen.access.roles import Right
from screen.access.session import VISITOR
from screen.access.viewer import Viewer, must_see, needs
from screen.audit.authors import of_viewer
from screen.audit.grant_shapes import CauseShown, EvidenceNeed, GrantAsked, Granted
from screen.audit.need import LASTS, Glance, Looking, looking
from screen.audit.viewing import granted
from screen.desk import show
from screen.problems import Problem
from screen.rooms import Rooms
from screen.wall.shown_now import shows

On = Annotated[Literal["wall"] | None, Query(description="where it is shown: the wall's own pictures need no reason")]
router = APIRouter(prefix="/api/v1", tags=["register"])


@router.get("/tickets/{ticket}/evidence", summary="Whether a ticket's pictures and voices ask for a reason")
def needed(
    ticket: UUID, request: Request, viewer: Annotated[Viewer, needs(Right.EVIDENCE)], on: On = None
) -> EvidenceNeed:
    rooms: Rooms = request.app.state.rooms
    found = must_see(rooms, viewer, ticket)
    view = rooms.desk.show(ticket)
    shown = show.ticket(view, rooms.now()) if view is not None else None
    pictures = [one.sha256 for one in (shown.picture, *shown.photos) if one is not None] if shown is not None else []
    walled = on is not None and shows(request, pictures)
    beyond = looking(viewer, Glance([found], walled)) is Looking.BEYOND and sees_pictures(viewer, [found])
    asks = granted(rooms, viewer, [found]) is None
    author = _known(of_viewer(viewer, request))
    return EvidenceNeed(
        pictures=asks and beyond and bool(pictures), voices=asks, name=author.name, unit=author.unit,
        causes=[CauseShown(code=one, name=one.words) for one in Cause],
    )  # fmt: skip


@router.post("/evidence/grants", status_code=201, summary="Say why, and see the evidence of a ticket or camera")
def grant(asked: GrantAsked, request: Request, viewer: Annotated[Viewer, needs(Right.EVIDENCE)]) -> Granted:
    """One row of 调用登记. ``Problem`` 404 for what this account does not see, 503 where it cannot be written."""
    rooms: Rooms = request.app.state.rooms
    if viewer.name == VISITOR:
        raise Problem(401, "请先登录")
    subject, content = _of(rooms, viewer, asked)
    author = _signed(_known(of_viewer(viewer, request)), asked)
    now = rooms.now()
    more = {
        "content": f"{content}的画面和语音",
        "cause": asked.cause.value,
        "until": f"{now + LASTS:%Y-%m-%dT%H:%M:%SZ}",
    }
    entry = Entry(now, author, Deed.EVIDENCE_GRANTED, subject, f"{asked.cause.words}：{asked.words}", more)
    number = rooms.register.add(entry)
    return Granted(number=number or 0, until=now + LASTS)


def _of(rooms: Rooms, viewer: Viewer, asked: GrantAsked) -> tuple[Subject, str]:
    if asked.ticket is not None:
        ticket = must_see(rooms, viewer, asked.ticket)
        if not sees_pictures(viewer, [ticket]):
            raise Problem(404, "这台摄像机的画面不对您开放")
        return Subject("ticket", str(ticket.id)), f"工单 {ticket.number}（{ticket.scene.spot_name}）"
    camera = viewer.county.device(asked.camera or "")
    if camera is None or not sees_device(viewer, camera) or not sees_through(viewer, camera):
        raise Problem(404, "没有这台摄像机")
    return Subject("camera", camera.id), f"摄像机 {camera.name}"


def _known(author: Author) -> Author:
    """The first account is nobody in particular: who uses it says who they are."""
    return replace(author, name="") if author.account == NAME else author


def _signed(author: Author, asked: GrantAsked) -> Author:
    """The author with unit and name; those of the county's own people are never taken from the form."""
    whole = replace(author, name=author.name or asked.name.strip(), unit=author.unit or asked.unit.strip())
    missing = "、".join(word for word, said in (("单位", whole.unit), ("姓名", whole.name)) if not said)
    if missing:
        raise Problem(422, f"请写明{missing}")
    return whole
