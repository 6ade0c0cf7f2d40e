"""Places from the county down to a camera: what is below each, and what its cameras last showed, with its age."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from alerts.devices import alive, faults
from alerts.sensors import bins
from alerts.store.behind import Asked, Behind, Figure
from alerts.store.stills import Open, Still, Stills
from broker.messages import State
from county.policy.equipment import Fault
from county.snapshot import County
from county.values import Device, DeviceKind, Region
from ingest.glimpses import KEPT as GLIMPSES_KEPT
from ingest.glimpses import STILL
from screen.access.reach import sees_device, sees_region, sees_through
from screen.access.roles import Right, Role
from screen.access.viewer import Viewer, needs
from screen.desk.ticket import rooms_of
from screen.problems import Problem
from screen.rooms import Rooms, news
from screen.wall.composed import seen_boxes, what_names
from screen.wall.equipment import News
from screen.wall.place_shapes import (
    BinShown,
    CameraAsked,
    CameraShown,
    CamerasShown,
    Child,
    Crumb,
    GlimpseShown,
    PlaceShown,
    StillShown,
)

FRESH = timedelta(minutes=10)  # a picture older than this is an old one, however well its camera is
GLIMPSE_FRESH = timedelta(minutes=15)  # a camera gives a still every ten, unless it is told otherwise
KEPT = timedelta(days=30)
Sees = Annotated[Viewer, needs(Right.WALL)]
Code = Annotated[str, Path(pattern=r"^([0-9]{6}|[0-9]{9}|[0-9]{12})$")]
_RANK = {"urgent": 0, "major": 1, "minor": 2, None: 3}
router = APIRouter(prefix="/api/v1", tags=["wall"])


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of the cameras and bins at one moment, and who looks at it."""

    viewer: Viewer
    now: datetime
    county: County
    news: News
    stills: Mapping[str, Still]
    open_at: Mapping[str, Open]
    glimpses: Mapping[str, tuple[datetime, datetime]]


@router.get("/places/{code}", summary="A county, township or village: what is below it and what its cameras showed")
def place(code: Code, request: Request, viewer: Sees) -> PlaceShown:
    rooms = rooms_of(request)
    seen, book = look(rooms, viewer), rooms.book
    if seen.county.regions.get(code) is None or not sees_region(viewer, code):
        raise Problem(404, f"本县没有编码为 {code} 的地方")
    villages = Stills(book).open_in_villages()
    here = Behind(book).of(Asked(Figure.OPEN, "" if len(code) == 6 else code, limit=0), seen.now)
    alone = len(code) == 12
    return PlaceShown(
        now=seen.now, path=path_of(seen.county, code), open=here.total,
        children=[] if alone else children(seen.county, code, villages),
        cameras=ordered(seen, code) if alone else [], bins=bins_of(seen, code) if alone else [],
    )  # fmt: skip


@router.get("/cameras", summary="Every camera with its newest picture, the active ones first")
def cameras(request: Request, viewer: Sees, which: Annotated[CameraAsked, Query()]) -> CamerasShown:
    seen = look(rooms_of(request), viewer)
    all_of_them = ordered(seen, which.scope)
    return CamerasShown(
        now=seen.now, total=len(all_of_them), online=sum(one.online for one in all_of_them),
        shown=all_of_them[which.offset : which.offset + which.limit],
    )  # fmt: skip


@router.get("/cameras/{camera}", summary="One camera with its newest picture")
def camera(camera: Annotated[str, Path(max_length=64)], request: Request, viewer: Sees) -> CameraShown:
    seen = look(rooms_of(request), viewer, camera)
    device = seen.county.device(camera)
    if device is None or device.kind is not DeviceKind.CAMERA or not sees_device(viewer, device):
        raise Problem(404, "没有登记这台摄像机")
    return camera_shown(seen, device, _words(seen).get(device.id, ""))


def look(rooms: Rooms, viewer: Viewer, camera: str = "") -> Seen:
    """Read what the cameras and bins told, or one camera; ``StoreAway`` when a store cannot be read."""
    now, stills = rooms.now(), Stills(rooms.book)
    shots, glimpses = stills.newest(now - KEPT, camera), rooms.latest.arrived(STILL, camera)
    return Seen(viewer, now, rooms.county(), news(rooms), shots, stills.open_at(camera), glimpses)


def path_of(county: County, code: str) -> list[Crumb]:
    """The regions from the county down to a code."""
    way: list[Region] = []
    region = county.regions.get(code)
    while region is not None:
        way.insert(0, region)
        region = county.regions.get(region.parent) if region.parent else None
    return [Crumb(code=one.code, name=one.name) for one in way]


