"""Boxes, cameras and sensors that fall silent, come back and are faulty; what lies behind them has no ticket."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from hypothesis import event as happens
from hypothesis import strategies as st
from hypothesis.stateful import rule

from alerts.devices.alive import Told
from alerts.values import Status, Ticket
from county.policy.equipment import OF_EQUIPMENT, Fault
from tests.alerts.duty.life import FAR_BOX, Life
from tests.alerts.hearing import box_says, offline
from tests.alerts.makes import at
from tests.alerts.makes import event as looks
from tests.alerts.makes import reading as reads
from tests.county.small import BIN, BOX, CAMERA, TOWNSHIP, VILLAGE

BEHIND = {CAMERA: Fault.CAMERA_SILENT.value, BIN: "bin_silent"}
STANDS_FOR = {(BOX, "box_silent"), (VILLAGE, "link_down"), (TOWNSHIP, "link_down")}
HEARD = OF_EQUIPMENT - {Fault.BIN_DISAGREES} | {"bin_silent"}


class Equipping(Life):
    def __init__(self) -> None:
        self.news: dict[str, Told] = {}
        self.door_open = True
        super().__init__()

    def told(self, _now: datetime) -> Told:
        every = self.news.values()
        return Told(
            {name: one for news in every for name, one in news.health.items()},
            {name: one for news in every for name, one in news.status.items()},
            {name: one for news in every for name, one in news.coverage.items()}, self.door_open,
        )  # fmt: skip

    @rule(rounds=st.sampled_from([1, 3, 4, 6]),
          heard=st.sampled_from([(), (), (BOX,), (FAR_BOX,), (FAR_BOX,), (BOX, FAR_BOX), (BOX, FAR_BOX)]),
          camera=st.booleans(), reading=st.sampled_from([True, True, False]),
          disk_mb=st.sampled_from([9000, 9000, 100]))  # fmt: skip
    def minutes_pass_in_which_these_are_heard(
        self, rounds: int, heard: tuple[str, ...], camera: bool, reading: bool, disk_mb: float
    ) -> None:
        for _ in range(rounds):
            self.minutes += 2
            for box in heard:
                eyes = [CAMERA] if box == BOX else []
                online, lost = (eyes, []) if camera else ([], eyes)
                self.news[box] = box_says(box, self.minutes, *online, offline=lost, disk_mb=disk_mb)
            if reading and BOX in heard:
                self.inbox.add(self.minted(reads(self.minutes, 50)))
            self.work(self.sweep_all)

    @rule(fill=st.sampled_from([5.0, 60.0, 95.0]), state=st.sampled_from(["dirty", "clean", "unknown"]),
          times=st.integers(1, 4), name=st.integers(1, 9))  # fmt: skip
    def camera_and_sensor_look_at_the_same_bin(self, fill: float, state: str, times: int, name: int) -> None:
        for _ in range(times):
            self.minutes += 3
            self.inbox.add(
                self.minted(looks(self.minutes, state, what="overflow", event_id=UUID(int=name))),
                self.minted(reads(self.minutes, fill)),
            )
            self.work(self.sweep_all)

    @rule(box=st.sampled_from([BOX, FAR_BOX]))
    def a_box_says_that_it_goes(self, box: str) -> None:
        self.news[box] = offline(box, self.minutes)
        self.work(self.sweep_all)

    @rule()
    def the_door_shuts_or_opens(self) -> None:
        self.door_open = not self.door_open
        self.work(self.sweep_all)

    def work(self, step: Any) -> None:
        before = {row.id for row in self.alarms()}
        open_before = {one.id for one in self.tickets(open_only=True)}
        held_back = {(row.place, row.kind) for row in self.kept() if row.is_open}
        super().work(step)
        opened = [row for row in self.alarms() if row.id not in before and (row.place, row.kind) not in held_back]
        self.none_is_told_of_whom_another_stands_for(opened)
        for ticket in self.tickets():
            if ticket.id in open_before and not ticket.is_open:
                self.ended_because_it_was_heard(ticket)

    def none_is_told_of_whom_another_stands_for(self, opened: Iterable[Any]) -> None:
        up = {(row.place, row.kind) for row in self.alarms() if row.is_open and row.state == "dirty"}
        up |= {(row.place, row.kind) for row in self.kept() if row.is_open}
        for row in opened:
            if row.kind in HEARD | {Fault.BIN_DISAGREES}:
                happens(f"equipment: {row.kind}")
            if row.kind in HEARD:
                assert self.door_open, f"{row.kind} opened a ticket though nobody could be heard"
            if BEHIND.get(row.place) == row.kind:
                assert not up & {(BOX, "box_silent")}, f"{row.kind} at {row.place} though its box is silent"

    def ended_because_it_was_heard(self, ticket: Ticket) -> None:
        rows = self.rows(ticket.id)
        ends = [row for row in rows if row.new == ticket.status.words != row.old]
        assert len(ends) == 1, "a ticket ends once"
        if ends[0].caused_by != "equipment":
            return
        happens("equipment was heard again and its ticket ended")
        assert ticket.dirty == ()
        news = self.news.get(ticket.scene.place)
        if ticket.kinds == (Fault.BOX_SILENT,) and news is not None:
            status = news.status[ticket.scene.place]
            assert status.message.online
            assert (at(self.minutes) - status.received_at).total_seconds() <= 240

    def check_end(self, ticket: Ticket, caused_by: str) -> None:
        if caused_by == "equipment" or (caused_by == "sweep" and OF_EQUIPMENT.issuperset(ticket.kinds)):
            assert OF_EQUIPMENT & set(ticket.kinds)
            assert ticket.status in (Status.CLOSED, Status.CLOSED_UNAIDED)
            assert ticket.dirty == ()
            return
        super().check_end(ticket, caused_by)
