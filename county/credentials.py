"""The secrets of devices: made once, shown once, stored as a hash; what the broker needs to know follows from them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from broker.acl import Credential, acl_text, mosquitto_hash
from broker.topics import NOWHERE, Address
from county.snapshot import County
from county.values import Device, DeviceKind

SECRET_BYTES = 32
TRIES = 10  # wrong codes that an invitation bears


class NotADevice(LookupError):
    """The device cannot have a credential; the text names why and the cure."""


@dataclass(frozen=True, slots=True)
class DeviceCredential:
    """A device's hash as Mosquitto stores it; never the secret. Times are aware UTC."""

    device: str
    hash: str
    made_at: datetime
    made_by: str
    revoked_at: datetime | None = None
    revoked_why: str = ""

    @property
    def valid(self) -> bool:
        return self.revoked_at is None


@dataclass(frozen=True, slots=True)
class Invitation:
    """A one-time code that was given out, as it is stored: its hash; times are aware UTC."""

    device: str
    hash: str
    made_at: datetime
    made_by: str
    expires_at: datetime
    used: bool = False
    tries: int = 0
    id: int = 0

    def over(self, now: datetime) -> bool:
        """Whether it can open nothing any more, however right the code."""
        return now >= self.expires_at or self.tries >= TRIES


def speaker(county: County, device_id: str) -> Device:
    """The registered device that may have a credential; a camera or bin behind a box has none of its own."""
    device = county.device(device_id)
    if device is None:
        raise NotADevice(f"device {device_id!r} is not in devices.csv of {county.name}; add it and load the county")
    if device.box:
        raise NotADevice(f"{device_id} talks through box {device.box}; make the credential for {device.box}")
    if device.kind == DeviceKind.CAMERA:
        raise NotADevice(f"camera {device_id} has no box; name the box that reads it in devices.csv")
    return device


def make(device: Device, author: str, now: datetime) -> tuple[str, DeviceCredential]:
    """A fresh secret, to be shown once, and what is stored of it."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    return secret, DeviceCredential(device.id, mosquitto_hash(secret), now, author)


def address(county: County, device: Device) -> Address:
    """Where a device stands on the wire; a truck has no village."""
    if not device.village:
        return Address(county.code, NOWHERE, NOWHERE, device.id)
    return Address.of_village(device.village, device.id)


def broker_files(county: County, credentials: Iterable[DeviceCredential], server: str = "") -> tuple[str, str]:
    """Password file and ACL text for the broker: valid credentials of registered devices only.

    ``server`` is the password line of the server's own user, put first.
    """
    valid = sorted((each for each in credentials if each.valid and each.device in county.devices),
                   key=lambda each: each.device)  # fmt: skip
    lines = [server] if server else []
    lines += [f"{each.device}:{each.hash}" for each in valid]
    users = [Credential(each.device, (address(county, county.devices[each.device]),)) for each in valid]
    return "".join(f"{line}\n" for line in lines), acl_text(county.code, users)
