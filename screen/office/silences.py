"""The routes of mutes: staff ask for one, grant, refuse or end it, and see those of their part of the county.

Reasons that are missing, and what is not possible, are 409 with plain words; who may not is 403.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request

from alerts.mutes.mute_acts import author_at, may_grant, scope_named
from alerts.mutes.mute_office import MuteOffice, NoMute, Shown
from alerts.mutes.mutes import Hold, Mute, Wish
from alerts.tickets.doing import Refused
from alerts.world import World
from screen.access.roles import Right
from screen.access.viewer import Viewer, needs
from screen.desk.ticket import rooms_of
from screen.office.deeds import done
from screen.office.silence_shapes import SilenceAnswer, SilenceBody, SilenceLine, line
from screen.rooms import Rooms

Number = Annotated[int, Path(ge=1, le=2**31)]
MOST = 10_000  # mutes of a county that are looked through for those of a viewer
Reads = Annotated[Viewer, needs(Right.TICKETS)]
Acts = Annotated[Viewer, needs(Right.ACT)]
router = APIRouter(prefix="/api/v1/silences", tags=["office"])


@router.get("", summary="The mutes of one's own part of the county, newest first; with every=true ended ones too")
def listed(
    request: Request, viewer: Reads, every: bool = False, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> list[SilenceLine]:
    found = _office(rooms_of(request)).listed(MOST, only_open=not every)
    now = rooms_of(request).now()
    seen = [one for one in found if _sees(viewer, one.mute)][:limit]
    return [line(one).model_copy(update={"grantable": grants(viewer, one.mute, now)}) for one in seen]


@router.post("", summary="Ask for a mute; a long or grave one, and works, wait for a grant by the level above")
def add(body: SilenceBody, request: Request, viewer: Acts) -> SilenceLine:
    rooms, person = rooms_of(request), viewer.must_be_person()
    office = _office(rooms)

    def do() -> Mute:
        scope = scope_named(viewer.county, body.camera, body.spot, body.area)
        daily = body.daily if body.daily is None else (body.daily[0], body.daily[1])
        wish = Wish(scope, body.reason, body.begin or rooms.now(), body.until, body.categories, daily, body.works)
        return office.add(wish, person.id)

    return _line(office, done(request, viewer, do))


@router.post("/{number}/{answer}", summary="grant or refuse a mute that waits; end one early")
def answer(
    number: Number, answer: Literal["grant", "refuse", "end"], body: SilenceAnswer, request: Request, viewer: Acts
) -> SilenceLine:
    office, person = _office(rooms_of(request)), viewer.must_be_person()

    def do() -> Mute:
        known = office.one(number)
        if not _sees(viewer, known.mute):
            raise NoMute(f"没有第{number}号静默")
        if answer == "end":
            return office.end(number, person.id, body.words)
        return office.answer(number, answer, person.id, body.words)

    return _line(office, done(request, viewer, do))


def grants(viewer: Viewer, mute: Mute, now: datetime) -> bool:
    """Whether a mute waits for this person's grant or refusal."""
    if viewer.person is None or mute.hold is not Hold.ASKED:
        return False
    try:
        who = author_at(viewer.county, viewer.person.id, mute, now)
    except Refused:
        return False
    return may_grant(mute, who, viewer.county, now)


def _sees(viewer: Viewer, mute: Mute) -> bool:
    """Whether a mute lies in this person's part of the county, or is about it."""
    if viewer.sees_all:
        return True
    areas = [duty.area for duty in viewer.duties]
    own = {mute.scope.device, mute.scope.spot} - {""}
    return any(area in own or mute.region.startswith(area) or area.startswith(mute.region) for area in areas)


def _line(office: MuteOffice, mute: Mute) -> SilenceLine:
    shown: Shown = office.one(mute.number)
    return line(shown)


def _office(rooms: Rooms) -> MuteOffice:
    return MuteOffice(rooms.book, World(rooms.county, rooms.now))
