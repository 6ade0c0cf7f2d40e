"""The desk's routes: a short code opens one ticket for one person, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Request, UploadFile
from fastapi.responses import FileResponse

from alerts.desk import TicketView, UnknownCode
from alerts.store.book import Conflict, Link
from alerts.tickets.acts import Data, Refused
from alerts.tickets.doing import Unsaid
from alerts.tickets.entitled import NotEntitled
from ingest.evidence import EvidenceAway
from ingest.pictures import MOST_UPLOAD, BadEvidence
from screen.access.patience import Patience
from screen.access.session import source_of
from screen.desk import show, voices
from screen.desk.bodies import DeskBody
from screen.desk.photo_shapes import Sha
from screen.desk.uploads import TooMany
from screen.problems import Problem
from screen.rooms import Rooms
from screen.shapes import DeskShown, Stored
from screen.turns import of_staff

CODE_TRIES, CODE_WINDOW = 10, timedelta(minutes=10)
KEY = r"^[A-Za-z0-9_.:-]{8,64}$"

Key = Annotated[str, Header(alias="Idempotency-Key", pattern=KEY, description="the same for every repetition")]
router = APIRouter(prefix="/api/v1/desk", tags=["desk"])


@router.get("/{code}", summary="The ticket that a code opens")
def look(code: str, request: Request) -> DeskShown:
    rooms = rooms_of(request)
    link_of(request, code)
    return show.desk(rooms.desk.open_code(code), rooms.now())


@router.post("/{code}/photo", summary="Hand in a photo (JPEG, PNG or WebP); persons in it are made unreadable")
async def photo(code: str, request: Request, file: UploadFile, key: Key) -> Stored:
    def keep() -> Stored:
        link_of(request, code)
        return handed_in(rooms_of(request), code, key, file)

    return await of_staff(request).take(keep)


@router.post("/{code}/voice", summary="Hand in a voice note (Opus in WebM or Ogg, AAC in MP4; 60 s, 500 kB)")
def voice(code: str, request: Request, file: UploadFile, key: Key) -> Stored:
    rooms = rooms_of(request)
    link_of(request, code)
    return voices.keep_voice(rooms, code, key, file)


@router.get("/{code}/voice/{sha256}", summary="A voice note of the code's ticket", response_class=FileResponse)
def heard(code: str, sha256: Sha, request: Request) -> FileResponse:
    rooms, link = rooms_of(request), link_of(request, code)
    return voices.by_code(rooms, link.ticket, code, sha256)


@router.post("/{code}/{act}", summary="accept, arrive, done, not_mine, …; return, extend; grant, refuse, reply")
def act(code: str, act: str, body: DeskBody, request: Request, key: Key) -> DeskShown:
    """Do one act and answer with the ticket as it is then. The same Idempotency-Key again changes nothing."""
    rooms = rooms_of(request)
    link_of(request, code)
    data = body.data(voices.spoken(rooms, code, body.voices))
    if not {one if isinstance(one, str) else one.sha256 for one in data.photos} <= rooms.uploads.of(code):
        raise Problem(422, "照片不是用这个链接上传的，请重新拍照上传")
    try:
        view = _act(rooms, (code, act), data, key)
    except NotEntitled as fault:
        raise Problem(403, str(fault)) from fault
    except Unsaid as fault:
        raise Problem(422, str(fault)) from fault
    except Refused as fault:
        raise Problem(409, str(fault)) from fault
    except Conflict as fault:
        raise Problem(409, "有人刚刚也改了这张工单，请看一下再操作") from fault
    return show.desk(view, rooms.now())


def handed_in(rooms: Rooms, scope: str, key: str, file: UploadFile) -> Stored:
    """Keep an uploaded photo under a code or an account with its ticket; ``Problem`` says what is wrong with it."""
    data = file.file.read(MOST_UPLOAD + 1)
    try:
        return Stored(sha256=rooms.uploads.once(scope, key, lambda: rooms.evidence.put(data), rooms.now()))
    except BadEvidence as fault:
        raise Problem(422, "这张照片打不开：请上传没有损坏的照片（JPEG、PNG 或 WebP，20 MB 以内）") from fault
    except TooMany as fault:
        raise Problem(409, f"这张工单已经有 {fault} 张照片，不能再传") from fault
    except EvidenceAway as fault:
        raise Problem(503, "服务器暂时存不下照片，请稍后再传", 60) from fault


def rooms_of(request: Request) -> Rooms:
    rooms: Rooms = request.app.state.rooms
    return rooms


def link_of(request: Request, code: str) -> Link:
    """Return what a code opens; 404 for a wrong one, 429 for who guesses.

    A right code always opens: many phones share one address, and 59 random bits are not guessed.
    """
    patience: Patience = request.app.state.codes
    source = source_of(request)
    try:
        return rooms_of(request).desk.link(code)
    except UnknownCode as fault:
        wait = patience.wait(source)
        if wait:
            raise Problem(429, f"链接输错太多次，请 {wait} 秒后再试", wait) from fault
        patience.failed(source, code)
        raise Problem(404, str(fault)) from fault


def _act(rooms: Rooms, what: tuple[str, str], data: Data, key: str) -> TicketView:
    code, name = what
    try:
        return rooms.desk.act(code, name, data, key)
    except Conflict:  # the engine was first: decide once more on what is true now
        return rooms.desk.act(code, name, data, key)
