"""Camera and bin sensor of one site: what they say of each other, and who looks at them when they disagree."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from alerts.alarms import crossing
from alerts.alarms.crossing import LOOK_LASTS, Compared, Fill, Memory, Says
from alerts.store.book import Book
from alerts.values import Check, Look, Source, Status, Ticket
from broker.messages import Kind, Reading, State
from county.policy import BinThresholds
from county.policy.equipment import Fault
from county.snapshot import County
from county.values import Device, DeviceKind, Spot
from tests.alerts.cases import opened, ticket_of
from tests.alerts.loop import Room
from tests.alerts.makes import PHOTO, at, doing, event, person, reading
from tests.county.small import BIN, BOX, CAMERA, DEVICES, SPOT, SPOTS, VILLAGE, small_county

SITE = "village-gate"
SHARED = (replace(SPOTS[0], site=SITE), Spot(BIN, BIN, "1号桶", VILLAGE, "street", site=SITE))
LIMITS = BinThresholds()


class Gate(Room):
    """A camera and a bin that look at the same ground."""

    def __init__(self, book: Book, county: County | None = None) -> None:
        super().__init__(book, county or small_county(spots=SHARED))

    def fill(self, minutes: float, percent: float, spot: str = BIN) -> None:
        self.minutes = minutes
        self.feed(reading(minutes, percent, spot))

    def sees(self, minutes: float, state: str, what: str = "overflow", **more: object) -> None:
        self.minutes = minutes
        self.feed(event(minutes, state, what=what, **more))  # type: ignore[arg-type]

    def at_site(self) -> Ticket:
        return next(one for one in reversed(self.tickets()) if one.scene.site == SITE)

    def words(self, ticket: Ticket) -> list[str]:
        return [line.words for line in self.reader.history(ticket.id) if "传感器与镜头" in line.words]

    def of_sensor(self) -> list[Ticket]:
        return [one for one in self.tickets() if one.kinds == (Fault.BIN_DISAGREES,)]

    def act(self, minutes: float, act: str, who: str = "v1") -> None:
        self.minutes = minutes
        actor = person(self.county, who)
        code = self.desk.mint(self.at_site().id, actor)
        self.desk.act(code, act, doing(actor, minutes, "清过了", (PHOTO,)).data)


@pytest.fixture
def gate(book: Book) -> Gate:
    return Gate(book)


def test_a_sensor_that_says_40_percent_while_the_camera_sees_overflow_stands_in_the_ticket_with_both_figures(
    gate: Gate,
) -> None:
    gate.fill(0, 40)
    gate.sees(5, "dirty")
    assert gate.words(gate.at_site()) == ["传感器与镜头不一致:1号桶传感器读数 40%,镜头看到满溢"]
    gate.fill(30, 42)
    assert len(gate.words(gate.at_site())) == 1, "it is said once"
    assert gate.of_sensor() == []


def test_two_readings_of_one_moment_that_say_different_things_stand_in_the_ticket_once(gate: Gate) -> None:
    gate.fill(0, 95)
    gate.sees(5, "dirty")
    for number, percent in enumerate((95.0, 40.0), start=1):
        gate.feed(reading(10, percent).model_copy(update={"message_id": UUID(int=number)}))
    for minute in (3, 4):
        gate.feed(event(minute, "dirty", what="overflow"))  # late: they change nothing
    said = [words for words in gate.words(gate.at_site()) if "不一致" in words]
    assert said == ["传感器与镜头不一致:1号桶传感器读数 40%,镜头看到满溢"]


def test_after_three_contradictions_in_a_row_somebody_must_look_at_sensor_and_camera(gate: Gate) -> None:
    gate.fill(0, 40)
    gate.sees(5, "dirty")
    gate.fill(30, 40)
    assert gate.of_sensor() == []
    gate.fill(60, 41)
    (ticket,) = gate.of_sensor()
    assert (ticket.source, ticket.scene.spot, ticket.person.id) == (Source.EQUIPMENT, "bin-1.sensor", "v1")
    words = gate.reader.history(ticket.id)[0].words
    assert words == "发现传感器与镜头不一致:连续3次不一致:1号桶传感器读数 41%,镜头看到满溢;请校准传感器,或检查镜头"
    for minute in range(90, 300, 30):
        gate.fill(minute, 40)
    assert len(gate.of_sensor()) == 1, "it is told once"


def test_the_sensor_is_believed_again_when_both_have_agreed_three_times(gate: Gate) -> None:
    gate.fill(0, 40)
    gate.sees(5, "dirty")
    for minute in (30, 60):
        gate.fill(minute, 40)
    for number, minute in enumerate((90, 120, 150)):
        assert gate.of_sensor()[0].is_open, f"agreed {number} times"
        gate.fill(minute, 95)
    assert gate.of_sensor()[0].status is Status.CLOSED_UNAIDED
    assert gate.words(gate.at_site())[-1] == "传感器与镜头一致:1号桶传感器读数 95%,镜头也看到满溢"


@pytest.mark.parametrize("looked_before", [True, False])
def test_a_backlog_is_compared_like_single_messages(gate: Gate, looked_before: bool) -> None:
    if looked_before:
        gate.sees(0, "dirty")
    gate.minutes = 800
    later = [] if looked_before else [event(1, "dirty", what="overflow")]
    gate.feed(*later, *(reading(30 * number + 10, 95 if number < 20 else 40) for number in range(25)))
    assert len(gate.of_sensor()) == 1
    assert gate.reader.history(gate.of_sensor()[0].id)[0].words.startswith("发现传感器与镜头不一致:连续3次不一致")


def test_a_contradiction_in_between_begins_the_count_anew(gate: Gate) -> None:
    gate.sees(0, "dirty")
    for minute, percent in ((10, 40), (40, 40), (70, 95), (100, 40), (130, 40)):
        gate.fill(minute, percent)
    assert gate.of_sensor() == []
    gate.fill(160, 40)
    assert len(gate.of_sensor()) == 1


def test_a_full_sensor_while_the_camera_sees_no_overflow_is_a_contradiction_too(gate: Gate) -> None:
    gate.sees(0, "clean")
    gate.fill(5, 96)
    assert gate.words(gate.at_site()) == ["传感器与镜头不一致:1号桶传感器读数 96%,镜头看到没有满溢"]
    gate.fill(35, 96)
    gate.fill(65, 97)
    assert "读数 97%,镜头看到没有满溢" in gate.reader.history(gate.of_sensor()[0].id)[0].words


def test_when_both_agree_from_the_beginning_it_is_said(gate: Gate) -> None:
    gate.fill(0, 95)
    gate.sees(5, "dirty")
    (ticket,) = gate.tickets()
    assert ticket.kinds == ("bin_full", "overflow")
    assert gate.words(ticket) == ["传感器与镜头一致:1号桶传感器读数 95%,镜头也看到满溢"]


def test_what_both_find_harmless_is_said_only_after_a_contradiction(gate: Gate) -> None:
    gate.sees(0, "dirty", what="garbage")
    gate.sees(1, "clean")
    gate.fill(2, 20)
    assert gate.words(gate.at_site()) == []
    gate.sees(3, "dirty")
    gate.sees(4, "clean")
    assert gate.words(gate.at_site()) == [
        "传感器与镜头不一致:1号桶传感器读数 20%,镜头看到满溢",
        "传感器与镜头一致:1号桶传感器读数 20%,镜头也看到没有满溢",
    ]  # fmt: skip


# Closing needs both, or a person


def reported_done(gate: Gate) -> Ticket:
    gate.act(20, "accept")
    gate.act(25, "done")
    return gate.at_site()


def test_a_camera_that_still_sees_overflow_against_an_emptied_sensor_is_a_matter_for_a_person(gate: Gate) -> None:
    gate.sees(0, "dirty")
    ticket = reported_done(gate)
    gate.fill(30, 3)
    gate.sees(31, "dirty", command=ticket.command)
    after = gate.at_site()
    assert (after.status, after.check, after.person.id, after.reworks) == (Status.TO_CHECK, Check.PERSON, "t1", 0)
    words = [line.words for line in gate.reader.history(after.id)][-2:]
    assert any("复核看到仍满溢" in one and "传感器读数 3%,两者不一致" in one for one in words)
    gate.act(40, "verify_ok", "t1")
    assert gate.at_site().status is Status.CLOSED


@pytest.mark.parametrize("percent", [60.0, 95.0])
def test_a_camera_that_still_sees_overflow_sends_it_back_where_the_sensor_does_not_contradict(
    gate: Gate, percent: float
) -> None:
    gate.sees(0, "dirty")
    ticket = reported_done(gate)
    gate.fill(30, percent)
    gate.sees(31, "dirty", command=gate.at_site().command or ticket.command)
    assert gate.at_site().status is Status.ON_SITE


def test_a_sensor_that_read_before_the_work_was_done_contradicts_nothing(gate: Gate) -> None:
    gate.sees(0, "dirty")
    gate.fill(10, 3)
    ticket = reported_done(gate)
    gate.sees(31, "dirty", command=ticket.command)
    assert gate.at_site().reworks == 1


def test_a_camera_that_sees_clean_does_not_close_what_the_sensor_still_calls_full(gate: Gate) -> None:
    gate.fill(0, 95)
    gate.sees(5, "dirty")
    reported_done(gate)
    gate.sees(30, "clean")
    assert gate.at_site().is_open
    assert gate.at_site().dirty == (f"{BIN}/{BIN}/bin_full",)
    gate.fill(40, 5)
    assert not gate.at_site().is_open, "both say so"


def test_a_sensor_that_reads_empty_does_not_close_what_the_camera_still_sees(gate: Gate) -> None:
    gate.fill(0, 95)
    gate.sees(5, "dirty")
    gate.fill(10, 3)
    assert (gate.at_site().is_open, gate.at_site().dirty) == (True, (f"{CAMERA}/{SPOT}/overflow",))


def test_a_person_ends_the_finding_about_a_sensor_that_was_calibrated(gate: Gate) -> None:
    gate.sees(0, "dirty")
    for minute in (10, 40, 70):
        gate.fill(minute, 40)
    (ticket,) = gate.of_sensor()
    village = person(gate.county, "v1")
    gate.minutes = 80
    gate.desk.act(gate.desk.mint(ticket.id, village), "accept")
    gate.desk.act(gate.desk.mint(ticket.id, village), "done", doing(village, 81, "重新标定", (PHOTO,)).data)
    assert gate.of_sensor()[0].check is Check.READING
    gate.minutes = 81 + 61
    gate.sweep.step()
    assert gate.of_sensor()[0].check is Check.PERSON, "no new evidence came: somebody else looks"
    gate.desk.act(gate.desk.mint(ticket.id, person(gate.county, "t1")), "verify_ok")
    assert gate.of_sensor()[0].status is Status.CLOSED


# What is no witness


def test_where_camera_and_bin_share_no_site_nothing_is_compared(book: Book) -> None:
    gate = Gate(book, small_county())
    gate.fill(0, 40)
    gate.feed(event(5, what="overflow"))
    for minute in (30, 60, 90):
        gate.fill(minute, 40)
    assert [line.words for line in gate.reader.history(gate.tickets()[0].id) if "一致" in line.words] == []
    assert gate.of_sensor() == []


def test_of_several_bins_the_fullest_counts_and_a_silent_one_may_be_the_one_that_overflows(book: Book) -> None:
    second = Device("bin-2", DeviceKind.BIN, "2号桶", VILLAGE, BOX)
    spots = (*SHARED, Spot("bin-2", "bin-2", "2号桶", VILLAGE, "street", site=SITE))
    gate = Gate(book, small_county(spots=spots, devices=(*DEVICES, second)))
    gate.fill(0, 40)
    gate.sees(5, "dirty")
    assert gate.words(gate.at_site()) == [], "nothing was heard of the second one"
    gate.fill(10, 96, "bin-2")
    assert gate.words(gate.at_site()) == ["传感器与镜头一致:2号桶传感器读数 96%,镜头也看到满溢"]
    assert gate.of_sensor() == []


def test_a_reading_that_waits_for_the_next_to_agree_is_no_witness(book: Book) -> None:
    bin_ = replace(DEVICES[2], empty_mm=1000.0, full_mm=0.0)
    gate = Gate(book, small_county(spots=SHARED, devices=(*DEVICES[:2], bin_)))
    for minute in range(0, 150, 30):
        gate.feed(reading(minute, None).model_copy(update={"distance_mm": 950.0}))
    gate.sees(151, "dirty")
    told = len(gate.words(gate.at_site()))
    gate.minutes = 160
    gate.feed(Reading.model_validate(reading(160, None).model_dump() | {"distance_mm": 40.0}))
    assert len(gate.words(gate.at_site())) == told == 1


def look(minutes: float, state: State, what: str = Kind.OVERFLOW) -> Look:
    return Look(CAMERA, SPOT, what, at(minutes), event(0).event_id, 0, state)


def fill(percent: float, minutes: float = 0) -> Fill:
    return Fill(BIN, "1号桶", percent, at(minutes), LIMITS)


@pytest.mark.parametrize(
    ("looks", "fills", "says"),
    [
        ([look(0, State.DIRTY)], [fill(40)], Says.SENSOR_LOW),
        ([look(0, State.DIRTY)], [fill(79.9)], Says.SENSOR_LOW),
        ([look(0, State.DIRTY)], [fill(80)], Says.BOTH_FULL),
        ([look(0, State.CLEAN)], [fill(89.9)], Says.BOTH_NOT),
        ([look(0, State.CLEAN)], [fill(90)], Says.SENSOR_FULL),
        ([look(0, State.UNKNOWN)], [fill(40)], Says.NOTHING),
        ([look(0, State.DIRTY, "garbage")], [fill(40)], Says.NOTHING),
        ([], [fill(40)], Says.NOTHING),
        ([look(0, State.DIRTY)], [None], Says.NOTHING),
        ([look(0, State.DIRTY)], [fill(40), None], Says.NOTHING),
        ([look(0, State.DIRTY)], [fill(95), None], Says.BOTH_FULL),
        ([look(0, State.CLEAN), look(1, State.DIRTY)], [fill(40)], Says.SENSOR_LOW),
        ([look(0, State.CLEAN), look(1, State.UNKNOWN)], [fill(95)], Says.NOTHING),
    ],
)
def test_what_both_say_of_each_other(looks: list[Look], fills: list[Fill | None], says: Says) -> None:
    assert crossing.compare(looks, fills, at(5)).says is says


def test_what_a_camera_said_a_day_ago_is_no_witness() -> None:
    late = at(0) + LOOK_LASTS + timedelta(seconds=1)
    assert crossing.compare([look(0, State.DIRTY)], [fill(40)], late) == Compared(Says.NOTHING)


def test_the_same_evidence_counts_once() -> None:
    compared = crossing.compare([look(0, State.DIRTY)], [fill(40)], at(1))
    once = crossing.remember(Memory(SITE), compared)
    assert (once.times, crossing.remember(once, compared)) == (1, once)
    later = crossing.compare([look(0, State.DIRTY)], [fill(40, 30)], at(31))
    assert crossing.remember(once, later).times == 2
    assert crossing.remember(once, Compared(Says.NOTHING)) == once


def test_another_ticket_of_the_site_is_told_anew(county: County) -> None:
    ticket = ticket_of(opened(county))
    compared = crossing.compare([look(0, State.DIRTY)], [fill(40)], at(1))
    before = Memory(SITE, Says.SENSOR_LOW, 2, "earlier", noted_in=None)
    after = crossing.remember(before, compared)
    assert crossing.note(after, before, compared, ticket, at(1)) is not None
    told = replace(before, noted_in=ticket.id)
    assert crossing.note(after, told, compared, ticket, at(1)) is None
    assert crossing.note(after, before, Compared(Says.NOTHING), ticket, at(1)) is None
