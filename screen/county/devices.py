"""The routes of the devices page that read: the list and its map, one device, its still, what is unregistered."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import FileResponse

from alerts.store.stills import Stills, TicketAt
from broker.messages import ConfigState, Health
from county.credentials import DeviceCredential, Invitation
from county.legal import BASIS_WORDS, lacking
from county.snapshot import County
from county.values import Device, DeviceKind, Spot
from ingest.discovery import discover
from ingest.drawn import is_told, speaks_for
from ingest.evidence import EvidenceAway
from ingest.wishes import Wish
from screen.access.reach import sees_device, sees_region
from screen.access.roles import Right
from screen.access.viewer import Viewer, needs
from screen.county.device_rows import counts, picked, points, rows_of
from screen.county.device_shapes import (
    ConfigShown,
    CredentialShown,
    DevicesAsked,
    DeviceShown,
    DevicesShown,
    Found,
    InvitationShown,
    LegalShown,
    OpenTicket,
    SpotLine,
    ViewerNamed,
)
from screen.county.told import config_of
from screen.desk.ticket import rooms_of
from screen.problems import Problem
from screen.rooms import Rooms, news
from screen.wall.composed import what_names
from screen.wall.looks import KEEP
from screen.wall.place_shapes import StillShown
from screen.wall.places import camera_shown, look

MOST_LETTERS = 2_000
DeviceId = Annotated[str, Path(max_length=64)]
Reads = Annotated[Viewer, needs(Right.DEVICES)]
router = APIRouter(prefix="/api/v1/devices", tags=["devices"])


@router.get("", summary="Boxes, cameras and bins of one's own part of the county, those with a fault first")
def devices(request: Request, viewer: Reads, asked: Annotated[DevicesAsked, Query()]) -> DevicesShown:
    rooms = rooms_of(request)
    county, now = viewer.county, rooms.now()
    rows = rows_of(viewer, county, news(rooms), now)
    found = picked(rows, asked)
    return DevicesShown(
        now=now, revision=county.revision, counts=counts(rows), lacking=sum(bool(one.lacking) for one in rows),
        total=len(found), shown=found[asked.offset : asked.offset + asked.limit], points=points(found),
    )  # fmt: skip


@router.get("/found", summary="What speaks or is spoken of, but stands in no registry")
def found(request: Request, viewer: Reads) -> list[Found]:
    rooms = rooms_of(request)
    said = [value.message() for value in rooms.latest.all("health") if value.county == viewer.county.code]
    finds = discover(viewer.county, rooms.letters.list(MOST_LETTERS), [one for one in said if isinstance(one, Health)])
    return [
        Found(kind=one.kind, id=one.id, by=one.by, village=one.village, times=one.times,
              place=viewer.county.place_name(one.village) if one.village else "")
        for one in finds
        if sees_region(viewer, one.village)
    ]  # fmt: skip


@router.get("/{device}", summary="One device: health, secrets, legal record, configuration, spots, still, open tickets")
def device(device: DeviceId, request: Request, viewer: Reads) -> DeviceShown:
    rooms, known = rooms_of(request), must_see(viewer, device)
    county, now = viewer.county, rooms.now()
    rows = {one.id: one for one in rows_of(viewer, county, news(rooms), now)}
    spots = tuple(spot for spot in county.spots if spot.device == known.id)
    camera = known.kind is DeviceKind.CAMERA
    credentials = rooms.registry.credentials(county.code)
    return DeviceShown(
        now=now, revision=county.revision, device=rows[known.id], valid_from=known.valid_from, valid_to=known.valid_to,
        behind=[rows[one.id] for one in county.behind(known.id) if one.id in rows],
        credential=_credential(known, [one for one in credentials if one.device == known.id]),
        invitation=_invitation(rooms, county, known), legal=_legal(county, known, spots) if camera else None,
        config=config_shown(rooms, county, known), spots=[_spot(county, one) for one in spots],
        masks=len(county.masks_of(known.id)), still=still_of(rooms, viewer, known) if camera else None,
        tickets=[_ticket(county, one) for one in Stills(rooms.book).tickets_at(known.id)],
    )  # fmt: skip


@router.get("/{device}/still", summary="The newest picture of a camera, to draw on", response_class=FileResponse)
def still(device: DeviceId, request: Request, viewer: Reads) -> FileResponse:
    rooms, known = rooms_of(request), must_see(viewer, device)
    shown = still_of(rooms, viewer, known) if known.kind is DeviceKind.CAMERA else None
    try:
        path = rooms.evidence.path(shown.sha256) if shown is not None else None
    except EvidenceAway as fault:
        raise Problem(503, "图片库暂时不可用，请稍后再试", 30) from fault
    if path is None:
        raise Problem(404, "这台摄像机还没有画面")
    return FileResponse(path, media_type="image/jpeg", headers=KEEP | {"Cache-Control": "private, no-cache"})


def must_see(viewer: Viewer, device: str) -> Device:
    """A device of this viewer's part of the county; ``Problem`` 404 for any other, as if it were not there."""
    known = viewer.county.device(device)
    if known is None or known.kind is DeviceKind.TRUCK or not sees_device(viewer, known):
        raise Problem(404, "没有登记这台设备")
    return known


