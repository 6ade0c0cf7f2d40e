"""A report is decided by the rules of every look: it opens, joins or feeds, and it closes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from alerts.alarms.grounds import Where, ground_of
from alerts.reports import reporting
from alerts.reports.reporting import Report, checked, decide
from alerts.shown import Judge
from alerts.tickets.doing import Refused, Taken
from alerts.values import Check, Clock, Decision, Known, Phase, Source, Status, Ticket, Word
from broker.messages import State
from county.snapshot import County
from tests.alerts import cases
from tests.alerts.cases import after, known_after, opened, ticket_of
from tests.alerts.makes import PHOTO, at, event, last_ticket
from tests.alerts.said import ALONE, GATE, WANG, beside, report, reporting_county
from tests.county.small import BIN, CAMERA, SPOT


@pytest.fixture
def county() -> County:
    return reporting_county()


def told(county: County, one: Report, known: Known | None = None, minutes: float = 0) -> list[Decision]:
    ready = checked(one, county)
    spot = ground_of(ready.where, ready.what, county, ())
    return decide(known or Known(), ready, spot, county, (uuid4(), at(minutes)))


@pytest.mark.parametrize(
    ("source", "begins"),
    [(Source.PATROL, "督查发现暴露垃圾"), (Source.REPORT, "随手拍反映暴露垃圾"), (Source.SUPERIOR, "上级交办暴露垃圾")],
)
def test_each_source_opens_the_same_kind_of_ticket(county: County, source: Source, begins: str) -> None:
    decisions = told(county, report(source=source))
    ticket = last_ticket(decisions)
    assert (ticket.source, ticket.status, ticket.due_clock) == (source, Status.DISPATCHED, Clock.ACCEPT)
    assert (ticket.person.id, ticket.due_at, ticket.scene.place, ticket.scene.spot) == ("v1", at(30), CAMERA, SPOT)
    assert ticket.dirty == (f"@{source.value}/{SPOT}/garbage",)
    assert decisions[0].reason.startswith(begins)
    assert [one.history.stage.value for one in decisions if one.history] == ["信息采集", "案卷建立", "任务派遣"]
    assert "受理,重要级立案" in decisions[1].reason
    camera = last_ticket(cases.decide(Known(), event(0), county, at(0)))
    assert replace(camera, id=ticket.id, source=source, dirty=ticket.dirty) == ticket


def test_a_category_that_no_detector_knows_makes_a_ticket(county: County) -> None:
    ticket = last_ticket(told(county, report(what="illegal_building")))
    assert (ticket.what, ticket.severity, ticket.kinds) == ("illegal_building", "minor", ("illegal_building",))


def test_where_no_camera_sees_the_category_another_person_verifies(county: County) -> None:
    ticket = after(county, last_ticket(told(county, report(what="illegal_building"))), ("accept", "v1", 5),
                   ("done", "v1", 20))  # fmt: skip
    assert (ticket.status, ticket.check, ticket.person.id) == (Status.TO_CHECK, Check.PERSON, "t1")
    away = after(county, last_ticket(told(county, report(ALONE))), ("accept", "v1", 5), ("done", "v1", 20))
    assert (away.check, away.person.id) == (Check.PERSON, "t1")
    assert after(county, away, ("verify_ok", "t1", 40)).status is Status.CLOSED


def test_what_was_reported_at_a_spot_is_proved_by_its_camera(county: County) -> None:
    ticket = after(county, last_ticket(told(county, report(SPOT))), ("accept", "v1", 5), ("done", "v1", 20))
    assert (ticket.check, ticket.command is not None) == (Check.CAMERA, True)
    look = event(25, "clean", command=ticket.command)
    assert last_ticket(cases.decide(Known(ticket=ticket), look, county, at(25))).status is Status.CLOSED


def test_a_camera_proves_nothing_that_it_does_not_know(county: County) -> None:
    ticket = after(county, last_ticket(told(county, report(SPOT))), ("accept", "v1", 5), ("done", "v1", 20))
    both = last_ticket(told(county, report(SPOT, what="illegal_building"), Known(ticket=ticket), 21))
    look = event(25, "clean", command=both.command)
    after_look = last_ticket(cases.decide(Known(ticket=both), look, county, at(25)))
    assert (after_look.status, after_look.check) == (Status.TO_CHECK, Check.PERSON)
    assert after_look.dirty == (f"@report/{SPOT}/illegal_building",)


def test_a_report_joins_what_a_camera_opened_with_an_alarm_of_its_own(county: County) -> None:
    known = opened(county)
    decisions = told(county, report(GATE), Known(ticket=known.ticket), 3)
    ticket = last_ticket(decisions)
    assert (ticket.id, ticket.source, len(decisions)) == (ticket_of(known).id, Source.CAMERA, 1)
    assert decisions[0].word is Word.ATTACHED
    assert decisions[0].alarm is not None
    assert (decisions[0].alarm.source, decisions[0].alarm.place) == (Source.REPORT, "@report")
    assert decisions[0].reason == "同一地点又随手拍反映暴露垃圾:路边一堆垃圾,并入本工单"
    assert ticket.kinds == ("garbage",)


def test_the_same_told_again_opens_nothing_and_leaves_a_line(county: County) -> None:
    first = known_after(told(county, report()))
    for moment in (0.0, 5.0):  # also at the very same moment
        decisions = told(county, report(words="还在那里"), first, moment)
        assert [one.word for one in decisions] == [Word.UPDATED, Word.NOTED]
        assert decisions[1].reason == "又收到随手拍反映暴露垃圾:还在那里"
        assert decisions[0].alarm is not None
        assert decisions[0].alarm.merged == 2


def test_photos_stand_beside_the_first_line_as_the_state_before(county: County) -> None:
    handed = (Taken(PHOTO), Taken("cd" * 32, longitude=ALONE.longitude, latitude=ALONE.latitude, crs="WGS-84"))
    first = told(county, report(photos=handed))
    assert [len(one.photos) for one in first] == [2, 0, 0]
    assert {one.phase for one in first[0].photos} == {Phase.BEFORE}
    assert {one.person for one in first[0].photos} == {"随手拍"}
    assert first[0].photos[1].doubts[0].startswith("拍摄位置离点位7.")
    assert first[0].history is not None
    assert "照片存疑:拍摄位置离点位" in first[0].history.why
    again = told(county, report(photos=(Taken(PHOTO),)), known_after(first), 1)
    assert [len(one.photos) for one in again] == [0, 1]


def test_a_camera_that_sees_clean_what_was_reported_asks_a_person_and_ends_nothing(county: County) -> None:
    ticket = last_ticket(told(county, report(SPOT)))
    decisions = cases.decide(Known(ticket=ticket), event(5, "clean"), county, at(5))
    judged = last_ticket(decisions)
    assert (judged.status, judged.person.id, judged.is_open) == (Status.TO_CONFIRM, "t1", True)
    assert decisions[-1].reason == "镜头看不到暴露垃圾(第5分钟clean),与反映的情况不一致,请田乡官核实"
    assert [one.purpose.value for one in decisions[-1].notices] == ["confirm"]
    assert decisions[0].looks[0].state is State.CLEAN
    true = after(county, judged, ("confirm_true", "t1", 10))
    assert (true.status, true.person.id) == (Status.DISPATCHED, "v1")
    again = cases.decide(Known(ticket=true), event(15, "clean"), county, at(15))
    assert [one.word for one in again] == [Word.UPDATED], "a person has judged; the camera is not asked twice"
    assert after(county, judged, ("confirm_false", "t1", 10)).status is Status.NOT_FILED


def test_a_camera_that_takes_back_its_own_alarm_beside_a_report_asks_a_person(county: County) -> None:
    known = opened(county)
    ticket = last_ticket(told(county, report(SPOT), Known(ticket=known.ticket), 3))
    seen = cases.decide(replace(known, ticket=ticket), event(6, "clean"), county, at(6))
    judged = last_ticket(seen)
    assert (judged.status, judged.dirty) == (Status.TO_CONFIRM, (f"@report/{SPOT}/garbage",))
    assert seen[0].alarm is not None
    assert seen[0].alarm.state is State.CLEAN


def test_once_somebody_goes_there_clean_contradicts_nobody(county: County) -> None:
    ticket = after(county, last_ticket(told(county, report(SPOT))), ("accept", "v1", 2))
    assert [one.word for one in cases.decide(Known(ticket=ticket), event(5, "clean"), county, at(5))] == [Word.UPDATED]


def test_another_category_or_spot_seen_clean_contradicts_no_report(county: County) -> None:
    ticket = last_ticket(told(county, report(SPOT)))
    for look in (event(5, "clean", what="overflow"), event(5, "clean", spot=BIN)):
        assert all(one.ticket is None for one in cases.decide(Known(ticket=ticket), look, county, at(5)))


def test_a_citizen_sends_nobody_back_to_work_but_the_patrol_does(county: County) -> None:
    known = known_after(told(county, report(ALONE)))
    reported = after(county, ticket_of(known), ("accept", "v1", 5), ("done", "v1", 20))
    waiting = replace(known, ticket=reported)
    citizen = last_ticket(told(county, report(ALONE, words="没有扫干净"), waiting, 30))
    assert (citizen.status, citizen.check, citizen.reworks) == (Status.TO_CHECK, Check.PERSON, 0)
    patrol = known_after(told(county, report(ALONE, source=Source.PATROL)))
    done = after(county, ticket_of(patrol), ("accept", "v1", 5), ("done", "v1", 20))
    back = last_ticket(told(county, report(ALONE, source=Source.PATROL), replace(patrol, ticket=done), 30))
    assert (back.status, back.reworks) == (Status.ON_SITE, 1)


@pytest.mark.parametrize("source", [Source.PATROL, Source.SUPERIOR])
def test_what_a_camera_found_goes_straight_back_to_work_when_the_countys_own_people_find_it_dirty(
    county: County, source: Source
) -> None:
    known = opened(county)
    done = after(county, ticket_of(known), ("accept", "v1", 5), ("done", "v1", 20))
    assert (done.check, done.command is not None) == (Check.CAMERA, True)
    decisions = told(county, report(SPOT, source=source, words="没弄干净"), replace(known, ticket=done, alarm=None), 22)
    back = last_ticket(decisions)
    assert [one.word for one in decisions] == [Word.ATTACHED, Word.MOVED]
    assert "仍不干净:没弄干净,第1次返工" in decisions[1].reason
    assert (back.status, back.reworks, back.command, back.person.id) == (Status.ON_SITE, 1, None, "v1")
    assert not back.shown.refuted, "no camera has sent it back"
    assert cases.decide(Known(ticket=back), event(25, "clean", command=done.command), county, at(25))[-1].ticket is None


def test_while_the_camera_looks_the_patrol_sends_back_also_what_it_found_itself(county: County) -> None:
    known = known_after(told(county, report(SPOT, source=Source.PATROL)))
    done = after(county, ticket_of(known), ("accept", "v1", 5), ("done", "v1", 20))
    assert done.check is Check.CAMERA
    again = report(SPOT, source=Source.PATROL, words="没弄干净")
    assert last_ticket(told(county, again, replace(known, ticket=done), 22)).reworks == 1


def test_another_kind_of_dirt_that_a_patrol_finds_during_the_check_blames_nobody(county: County) -> None:
    done = after(county, ticket_of(opened(county)), ("accept", "v1", 5), ("done", "v1", 20))
    other = report(SPOT, source=Source.PATROL, what="illegal_building")
    joined = last_ticket(told(county, other, Known(ticket=done), 22))
    assert (joined.status, joined.reworks) == (Status.TO_CHECK, 0)


def test_where_a_person_decides_between_devices_and_people_a_patrol_is_heard_and_sends_nobody_back(
    county: County,
) -> None:
    done = after(county, ticket_of(opened(county)), ("accept", "v1", 5), ("done", "v1", 20))
    split = replace(done, check=Check.PERSON, command=None, shown=replace(done.shown, judge=Judge.SPLIT))
    heard = last_ticket(told(county, report(SPOT, source=Source.PATROL), Known(ticket=split), 22))
    assert (heard.status, heard.reworks) == (Status.TO_CHECK, 0)


def test_a_place_cleaned_and_reported_again_is_a_relapse(county: County) -> None:
    ended = after(county, last_ticket(told(county, report(ALONE))), ("accept", "v1", 5), ("done", "v1", 20),
                  ("verify_ok", "t1", 40))  # fmt: skip
    again = last_ticket(told(county, report(ALONE), Known(earlier=(ended,)), 3 * 24 * 60))
    assert (again.earlier, again.relapse, again.source) == (ended.id, 1, Source.REPORT)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"what": "gold"}, "没有这个问题类别"), ({"what": "<script>"}, "没有这个问题类别"),
        ({"what": "bin_full"}, "“垃圾桶满溢”.bin_full.只由设备上报,请选择看到的问题类别"),
        ({"source": Source.CAMERA}, "来源只能是"), ({"photos": (Taken(PHOTO),) * 10}, "最多交9张"),
        ({"photos": (Taken("../../etc/passwd"),)}, "照片编号无效"),
        ({"photos": (Taken(PHOTO, longitude=1.0, latitude=2.0, crs="BD-09"),)}, "照片的位置不能用:不认识坐标系“BD-09”"),
        ({"photos": (Taken(PHOTO, longitude=900.0, latitude=2.0, crs="WGS-84"),)}, "照片的位置不能用:经纬度不对"),
    ],
)  # fmt: skip
def test_what_the_county_does_not_know_is_refused_in_plain_words(
    county: County, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        told(county, report(**more))


@pytest.mark.parametrize("source", [Source.REPORT, Source.PATROL, Source.SUPERIOR])
def test_nobody_reports_what_only_devices_can_tell(source: Source) -> None:
    codes = ("garbage", "overflow", "dumped", "illegal_building", *sorted(reporting.TOLD_BY_DEVICES))
    categories = [{"code": code, "name": "设备的事", "severity": "minor"} for code in codes]
    county = reporting_county(categories=categories)
    for what in reporting.TOLD_BY_DEVICES:
        with pytest.raises(Refused, match="“设备的事”"):
            checked(report(source=source, what=what), county)


def test_names_and_numbers_leave_the_words_before_anything_is_kept(county: County) -> None:
    words = "我是王小明,电话13912345678或139-1234-5678,身份证640102199001011234,座机0951-1234567。\x00\n垃圾在墙后"
    kept = checked(report(Where(point=beside(ALONE, 3), words="王小明家门口"), words=words, reporter=WANG), county)
    for secret in ("王小明", "1391234", "139-1234", "64010219", "0951"):
        assert secret not in kept.words + kept.where.words
    assert kept.words.endswith("垃圾在墙后")
    assert kept.where.words == "***家门口"
    assert "\n" not in kept.words
    assert len(checked(report(words="长" * 5000), county).words) == reporting.MOST_WORDS


def test_an_order_from_above_names_its_office_and_paper(county: County) -> None:
    decisions = told(county, report(source=Source.SUPERIOR, origin="市环委办〔2026〕12号"))
    assert decisions[0].reason.startswith("上级交办暴露垃圾:路边一堆垃圾(市环委办〔2026〕12号)")


def test_a_ticket_needs_no_words(county: County) -> None:
    ticket: Ticket = last_ticket(told(county, report(words="  ")))
    assert ticket.is_open
    assert "未写说明" in told(county, report(words=""))[0].reason
