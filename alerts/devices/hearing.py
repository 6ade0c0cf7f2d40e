"""Reading what boxes and cameras last said from the door's latest values."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from alerts.devices.alive import Heard, M, Told
from broker.messages import Coverage, Health, Status
from ingest.door import DoorHealth
from ingest.latest import Latest, LatestValue

log = logging.getLogger(__name__)

QUIET_DOOR = timedelta(minutes=2)  # the door says how it is every few seconds


class Hearing:
    """The newest words of every device of one county; what did not change since is not parsed again."""

    def __init__(self, latest: Latest, county: str = "") -> None:
        """Read one county of the table, "" where it holds no other."""
        self._latest = latest
        self._county = county
        self._parsed: dict[tuple[str, str], tuple[datetime, bytes, Any]] = {}

    def told(self, now: datetime) -> Told:
        """What they said; ``StoreAway`` when the table cannot be read."""
        return Told(self._heard(Health), self._heard(Status), self._heard(Coverage), self._door_open(now))

    def _heard(self, model: type[M]) -> dict[str, Heard[M]]:
        found: dict[str, Heard[M]] = {}
        for value in self._latest.all(model.kind):
            if self._county not in ("", value.county):
                continue
            message = self._message(value, model)
            if message is not None:
                found[value.device] = Heard(message, value.received_at)
        return found

    def _message(self, value: LatestValue, model: type[M]) -> M | None:
        key = (value.device, model.kind)
        at, payload, message = self._parsed.get(key, (None, b"", None))
        if at == value.received_at and payload == value.payload:
            return message
        try:
            message = model.model_validate_json(value.payload)
        except ValidationError:  # an older box during an upgrade
            log.warning("the latest %s of %s cannot be read", model.kind, value.device)
            message = None
        self._parsed[key] = value.received_at, value.payload, message
        return message

    def _door_open(self, now: datetime) -> bool:
        doors = (one for one in self._latest.all("door") if self._county in ("", one.county))
        value = next(doors, None)
        if value is None or now - value.received_at > QUIET_DOOR:
            return False
        try:
            door = DoorHealth.model_validate_json(value.payload)
        except ValidationError:
            return False
        return door.open and door.connected
