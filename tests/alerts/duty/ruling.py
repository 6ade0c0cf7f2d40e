"""A county's own rules in its whole life: they wait, raise, rise, fall and end, and are edited meanwhile."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hypothesis import event as happens
from hypothesis import strategies as st
from hypothesis.stateful import rule

from alerts.alarms import condition_book
from alerts.alarms.applying import spot_of
from alerts.alarms.condition_book import Kept
from alerts.values import Status, Ticket
from broker.messages import Event, Message, Reading
from county.policy.equipment import OF_EQUIPMENT
from tests.alerts.duty.life import Life
from tests.alerts.makes import at, event
from tests.alerts.makes import reading as reads
from tests.alerts.test_machine import KINDS
from tests.alerts.test_whole_duty import DUTY_LISTS
from tests.county.small import BIN

Json = dict[str, Any]
SEEN: Json = {"name": "连看", "on": "event", "category": "garbage"}
TWICE_CLEAN: Json = {"when": ["state == clean"], "repeat": 2}
ON_EVENTS: tuple[list[Json], ...] = (
    [],
    [{**SEEN, "repeat": 2}],
    [{**SEEN, "repeat": 3, "severity": "urgent", "clear": TWICE_CLEAN}],
    [{**SEEN, "repeat": 1, "for_s": 600, "clear": {"when": ["state == clean"], "for_s": 300}}],
    [
        {**SEEN, "repeat": 2, "schedule": [{"hours": [["08:00", "11:00"]]}]},
        {**SEEN, "name": "满溢", "category": "overflow", "repeat": 2},
    ],
)  # fmt: skip
WARM: Json = {"name": "桶温", "on": "reading", "category": "bin_fire"}
COOL: Json = {"when": ["temperature_c < 40"], "for_s": 300}


def grades(minor: float, urgent: float, for_s: float = 600) -> list[Json]:
    return [
        {"severity": "minor", "when": [f"temperature_c >= {minor}"], "for_s": for_s},
        {"severity": "urgent", "when": [f"temperature_c >= {urgent}"], "repeat": 2},
    ]


ON_READINGS: tuple[list[Json], ...] = (
    [],
    [{**WARM, "level": grades(45, 70), "clear": COOL}],
    [{**WARM, "level": grades(45, 55, for_s=120)}],
    [{**WARM, "when": ["temperature_c >= 55"], "for_s": 600, "severity": "major"}],
    [{**WARM, "category": "bin_tilted", "level": grades(45, 70), "clear": COOL}],
    [{"name": "满", "on": "reading", "category": "bin_full", "when": ["fill_percent >= 60"], "repeat": 2}],
)
DEGREES = (20.0, 42.0, 50.0, 58.0, 75.0, None)


class Ruling(Life):
    def __init__(self) -> None:
        self.on_events, self.on_readings = ON_EVENTS[1], ON_READINGS[1]
        super().__init__()

    def county_as(self, revision: int, minutes: float = 30, **parts: Any) -> Any:
        return super().county_as(revision, minutes, rule=[*self.on_events, *self.on_readings], **parts)

    def is_stale(self, seen: Event) -> bool:
        """A late look of which a rule counts how often it was seen may well change something."""
        spot = self.county.spot(seen.device, seen.spot)
        assert spot is not None
        ruled = any(seen.what in law.rule.what for law in self.county.laws_at("event", spot))
        return not ruled and super().is_stale(seen)

    @rule(duties=st.integers(0, len(DUTY_LISTS) - 1), minutes=st.sampled_from([10, 30, 120]),
          events=st.sampled_from([None, *ON_EVENTS]), readings=st.sampled_from([None, *ON_READINGS]))  # fmt: skip
    def the_county_loads_a_new_revision(
        self, duties: int, minutes: float, events: list[Json] | None = None, readings: list[Json] | None = None
    ) -> None:
        pending = [row for row in condition_book.every(self.book) if row.state.raised is None]
        self.on_events = self.on_events if events is None else events
        self.on_readings = self.on_readings if readings is None else readings
        self.county = self.county_as(self.county.revision + 1, minutes, duties=DUTY_LISTS[duties])
        if any(self.digest(row) != row.digest for row in pending):
            happens("a rule was edited while it waited")
        self.work(self.sweep_all)

    def digest(self, row: Kept) -> str:
        """How the rule of a row reads now, "" where it is gone."""
        spot = spot_of(self.county, row.place, row.spot)
        law = self.county.law_at(row.rule, spot) if spot is not None else None
        return law.rule.digest if law is not None else ""

    @rule(fill=st.sampled_from([5.0, 60.0, 95.0, None]), late=st.sampled_from([0, 0, 30]),
          degrees=st.sampled_from(DEGREES))  # fmt: skip
    def bin_reads(self, fill: float | None, late: float, degrees: float | None = None) -> None:
        self.sensor_says(self.minutes - late, fill_percent=fill, temperature_c=degrees)

    @rule(degrees=st.lists(st.sampled_from(DEGREES), min_size=2, max_size=5), gap=st.sampled_from([1, 4, 11]))
    def a_bin_grows_warm_or_cool(self, degrees: list[float | None], gap: float) -> None:
        for one in degrees:
            self.minutes += gap
            self.work(self.sweep_all)
            self.sensor_says(self.minutes, temperature_c=one)

    @rule(states=st.lists(st.sampled_from(["dirty", "dirty", "clean", "unknown"]), min_size=2, max_size=4),
          what=st.sampled_from(KINDS), gap=st.sampled_from([1, 4, 11]), name=st.integers(1, 9))  # fmt: skip
    def a_camera_looks_again_and_again(self, states: list[str], what: str, gap: float, name: int) -> None:
        for state in states:
            self.minutes += gap
            self.work(self.sweep_all)
            self.inbox.add(self.minted(event(self.minutes, state, what=what, event_id=UUID(int=name))))
            self.work(self.engine.step)

    def sensor_says(self, minutes: float, **values: float | None) -> None:
        message = reads(minutes, None).model_copy(update=values)
        self.inbox.add(self.minted(message))
        self.work(self.engine.step)

    def after_sweep(self) -> None:
        super().after_sweep()
        until = min(self.engine.read_until or at(self.minutes), at(self.minutes))
        assert condition_book.due(self.book, until) == [], "a condition is ripe and nothing was done"
        for row in condition_book.every(self.book):
            happens(f"a rule {'has raised' if row.state.raised else 'waits'}: {row.rule}")

    def check_end(self, ticket: Ticket, caused_by: str) -> None:
        word, _, _ = caused_by.partition(" ")
        if word == "revision":
            happens("an edited rule ended a ticket")
            assert (ticket.status in (Status.DROPPED, Status.CLOSED_UNAIDED), ticket.dirty) == (True, ())
            assert any("规则" in row.why for row in self.rows(ticket.id))
            return
        mended = OF_EQUIPMENT.issuperset(ticket.kinds)  # what speaks again ends by the sweep, and by no rule
        if word == "sweep" and not mended and ticket.flaps.changes <= self.county.policy.flapping.changes:
            happens("what a rule lets end after a while ended")
            assert ticket.dirty == ()
            assert any("解除条件成立" in row.why for row in self.rows(ticket.id)[-2:])
            return
        if word == "message" and isinstance(message := self.message(caused_by), Reading):
            self.says_well(message, ticket)
            return
        super().check_end(ticket, caused_by)

    def says_well(self, message: Message, ticket: Ticket) -> None:
        """A reading ends a ticket by what it says, never by what it leaves out; of silence, by being there.

        Where it must be cool for a while, what the last thermometer said counts on.
        """
        assert isinstance(message, Reading)
        said = [one for row in self.inbox.rows if isinstance(one := row.message(), Reading) and one.at <= message.at]
        known = [one for one in said if one.temperature_c is not None]
        degrees = max(known, key=lambda one: (one.at, one.message_id)).temperature_c if known else None
        fill = message.fill_percent
        well = (fill is not None and fill < 60) or (degrees is not None and degrees < 55)
        assert well or {"bin_silent", "bin_disagrees"} & set(ticket.kinds), f"{message} ended {ticket}"
        assert message.spot == BIN
        assert ticket.status in (Status.CLOSED, Status.CLOSED_UNAIDED)

    def teardown(self) -> None:
        words = [row.why for ticket in self.tickets() for row in self.rows(ticket.id)]
        for told in ("(规则“连看”", "(规则“桶温”", "升为", "降为", "修改了", "不再适用"):
            if any(told in one for one in words):
                happens(f"a history says {told}")
        super().teardown()
