"""What a county says about reports, photos and rewards: data, checked when it is read."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from county.generate import HOME
from county.policy import Reward
from county.policy_file import read_policy
from tests.county.small import POLICY_TOML, small_policy


def test_a_county_folder_without_these_blocks_goes_on_working() -> None:
    policy, problems = read_policy(POLICY_TOML.encode())
    assert policy is not None, problems
    garbage = policy.category("garbage")
    assert garbage is not None
    assert (garbage.merge_m, garbage.zero_target, policy.report.reach_m) == (30, False, 30_000)
    assert (policy.photo.far_m, policy.reward.month_cap) == (200, None)
    assert policy.reward.amount("garbage") == 0


def test_the_example_county_shows_a_category_that_no_detector_knows() -> None:
    policy, _ = read_policy((HOME / "policy.toml").read_bytes())
    assert policy is not None
    building = policy.category("illegal_building")
    assert building is not None
    assert (building.name, building.merge_m, building.zero_target) == ("乱搭乱建", 15, True)
    assert policy.reward.amount("dumped") == Decimal(50)
    assert policy.reward.amount("posters") == Decimal(5)


def test_money_is_exact() -> None:
    reward = Reward.model_validate({"amounts": {"garbage": "0.10"}, "other": 3, "month_cap": "200.00"})
    assert sum([reward.amount("garbage")] * 3) == Decimal("0.30")
    assert reward.amount("anything") == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"amounts": {"garbage": "-1"}}, {"amounts": {"garbage": "0.001"}}, {"other": "NaN"}, {"month_cap": "inf"},
        {"amounts": {"garbage": "ten"}}, {"amount": {"garbage": "1"}}, {"other": 10_000_000},
    ],
)  # fmt: skip
def test_money_that_is_none_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Reward.model_validate(wrong)


def test_a_reward_for_a_category_that_nobody_defined_is_refused() -> None:
    with pytest.raises(ValidationError, match="unknown category 'gold'"):
        small_policy(reward={"amounts": {"gold": "1"}})


@pytest.mark.parametrize("block", ["[photo]\nfar_m = -1", "[report]\nreach_m = 0", "[photo]\nlate_s = nan"])
def test_a_hostile_block_is_named_with_its_line(block: str) -> None:
    policy, problems = read_policy(f"{POLICY_TOML}\n{block}\n".encode())
    assert policy is None
    assert problems[0].line > 1
