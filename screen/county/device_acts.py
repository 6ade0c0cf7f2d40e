"""The routes of the devices page that change something: codes, secrets, revoking, and what is entered."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from urllib.parse import urljoin

from fastapi import APIRouter, Request

from county.invitations import invite
from county.office import add_device_secret
from county.sheets import SHEETS
from county.snapshot import County
from county.values import Device, DeviceKind, LegalBasis, Level
from screen.access.roles import Right
from screen.access.viewer import Viewer, needs
from screen.bindings.qr import drawn
from screen.county.device_shapes import DeviceBody, InviteShown, ReasonBody, Saved, SecretShown
from screen.county.devices import DeviceId, must_see
from screen.county.revising import differences_shown, lines_of
from screen.county.saving import author_of, checked, refused, save
from screen.desk.ticket import rooms_of
from screen.problems import Problem

FILE = "devices.csv"
KEPT = (
    "empty_mm",
    "full_mm",
    "consent",
    "purpose",
    "sign_date",
    "viewers",
)  # of a known device, unless something is said
Writes = Annotated[Viewer, needs(Right.DEVICES_EDIT)]
router = APIRouter(prefix="/api/v1/devices", tags=["devices"])


@router.post("", summary="Enter a device in the county's files, or correct its record, as a new revision")
def enter(body: DeviceBody, request: Request, viewer: Writes) -> Saved:
    rooms, county = rooms_of(request), viewer.county
    if found := _faults(body, county):
        raise Problem(409, refused(found))
    known = county.device(body.id)
    device = _device(body, known)
    kept = tuple(device if one.id == device.id else one for one in county.content.devices)
    devices = kept if known is not None else (*kept, device)
    folder = {**rooms.registry.folder(county.code, county.revision), FILE: SHEETS[FILE].written(devices)}
    changes = lines_of(differences_shown(county.content, checked(folder).content, viewer))
    if body.dry or not changes:
        return Saved(revision=county.revision, changes=changes)
    reason = f"{body.name}：{body.reason}" if body.reason else ""
    return Saved(revision=save(rooms, viewer, folder, reason, body.after).number, changes=changes)


@router.post("/{device}/invite", summary="Make a one-time code with which a box claims its own secret; shown once")
def invited(device: DeviceId, request: Request, viewer: Writes) -> InviteShown:
    rooms, known = rooms_of(request), _speaker(viewer, device)
    code, expires = invite(rooms.registry, known.id, author_of(viewer), rooms.now())
    server = urljoin(rooms.settings.base_url, "/").rstrip("/")
    command = f"jingcun claim --server {server} --code {code}"
    return InviteShown(device=known.id, code=code, expires_at=expires, command=command, qr=drawn(command))


@router.post("/{device}/secret", summary="Make a device's new secret, shown once; the older one stops working")
def secret(device: DeviceId, request: Request, viewer: Writes) -> SecretShown:
    rooms, known = rooms_of(request), _speaker(viewer, device)
    made = add_device_secret(rooms.registry, known.id, author_of(viewer), rooms.now())
    return SecretShown(device=known.id, secret=made)


@router.post("/{device}/revoke", summary="End a device's secret and certificate")
def revoke(device: DeviceId, body: ReasonBody, request: Request, viewer: Writes) -> Saved:
    rooms, known = rooms_of(request), _speaker(viewer, device)
    why = f"{author_of(viewer)}：{body.reason}"
    if not rooms.registry.revoke_credential(viewer.county.code, known.id, rooms.now(), why):
        raise Problem(409, f"{known.name}现在没有有效的密钥，不用吊销")
    return Saved(revision=viewer.county.revision, changes=[f"吊销了{known.name}的密钥"])


def _speaker(viewer: Viewer, device: str) -> Device:
    """A device that has a secret of its own; ``Problem`` 409 for what speaks through a box."""
    known = must_see(viewer, device)
    if known.box:
        raise Problem(409, f"{known.name}通过盒子 {known.box} 说话，请给这个盒子发")
    if known.kind is DeviceKind.CAMERA:
        raise Problem(409, f"{known.name}还没有登记盒子，先登记它接在哪个盒子上")
    return known


def _faults(body: DeviceBody, county: County) -> list[str]:
    """What is wrong with a record, in plain words; the rest the check of the county's files finds."""
    known, box = county.device(body.id), county.device(body.box) if body.box else None
    strangers = [one for one in body.viewers if one not in county.people and one not in set(Level)]
    wrong = {
        f"编号 {body.id} 已经有了，请换一个": known is not None and not body.known,
        f"没有登记 {body.id} 这台设备": known is None and body.known,
        "登记过的设备不能改种类": known is not None and body.known and known.kind != body.kind,
        "没有这个村，请从列表里选": body.village not in county.regions,
        f"没有 {body.box} 这个盒子": bool(body.box) and (box is None or box.kind is not DeviceKind.BOX),
        "盒子不接在别的盒子上": body.kind == "box" and bool(body.box),
        "摄像机要登记接在哪个盒子上": body.kind == "camera" and not body.box,
        "摄像机要登记安装依据（拿不准用最严的第七条）": body.kind == "camera" and not body.legal_basis,
        "只有摄像机的画面可以只给一部分人看": body.kind != "camera" and bool(body.viewers),
        f"画面给谁看：没有 {'、'.join(strangers)} 这个人或层级": bool(strangers),
        "经度、纬度要么都填，要么都不填": (body.longitude is None) != (body.latitude is None),
    }
    return [words for words, holds in wrong.items() if holds]


def _device(body: DeviceBody, known: Device | None) -> Device:
    point = body.longitude is not None
    made = Device(
        body.id, DeviceKind(body.kind), body.name, body.village, body.box, body.longitude, body.latitude,
        "CGCS2000" if point else "", LegalBasis(body.legal_basis), empty_mm=body.empty_mm, full_mm=body.full_mm,
        consent=body.consent, purpose=body.purpose, sign_date=body.sign_date,
        viewers=tuple(dict.fromkeys(body.viewers)),
    )  # fmt: skip
    if known is None:
        return made
    unsaid = {name: getattr(known, name) for name in KEPT if name not in body.model_fields_set}
    crs = known.crs if point and known.crs else made.crs
    return replace(made, crs=crs, valid_from=known.valid_from, valid_to=known.valid_to, **unsaid)
