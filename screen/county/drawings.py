"""The routes of spots and masks: what is drawn at a camera, and a new revision of it, told to the camera's box."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field, StringConstraints

from alerts.store.stills import Stills
from broker.messages import ConfigState
from county.files import Folder
from county.geo import MASKS, SPOTS, write_masks, write_spots
from county.snapshot import County
from county.values import Device, DeviceKind
from ingest.drawn import SEEN, body_of, fits, is_told, speaks_for
from screen.access.roles import Right
from screen.access.viewer import Viewer, needs
from screen.county.device_shapes import ConfigShown, OptionalId, Revision, Text
from screen.county.devices import DeviceId, Reads, config_shown, must_see, still_of
from screen.county.drawing import (
    MOST_CORNERS,
    MOST_SHAPES,
    Drawing,
    DrawnMask,
    DrawnSpot,
    changes,
    faults,
    laid,
    notes,
)
from screen.county.saving import author_of, checked, refused, save
from screen.desk.ticket import rooms_of
from screen.problems import Problem
from screen.rooms import Rooms
from screen.shapes import Shape
from screen.wall.composed import what_names
from screen.wall.place_shapes import StillShown

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Polygon = Annotated[tuple[tuple[Share, Share], ...], Field(max_length=MOST_CORNERS)]
Named = Annotated[Text, StringConstraints(min_length=1)]
Writes = Annotated[Viewer, needs(Right.DEVICES_EDIT)]
router = APIRouter(prefix="/api/v1/devices", tags=["devices"])


class SpotDrawn(Shape):
    """A spot: ``id`` "" for a new one; corners in shares 0..1 of the picture, none for the whole picture."""

    id: OptionalId = ""
    name: Named
    zone: Annotated[str, StringConstraints(max_length=32)] = ""
    kinds: Annotated[tuple[Annotated[str, StringConstraints(max_length=32)], ...], Field(max_length=50)] = ()
    polygon: Polygon = ()


class MaskDrawn(Shape):
    """A part that nobody may see: blanked on the box before it looks, and before anything leaves."""

    id: OptionalId = ""
    name: Named
    polygon: Polygon


class DrawingBody(Shape):
    """A camera's spots and masks as they shall be. ``after``: the revision that was looked at; ``dry``: only check."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {"after": 3, "reason": "桶挪到路东", "spots": [
                    {"id": "cam-1.spot-1", "name": "村口垃圾点", "zone": "street", "kinds": ["garbage"],
                     "polygon": [[0.1, 0.3], [0.9, 0.3], [0.9, 0.95]]}],
                 "masks": [{"name": "邻家窗户", "polygon": [[0, 0], [0.2, 0], [0.2, 0.2]]}]}
            ]
        },
    )  # fmt: skip

    after: Revision
    reason: Text = ""
    dry: bool = False
    spots: Annotated[tuple[SpotDrawn, ...], Field(max_length=MOST_SHAPES)] = ()
    masks: Annotated[tuple[MaskDrawn, ...], Field(max_length=MOST_SHAPES)] = ()


class Choice(Shape):
    code: str
    name: str


class DrawingShown(Shape):
    """What is drawn at a camera in the county's newest revision, the picture to draw on, and how its box stands."""

    revision: int
    camera: str
    name: str
    place: str
    spots: list[SpotDrawn]
    masks: list[MaskDrawn]
    zones: list[Choice]
    kinds: list[Choice]
    still: StillShown | None
    config: ConfigShown | None


class DrawingSaved(Shape):
    """What changed and what is odd about it. ``told``: the box's configuration says so now."""

    revision: int
    changes: list[str]
    notes: list[str]
    told: bool
    config: ConfigShown | None


@router.get("/{device}/drawing", summary="Spots and masks of a camera, with the picture to draw them on")
def drawing(device: DeviceId, request: Request, viewer: Reads) -> DrawingShown:
    rooms, camera = rooms_of(request), _camera(viewer, device)
    county, names = viewer.county, what_names(viewer.county)
    return DrawingShown(
        revision=county.revision, camera=camera.id, name=camera.name, place=county.place_name(camera.village),
        spots=[
            SpotDrawn(id=one.id, name=one.name, zone=one.zone, kinds=one.kinds, polygon=one.polygon)
            for one in county.content.spots
            if one.device == camera.id
        ],
        masks=[MaskDrawn(id=one.id, name=one.name, polygon=one.polygon) for one in county.masks_of(camera.id)],
        zones=[Choice(code=code, name=name) for code, name in county.policy.zones.items()],
        kinds=[
            Choice(code=one.code, name=names.get(one.code, one.code))
            for one in county.policy.categories
            if one.code in SEEN
        ],
        still=still_of(rooms, viewer, camera), config=config_shown(rooms, county, camera),
    )  # fmt: skip


