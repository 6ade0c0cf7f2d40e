"""A kill in the middle of anything, beside the same moment without it: both come to the same book."""

from __future__ import annotations

import sqlite3
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from hypothesis import event as happens
from hypothesis import strategies as st
from hypothesis.stateful import rule

from alerts.alarms.rule_tables import CONDITIONS
from alerts.devices.equipment_tables import EQUIPMENT, INHIBITED
from alerts.mutes.mute_tables import MUTES, SUPPRESSED
from tests.alerts.duty.life import Life
from tests.alerts.makes import event
from tests.alerts.makes import reading as reads
from tests.alerts.test_machine import KINDS, Killed

WIDER = (CONDITIONS, EQUIPMENT, INHIBITED, MUTES, SUPPRESSED)


class Killing(Life):
    def __init__(self) -> None:
        self.passes = 0
        super().__init__()

    def crash(self, point: str) -> None:
        if point == self.point and self.passes > 0:
            self.passes -= 1
            return
        super().crash(point)

    @rule(what=st.sampled_from([*KINDS, None]), state=st.sampled_from(["dirty", "dirty", "clean"]),
          sensor=st.tuples(st.sampled_from([5.0, 95.0]), st.sampled_from([20.0, 50.0, 75.0])),
          kill=st.tuples(st.sampled_from(["alerts.before_commit", "alerts.after_commit"]), st.integers(0, 4)),
          minutes=st.sampled_from([1, 11, 40]))  # fmt: skip
    def a_kill_changes_nothing_of_what_comes(
        self, what: str | None, state: str, sensor: tuple[float, float], kill: tuple[str, int], minutes: float
    ) -> None:
        self.minutes += minutes
        if what is not None:
            self.inbox.add(self.minted(event(self.minutes, state, what=what, event_id=UUID(int=self.names + 500))))
        fill, degrees = sensor
        told = reads(self.minutes, fill).model_copy(update={"temperature_c": degrees})
        self.inbox.add(self.minted(told))
        saved = self.saved()
        self.start()
        self.sweep_all()
        self.sweep_all()
        expected = self.all_of_it()
        self.put_back(saved)
        self.start()
        self.point, self.passes = kill
        try:
            self.sweep_all()
        except Killed:
            happens("killed in the middle")
            self.start()
            self.sweep_all()
        self.start()
        self.sweep_all()
        assert self.all_of_it() == expected

    def all_of_it(self) -> list[list[tuple[Any, ...]]]:
        with self.book.store.read() as conn:
            wider = [sorted((tuple(row) for row in conn.execute(sa.select(table))), key=str) for table in WIDER]
        return [*self.everything(), *wider]

    def saved(self) -> sqlite3.Connection:
        copy = sqlite3.connect(":memory:")
        self.link().backup(copy)
        return copy

    def put_back(self, copy: sqlite3.Connection) -> None:
        copy.backup(self.link())
        copy.close()

    def link(self) -> sqlite3.Connection:
        """The one connection to the book in memory."""
        with self.book.store.read() as conn:
            link = conn.connection.driver_connection
        assert isinstance(link, sqlite3.Connection)
        return link
