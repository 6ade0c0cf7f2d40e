"""[[right]] and [supervision] in policy.toml: what a county says, what holds where it says nothing, what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from county.policy import Move, Policy
from county.policy.limits import Span
from county.policy.rights import ENDING
from county.policy_file import read_policy
from county.values import Level
from tests.county.small import POLICY_TOML, small_policy

EXTEND = """
[[right]]
move = "extend"
levels = ["village", "township"]
decided_by = "county"
most = 2
longest = { value = 5, unit = "work_day" }
within = { value = 2, unit = "work_hour" }
"""


def read(more: str) -> Policy:
    policy, problems = read_policy((POLICY_TOML + more).encode())
    assert policy is not None, problems
    return policy


def test_a_county_says_who_may_extend_how_often_and_how_long() -> None:
    policy = read(EXTEND)
    right = policy.right(Move.EXTEND, Level.VILLAGE)
    assert right is not None
    assert (right.decided_by, right.most, right.longest) == (Level.COUNTY, 2, Span(value=5, unit="work_day"))
    assert policy.right(Move.EXTEND, Level.COUNTY) is None, "told for one level, it holds for no other"


@pytest.mark.parametrize("move", Move)
def test_a_county_that_says_nothing_has_usual_rights_and_nobody_ends_a_case_alone(move: Move) -> None:
    policy = small_policy()
    told = [policy.right(move, level) for level in Level]
    assert any(told)
    if move in ENDING:
        assert told[0] is None, "a village drops no case"
        assert all(right is None or right.decided_by != "none" for right in told)


def test_other_moves_keep_their_usual_rights_beside_a_told_one() -> None:
    policy, usual = read(EXTEND), small_policy()
    for move in set(Move) - {Move.EXTEND}:
        assert [policy.right(move, level) for level in Level] == [usual.right(move, level) for level in Level]


def test_one_move_may_have_another_right_on_each_level() -> None:
    policy = small_policy()
    village, township = (policy.right(Move.TRANSFER, level) for level in (Level.VILLAGE, Level.TOWNSHIP))
    assert village is not None
    assert township is not None
    assert (village.decided_by, township.decided_by) == ("above", "none")


def test_a_right_for_nobody_forbids_a_move() -> None:
    policy = read('[[right]]\nmove = "force_close"\nlevels = []\n')
    assert [policy.right(Move.FORCE_CLOSE, level) for level in Level] == [None] * len(Level)


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ('[[right]]\nmove = "fly"\nlevels = []\n', "void"),
        ('[[right]]\nmove = "hold"\nlevels = ["god"]\n', "village"),
        ('[[right]]\nmove = "void"\nlevels = ["county"]\ndecided_by = "none"\n', "somebody else must decide"),
        ('[[right]]\nmove = "hold"\nlevels = ["village"]\nmost = 0\n', "greater than or equal to 1"),
        ('[[right]]\nmove = "hold"\nlevels = ["village"]\nlongest = { value = -1, unit = "day" }\n', "greater than 0"),
        ('[[right]]\nmove = "hold"\nlevels = ["village"]\nlongest = { value = 1, unit = "moon" }\n', "work_day"),
        ('[[right]]\nmove = "hold"\nlevels = ["village"]\nreason = false\n', "reason"),
        ('[[right]]\nmove = "hold"\nlevels = ["village"]\ndecided_by = "leader"\n', "no level of the ladder"),
        ('[[right]]\nmove = "hold"\nlevels = ["village"]\n' * 2, "keep one"),
        ('[supervision]\ncategories = ["ufo"]\n', "unknown category 'ufo'"),
        ('[supervision]\noverdue_at = "sometimes"\n', "never"),
    ],
)
def test_a_right_that_cannot_be_is_refused_with_words(block: str, words: str) -> None:
    policy, problems = read_policy((POLICY_TOML + block).encode())
    assert policy is None
    assert any(words in str(problem) for problem in problems), [str(problem) for problem in problems]


def test_supervision_is_by_time_out_unless_a_county_says_otherwise() -> None:
    assert small_policy().supervision.overdue_at is Level.COUNTY
    told = read('[supervision]\noverdue_at = "never"\nseverities = ["urgent"]\ncategories = ["dumped"]\n').supervision
    assert (told.overdue_at, told.severities, told.categories) == ("never", ("urgent",), ("dumped",))
    assert told.reply == Span(value=1, unit="work_day")


@pytest.mark.parametrize("move", Move)
def test_every_move_has_its_chinese_name(move: Move) -> None:
    assert "\u4e00" <= move.words[0] <= "\u9fff"


def test_the_handbooks_example_is_a_policy_and_its_table_names_every_move() -> None:
    page = (Path(__file__).parents[2] / "docs/handbook/moves.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    policy = read(example)
    right = policy.right(Move.EXTEND, Level.VILLAGE)
    assert right is not None
    assert (right.most, policy.supervision.severities) == (1, ("urgent",))
    table = dict(re.findall(r"^\| (\S+) \| `(\w+)` \|", page, re.MULTILINE))
    assert {words: code for words, code in table.items() if code in set(Move)} == {
        move.words: move.value for move in Move
    }  # fmt: skip
