"""What the check finds is said in Chinese, each kind of it, with the key or the column and what to do."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from county.policy import Policy
from county.policy_file import read_policy
from county.problem_words import told
from county.rows import Problem
from tests.county.problem_kinds import sentences
from tests.county.small import POLICY_TOML

WRAPS = re.compile(r".*: 7|rule 'x1'")  # what says where another sentence is meant: its own kinds stand beside
CHINESE = re.compile(r"[一-鿿]")


def test_each_sentence_that_the_check_can_say_has_its_chinese_words() -> None:
    kinds = {re.sub(r"^7 the ", "the ", text) for _, text in sentences()}
    assert len(kinds) > 120, "the sentences are read from the source"
    lacking = []
    for text in sorted(one for one in kinds if WRAPS.fullmatch(one) is None):
        said = told(Problem("x", 1, text, ""))
        if said.code == "other" or not (CHINESE.search(said.text) and CHINESE.search(said.cure)):
            lacking.append(text)
    assert lacking == []


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("devices.csv", "device cam-1: unknown box 'b'", "设备 cam-1：没有“b”这个盒子"),
        ("ways.csv", "way l-1 (巷 乐善巷): only one of longitude and latitude",
         "巷道 l-1 (巷 乐善巷)：经度、纬度只填了一个"),
        ("spots.geojson", "feature 3: spot s: polygon crosses itself", "第 3 个图形：点位 s：画的边线互相穿过"),
        ("masks.geojson", "feature 2: mask m: the id is used twice", "第 2 个图形：遮挡 m：编号用了两次"),
        ("outline.geojson", "feature 2 has no properties.code", "第 2 个图形：没有 properties.code"),
        ("duties.csv", "column 'valid_to' has 'soon'", "“失效日（valid_to）”这一格写的是 'soon'，看不懂"),
        ("policy.toml", "area 640999101, [bin]: warn must lie between clean and dirty",
         "地方 640999101, [bin]：warn 要在 clean 和 dirty 之间"),
        ("policy.toml", "bin: Value error, warn must lie between clean and dirty",
         "“bin”：warn 要在 clean 和 dirty 之间"),
        ("policy.toml", "Value error, two categories share a code", "“规则”：有两个类别用了同一个代码"),
    ],
)  # fmt: skip
def test_what_a_sentence_is_about_stands_before_what_is_wrong(file: str, text: str, words: str) -> None:
    assert told(Problem(file, 1, text, "")).text == words


@pytest.mark.parametrize(
    "change",
    [
        "reminder_s = 'soon'", "reminder_s = -1", "reminder_s = nan", "surprise = 1", "ladder = []", "ladder = 3",
        "ladder = ['mayor']", "ladder = ['village', 'village']", "private_zones = ['moon']", "private_zones = 'yard'",
    ],
)  # fmt: skip
def test_what_the_library_says_of_a_value_is_chinese_too(change: str) -> None:
    key = change.partition(" ")[0]
    lines = [line for line in POLICY_TOML.splitlines() if not line.startswith(f"{key} ")]
    _, problems = read_policy("\n".join((change, *lines)).encode())
    assert problems, "it is refused"
    for problem in problems:
        said = told(problem)
        assert said.code != "other", problem
        assert CHINESE.search(said.text)


def test_a_sentence_that_nobody_knows_keeps_its_own_words() -> None:
    said = told(Problem("x.csv", 3, "device a: the moon is full", "wait"))
    assert (said.code, said.text, said.cure) == ("other", "device a: the moon is full", "wait")
    with pytest.raises(ValidationError):
        Policy.model_validate({})