@router.post("/{device}/drawing", summary="Save a camera's spots and masks as a new revision and tell its box")
def draw(device: DeviceId, body: DrawingBody, request: Request, viewer: Writes) -> DrawingSaved:
    rooms, camera = rooms_of(request), _camera(viewer, device)
    drawn, county = _drawing(body), viewer.county
    if found := [*faults(drawn, county, camera), *_still_open(rooms, drawn, county, camera)]:
        raise Problem(409, refused(found))
    before = rooms.registry.folder(county.code, county.revision)
    after = _folder(before, drawn, county, camera)
    new = checked(after)
    if (box := speaks_for(new, camera)) and not fits(body_of(new, camera, _wished(rooms, box))):
        raise Problem(409, "这个盒子的配置太大，发不下去：请减少点位、遮挡或它们的角")
    told = changes(county, new, camera.id)
    if body.dry:
        return DrawingSaved(revision=county.revision, changes=told, notes=notes(drawn), told=False, config=None)
    reason = f"{camera.name}：{body.reason}" if body.reason else ""
    number = save(rooms, viewer, after, reason, body.after).number if told else county.revision
    sent = tell(rooms, rooms.registry.current(county.code), camera, (author_of(viewer), reason or "重新下发"))
    shown = config_shown(rooms, rooms.registry.current(county.code), camera)
    return DrawingSaved(revision=number, changes=told, notes=notes(drawn), told=sent, config=shown)


def tell(rooms: Rooms, county: County, camera: Device, said: tuple[str, str]) -> bool:
    """Wish of the camera's box what is drawn now, unless it was wished already; False where no box reads it."""
    box = speaks_for(county, camera)
    if box is None:
        return False
    before = _wished(rooms, box)
    if not is_told(county, camera, before):
        heard = rooms.latest.get(box.id, "config-state")
        answer = heard.message() if heard is not None else None
        runs = answer.version if isinstance(answer, ConfigState) else 0
        words = f"第{county.revision}版 {said[1]}"
        rooms.wishes.put(box.id, body_of(county, camera, before), (said[0], words, rooms.now()), runs)
    return True


def _wished(rooms: Rooms, box: Device) -> dict[str, object]:
    past = rooms.wishes.history(box.id)
    return past[0].body if past else {}


def _camera(viewer: Viewer, device: str) -> Device:
    known = must_see(viewer, device)
    if known.kind is not DeviceKind.CAMERA:
        raise Problem(404, "没有登记这台摄像机")
    return known


def _drawing(body: DrawingBody) -> Drawing:
    return Drawing(
        tuple(DrawnSpot(one.id, one.name, one.zone, one.kinds, one.polygon) for one in body.spots),
        tuple(DrawnMask(one.id, one.name, one.polygon) for one in body.masks),
    )


def _still_open(rooms: Rooms, drawn: Drawing, county: County, camera: Device) -> list[str]:
    """The spots that would go while a ticket is open there: nobody could look again, so it could never be closed."""
    kept = {one.id for one in drawn.spots}
    gone = {spot.id for spot in county.content.spots if spot.device == camera.id} - kept
    open_there = {one.spot: one for one in Stills(rooms.book).tickets_at(camera.id) if one.spot in gone}
    return [f"点位“{one.spot_name}”还有没结的工单 {one.number}，结了才能删" for one in open_there.values()]


def _folder(before: Folder, drawn: Drawing, county: County, camera: Device) -> dict[str, bytes]:
    spots, masks = laid(drawn, county, camera)
    files = {**before, SPOTS: write_spots(spots)} if spots != county.content.spots else dict(before)
    if masks:
        return {**files, MASKS: write_masks(masks)} if masks != county.content.masks else files
    return {name: data for name, data in files.items() if name != MASKS}
