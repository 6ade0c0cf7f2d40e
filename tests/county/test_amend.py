"""Changes to people and duties as values: a duty ends and another begins, the past stays, a deputy gets a free rank."""

from __future__ import annotations

from datetime import date

import pytest

from county.amend import AddDuty, BadChange, ComeBack, EndDuty, HandOver, TakeLeave, amended, folder_of, key_of
from county.problem_words import told
from county.rows import Problem
from county.staff import Leave
from county.values import Duty, Level
from tests.county.small import DUTIES, VILLAGE, small_county, small_folder

TODAY, SOON, LATER = date(2026, 11, 22), date(2026, 12, 1), date(2026, 12, 10)
CONTENT = small_county().content


def test_an_ended_duty_keeps_its_past_and_one_that_never_began_leaves_nothing() -> None:
    ended = amended(CONTENT, [EndDuty(key_of(DUTIES[0]), SOON)], TODAY)
    assert ended.duties[0].valid_to == SOON
    coming = Duty("v2", VILLAGE, Level.VILLAGE, "保洁员", 3, LATER)
    with_coming = amended(CONTENT, [AddDuty(coming)], TODAY)
    assert amended(with_coming, [EndDuty(key_of(coming), LATER)], TODAY).duties == CONTENT.duties
    for on in (SOON, date(2026, 1, 1)):
        with pytest.raises(BadChange):
            amended(with_coming, [EndDuty(key_of(coming), on)], TODAY)


def test_what_ended_long_ago_cannot_be_ended_again() -> None:
    past = Duty("v2", VILLAGE, Level.VILLAGE, "保洁员", 3, date(2025, 1, 1), date(2025, 2, 1))
    content = small_county(duties=(*DUTIES, past)).content
    with pytest.raises(BadChange, match="过去的记录不能改"):
        amended(content, [EndDuty(key_of(past), SOON)], TODAY)


def test_a_hand_over_takes_the_present_and_the_coming_and_leaves_the_past() -> None:
    past = Duty("v1", VILLAGE, Level.VILLAGE, "网格员", 2, date(2025, 1, 1), date(2025, 2, 1))
    coming = Duty("v1", VILLAGE, Level.VILLAGE, "网格员", 3, LATER)
    content = small_county(duties=(*DUTIES, past, coming)).content
    duties = amended(content, [HandOver("v1", "v2", SOON)], TODAY).duties
    mine = {(one.rank, one.valid_from, one.valid_to) for one in duties if one.person == "v1"}
    assert mine == {(0, None, SOON), (2, date(2025, 1, 1), date(2025, 2, 1))}
    assert {(one.rank, one.valid_from) for one in duties if one.person == "v2" and one.area == VILLAGE} == {
        (0, SOON), (3, LATER),
    }  # fmt: skip
    with pytest.raises(BadChange, match="没有职责可移交"):
        amended(amended(content, [HandOver("v1", "v2", SOON)], TODAY), [HandOver("v1", "v2", SOON)], TODAY)


def test_a_deputy_stands_in_on_the_first_free_rank_for_the_days_of_the_leave() -> None:
    leave = Leave("v1", SOON, LATER, "培训")
    duties = amended(CONTENT, [TakeLeave(leave, "v2")], TODAY).duties
    assert duties[-1] == Duty("v2", VILLAGE, Level.VILLAGE, "村支书", 2, SOON, LATER)  # rank 1 is 马副手's


def test_who_never_left_is_back_without_a_trace() -> None:
    away = amended(CONTENT, [TakeLeave(Leave("v1", SOON, LATER))], TODAY)
    assert amended(away, [ComeBack("v1", SOON)], TODAY).leaves == ()


def test_files_about_which_nothing_changed_stay_byte_for_byte() -> None:
    old = {**small_folder(), "people.csv": small_folder()["people.csv"] + b"\n"}
    fresh = folder_of(old, amended(CONTENT, [EndDuty(key_of(DUTIES[0]), SOON)], TODAY), CONTENT)
    assert [name for name in fresh if fresh[name] != old.get(name)] == ["duties.csv"]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("unknown area 'x{1}y'", "area-unknown", "没有“x{1}y”这个地方"),
        ("person a: unknown unit 'b'", "unit-unknown", "人员 a 的单位“b”没有登记"),
        ("region code 640999 is already on line 2", "doubled", "640999 重复，第 2 行已经有了"),
        ("valid_to 2026-01-01 is not after valid_from 2026-01-01", "dates-order", "结束日 2026-01-01"),
        ("something new", "other", "something new"),
    ],
)
def test_problems_have_codes_and_chinese_words_and_none_is_hidden(text: str, code: str, words: str) -> None:
    found = told(Problem("duties.csv", 1, text, "do"))
    assert found.code == code
    assert words in found.text
