"""The rectification notice of a ticket, for who is signed in: issue it, list it, fetch it as HTML, PDF or DOCX."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ConfigDict, StringConstraints

from alerts.papers import html
from alerts.papers.forms import Form, photo_of, rendered
from alerts.papers.issuing import Wish, stands
from alerts.papers.rectification import NotIssued
from alerts.papers.shelf import Issued
from alerts.store.book import Conflict
from alerts.values import Ticket
from ingest.evidence import EvidenceAway
from screen.access.roles import Right
from screen.access.viewer import Viewer, must_see, needs
from screen.desk.ticket import rooms_of
from screen.moments import Moment
from screen.problems import Problem
from screen.rooms import Rooms
from screen.shapes import Shape

PersonId = Annotated[str, StringConstraints(min_length=1, max_length=64)]
POLICY = f"{html.POLICY}; frame-ancestors 'none'"
Reads = Annotated[Viewer, needs(Right.TICKETS)]
Acts = Annotated[Viewer, needs(Right.ACT)]
router = APIRouter(prefix="/api/v1/tickets/{ticket}", tags=["papers"])


class IssueBody(Shape):
    """Who signs (an id of people.csv), and a deadline where it is not the ticket's own."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [{"by": "t100-1"}]})

    by: PersonId
    due_at: Moment | None = None


class PaperShown(Shape):
    """An issued notice; ``standing`` is how far it has come: 整改期限内, 超期, 已整改, 超期整改 or 不再执行."""

    id: UUID
    number: str
    issuer: str
    person: str
    issued_at: datetime
    due_at: datetime
    standing: str
    sha256: str


@router.post(
    "/rectification", summary="Issue the rectification notice; for the same person and deadline it is the same"
)
def issue(ticket: UUID, body: IssueBody, request: Request, viewer: Acts) -> PaperShown:
    rooms = rooms_of(request)
    found = must_see(rooms, viewer, ticket)
    if viewer.person is not None and viewer.person.id != body.by:
        raise Problem(403, "只能以本人的名义签发整改通知书")
    wish = Wish(body.by, rooms.now(), body.due_at)
    try:
        paper = rooms.shelf.issue(ticket, rooms.county(), wish)
    except NotIssued as fault:
        raise Problem(409, str(fault)) from fault
    except Conflict as fault:
        raise Problem(409, "有人刚刚也改了这张工单，请看一下再签发") from fault
    return _shown(rooms, paper, found)


@router.get("/rectification", summary="The rectification notices of a ticket, the newest first")
def papers(ticket: UUID, request: Request, viewer: Reads) -> list[PaperShown]:
    rooms = rooms_of(request)
    found = must_see(rooms, viewer, ticket)
    return [_shown(rooms, paper, found) for paper in rooms.shelf.of(ticket)]


@router.get("/rectification.{form}", summary="The newest notice as a file, or the one named", response_class=Response)
def paper(ticket: UUID, form: Form, request: Request, viewer: Reads, paper: UUID | None = None) -> Response:
    """HTML opens in the browser and says how the notice stands; PDF and DOCX are handed over as files."""
    rooms = rooms_of(request)
    found = must_see(rooms, viewer, ticket)
    one = next((one for one in rooms.shelf.of(ticket) if paper in (None, one.id)), None)
    if one is None:
        raise Problem(404, "这张工单还没有整改通知书" if paper is None else "这张工单没有这份整改通知书")
    try:
        photo = photo_of(one, rooms.evidence)
    except EvidenceAway as fault:
        raise Problem(503, "图片库暂时不可用，请稍后再试", 30) from fault
    file = rendered(one, form, rooms.press, photo, stands(one.due_at, found, rooms.now()))
    name = quote(f"{one.sheet.title}{one.number}.{form.value}")
    shown = "inline" if form is Form.HTML else "attachment"
    headers = {"Content-Disposition": f"{shown}; filename=\"rectification.{form.value}\"; filename*=UTF-8''{name}"}
    if form is Form.HTML:
        headers["Content-Security-Policy"] = POLICY
    return Response(file, media_type=form.media_type, headers=headers)


def _shown(rooms: Rooms, paper: Issued, ticket: Ticket) -> PaperShown:
    return PaperShown(
        id=paper.id, number=paper.number, issuer=paper.issuer, person=paper.person, issued_at=paper.issued_at,
        due_at=paper.due_at, standing=stands(paper.due_at, ticket, rooms.now()).value, sha256=paper.sha256,
    )  # fmt: skip
