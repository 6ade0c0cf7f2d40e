"""One reward for a problem, to who reported it first, only once it is verified; exact to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.reports.rewards import Claim, Deed, Entry, Problem, award, first_claim, granted, state_of
from alerts.tickets.verdicts import Verdict
from alerts.values import Source
from county.policy import Reward
from tests.alerts.makes import T0

POLICY = Reward.model_validate({"amounts": {"garbage": "10.50", "posters": "0"}, "other": "5", "month_cap": "25"})
NONE, TEN = Decimal(0), Decimal("10.50")


def claim(minutes: int = 0, verdict: Verdict | None = Verdict.TRUE, **more: Any) -> Claim:
    usual = Claim(uuid4(), T0 + timedelta(minutes=minutes), Source.REPORT, "garbage", "2026-11", uuid4(), "m1", verdict)
    return replace(usual, **more)


def problem(*claims: Claim, found_by: Source = Source.REPORT) -> Problem:
    return Problem(uuid4(), found_by, claims)


def test_a_verified_report_is_worth_what_its_category_is() -> None:
    one = claim()
    found = award(problem(one), NONE, POLICY)
    assert (found.amount, found.payee, found.report, found.month) == (TEN, one.payee, one.report, "2026-11")
    assert award(problem(claim(what="anything")), NONE, POLICY).amount == 5


@pytest.mark.parametrize(
    ("verdict", "why"), [(None, "还没有核实"), (Verdict.UNCLEAR, "看不清"), (Verdict.FALSE, "没有属实的群众反映")]
)
def test_an_unverified_report_is_worth_nothing(verdict: Verdict | None, why: str) -> None:
    found = award(problem(claim(verdict=verdict)), NONE, POLICY)
    assert (found.payee, found.amount) == (None, NONE)
    assert why in found.words


def test_the_second_reporter_of_a_problem_gets_nothing_unless_the_first_was_wrong() -> None:
    first, second = claim(0), claim(5, mark="m2")
    assert award(problem(first, second), NONE, POLICY).report == first.report
    wrong = replace(first, verdict=Verdict.FALSE)
    assert award(problem(wrong, second), NONE, POLICY).report == second.report
    assert award(problem(replace(first, verdict=None), second), NONE, POLICY).payee is None, "the first still waits"


def test_a_patrol_or_an_order_from_above_is_no_claim() -> None:
    patrol, citizen = claim(0, source=Source.PATROL), claim(5)
    assert first_claim(problem(patrol)) is None
    assert first_claim(problem(patrol, citizen, found_by=Source.PATROL)) == citizen
    assert award(problem(patrol, citizen, found_by=Source.PATROL), NONE, POLICY).words == "此前已由督查发现"


def test_what_a_camera_had_found_is_rewarded_only_where_the_county_says_so() -> None:
    known = problem(claim(), found_by=Source.CAMERA)
    assert award(known, NONE, POLICY).payee is None
    assert award(known, NONE, POLICY.model_copy(update={"known": True})).amount == TEN


@pytest.mark.parametrize(("more", "why"), [({"payee": None}, "联系方式"), ({"mark": ""}, "联系方式"),
                                           ({"what": "posters"}, "没有奖励")])  # fmt: skip
def test_who_cannot_be_paid_or_nothing_to_pay_is_said(more: dict[str, Any], why: str) -> None:
    found = award(problem(claim(**more)), NONE, POLICY)
    assert found.payee is None
    assert why in found.words


@pytest.mark.parametrize(
    ("before", "amount", "pays"),
    [("0", "10.50", True), ("14.50", "10.50", True), ("14.51", "10.49", True), ("24.99", "0.01", True),
     ("25", "0", False), ("99", "0", False)],
)  # fmt: skip
def test_a_month_has_a_cap_to_the_cent(before: str, amount: str, pays: bool) -> None:
    found = award(problem(claim()), Decimal(before), POLICY)
    assert (found.amount, found.payee is not None) == (Decimal(amount), pays)
    assert award(problem(claim()), Decimal(before), POLICY.model_copy(update={"month_cap": None})).amount == TEN


@given(st.lists(st.integers(1, 60), max_size=20), st.integers(0, 500))
def test_nobody_is_ever_granted_more_than_the_cap(cents: list[int], cap: int) -> None:
    limit, given_out = Decimal(cap) / 100, NONE
    for one in cents:
        policy = Reward(other=Decimal(one) / 100, month_cap=limit)
        given_out += award(problem(claim(what="x")), given_out, policy).amount
        assert given_out <= limit
    assert given_out == min(limit, Decimal(sum(cents)) / 100)


def entry(deed: Deed, amount: str = "10") -> Entry:
    return Entry(UUID(int=1), UUID(int=2), UUID(int=3), deed, Decimal(amount), "2026-11", "郝县官", T0)


def test_the_ledger_counts_what_was_granted_and_not_taken_back() -> None:
    assert granted([]) == NONE
    assert granted([entry(Deed.APPROVED), entry(Deed.PAID)]) == 10
    assert granted([entry(Deed.APPROVED, "0.10")] * 3 + [entry(Deed.WITHDRAWN, "0.10")]) == Decimal("0.20")
    assert state_of([]) is None
    assert state_of([entry(Deed.APPROVED), entry(Deed.PAID)]) is Deed.PAID
    assert [one.words for one in Deed] == ["已批准", "已发放", "已撤销"]
