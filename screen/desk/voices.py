"""The routes of voice notes: handed in by the link of a ticket, heard by whoever sees the ticket and nobody else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, UploadFile
from fastapi.responses import FileResponse

from alerts.tickets import voice_book
from alerts.values import Voice
from ingest.evidence import EvidenceAway
from ingest.pictures import BadEvidence
from ingest.voice import MOST_BYTES, MOST_SECONDS, heard
from screen.access.roles import Right
from screen.access.viewer import Viewer, must_see, needs
from screen.audit import viewing
from screen.audit.need import Glance
from screen.desk.photo_shapes import Sha
from screen.desk.uploads import TooMany
from screen.problems import Problem
from screen.rooms import Rooms
from screen.shapes import Stored

SEALED = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "sandbox; default-src 'none'; media-src 'self'",
    "Content-Disposition": "attachment",  # opened alone it is saved, never shown; a player asks for it as before
}
UNKEPT = SEALED | {"Cache-Control": "no-store"}  # the reason that was given opens it for half an hour only
MOST_VOICES = 20  # of one code
NONE = "没有这段语音"
router = APIRouter(prefix="/api/v1", tags=["desk"])


def keep_voice(rooms: Rooms, code: str, key: str, file: UploadFile) -> Stored:
    """Keep an uploaded voice note under a code; ``Problem`` says what is wrong with it."""
    data = file.file.read(MOST_BYTES + 1)
    try:
        sha256 = rooms.uploads.once(
            scope_of(code), key, lambda: rooms.evidence.put_voice(data), rooms.now(), most=MOST_VOICES
        )
    except BadEvidence as fault:
        raise Problem(422, f"这段语音不能用：请用页面里的“按住说话”重录，最长 {MOST_SECONDS:.0f} 秒") from fault
    except TooMany as fault:
        raise Problem(409, f"这张工单已经有 {fault} 段语音，不能再传") from fault
    except EvidenceAway as fault:
        raise Problem(503, "服务器暂时存不下语音，请稍后再传", 60) from fault
    return Stored(sha256=sha256)


def spoken(rooms: Rooms, code: str, told: Iterable[str]) -> tuple[Voice, ...]:
    """The voice notes that a body names; ``Problem`` 422 for one that this code did not hand in."""
    names = tuple(dict.fromkeys(told))
    if not set(names) <= rooms.uploads.of(scope_of(code)):
        raise Problem(422, "语音不是用这个链接上传的，请重新录一段")
    return tuple(_read(rooms, sha256) for sha256 in names)


def scope_of(code: str) -> str:
    """Under what the voice notes of a code are kept: apart from its photos, so that neither passes for the other."""
    return f"voice {code}"


def by_code(rooms: Rooms, ticket: UUID, code: str, sha256: str) -> FileResponse:
    """A voice note for the phone that opened the link: of its ticket, or just handed in."""
    if sha256 in rooms.uploads.of(scope_of(code)):
        return _sounding(rooms, sha256)
    _must_be_of(rooms, ticket, sha256)
    return _sounding(rooms, sha256)


@router.get(
    "/tickets/{ticket}/voices/{sha256}", summary="A voice note of a ticket one sees", response_class=FileResponse
)
def listen(
    ticket: UUID, sha256: Sha, request: Request, viewer: Annotated[Viewer, needs(Right.EVIDENCE)]
) -> FileResponse:
    rooms: Rooms = request.app.state.rooms
    found = must_see(rooms, viewer, ticket)
    _must_be_of(rooms, ticket, sha256)
    viewing.seen(rooms, request, viewer, sha256, Glance([found], moving=True))
    return _sounding(rooms, sha256, UNKEPT)


def _must_be_of(rooms: Rooms, ticket: UUID, sha256: str) -> None:
    if all(one.voice.sha256 != sha256 for one in voice_book.of_ticket(rooms.book, ticket)):
        raise Problem(404, NONE)


def _sounding(rooms: Rooms, sha256: str, headers: Mapping[str, str] = SEALED) -> FileResponse:
    path = _path(rooms, sha256)
    try:
        kind = heard(path.read_bytes()).kind
    except BadEvidence as fault:
        raise Problem(404, NONE) from fault
    return FileResponse(path, media_type=kind, headers=dict(headers))


def _read(rooms: Rooms, sha256: str) -> Voice:
    known = heard(_path(rooms, sha256).read_bytes())
    return Voice(sha256, known.kind, known.seconds)


def _path(rooms: Rooms, sha256: str) -> Path:
    try:
        path = rooms.evidence.path(sha256)
    except EvidenceAway as fault:
        raise Problem(503, "证据库暂时不可用，请稍后再试", 30) from fault
    if path is None:
        raise Problem(404, NONE)
    return path
