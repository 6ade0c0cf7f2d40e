"""Words from people: what nobody can see is no word, no place and no reason."""

from __future__ import annotations

import unicodedata

import pytest

from alerts.alarms.grounds import Where, ground_of
from alerts.reports.reporting import checked
from alerts.tickets.doing import Data, Doing, Refused
from alerts.tickets.moves import plain
from alerts.values import Who
from county.values import Level, Spot
from tests.alerts.makes import at
from tests.alerts.said import report, reporting_county
from tests.county.small import VILLAGE

UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e\u2066\u3164\u115f\uffa0\u2800\u180e\ufe0f\U000e0041"


@pytest.mark.parametrize("letter", [*UNSEEN, "\x00", "\x1b", "\x85", "\u3000", "\u2028"])
def test_what_nobody_can_see_is_no_word(letter: str) -> None:
    assert plain(letter * 3) == ""


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("小\u200b学\u2060门口\ufeff", "小学门口"), ("a\x00b\r\nc\td", "a b c d"), ("  东头  桥下 ", "东头 桥下"),
        ("垃圾🗑️、𠮷家沟、Ünïted", "垃圾🗑、𠮷家沟、Ünïted"), ("\u202e<img>", "<img>"), ("", ""),
    ],
)  # fmt: skip
def test_what_can_be_seen_stays_as_it_was_written(said: str, kept: str) -> None:
    assert plain(said) == kept
    assert plain(kept) == kept


def test_no_format_character_of_the_general_punctuation_is_left() -> None:
    for code in range(0x2000, 0x2070):
        if unicodedata.category(chr(code)) == "Cf":
            assert plain(f"a{chr(code)}b") == "ab", hex(code)


def test_an_invisible_place_leads_nowhere_and_a_place_with_invisible_letters_is_the_same_place() -> None:
    county = reporting_county()
    unseen = checked(report(Where(region=VILLAGE, words=UNSEEN)), county)
    with pytest.raises(Refused, match="请写明在村里的什么地方"):
        ground_of(unseen.where, "garbage", county, ())
    known = Spot("r-1", "@site", "小学门口", VILLAGE)
    assert ground_of(Where(region=VILLAGE, words="小\u200b学门口"), "garbage", county, (known,)) is known


def test_an_invisible_reason_is_none() -> None:
    who = Who("t1", "田乡官", "", Level.TOWNSHIP)
    with pytest.raises(Refused, match="请写明原因"):
        Doing(who, at(0), Data(UNSEEN)).reason("请写明原因")