def still_of(rooms: Rooms, viewer: Viewer, camera: Device) -> StillShown | None:
    """The newest picture of a camera with its age."""
    return camera_shown(look(rooms, viewer, camera.id), camera, "").still


def config_shown(rooms: Rooms, county: County, known: Device) -> ConfigShown | None:
    """How the box of a device stands with its configuration; None for what no box configures."""
    box = known if known.kind is DeviceKind.BOX else speaks_for(county, known)
    if box is None or known.kind is DeviceKind.BIN:
        return None
    past, heard = rooms.wishes.history(box.id), rooms.latest.get(box.id, "config-state")
    said = heard.message() if heard is not None else None
    wish = past[0] if past else None
    unsent = known.kind is DeviceKind.CAMERA and _unsent(county, known, wish)
    return config_of(wish, said if isinstance(said, ConfigState) else None, unsent=unsent)


def _unsent(county: County, camera: Device, wish: Wish | None) -> bool:
    """Whether the box does not know what is drawn; without any wish it goes by its own file, which knows no masks."""
    return not is_told(county, camera, wish.body) if wish is not None else bool(county.masks_of(camera.id))


def _credential(known: Device, given: list[DeviceCredential]) -> CredentialShown:
    if known.box or known.kind is DeviceKind.CAMERA:
        return CredentialShown(state="box")
    if not given:
        return CredentialShown(state="none")
    newest = given[-1]
    return CredentialShown(
        state="valid" if newest.valid else "revoked", made_at=newest.made_at, made_by=newest.made_by,
        revoked_at=newest.revoked_at, revoked_why=newest.revoked_why,
    )  # fmt: skip


def _invitation(rooms: Rooms, county: County, known: Device) -> InvitationShown | None:
    newest: Invitation | None = rooms.registry.invitation(county.code, known.id)
    if newest is None:
        return None
    state = "used" if newest.used else "over" if newest.over(rooms.now()) else "open"
    return InvitationShown(
        state=state, made_at=newest.made_at, made_by=newest.made_by, expires_at=newest.expires_at, tries=newest.tries
    )


def _legal(county: County, known: Device, spots: tuple[Spot, ...]) -> LegalShown:
    return LegalShown(
        basis=known.legal_basis.value, basis_words=BASIS_WORDS[known.legal_basis], purpose=known.purpose,
        sign_date=known.sign_date, consent=known.consent, lacking=list(lacking(known, spots, county.policy)),
        viewers=[_viewer(county, one) for one in known.viewers],
    )  # fmt: skip


def _viewer(county: County, one: str) -> ViewerNamed:
    person = county.people.get(one)
    return ViewerNamed(code=one, name=person.name if person is not None else county.policy.levels.of(one))


def _spot(county: County, spot: Spot) -> SpotLine:
    names = what_names(county)
    return SpotLine(
        id=spot.id, name=spot.name, zone_name=county.policy.zones.get(spot.zone, spot.zone),
        kind_names=[names.get(kind, kind) for kind in spot.kinds], whole=not spot.polygon,
    )  # fmt: skip


def _ticket(county: County, one: TicketAt) -> OpenTicket:
    return OpenTicket(
        id=str(one.id), number=one.number, what_name=what_names(county).get(one.what, one.what), spot=one.spot,
        spot_name=one.spot_name, severity=one.severity, at=one.opened_at,
    )  # fmt: skip
