"""One still thing under changing light: one event, however often the detector loses it or the picture goes dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.boxes import Found
from detect.kinds import Light, What
from detect.memory import Change, Look, Rules, SpotMemory
from detect.watch import ask, step

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
RULES = Rules(confirm=3, window=1)
PERSON = Found("person", 0.9, 0.35, 0.2, 0.65, 0.9)
BESIDE = Found("person", 0.9, 0.7, 0.2, 0.8, 0.9)

# What a still pile may look like: seen well, badly or not at all, by day or by infrared light, in the dark, in fog,
# behind a dirty lens, with somebody or a car before it. Its place is unchanged whenever it can be judged.
SIGNS: dict[str, tuple[float, str | None, Light, bool, float]] = {
    "g": (0.8, None, "day", False, 0.0), "?": (0.2, None, "day", True, 0.0), "l": (0.02, None, "day", True, 0.0),
    "d": (0.0, "画面太暗", "day", False, 0.0), "f": (0.0, "画面模糊（雾或镜头脏）", "day", False, 0.0),
    "m": (0.0, "摄像机被移动", "day", False, 0.0), "z": (0.0, "画面静止不动（摄像机卡住）", "day", False, 0.0),
    "n": (0.02, None, "night", False, 0.0), "N": (0.7, None, "night", False, 0.0),
    "h": (0.0, None, "day", False, 0.8),
    ".": (0.0, None, "day", False, 0.0), "w": (0.0, None, "day", False, 0.0), "b": (0.0, None, "day", False, 0.0),
}  # fmt: skip


def look_of(sign: str, seconds: float) -> Look:
    """As in SIGNS; w: nothing seen, somebody stands before it; b: nothing seen, somebody beside it; .: gone."""
    score, quality, light, still, hidden = SIGNS[sign]
    found = [Found("garbage", score, 0.4, 0.4, 0.6, 0.6)] if score else []
    found += [PERSON] if sign == "w" else [BESIDE] if sign == "b" else []
    held: frozenset[What] = frozenset({"garbage", "dumped"} if still else ())
    look = Look(tuple(found), quality, START + timedelta(seconds=seconds), hidden, light)
    return replace(look, still=held)


def play(signs: Sequence[str], rules: Rules = RULES, every_s: float = 1.0) -> tuple[SpotMemory, list[Change]]:
    memory, told = SpotMemory(), list[Change]()
    for number, sign in enumerate(signs):
        look = look_of(sign, number * every_s)
        memory, changes = step(memory, look, look.at, rules)
        assert SpotMemory.model_validate_json(memory.model_dump_json()) == memory
        told += changes
    return memory, told


def words(told: Sequence[Change]) -> str:
    return " ".join(f"{one.what[0]}{one.state[0]}-{one.phase}" for one in told)


@pytest.mark.parametrize(
    ("signs", "told", "state"),
    [
        ("gggllllllggg", "gd-new", "dirty"),
        ("gggllllll...", "gd-new gc-end", "clean"),
        ("gggl?l?l?ggg", "gd-new", "dirty"),
        ("gggdddggg", "gd-new gu-update gd-update", "dirty"),
        ("ggglldddddlllggg", "gd-new gu-update gd-update", "dirty"),
        ("gggdddnnnnnndddggg", "gd-new gu-update gd-update", "dirty"),
        ("gggnnnnnnggg", "gd-new", "dirty"),
        ("gggNNNnnn", "gd-new gc-end", "clean"),
        ("gggwwwwwwggg", "gd-new", "dirty"),
        ("gggwww...", "gd-new gc-end", "clean"),
        ("gggbbb", "gd-new gc-end", "clean"),
        ("ggghhhlllggg", "gd-new gu-update gd-update", "dirty"),
        ("gggfffmmmzzzdddggg", "gd-new gu-update gd-update", "dirty"),
        ("gggdddhhhnnnwwwlllggg", "gd-new gu-update gd-update", "dirty"),
        ("NNNddd...NNN", "gd-new gu-update gd-update", "dirty"),
        ("llllll", "", "clean"),
    ],
)
def test_light_and_people_before_it_neither_end_an_event_nor_open_it_again(signs: str, told: str, state: str) -> None:
    memory, said = play(signs)
    assert words(said) == told
    assert memory.state() == state
    assert len({one.key for one in said}) <= 1


def test_an_unchanged_place_is_believed_for_a_while_only() -> None:
    rules = replace(RULES, still_s=10)
    assert words(play("ggg" + "l" * 9, rules)[1]) == "gd-new"
    assert words(play("ggg" + "l" * 20, rules)[1]) == "gd-new gc-end"


def test_the_wait_for_an_unchanged_place_begins_anew_when_the_thing_is_seen_again() -> None:
    rules = replace(RULES, still_s=10)
    assert words(play("ggg" + ("l" * 8 + "g") * 10, rules)[1]) == "gd-new"


def test_a_recheck_of_a_place_that_looks_unchanged_is_not_answered_clean() -> None:
    memory, _ = play("ggg")
    memory, told = ask(memory, "cmd", START + timedelta(seconds=3)), list[Change]()
    for number in range(3, 140):
        look = look_of("l", number)
        memory, changes = step(memory, look, look.at, RULES)
        told += changes
    assert [(one.state, one.recheck) for one in told] == [("unknown", "cmd")]


# Seen by night and then not (N, n) is a place that changed; either alone is not.
LIGHTS = st.sampled_from(["g?ldfmznhw", "g?ldfmzNhw"]).flatmap(
    lambda signs: st.text(st.sampled_from(signs), max_size=80)
)


@given(LIGHTS, st.sampled_from([1, 3]), st.sampled_from([1.0, 10.0]))
def test_however_the_light_changes_a_still_thing_is_one_event_that_never_ends(
    signs: str, window: int, every_s: float
) -> None:
    _, told = play("ggg" + signs, replace(RULES, window=window), every_s)
    assert [one.phase for one in told].count("new") == 1
    assert all(one.phase != "end" and one.state != "clean" for one in told)
    states = [one.state for one in told if "仍在" not in one.reason or "重新" in one.reason]
    assert all(before != after for before, after in pairwise(states)), "the same was told twice"


@given(st.text(st.sampled_from("g?ldnNhw."), max_size=80), st.sampled_from([1, 3]))
def test_nothing_ends_but_by_looks_that_show_its_place_changed_in_a_light_it_was_seen_in(
    signs: str, window: int
) -> None:
    memory = SpotMemory()
    for number, sign in enumerate(signs):
        look = look_of(sign, number)
        memory, changes = step(memory, look, look.at, replace(RULES, window=window))
        for one in changes:
            if one.state == "clean" and one.key.startswith("garbage"):
                assert set(signs[number - 2 : number + 1]) <= set(".n")
                assert "n" not in signs[number - 2 : number + 1] or "N" in signs[:number]
