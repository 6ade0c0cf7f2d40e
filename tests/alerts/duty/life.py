"""A county in which everything is switched on, under the sweep of the program itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from alerts.devices.alive import Told
from alerts.mutes.mute_tables import SUPPRESSED
from alerts.run import AlertsSettings
from alerts.store.queries import Reader
from alerts.store.tables import ALARMS
from alerts.sweeper import Ears, Sweeper
from county.snapshot import County
from county.values import Device, DeviceKind, Spot
from tests.alerts.hearing import NO_NEWS
from tests.alerts.makes import at
from tests.alerts.test_whole_duty import WholeDuty, whole_county
from tests.county.small import BIN, DEVICES, OTHER_VILLAGE, SPOTS, VILLAGE

SITE = "village-gate"
FAR_BOX = "box-2"
GROUND = (replace(SPOTS[0], site=SITE), Spot(BIN, BIN, "1号桶", VILLAGE, "street", site=SITE))
INSTALLED = (*DEVICES, Device(FAR_BOX, DeviceKind.BOX, "上河村盒子", OTHER_VILLAGE))
NOT_LATE = ("没有登记责任人", "本级通知全部发送失败")  # true words of the auditor about this life: nobody's fault
SETTINGS = AlertsSettings("", "", "", "http://desk", silence_s=0, audit_s=1e9)


class Life(WholeDuty):
    """Camera and bin look at one ground, a second village has a box; one sweep does all that the program's does."""

    def __init__(self) -> None:
        self.policy: dict[str, Any] = {}
        self.began = at(0)
        super().__init__()

    def county_of_this_life(self) -> County:
        return self.county_as(1)

    def county_as(self, revision: int, minutes: float = 30, **parts: Any) -> County:
        """The county under a revision, with the rules that this life has come to."""
        return whole_county(
            revision, minutes, devices=INSTALLED, spots=GROUND,
            equipment={"box_silent_after_s": 240, "camera_silent_after_s": 240, "heard_again": 2},
            bins={"report_s": 120, "silent_reports": 3, "jump": 100, "median": 1}, **self.policy, **parts,
        )  # fmt: skip

    def start(self) -> None:
        super().start()
        self.sweeper = Sweeper(SETTINGS, self.book, self.world, Ears(self.told, lambda: self.engine.read_until))

    def told(self, _now: datetime) -> Told:
        """What the devices last said."""
        return NO_NEWS

    def sweep_all(self) -> None:
        self.engine.step()
        self.sweeper.step()
        self.swept_at, self.swept = self.minutes, self.county.revision
        self.after_sweep()

    def after_sweep(self) -> None:
        """What must hold once the sweep has run at this moment."""
        reader, now = Reader(self.book), at(self.minutes)
        found = [*reader.findings(now), *reader.misfits()]
        found += [one for one in reader.broken_promises(now, self.began) if "一步也没有执行" in one.words]
        assert [one for one in found if not one.words.startswith(NOT_LATE)] == []

    def alarms(self) -> list[Any]:
        """Every alarm of the book, open or not."""
        with self.book.store.read() as conn:
            return list(conn.execute(sa.select(ALARMS)))

    def kept(self) -> list[Any]:
        """Every find that a mute held back, oldest first."""
        with self.book.store.read() as conn:
            return list(conn.execute(sa.select(SUPPRESSED).order_by(SUPPRESSED.c.n)))
