"""The notice as a value: refused when something is missing, its number, its times, its standing, its clean words."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.papers.rectification import (
    Found,
    Ground,
    Named,
    NotIssued,
    Shown,
    Standing,
    number_words,
    standing,
    year_of,
)
from alerts.papers.sheet import counted, digest, restored, sheet_of, stored
from alerts.papers.wording import cleaned, day_words, time_words
from tests.alerts.paper_cases import DUE, HOSTILE, T0, notice

ZONE = "Asia/Shanghai"


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({"person": None}, "明确的整改责任人"),
        ({"person": Named("", "石门村村民委员会")}, "明确的整改责任人"),
        ({"person": Named(" \x00\u202e")}, "明确的整改责任人"),
        ({"due_at": None}, "整改期限"),
        ({"ground": Ground("", " ")}, "问题地点"),
        ({"found": Found("", "暴露垃圾", "重要", T0)}, "存在的问题"),
        ({"issuer": ""}, "签发单位"),
        ({"number": ""}, "文号"),
        ({"demands": ("", " ")}, "整改要求"),
        ({"due_at": T0}, "整改期限已经过去"),
        ({"due_at": datetime(2026, 11, 28)}, "没有写明时区"),  # noqa: DTZ001 - what must be refused
    ],
)
def test_a_notice_without_person_deadline_place_or_problem_is_refused_in_chinese(
    changed: dict[str, Any], missing: str
) -> None:
    with pytest.raises(NotIssued, match=missing):
        notice(**changed)


def test_one_second_after_the_deadline_it_is_late() -> None:
    assert standing(DUE, DUE) is Standing.RUNNING
    assert standing(DUE, DUE + timedelta(seconds=1)).value == "超期"
    assert standing(DUE, DUE + timedelta(days=9), done_at=DUE) is Standing.DONE
    assert standing(DUE, DUE + timedelta(days=9), done_at=DUE + timedelta(seconds=1)) is Standing.DONE_LATE
    assert standing(DUE, DUE + timedelta(days=9), dropped=True) is Standing.DROPPED


@given(st.text("青环整县乡AZ", min_size=1, max_size=6), st.integers(2000, 2999), st.integers(1, 10**6))
def test_a_number_names_code_year_and_serial_and_no_two_are_alike(code: str, year: int, serial: int) -> None:
    words = number_words(code, year, serial)
    parts = re.fullmatch(r"(.+)〔(\d{4})〕(\d+)号", words)
    assert parts is not None
    assert parts.groups() == (code, str(year), str(serial))
    assert words != number_words(code, year, serial + 1)


def test_the_year_of_a_number_is_the_countys() -> None:
    assert year_of(datetime(2026, 12, 31, 15, 59, tzinfo=UTC), ZONE) == 2026
    assert year_of(datetime(2026, 12, 31, 16, 0, tzinfo=UTC), ZONE) == 2027


def test_times_are_written_in_the_official_form_and_in_the_countys_zone() -> None:
    moment = datetime(2026, 11, 8, 1, 5, 59, tzinfo=UTC)
    assert day_words(moment, ZONE) == "2026年11月8日"
    assert time_words(moment, ZONE) == "2026年11月8日9时05分"
    assert time_words(moment.astimezone(timezone(timedelta(hours=-9))), ZONE) == "2026年11月8日9时05分"
    assert day_words(datetime(2026, 11, 8, 16, 0, tzinfo=UTC), ZONE) == "2026年11月9日"


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds
def test_a_written_deadline_is_never_later_than_the_real_one(moment: datetime) -> None:
    parts = re.fullmatch(r"(\d+)年(\d+)月(\d+)日(\d+)时(\d\d)分", time_words(moment, "UTC"))
    assert parts is not None
    written = datetime(*(int(part) for part in parts.groups()), tzinfo=UTC)  # type: ignore[arg-type,misc]
    assert timedelta(0) <= moment - written < timedelta(minutes=1)


@given(st.text(max_size=200) | st.sampled_from(HOSTILE), st.integers(1, 60))
def test_cleaned_words_are_one_line_of_visible_characters(text: str, most: int) -> None:
    line = cleaned(text, most)
    assert len(line) <= most
    assert line == " ".join(line.split())
    assert not any(unicodedata.category(one) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} for one in line)
    line.encode()
    assert cleaned(line, most) == line


def test_words_that_are_clean_stay_as_they_are() -> None:
    assert cleaned(" 石门村 村口 ", 60) == "石门村 村口"
    assert cleaned("一二三四五", 3) == "一二…"


def test_the_sheet_says_who_what_where_and_by_when() -> None:
    sheet = sheet_of(notice())
    text = "".join(one.head + one.text for one in sheet.body)
    assert (sheet.issuer, sheet.title, sheet.number) == ("柳林镇人民政府", "整改通知书", "青环整〔2026〕12号")
    assert sheet.addressee == "石门村村民委员会 马村官："
    assert "一、整改责任人：石门村村民委员会 马村官。" in text
    assert "二、整改期限：2026年11月28日10时30分前。" in text
    assert "发现柳林镇石门村村口垃圾点存在以下问题：暴露垃圾、垃圾桶满溢（" in text
    assert "（三）落实日常保洁" in text
    assert sheet.annexes == ("现场照片", "送达回执")
    assert sheet.date == "2026年11月21日"
    assert ("受送达人", "石门村村民委员会 马村官") in sheet.receipt
    assert ("送达人签名", "") in sheet.receipt


def test_a_problem_that_is_its_category_is_said_once_and_without_a_photo_only_the_receipt_is_annexed() -> None:
    plain = notice(found=Found("暴露垃圾", "暴露垃圾", "重要", T0), picture=None, demands=("清理干净。",))
    sheet = sheet_of(plain)
    assert "类别" not in sheet.body[0].text
    assert "附件1" not in sheet.body[0].text
    assert sheet.annexes == ("送达回执",)
    assert sheet.photo is None
    assert sheet.body[3].text == "清理干净。"
    assert sheet_of(notice(person=Named("马村官"))).addressee == "马村官："


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_become_a_clean_sheet_that_is_kept_and_read_back_the_same(words: str) -> None:
    try:
        paper = notice(
            person=Named("甲" + words, words), ground=Ground("乙" + words, words), issuer="丙" + words, ticket=words,
            found=Found("丁" + words, words, words, T0, words), demands=(words, "戊" + words),
            picture=Shown("ab" * 32, T0, words, words),
        )  # fmt: skip
    except NotIssued as fault:
        raise AssertionError("there is a visible word in each") from fault
    sheet = sheet_of(paper)
    assert restored(stored(sheet)) == sheet
    assert len(digest(sheet)) == 64
    assert not any(unicodedata.category(one) in {"Cc", "Cs"} for one in stored(sheet))
    assert digest(sheet) != digest(sheet_of(notice()))


def test_lists_count_in_chinese() -> None:
    assert [counted(number) for number in (1, 9, 10, 11, 20, 21, 99)] == [
        "一", "九", "十", "十一", "二十", "二十一", "九十九",
    ]  # fmt: skip
