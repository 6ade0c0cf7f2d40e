"""The wall's routes: its JSON, its stream, the map, one ticket, and evidence for who may see it."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response, StreamingResponse

from alerts.desk import TicketView
from county.snapshot import County
from ingest.evidence import Evidence, EvidenceAway
from screen.access.reach import sees_pictures, sees_through
from screen.access.roles import Right
from screen.access.viewer import Viewer, anybody, must_have, needs, over_all
from screen.audit import viewing
from screen.audit.need import Glance, Looking
from screen.desk import show
from screen.desk.photo_shapes import Sha
from screen.desk.ticket import link_of, rooms_of
from screen.problems import Problem
from screen.rooms import Rooms
from screen.shapes import Geo, Health, TicketShown, Wall
from screen.wall.live import Broadcast, Crowded
from screen.wall.shown_now import shows, stills
from screen.wall.stream import Stream

KEEP = {"Cache-Control": "private, max-age=31536000, immutable", "Content-Security-Policy": "sandbox"}
UNKEPT = KEEP | {"Cache-Control": "no-store"}  # the reason that was given opens it for half an hour only
BRIEFLY = KEEP | {"Cache-Control": "private, max-age=1800"}  # a picture that is looked at again is told again
PATIENCE_S = 3.0
_PATIENT = threading.BoundedSemaphore(8)  # threads that wait so; a wall full of pictures to come must not hold them all
Sees = Annotated[Viewer, needs(Right.WALL)]
Whole = Annotated[Viewer, needs(Right.WALL, whole=True)]
router = APIRouter(tags=["wall"])


@router.get("/api/v1/wall", response_model=Wall, summary="Everything the wall shows")
def wall(request: Request, _: Whole) -> Response:
    return Response(broadcast_of(request).wall(), media_type="application/json")


@router.get(
    "/api/v1/events",
    summary="Server-sent events: wall (whole JSON, at most one in two seconds), alarm (one live row), ping",
    response_class=StreamingResponse,
)
async def events(request: Request, _: Whole) -> StreamingResponse:
    broadcast = broadcast_of(request)
    try:
        page = broadcast.listen()
    except Crowded as fault:
        raise Problem(503, "同时打开的大屏太多，请关掉不用的页面", 30) from fault
    return Stream(page, lambda: _still(request), lambda: broadcast.leave(page))


@router.get("/api/v1/geo", summary="County outline, townships (polygons) and villages (points) as GeoJSON")
def geo(request: Request, _: Sees) -> Geo:
    return geo_of(rooms_of(request).county())


def geo_of(county: County) -> Geo:
    """Return the map of a county: its outlines as loaded, and each village with coordinates as a point."""
    outline = json.loads(county.outline)["features"] if county.outline else []
    villages = [
        {
            "type": "Feature",
            "properties": {"code": one.code, "name": one.name, "level": "village", "township": one.parent},
            "geometry": {"type": "Point", "coordinates": [one.longitude, one.latitude]},
        }
        for one in county.villages
        if one.longitude is not None and one.latitude is not None
    ]
    return {"type": "FeatureCollection", "features": [*map(_outlined, outline), *villages]}


@router.get("/api/v1/tickets/{ticket}", summary="One ticket, without acts")
def ticket(ticket: UUID, request: Request, viewer: Sees) -> TicketShown:
    rooms = rooms_of(request)
    view: TicketView | None = rooms.desk.show(ticket)
    if view is None or not viewer.sees(view.ticket):
        raise Problem(404, "没有这张工单")
    return show.ticket(view, rooms.now())


@router.get("/api/v1/evidence/{sha256}", summary="A picture or clip", response_class=FileResponse)
def evidence(
    sha256: Sha,
    request: Request,
    code: str | None = None,
    on: Annotated[Literal["wall"] | None, Query(description="asked for by the wall, for what it shows now")] = None,
) -> FileResponse:
    """For a signed-in person, or with a desk code for the pictures of its own ticket.

    403 of type `/problems/reason-needed` for what is neither own work nor on the wall: say why first, in
    `POST /api/v1/evidence/grants`.
    """
    rooms = rooms_of(request)
    if not _may_see(request, rooms, sha256, code):
        raise Problem(404, "没有这张图片")
    headers = _told(request, rooms, (sha256, code, on is not None))
    try:
        path = _arrived(rooms.evidence, sha256)
    except EvidenceAway as fault:
        raise Problem(503, "图片库暂时不可用，请稍后再试", 30) from fault
    if path is None:
        raise Problem(404, "图片还没有传到，请稍后再看")
    return FileResponse(path, media_type=_kind(path), headers=headers)


def _kind(path: Path) -> str:
    """The type of a picture or clip, by its first bytes; whatever else lies in the evidence is not shown here."""
    with path.open("rb") as file:
        head = file.read(8)
    if head[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    if head[4:] == b"ftyp":
        return "video/mp4"
    raise Problem(404, "没有这张图片")


def _may_see(request: Request, rooms: Rooms, sha256: str, code: str | None) -> bool:
    """Whether a picture is of the code's ticket, or one that an account sees; ``Problem`` 403 without any right."""
    if code is not None:
        link = link_of(request, code)
        return rooms.reader.shows(link.ticket, sha256) or sha256 in rooms.uploads.of(code)
    viewer = anybody(request)
    if viewer.may(Right.EVIDENCE):
        return sees_pictures(viewer, rooms.reader.showing(sha256))
    must_have(viewer, Right.WALL)
    return any(one == sha256 and _open_to(viewer, device) for device, one in stills(rooms).items())


