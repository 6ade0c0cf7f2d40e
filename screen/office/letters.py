"""Dead letters for the operator: list, look, try again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from ingest.dead_letters import DeadLetter, NoSuchLetter
from ingest.store import micros
from screen.access.roles import Right
from screen.access.viewer import Viewer, needs
from screen.desk.ticket import rooms_of
from screen.office.letter_shapes import LetterFilter, LetterShown, ReplayBody, sift_of
from screen.problems import Problem

Reads = Annotated[Viewer, needs(Right.LETTERS, whole=True)]
Mends = Annotated[Viewer, needs(Right.DEVICES_EDIT)]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]  # what a database's integer holds
router = APIRouter(prefix="/api/v1/dead-letters", tags=["dead letters"])


@router.get("", summary="Refused messages, newest first")
def listed(request: Request, _: Reads, which: Annotated[LetterFilter, Query()]) -> list[LetterShown]:
    return [_shown(letter) for letter in rooms_of(request).letters.list(which.limit, sift_of(which))]


@router.get("/{number}", summary="One refused message with its payload")
def one(number: Number, request: Request, _: Reads) -> LetterShown:
    letter = _get(request, number)
    return _shown(letter, letter.payload.decode("utf-8", "replace"))


@router.post("/{number}/replay", status_code=202, summary="Let it in again, with a corrected payload if given")
def replay(number: Number, body: ReplayBody, request: Request, _: Mends) -> LetterShown:
    """Ask the door to judge it again; its ``replay_result`` is null until then, "" for stored, else the reason."""
    rooms = rooms_of(request)
    _get(request, number)
    rooms.letters.replay(number, rooms.now(), body.payload.encode() if body.payload is not None else None)
    return _shown(_get(request, number))


def _get(request: Request, number: int) -> DeadLetter:
    try:
        return rooms_of(request).letters.get(number)
    except NoSuchLetter as fault:
        raise Problem(404, f"没有编号为 {number} 的死信") from fault


def _shown(letter: DeadLetter, text: str | None = None) -> LetterShown:
    return LetterShown(
        id=letter.id, at=letter.at, device=letter.device, topic=letter.topic, reason=letter.reason,
        times=letter.times, size=len(letter.payload), replayed_at=letter.replayed_at,
        replay_result=letter.replay_result, text=text, cursor=f"{micros(letter.at)}.{letter.id}",
    )  # fmt: skip
