"""How far a viewer's eyes reach: regions, devices, and pictures of cameras that a county keeps to some. Pure.

A camera may name in ``viewers`` (devices.csv) who sees its pictures: levels and ids of persons. Without any it is
everybody whose part of the county it stands in. Its alarms and tickets are not kept back: somebody has to clean there.
"""

from __future__ import annotations

from collections.abc import Iterable

from alerts.values import Ticket
from county.values import Device
from screen.access.roles import Role
from screen.access.viewer import Viewer


def sees_region(viewer: Viewer, code: str) -> bool:
    """Whether a region lies in this viewer's part of the county."""
    if viewer.parts is None:
        return True
    return any(part.region and code.startswith(part.region) for part in viewer.parts)


def sees_spots(viewer: Viewer, village: str, spots: Iterable[str]) -> bool:
    """Whether a village lies in this viewer's part of the county, or one of these spots (ids) is its own."""
    if sees_region(viewer, village):
        return True
    own = {spot for part in viewer.parts or () for spot in part.spots}
    return any(spot in own for spot in spots)


def sees_device(viewer: Viewer, device: Device) -> bool:
    """Whether a device stands in this viewer's part of the county, or looks at a spot of it."""
    return sees_spots(viewer, device.village, (one.id for one in viewer.county.spots if one.device == device.id))


def sees_through(viewer: Viewer, camera: Device) -> bool:
    """Whether a viewer sees a camera's pictures, where the county keeps them to some."""
    if not camera.viewers:
        return True
    if Role.AUDITOR in viewer.roles:
        return True
    mine = {viewer.person.id, *viewer.levels} if viewer.person is not None else set()
    return bool(mine & set(camera.viewers))


def sees_pictures(viewer: Viewer, tickets: Iterable[Ticket]) -> bool:
    """Whether a viewer sees a picture that belongs to these tickets: one in their part, of a camera open to them."""
    return any(viewer.sees(ticket) and _open(viewer, ticket) for ticket in tickets)


def _open(viewer: Viewer, ticket: Ticket) -> bool:
    camera = viewer.county.device(ticket.scene.place)
    return camera is None or sees_through(viewer, camera) or _handles(viewer, ticket)


def _handles(viewer: Viewer, ticket: Ticket) -> bool:
    """Who has the ticket must see what is to be cleaned."""
    return viewer.person is not None and viewer.person.id == ticket.person.id