def _open_to(viewer: Viewer, device: str) -> bool:
    """Whether the county keeps a device's pictures from nobody like this viewer."""
    camera = viewer.county.device(device)
    return camera is None or sees_through(viewer, camera)


def _told(request: Request, rooms: Rooms, asked: tuple[str, str | None, bool]) -> dict[str, str]:
    """Tell the register who looks, and return for how long a browser may keep it; what cannot be told is not shown."""
    sha256, code, by_wall = asked
    if code is not None:
        viewing.seen_by_code(rooms, request, link_of(request, code))
        return KEEP
    viewer = anybody(request)
    walled = (by_wall or not viewer.may(Right.EVIDENCE)) and shows(request, [sha256])
    how = viewing.seen(rooms, request, viewer, sha256, Glance(rooms.reader.showing(sha256), walled))
    return UNKEPT if how is Looking.BEYOND else BRIEFLY


def _arrived(evidence: Evidence, sha256: str) -> Path | None:
    """The picture, waited for a moment: an event is on the wall before the last piece of its picture has come."""
    path = evidence.path(sha256)
    if path is not None or not _PATIENT.acquire(blocking=False):
        return path
    try:
        until = time.monotonic() + PATIENCE_S
        while (path := evidence.path(sha256)) is None and time.monotonic() < until:
            time.sleep(0.2)
        return path
    finally:
        _PATIENT.release()


@router.get("/healthz", summary="Whether the screen can read its stores")
def healthz(request: Request, response: Response) -> Health:
    broadcast = broadcast_of(request)
    ok = rooms_of(request).reader.number() >= 0  # StoreAway becomes 503
    response.status_code = 200 if ok else 503
    return Health(ok=ok, version=request.app.version, pages=broadcast.pages, faults=broadcast.faults)


def broadcast_of(request: Request) -> Broadcast:
    broadcast: Broadcast = request.app.state.broadcast
    return broadcast


def _still(request: Request) -> bool:
    """Whether who opened a stream may still see it."""
    try:
        over_all(request)
    except Problem:
        return False
    return True


def _outlined(feature: Geo) -> Geo:
    """Give an outline its level, whatever else the county's file says about it."""
    given = feature.get("properties", {})
    code = str(given.get("code", ""))
    level = {6: "county", 9: "township"}.get(len(code), "village")
    return {**feature, "properties": {**given, "code": code, "level": level}}
