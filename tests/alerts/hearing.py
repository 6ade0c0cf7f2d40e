"""What boxes and cameras say of themselves, as it lies in the table of latest values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from alerts.devices.alive import Heard, Told
from broker.messages import CameraHealth, Coverage, Health, SpotCoverage, State, Status
from tests.alerts.makes import at

NO_NEWS = Told({}, {}, {}, door_open=True)
MINUTE_S = 60.0


def spot_report(spot: str, unseen: str = "") -> SpotCoverage:
    """A spot of which a whole minute was seen, or nothing and why."""
    state = State.UNKNOWN if unseen else State.CLEAN
    seen, lost = (0.0, MINUTE_S) if unseen else (MINUTE_S, 0.0)
    return SpotCoverage(spot=spot, state=state, observed_s=seen, unknown_s=lost, reason=unseen)


def box_says(
    box: str, minute: float, *online: str, offline: Sequence[str] = (), spots: Sequence[SpotCoverage] = (),
    clock_off_s: float = 0, disk_mb: float = 9000,
) -> Told:  # fmt: skip
    """A box is well, and these of its cameras are."""
    arrived = at(minute)
    cameras = [CameraHealth(name=one, online=True) for one in online]
    cameras += [CameraHealth(name=one, online=False, reason="摄像机没有信号") for one in offline]
    head = {"message_id": uuid4(), "device": box, "at": arrived - timedelta(seconds=clock_off_s)}
    health = Health.model_validate({**head, "cameras": cameras, "disk_free_mb": disk_mb})
    status = Status.model_validate({**head, "online": True})
    coverage = Coverage.model_validate({**head, "spots": tuple(spots)})
    return Told(
        {box: Heard(health, arrived)}, {box: Heard(status, arrived)}, {box: Heard(coverage, arrived)}, door_open=True
    )


def offline(box: str, minute: float) -> Told:
    """The last will of a box."""
    gone = Status(message_id=uuid4(), device=box, at=at(minute), online=False, reason="connection lost")
    return Told({}, {box: Heard(gone, at(minute))}, {}, door_open=True)
