"""A camera's newest still, and its live picture while somebody watches it: asked of its box, told with its true age."""

from __future__ import annotations

import base64
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from alerts.devices import alive
from broker.downward import Command
from broker.messages import Live
from county.values import Device, DeviceKind
from ingest.commands import CommandState, Fate
from ingest.glimpses import KEPT, STILL
from ingest.latest import LatestValue
from screen.access.reach import sees_device, sees_through
from screen.access.roles import Right, Role
from screen.access.viewer import Viewer, needs
from screen.audit import viewing
from screen.desk.ticket import rooms_of
from screen.problems import Problem
from screen.rooms import Rooms, news
from screen.wall.live_shapes import LiveBegun, LiveShown, LiveWhy
from screen.wall.places import first_spot
from screen.wall.watching import LASTS, MOST, TooMany, Watch, Watches

STALE = timedelta(seconds=3)  # an older frame is never called live
SILENT = timedelta(seconds=15)  # a box that has not answered by then does not
HEADERS = {"Cache-Control": "private, max-age=600", "Content-Security-Policy": "sandbox"}
Camera = Annotated[str, Path(max_length=64)]
Sees = Annotated[Viewer, needs(Right.WALL)]
Watches_ = Annotated[Viewer, needs(Right.EVIDENCE)]
router = APIRouter(prefix="/api/v1/cameras", tags=["wall"])


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of a watched camera: its newest live picture, what became of the command, whether it is online."""

    told: LatestValue | None
    asked: Collection[UUID]
    command: CommandState | None
    online: bool


@router.get(
    "/{camera}/still", summary="The newest still of a camera, a day old at most; no evidence", response_class=Response
)
def still(camera: Camera, request: Request, viewer: Sees) -> Response:
    rooms = rooms_of(request)
    device = _camera(rooms, viewer, camera)
    found = rooms.latest.get(device.id, STILL)
    message = found.message() if found is not None and rooms.now() - found.received_at <= KEPT[STILL] else None
    if not isinstance(message, Live):
        raise Problem(404, "这台摄像机还没有定时画面")
    viewing.glanced(rooms, request, viewer)
    return Response(message.data, media_type="image/jpeg", headers=HEADERS)


@router.post("/{camera}/live", summary="Begin to watch a camera live; what was watched before ends")
def begin(camera: Camera, request: Request, viewer: Watches_, _why: LiveWhy) -> LiveBegun:
    rooms = rooms_of(request)
    if viewer.roles == {Role.VISITOR}:
        raise Problem(401, "看现场画面请先登录")
    device = _camera(rooms, viewer, camera)
    if first_spot(rooms.county(), device) is None:
        raise Problem(409, "这台摄像机没有登记点位，没法叫它传现场画面；请管理员在设备里补上")
    try:
        watch = watches_of(request).begin(viewer.name, device.id, rooms.now())
    except TooMany as fault:
        words = f"全县同时只能看 {MOST} 路现场画面，现在已满（{fault}）；等别人看完再点"
        raise Problem(503, words, 10) from fault
    _ask(rooms, watches_of(request), device)
    return LiveBegun(watch=watch.id, camera=device.id, at=watch.begun_at)


@router.get("/{camera}/live", summary="The newest live picture of a watch; asking again keeps the watch alive")
def go_on(
    camera: Camera, request: Request, viewer: Watches_, watch: Annotated[UUID, Query()],
    seen: Annotated[UUID | None, Query()] = None,
) -> LiveShown:  # fmt: skip
    rooms, watches = rooms_of(request), watches_of(request)
    device, now = _camera(rooms, viewer, camera), rooms.now()
    going = watches.go_on(watch, viewer.name, device.id, now)
    if going is None:
        return LiveShown(state="over", words="已停：看满 10 分钟，或这个账号在别处看了另一台。要接着看请再点", at=now)
    _ask(rooms, watches, device)
    asked = watches.commands(device.id)
    command = rooms.commands.state(asked[0]) if asked else None
    online = alive.camera_online(news(rooms), device, rooms.county(), now)
    heard = Heard(rooms.latest.get(device.id, Live.kind), asked, command, online)
    return shown(heard, going, now, seen)


def shown(heard: Heard, watch: Watch, now: datetime, seen: UUID | None = None) -> LiveShown:
    """What a viewer is told now. A picture that was not asked for by this server is not shown, one as old as it is."""
    frame = _frame(heard)
    if frame is None or heard.told is None:
        return LiveShown(state="waiting", words=_waiting(heard, now - watch.begun_at), at=now)
    age = max(now - frame.at, now - heard.told.received_at, timedelta(0))
    stale = age > STALE
    words = f"画面已停 {age.total_seconds():.0f} 秒" if stale else ""
    if stale and not heard.online:
        words += "，摄像机或盒子离线"
    return LiveShown(
        state="stale" if stale else "live", words=words, at=now, age_s=round(age.total_seconds(), 1),
        frame=frame.message_id, rendered=frame.rendered,
        jpeg=None if frame.message_id == seen else base64.b64encode(frame.data).decode(),
    )  # fmt: skip


def watches_of(request: Request) -> Watches:
    watches: Watches = request.app.state.watches
    return watches


def _frame(heard: Heard) -> Live | None:
    message = heard.told.message() if heard.told is not None else None
    return message if isinstance(message, Live) and message.asked in heard.asked else None


def _waiting(heard: Heard, waited: timedelta) -> str:
    if heard.command is not None and heard.command.fate in (Fate.REFUSED, Fate.FAILED):
        return f"盒子不传现场画面，程序可能太旧：{heard.command.reason}"
    if not heard.online:
        return "摄像机或它的盒子离线，接不通；恢复后会自己出来"
    if heard.command is not None and heard.command.fate is Fate.DONE and waited > STALE:
        return f"盒子答复“{heard.command.reason}”，画面还没有到"
    if waited > SILENT:
        return f"盒子 {waited.total_seconds():.0f} 秒没有回应"
    return "正在接通"


def _camera(rooms: Rooms, viewer: Viewer, camera: str) -> Device:
    device = rooms.county().device(camera)
    if device is None or device.kind is not DeviceKind.CAMERA or not sees_device(viewer, device):
        raise Problem(404, "没有登记这台摄像机")
    if not sees_through(viewer, device):
        raise Problem(404, "没有登记这台摄像机")
    return device


def _ask(rooms: Rooms, watches: Watches, device: Device) -> None:
    now, spot = rooms.now(), first_spot(rooms.county(), device)
    identity = watches.order(device.id, now) if spot is not None else None
    if identity is not None and spot is not None:
        until = now + LASTS
        rooms.commands.put(
            Command(command_id=identity, device=device.speaker, name="live", spot=spot, issued_at=now, expires_at=until)
        )
