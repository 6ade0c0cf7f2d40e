"""Who stands for whom: silent boxes, their cameras and bins, dead lines, our own deafness. The pure decision."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.devices import cover, faults
from alerts.devices.alive import Told
from alerts.devices.cover import Ground, Key, Memory, Round
from broker.messages import State
from county.policy.equipment import Fault
from county.snapshot import County
from county.values import Device, DeviceKind, LegalBasis
from tests.alerts.hearing import NO_NEWS, box_says, offline, spot_report
from tests.alerts.makes import at
from tests.county.small import BOX, CAMERA, DEVICES, OTHER_VILLAGE, REGIONS, SPOT, VILLAGE, small_county
from tests.depth import depth

FIVE = 5.0  # minutes until a box is missed


def box(name: str, village: str = VILLAGE) -> Device:
    return Device(name, DeviceKind.BOX, f"盒子{name}", village)


def camera(name: str, of: str, village: str = VILLAGE) -> Device:
    return Device(name, DeviceKind.CAMERA, f"摄像机{name}", village, of, legal_basis=LegalBasis.ART7)


class Rounds:
    """Rounds one after another, with the memory and the tickets that the book would keep between them."""

    def __init__(self, county: County, awake: float = -1000) -> None:
        self.county = county
        self.awake = at(awake)
        self.memory: dict[Key, Memory] = {}
        self.told: set[Key] = set()
        self.news: dict[str, Told] = {}
        self.door_open = True

    def hears(self, *news: Told) -> None:
        for one in news:
            for device in {*one.status, *one.health, *one.coverage}:
                self.news[device] = one

    def look(self, minutes: float) -> Round:
        now = at(minutes)
        made = cover.decide(self.ground(now))
        self.memory |= {one.key: one for one in made.memory}
        for one in made.findings:
            (self.told.add if one.state is State.DIRTY else self.told.discard)(one.key)
        return made

    def ground(self, now: datetime) -> Ground:
        told = Told(
            {name: one for news in self.news.values() for name, one in news.health.items()},
            {name: one for news in self.news.values() for name, one in news.status.items()},
            {name: one for news in self.news.values() for name, one in news.coverage.items()},
            self.door_open,
        )  # fmt: skip
        observed = faults.observe(self.county, told, now)
        return Ground(self.county, observed, self.memory, frozenset(self.told), self.awake, now, self.door_open)

    def by(self, place: str) -> str:
        """What stands for a device: itself, what covers it, or nothing."""
        mine = {fault for device, fault in self.told if device == place and fault.endswith("silent")}
        covers = {one.covered_by for one in self.memory.values() if one.place == place and one.covered_by}
        assert len(mine) + len(covers) <= 1, f"{place} is told twice: {mine} {covers}"
        return f"{place}/{mine.pop()}" if mine else covers.pop() if covers else ""


def keys(made: Round, state: State = State.DIRTY) -> list[str]:
    return ["/".join(one.key) for one in made.findings if one.state is state]


ALONE = small_county(devices=(*DEVICES, box("box-2", OTHER_VILLAGE)))


def test_a_silent_box_is_one_ticket_and_its_camera_and_bin_are_rows_that_say_what_stands_for_them() -> None:
    rounds = Rounds(ALONE)
    rounds.hears(box_says(BOX, 0, CAMERA))
    for minute in (0, 2, 4, 5):
        rounds.hears(box_says("box-2", minute))
        assert rounds.look(minute).findings == ()
    rounds.hears(box_says("box-2", 5.5))
    made = rounds.look(5.6)
    assert keys(made) == ["box-1/box_silent"]
    assert made.findings[0].words == "没有数据已 6 分钟,名下 1 台摄像机、1 个垃圾桶不再单独告警"
    assert [rounds.by(place) for place in (BOX, CAMERA, "bin-1", "box-2")] == [*["box-1/box_silent"] * 3, ""]
    rounds.hears(box_says("box-2", 8))
    assert rounds.look(8).findings == (), "it is told once"


def test_a_box_that_says_goodbye_is_missed_as_long_after_as_one_that_says_nothing() -> None:
    rounds = Rounds(ALONE)
    rounds.hears(offline(BOX, 0), box_says("box-2", 5))
    assert rounds.look(5).findings == ()
    rounds.hears(box_says("box-2", 5.2))
    assert rounds.look(5.2).findings[0].words.startswith("与平台断开已 5 分钟")


def test_three_reports_in_a_row_prove_that_a_box_is_well_and_none_of_them_may_be_missing() -> None:
    rounds = Rounds(ALONE)
    rounds.hears(box_says(BOX, 0, CAMERA), box_says("box-2", 6))
    rounds.look(6)
    for minute in (7, 8):
        rounds.hears(box_says(BOX, minute, CAMERA), box_says("box-2", minute))
        assert rounds.look(minute).findings == ()
        assert rounds.look(minute + 0.1).findings == (), "the same report does not count twice"
    for minute in range(9, 15):
        rounds.hears(box_says("box-2", minute))
        assert rounds.look(minute).findings == (), "silent again: it begins anew"
    for minute in (15, 16):
        rounds.hears(box_says(BOX, minute, CAMERA), box_says("box-2", minute))
        assert rounds.look(minute).findings == ()
    rounds.hears(box_says(BOX, 17, CAMERA))
    made = rounds.look(17)
    assert keys(made, State.CLEAN) == ["box-1/box_silent"]
    assert [rounds.by(place) for place in (BOX, CAMERA, "bin-1")] == ["", "", ""]


def test_a_camera_that_is_still_silent_when_its_box_is_back_gets_a_ticket_of_its_own() -> None:
    rounds = Rounds(ALONE)
    rounds.hears(box_says(BOX, 0, CAMERA), box_says("box-2", 6))
    rounds.look(6)
    for minute in range(7, 15):
        rounds.hears(box_says(BOX, minute), box_says("box-2", minute))
        made = rounds.look(minute)
    assert keys(made) == []
    rounds.hears(box_says(BOX, 15), box_says("box-2", 15))
    made = rounds.look(15)
    assert keys(made) == [f"{CAMERA}/camera_silent"], "it is waited for from the moment on when its box was back"
    assert made.findings[0].words == "盒子没有接这台摄像机"


def test_a_camera_that_had_a_ticket_before_its_box_fell_silent_keeps_it() -> None:
    rounds = Rounds(ALONE)
    for minute in range(7):
        rounds.hears(box_says(BOX, minute), box_says("box-2", minute))
        made = rounds.look(minute)
    assert keys(made) == [f"{CAMERA}/camera_silent"]
    rounds.hears(box_says("box-2", 13))
    assert keys(rounds.look(13)) == ["box-1/box_silent"]
    assert rounds.by(CAMERA) == f"{CAMERA}/camera_silent"


TWO = (box("a"), box("b"), camera("ca", "a"), box("c", OTHER_VILLAGE), box("d", OTHER_VILLAGE))
VILLAGES = small_county(devices=TWO, spots=())


def all_but(rounds: Rounds, silent: Iterable[str], minute: float) -> None:
    names = [one.id for one in rounds.county.devices.values() if one.kind is DeviceKind.BOX]
    for name in names:
        if name not in silent:
            rounds.hears(box_says(name, minute, *(one.id for one in rounds.county.behind(name))))


def play(rounds: Rounds, silent: Iterable[str], start: float, end: float) -> list[Round]:
    """A round a minute in which these boxes say nothing."""
    made = []
    minute = start
    while minute <= end:
        all_but(rounds, silent, minute)
        made.append(rounds.look(minute))
        minute += 1
    return made


def told_in(made: Iterable[Round], state: State = State.DIRTY) -> list[str]:
    return [key for one in made for key in keys(one, state)]


def test_all_boxes_of_a_village_are_one_ticket_for_the_line_and_cover_what_is_behind_them() -> None:
    rounds = Rounds(VILLAGES)
    play(rounds, "", 0, 1)
    made = play(rounds, "ab", 2, 9)
    assert told_in(made) == [f"{VILLAGE}/link_down"]
    (line,) = [one for each in made for one in each.findings]
    assert "2 个盒子同时没有数据(盒子a、盒子b)" in line.words
    assert [rounds.by(place) for place in ("a", "b", "ca", "c")] == [*[f"{VILLAGE}/link_down"] * 3, ""]


def test_boxes_that_fell_silent_some_seconds_apart_wait_for_each_other() -> None:
    rounds = Rounds(VILLAGES)
    play(rounds, "", 0, 1)
    rounds.hears(box_says("b", 1.9))
    made = play(rounds, "ab", 2, 6.1)
    all_but(rounds, "ab", 6.2)
    made.append(rounds.look(6.2))
    assert told_in(made) == [], "a is missed for five minutes, b may be part of the same"
    assert told_in([*play(rounds, "ab", 7, 8)]) == [f"{VILLAGE}/link_down"]


def test_a_box_that_speaks_again_ends_the_line_and_the_other_gets_its_own_ticket_at_once() -> None:
    rounds = Rounds(VILLAGES)
    play(rounds, "", 0, 1)
    play(rounds, "ab", 2, 9)
    made = play(rounds, "b", 10, 12)
    assert told_in(made, State.CLEAN) == [f"{VILLAGE}/link_down"]
    assert told_in(made) == ["b/box_silent"]
    assert [rounds.by(place) for place in ("a", "b", "ca")] == ["", "b/box_silent", ""]


def test_a_box_that_was_dead_long_before_keeps_its_ticket_and_the_other_gets_its_own() -> None:
    rounds = Rounds(VILLAGES)
    play(rounds, "", 0, 1)
    assert told_in(play(rounds, "a", 2, 60)) == ["a/box_silent"]
    assert told_in(play(rounds, "ab", 61, 90)) == ["b/box_silent"]
    assert (rounds.by("a"), rounds.by("b")) == ("a/box_silent", "b/box_silent")


def test_a_whole_township_is_one_ticket_where_the_county_is_heard_elsewhere() -> None:
    other = "640999102"
    regions = (
        *REGIONS,
        replace(REGIONS[1], code=other, name="河湾乡"),
        replace(REGIONS[2], code=other + "200", parent=other),
    )
    county = small_county(regions=regions, devices=(*TWO, box("far", other + "200")), spots=())
    rounds = Rounds(county)
    play(rounds, "", 0, 1)
    made = play(rounds, "abcd", 2, 12)
    assert told_in(made) == [f"{VILLAGE[:9]}/link_down"]
    assert {rounds.by(place) for place in "abcd"} == {f"{VILLAGE[:9]}/link_down"}
    assert told_in(play(rounds, "cd", 13, 16)) == [f"{OTHER_VILLAGE}/link_down"]


def test_everybody_silent_is_our_own_deafness_and_no_ticket() -> None:
    rounds = Rounds(VILLAGES)
    play(rounds, "", 0, 1)
    made = play(rounds, "abcd", 2, 60)
    assert told_in(made) == []
    assert made[-1].deaf


def test_a_shut_door_hears_nobody_however_few_there_are() -> None:
    rounds = Rounds(small_county())
    rounds.hears(box_says(BOX, 0))
    rounds.door_open = False
    assert rounds.look(30) == Round(deaf=True)
    rounds.door_open = True
    assert keys(rounds.look(31)) == ["box-1/box_silent"]


def test_what_we_could_not_hear_does_not_count() -> None:
    rounds = Rounds(ALONE, awake=28)
    rounds.hears(box_says(BOX, 0), box_says("box-2", 30))
    assert rounds.look(30).findings == ()
    rounds.hears(box_says("box-2", 33.1))
    assert keys(rounds.look(33.1)) == ["box-1/box_silent"]


def test_a_box_that_never_spoke_is_waited_for_a_day_and_is_no_part_of_a_line() -> None:
    county = small_county(devices=(*TWO, box("new")), spots=())
    rounds = Rounds(county)
    hours = [*range(0, 24 * 60, 20), 24 * 60 + 1]
    made = []
    for minute in hours:
        all_but(rounds, ["new"], minute)
        made.append(rounds.look(minute))
    assert told_in(made) == ["new/box_silent"]
    assert made[-1].findings[0].words == "登记以来从未上线"
    assert told_in(play(rounds, ["new", "a", "b"], 1442, 1452)) == [f"{VILLAGE}/link_down"]


def test_what_leaves_the_registry_is_no_longer_missed() -> None:
    rounds = Rounds(ALONE)
    rounds.hears(box_says(BOX, 0), box_says("box-2", 6))
    rounds.look(6)
    rounds.county = small_county(devices=(box("box-2", OTHER_VILLAGE),), spots=())
    rounds.hears(box_says("box-2", 7))
    made = rounds.look(7)
    assert keys(made, State.CLEAN) == ["box-1/box_silent"]
    assert made.findings[0].words == "设备已从登记中撤下,不再值守"
    assert not any(one.covered_by for one in rounds.memory.values())


def test_what_a_person_closed_is_told_again_while_it_is_still_silent() -> None:
    rounds = Rounds(VILLAGES)
    play(rounds, "", 0, 1)
    play(rounds, "ab", 2, 9)
    rounds.told.clear()
    assert told_in(play(rounds, "ab", 10, 10)) == [f"{VILLAGE}/link_down"]


def test_a_blind_camera_is_told_after_two_hours_and_fog_is_not() -> None:
    county = small_county(devices=(*DEVICES, box("box-2", OTHER_VILLAGE)))
    rounds = Rounds(county)
    for minute in range(122):
        rounds.hears(box_says(BOX, minute, CAMERA, spots=[spot_report(SPOT, unseen="镜头被遮挡")]))
        rounds.hears(box_says("box-2", minute))
        made = rounds.look(minute)
    assert keys(made) == [f"{CAMERA}/camera_blind"]
    assert made.findings[0].words == "1 个点位看不清:镜头被遮挡"
    foggy = small_county(
        devices=(*DEVICES, box("box-2", OTHER_VILLAGE)), equipment={"weather_least": 2, "weather_share": 0.3}
    )
    assert keys(Rounds(foggy).look(0)) == []


def blind_cameras(count: int, blind: int) -> Rounds:
    devices = (box("a"), box("b", OTHER_VILLAGE), *(camera(f"c{n}", "a") for n in range(count)))
    spots = tuple(replace(small_county().spots[0], id=f"c{n}.s", device=f"c{n}") for n in range(count))
    rounds = Rounds(small_county(devices=devices, spots=spots))
    names = [f"c{n}" for n in range(count)]
    for minute in (*range(0, 120, 2), 120.5):
        reports = [spot_report(f"c{n}.s", unseen="画面模糊" if n < blind else "") for n in range(count)]
        rounds.hears(box_says("a", minute, *names, spots=reports), box_says("b", minute))
        rounds.look(minute)
    return rounds


@pytest.mark.parametrize(("count", "blind", "tickets"), [(20, 4, 4), (20, 5, 5), (20, 6, 0), (4, 4, 4)])
def test_many_cameras_blind_at_once_are_weather(count: int, blind: int, tickets: int) -> None:
    rounds = blind_cameras(count, blind)
    assert sum(fault == Fault.CAMERA_BLIND for _, fault in rounds.told) == tickets


DARK = [spot_report(SPOT, unseen="画面太暗")]


def test_a_camera_without_light_at_night_is_listed_and_no_ticket_and_by_day_it_is_blind() -> None:
    night = 12 * 60  # ten in the evening in the county
    rounds = Rounds(ALONE)
    for minute in range(night, night + 125, 2):
        rounds.hears(
            box_says(BOX, minute, CAMERA, spots=[spot_report(SPOT, unseen="画面太暗")]), box_says("box-2", minute)
        )
        assert rounds.look(minute).findings == ()
    assert rounds.memory[CAMERA, Fault.CAMERA_DARK.value].bad_at == at(night)
    day = 24 * 60
    for minute in range(day, day + 125, 2):
        rounds.hears(
            box_says(BOX, minute, CAMERA, spots=[spot_report(SPOT, unseen="画面太暗")]), box_says("box-2", minute)
        )
        made = rounds.look(minute)
    assert (CAMERA, Fault.CAMERA_BLIND.value) in rounds.told
    assert made.findings == ()


def test_a_clock_and_a_disk_are_told_after_ten_minutes_and_mended_by_three_good_reports() -> None:
    rounds = Rounds(ALONE)
    made = []
    for minute in range(12):
        rounds.hears(box_says(BOX, minute, CAMERA, clock_off_s=600, disk_mb=100), box_says("box-2", minute))
        made.append(rounds.look(minute))
    assert told_in(made) == ["box-1/box_clock", "box-1/box_disk"]
    for minute in range(12, 15):
        rounds.hears(box_says(BOX, minute, CAMERA, disk_mb=700), box_says("box-2", minute))
        made.append(rounds.look(minute))
    assert told_in(made, State.CLEAN) == ["box-1/box_clock"], "700 MB lie between the two limits"


def test_a_clock_that_is_set_back_forgets_nothing_and_misses_nobody_wrongly() -> None:
    rounds = Rounds(ALONE)
    rounds.hears(box_says(BOX, 600), box_says("box-2", 600))
    rounds.look(606)
    rounds.awake = at(0)
    rounds.hears(box_says(BOX, 0.5), box_says("box-2", 0.5))
    assert rounds.look(1).findings == ()
    for minute in range(2, 8):
        rounds.hears(box_says("box-2", minute))
        rounds.look(minute)
    assert rounds.by(BOX) == "box-1/box_silent"


NAMES = ["a", "b", "c", "d", "e", "f"]
SIX = small_county(
    devices=(
        box("a"), box("b"), box("c"), box("d", OTHER_VILLAGE), box("e", OTHER_VILLAGE), box("f", "640999102200"),
        *(camera(f"c{name}", name) for name in NAMES),
    ),
    regions=(
        *REGIONS, replace(REGIONS[1], code="640999102"), replace(REGIONS[2], code="640999102200", parent="640999102"),
    ),
    spots=(),
)  # fmt: skip
Steps = list[tuple[frozenset[str], bool, str]]
STEPS: st.SearchStrategy[Steps] = st.lists(
    st.tuples(
        st.frozensets(st.sampled_from(NAMES)), st.sampled_from([True, True, True, True, False]),
        st.sampled_from(["", "", "", "close", "away"]),
    ),
    min_size=1, max_size=25,
)  # fmt: skip


@settings(max_examples=depth(150), deadline=None)
@given(STEPS)
def test_every_silent_box_is_covered_by_exactly_one_open_ticket_or_we_are_deaf(steps: Steps) -> None:
    """Each step lasts six minutes; boxes speak or not, the door shuts, people close tickets, we are away."""
    rounds = Rounds(SIX)
    rounds.hears(*(box_says(name, 0, f"c{name}") for name in NAMES))
    last = dict.fromkeys(NAMES, 0.0)
    minute, since = 0.0, 0.0
    for silent, door, happening in steps:
        if happening == "close" and rounds.told:
            rounds.told.discard(min(rounds.told))
        if happening == "away":
            minute += 60
            rounds.awake, since = at(minute), minute
        for _ in range(6):
            minute += 1
            rounds.door_open = door
            for name in NAMES:
                if door and name not in silent:
                    rounds.hears(box_says(name, minute, f"c{name}"))
                    last[name] = minute
            made = rounds.look(minute)
            if made.deaf:
                rounds.awake, since = at(minute), minute
            else:
                check(rounds, last, max(since, 0), minute)


def check(rounds: Rounds, last: Mapping[str, float], since: float, minute: float) -> None:
    standing = {"/".join(key) for key in rounds.told}
    for name in NAMES:
        by = rounds.by(name)
        assert by == "" or by in standing, "what stands for a device is open"
        if minute - max(last[name], since) > 2 * FIVE:
            assert by, f"{name} is silent for {minute - last[name]:.0f} minutes and nobody is told"
        behind = rounds.by(f"c{name}")
        if by:
            assert behind in (by, f"c{name}/camera_silent")
    for code, fault in rounds.told:
        if fault == Fault.LINK_DOWN:
            assert sum(rounds.by(name) == f"{code}/{fault}" for name in NAMES) >= 1, "a line stands for somebody"


def test_a_round_over_six_thousand_devices_is_decided_in_less_than_a_second() -> None:
    villages = [f"6409991{n:02d}2{m:02d}" for n in range(20) for m in range(50)]
    boxes = [box(f"b{n}", villages[n % len(villages)]) for n in range(1500)]
    cameras = [camera(f"c{n}", f"b{n // 3}", boxes[n // 3].village) for n in range(4500)]
    regions = (
        REGIONS[0], *(replace(REGIONS[1], code=f"6409991{n:02d}") for n in range(20)),
        *(replace(REGIONS[2], code=code, parent=code[:9]) for code in villages),
    )  # fmt: skip
    rounds = Rounds(small_county(devices=(*boxes, *cameras), regions=regions, spots=()))
    rounds.hears(*(box_says(one.id, 0, *(f"c{3 * n + m}" for m in range(3))) for n, one in enumerate(boxes)))
    rounds.hears(*(box_says(one.id, 6, f"c{3 * n}") for n, one in enumerate(boxes) if n % 4))
    ground = rounds.ground(at(6.1))
    began = time.process_time()
    faults.observe(rounds.county, NO_NEWS, at(6.1))
    made = cover.decide(ground)
    took = time.process_time() - began
    assert sum(one.fault == Fault.BOX_SILENT for one in made.findings) > 100
    assert took < 1
