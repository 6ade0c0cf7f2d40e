"""How boxes tell that they are alive: by their health while the link is up, by the broker's word when it is not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from alerts.devices.alive import Heard, Told
from broker.messages import CameraHealth, Health, Status
from county.snapshot import County
from county.values import Device, DeviceKind, own_spot
from jingcun.simulate.happenings import Happening, Truth, What

KEEP_ALIVE = timedelta(seconds=90)  # after so long a broker says that a client is gone
_NOBODY = UUID(int=0)

Open = Callable[[str, datetime], tuple[bool, datetime]]  # whether a device is heard, and since when it is not


class Pulses:
    """What every box last said."""

    def __init__(self, county: County, begin: datetime, link: Open, truth: Truth) -> None:
        """``link`` tells of a device on the wire whether it gets through now, else since when not."""
        self._link = link
        self._truth = truth
        self._boxes = {one.id: one for one in county.devices.values() if one.kind is DeviceKind.BOX}
        self._down: dict[str, Happening] = {}
        cameras: dict[str, list[Device]] = defaultdict(list)
        for one in county.devices.values():
            if one.kind is DeviceKind.CAMERA:
                cameras[one.speaker].append(one)
        speakers = {one.speaker for one in county.devices.values() if one.kind is DeviceKind.BOX} | set(cameras)
        self._health = {name: _health(name, cameras[name], begin) for name in sorted(speakers)}
        self._status = {
            name: [Status(message_id=_NOBODY, device=name, at=begin, online=online) for online in (False, True)]
            for name in self._health
        }

    def told(self, now: datetime) -> Told:
        """What they said up to now; the door always hears."""
        health, status = {}, {}
        for name, message in self._health.items():
            is_open, since = self._link(name, now)
            self._note(name, is_open, since)
            last = now if is_open else since
            gone = not is_open and now - since >= KEEP_ALIVE
            health[name] = Heard(message.model_copy(update={"at": last}), last)
            status[name] = Heard(self._status[name][not gone], since + KEEP_ALIVE if gone else last)
        return Told(health, status, {}, door_open=True)

    def _note(self, name: str, is_open: bool, since: datetime) -> None:
        """Keep the ledger of what is true: ``since`` is when a line went down, or now."""
        box = self._boxes.get(name)
        if box is None or is_open is (name not in self._down):
            return
        if is_open:
            self._truth.end(self._down.pop(name), since)
        else:
            self._down[name] = self._truth.begin(What.OUTAGE, own_spot(box).ground, box.village, since)


def _health(name: str, cameras: list[Device], at: datetime) -> Health:
    seen = tuple(CameraHealth(name=one.id, online=True) for one in cameras)
    return Health(message_id=_NOBODY, device=name, at=at, disk_free_mb=50_000, cameras=seen)