def children(county: County, code: str, villages: Mapping[str, Open]) -> list[Child]:
    """The townships of a county or the villages of a township, those with open tickets first."""
    below = county.townships if len(code) == 6 else [one for one in county.villages if one.code.startswith(code)]
    size = len(below[0].code) if below else 0
    standing = Counter((one.village[:size], one.kind) for one in county.devices.values())
    found = [
        Child(
            code=one.code, name=one.name, open=_open(one.code, villages), worst=_worst(one.code, villages),
            cameras=standing[one.code, DeviceKind.CAMERA], bins=standing[one.code, DeviceKind.BIN],
        )
        for one in below
    ]  # fmt: skip
    return sorted(found, key=lambda one: (_RANK[one.worst], -one.open, one.code))


def ordered(seen: Seen, scope: str) -> list[CameraShown]:
    """The cameras of a place: open urgent tickets first, then graver ones, then the newest picture."""
    words = _words(seen)
    devices = [
        one for one in alive.of_kind(seen.county, DeviceKind.CAMERA)
        if one.village.startswith(scope) and sees_device(seen.viewer, one)
    ]  # fmt: skip
    shown = [camera_shown(seen, one, words.get(one.id, "")) for one in devices]
    return sorted(shown, key=lambda one: (_RANK[one.worst], -_age_key(one), one.id))


def camera_shown(seen: Seen, device: Device, words: str) -> CameraShown:
    """A camera; its picture counts as fresh only while it is young and the camera online."""
    online = alive.camera_online(seen.news, device, seen.county, seen.now)
    kept_back = not sees_through(seen.viewer, device)
    still, there = None if kept_back else seen.stills.get(device.id), seen.open_at.get(device.id)
    return CameraShown(
        id=device.id, name=device.name, village=device.village, place=seen.county.place_name(device.village),
        online=online, words=words, heard_at=alive.last_heard(seen.news, device.speaker, seen.now),
        still=_still(seen, still, online) if still else None, open=there.count if there else 0,
        worst=there.worst if there else None, glimpse=None if kept_back else _glimpse(seen, device, online),
        live=watchable(seen.viewer, seen.county, device),
    )  # fmt: skip


def first_spot(county: County, device: Device) -> str | None:
    """The spot by which a camera's box is told to show it live; None where it sees none."""
    return next((one.id for one in county.spots if one.device == device.id), None)


def watchable(viewer: Viewer, county: County, device: Device) -> bool:
    """Whether this viewer may watch a camera live. Its box takes the command by a spot, so without one it cannot."""
    may = viewer.may(Right.EVIDENCE) and viewer.roles != {Role.VISITOR}
    return may and sees_through(viewer, device) and first_spot(county, device) is not None


def _glimpse(seen: Seen, device: Device, online: bool) -> GlimpseShown | None:
    """The newest still; its age is the greater of what the box's clock and ours say."""
    found = seen.glimpses.get(device.id)
    if found is None or seen.now - found[1] > GLIMPSES_KEPT[STILL]:
        return None
    at = min(found)
    return GlimpseShown(at=at, fresh=online and seen.now - at <= GLIMPSE_FRESH)


def bins_of(seen: Seen, village: str) -> list[BinShown]:
    """The bins of a village with their level; a silent one has a tone of its own."""
    found = []
    for one in alive.of_kind(seen.county, DeviceKind.BIN):
        if one.village == village:
            state = seen.news.bins.get(one.id)
            tone = bins.tone(state, seen.now, seen.county.bins_at(one.id))
            percent = state.level.percent if state else None
            fill = None if percent is None else round(percent, 1)
            heard = state.heard_at if state else None
            found.append(BinShown(id=one.id, name=one.name, fill=fill, tone=tone.value, heard_at=heard))
    return sorted(found, key=lambda one: (-(one.fill or 0), one.id))


def fault_words(seen_faults: Sequence[faults.Observed]) -> dict[str, str]:
    """What is wrong with each device that something is wrong with, the first of it."""
    found: dict[str, str] = {}
    for one in seen_faults:
        if one.state is State.DIRTY:
            found.setdefault(one.device.id, one.words)
        elif one.state is State.UNKNOWN and one.fault is Fault.CAMERA_SILENT:
            found.setdefault(one.device.id, one.words)  # its box is not heard: nobody knows how the camera is
    return found


def _words(seen: Seen) -> dict[str, str]:
    return fault_words(faults.observe(seen.county, seen.news, seen.now))


def _still(seen: Seen, still: Still, online: bool) -> StillShown:
    shot = still.shot
    return StillShown(
        ticket=str(shot.ticket), sha256=shot.sha256, at=shot.at, boxes=seen_boxes(shot),
        what_name=what_names(seen.county).get(shot.what, shot.what), rendered=still.rendered,
        fresh=online and seen.now - shot.at <= FRESH,
    )  # fmt: skip


def _age_key(one: CameraShown) -> float:
    return one.still.at.timestamp() if one.still else 0.0


def _open(code: str, villages: Mapping[str, Open]) -> int:
    return sum(one.count for village, one in villages.items() if village.startswith(code))


def _worst(code: str, villages: Mapping[str, Open]) -> str | None:
    there = [one.worst for village, one in villages.items() if village.startswith(code)]
    return min(there, key=_RANK.__getitem__, default=None)
