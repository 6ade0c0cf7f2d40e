"""Quick phrases: the county's own for a category, else its own for all, else the usual ones."""

from __future__ import annotations

import pytest

from county.generate import HOME
from county.policy.phrasing import USUAL, Phrase, phrases
from county.policy_file import read_policy
from tests.county.small import POLICY_TOML, small_policy

BIN = {"act": "done", "category": "bin_full", "words": ["已清空", "已换桶"]}
ALL = {"act": "done", "words": ["弄好了"]}


def test_without_a_block_everybody_has_the_usual_phrases() -> None:
    assert phrases(small_policy().phrases, "garbage") == USUAL
    assert all(1 <= len(words) <= 9 and all(len(one) <= 40 for one in words) for words in USUAL.values())


def test_the_narrower_phrases_win_and_the_others_stay() -> None:
    told = small_policy(phrase=[BIN, ALL]).phrases
    assert phrases(told, "bin_full")["done"] == ("已清空", "已换桶")
    assert phrases(told, "garbage")["done"] == ("弄好了",)
    assert phrases(told, "garbage")["not_true"] == USUAL["not_true"]
    assert phrases((Phrase(act="done", category="bin_full", words=("已清空",)),), "")["done"] == USUAL["done"]


@pytest.mark.parametrize(
    ("told", "why"),
    [([{**BIN, "category": "gold"}], "unknown category 'gold'"), ([ALL, ALL], "join their words")],
)  # fmt: skip
def test_what_does_not_fit_is_named_with_its_cure(told: list[dict[str, object]], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        small_policy(phrase=told)


@pytest.mark.parametrize(
    "block",
    ['act = "explode"\nwords = ["a"]', 'act = "done"\nwords = []', 'act = "done"\nwords = ["a\\nb"]',
     f'act = "done"\nwords = ["{"长" * 41}"]', 'act = "done"\nwords = "已清理"', 'act = "done"'],
)  # fmt: skip
def test_a_hostile_block_is_named_with_its_line(block: str) -> None:
    policy, problems = read_policy(f"{POLICY_TOML}\n[[phrase]]\n{block}\n".encode())
    assert policy is None
    assert problems[0].line > 1


def test_the_example_county_shows_phrases_of_its_own() -> None:
    policy, problems = read_policy((HOME / "policy.toml").read_bytes())
    assert policy is not None, problems
    assert "已清空" in phrases(policy.phrases, "bin_full")["done"][0]
