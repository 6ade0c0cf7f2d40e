"""The draft of a month's red and black list: points, reasons, ties, small samples; whatever the order of input."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.lists.reckoning import Colour, Tally, draft
from county.policy.lists import Lists
from tests.county.small import small_policy
from tests.depth import depth

USUAL = Lists()


def tally(village: str, in_time: int, judged: int = 10, relapsed: int = 0, overdue: int = 0) -> Tally:
    return Tally(village, judged + 2, judged, in_time, relapsed, overdue)


def listed(tallies: list[Tally], policy: Lists = USUAL) -> list[tuple[str, str, int]]:
    return [(one.village, one.colour.words, one.place) for one in draft(tallies, policy).lines]


def test_the_best_are_red_the_worst_black_and_who_is_between_stands_nowhere() -> None:
    assert listed([tally("a", 10), tally("b", 8), tally("c", 3), tally("d", 1)]) == [
        ("a", "红榜", 1), ("d", "黑榜", 1), ("c", "黑榜", 2),
    ]  # fmt: skip


def test_every_line_says_in_chinese_how_it_was_reckoned() -> None:
    red, black = draft([tally("a", 10), tally("c", 5, relapsed=2, overdue=4)], USUAL).lines
    assert red.words == "发现12件，可评10件，按时办结10件，反弹0件，超期0件；得100分，不低于90分"
    assert black.words == "发现12件，可评10件，按时办结5件，反弹2件，超期4件；得30分，低于70分"


@pytest.mark.parametrize(("judged", "left_out"), [(4, 1), (5, 0), (0, 1)])
def test_a_small_sample_is_left_out_with_its_reason(judged: int, left_out: int) -> None:
    made = draft([tally("a", judged, judged)], USUAL)
    assert (len(made.left_out), len(made.lines)) == (left_out, 1 - left_out)
    if left_out:
        assert made.left_out == (("a", f"本月可评的工单只有{judged}件，不足5件，不评"),)


@pytest.mark.parametrize(("in_time", "colour"), [(18, Colour.RED), (17, None), (14, None), (13, Colour.BLACK)])
def test_ninety_points_are_red_and_seventy_are_not_yet_black(in_time: int, colour: Colour | None) -> None:
    found = [one.colour for one in draft([tally("a", in_time, 20)], USUAL).lines]
    assert found == ([colour] if colour else [])


def test_of_equal_points_the_fewer_overdue_come_first_and_equals_share_even_the_last_place() -> None:
    two = Lists(places=2)
    same = [tally("d", 10), tally("c", 10, overdue=1), tally("b", 10, overdue=1), tally("a", 10, overdue=2)]
    assert listed(same, two) == [("d", "红榜", 1), ("b", "红榜", 2), ("c", "红榜", 2)]


def test_more_relapses_than_closed_in_time_give_no_less_than_nothing() -> None:
    assert tally("a", 1, relapsed=4).points == 0
    assert Tally("a", 3, 0, 0, 0, 0).points == 0


@pytest.mark.parametrize(
    "wrong", [{"black_below": 95}, {"red_from": 101}, {"places": 0}, {"least": 0}, {"objection_days": 0}]
)
def test_a_rule_by_which_a_village_stood_on_both_lists_or_nobody_could_object_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Lists(**wrong)


def test_lists_that_nobody_could_approve_are_refused_and_a_county_without_the_block_has_none() -> None:
    with pytest.raises(ValueError, match="nobody could approve"):
        small_policy(lists={"on": True, "approve": ["leader"]})
    assert not small_policy().lists.on


@settings(max_examples=depth(40), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(0, 3)), max_size=8))
def test_the_order_of_the_input_changes_nothing_and_nobody_stands_twice(
    rows: list[tuple[int, int, int]],
) -> None:
    tallies = [tally(f"v{n}", in_time, 9, back, late) for n, (in_time, back, late) in enumerate(rows)]
    first = draft(tallies, USUAL)
    assert draft(list(reversed(tallies)), USUAL).left_out == first.left_out
    assert sorted(listed(tallies[::-1])) == sorted(listed(tallies))
    assert len({one.village for one in first.lines}) == len(first.lines)
