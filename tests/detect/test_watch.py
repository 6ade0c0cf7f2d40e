from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from detect.boxes import Found
from detect.dumped import DumpMemory, News
from detect.watch import Change, Look, Rules, SpotMemory, ask, overdue, step

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
RULES = Rules(confirm=3, enter=0.3, leave=0.15, window=1)


def look(number: float, garbage: float = 0.0, overflow: float = 0.0, quality: str | None = None) -> Look:
    found = [
        Found(label, score, 0.4, 0.4, 0.6, 0.6)
        for label, score in (("garbage", garbage), ("overflow", overflow))
        if score > 0
    ]
    return Look(tuple(found), quality, START + timedelta(seconds=number))


def look_of(sign: str, number: int) -> Look:
    """. clean, g garbage, o overflow, b both, ? unsure, d dark, h hidden by a car, p hidden but garbage seen."""
    scores = {"g": (0.8, 0.0), "o": (0.0, 0.8), "b": (0.8, 0.8), "?": (0.2, 0.2), "p": (0.8, 0.0)}
    one = look(number, *scores.get(sign, (0.0, 0.0)), quality="画面太暗" if sign == "d" else None)
    return replace(one, hidden=0.7) if sign in "hp" else one


def play(signs: str, memory: SpotMemory | None = None, rules: Rules = RULES, at: int = 0) -> tuple[SpotMemory, str]:
    """The memory after the looks, and what was told: number of the look, kind's initial, state's initial, phase."""
    memory = memory or SpotMemory()
    told = []
    for number, sign in enumerate(signs, at):
        one = look_of(sign, number)
        memory, changes = step(memory, one, one.at, rules)
        told += [f"{number}{change.what[0]}{change.state[0]}-{change.phase}" for change in changes]
    return memory, " ".join(told)


@pytest.mark.parametrize(
    ("signs", "told", "state"),
    [
        ("......", "", "clean"),
        ("..", "", "unknown"),
        ("...ggg", "5gd-new", "dirty"),
        ("ggg", "2gd-new", "dirty"),
        ("...gg.gg.gg.", "", "clean"),
        ("...gggggggggggg", "5gd-new", "dirty"),
        ("...ggg..g..g..", "5gd-new", "dirty"),
        ("...ggg...", "5gd-new 8gc-end", "clean"),
        ("...ggg...ggg...", "5gd-new 8gc-end 11gd-new 14gc-end", "clean"),
        ("...ooo...", "5od-new 8oc-end", "clean"),
        ("...bbb...", "5gd-new 5od-new 8gc-end 8oc-end", "clean"),
        ("...gggbbbggg", "5gd-new 8od-new 11oc-end", "dirty"),
        ("...??????", "", "clean"),
        ("?????????", "", "unknown"),
        ("ggg??????", "2gd-new", "dirty"),
        ("ggg..?..?..?", "2gd-new", "dirty"),
        ("...dd.dd.", "", "clean"),
        ("...ddd", "5gu-new", "unknown"),
        ("...ddddddddd", "5gu-new", "unknown"),
        ("...ddd..", "5gu-new", "unknown"),
        ("...ddd...", "5gu-new 8gc-end", "clean"),
        ("...dddggg", "5gu-new 8gd-new", "dirty"),
        ("...ddd??????", "5gu-new", "unknown"),
        ("gggddd", "2gd-new 5gu-update", "unknown"),
        ("gggdddggg", "2gd-new 5gu-update 8gd-update", "dirty"),
        ("gggddd...", "2gd-new 5gu-update 8gc-end", "clean"),
        ("ggg.d.d.d.", "2gd-new", "dirty"),
        ("...hhh", "5gu-new", "unknown"),
        ("ggghhh", "2gd-new 5gu-update", "unknown"),
        ("...ppp", "5gd-new", "dirty"),
    ],
)
def test_a_spot_tells_only_what_it_is_sure_of(signs: str, told: str, state: str) -> None:
    memory, said = play(signs)
    assert said == told
    assert memory.state() == state


def test_a_median_of_looks_rides_over_one_missed_look() -> None:
    rules = replace(RULES, window=3)
    assert play("...gggg", rules=rules)[1] == "6gd-new"
    assert play("ggg", rules=rules)[1] == "2gd-new"
    assert play("ggg.g.gg.ggg.gg", rules=rules)[1] == "2gd-new"


def test_new_update_and_end_of_one_occurrence_carry_one_key_and_a_reason() -> None:
    memory, keys = SpotMemory(), []
    for number, sign in enumerate("gggddd...ggg"):
        memory, changes = step(memory, look_of(sign, number), START, RULES)
        keys += [change.key for change in changes]
        assert all(change.reason for change in changes)
    assert keys == ["garbage:1", "garbage:1", "garbage:1", "garbage:2"]


def test_a_dirty_change_shows_its_boxes_and_score() -> None:
    memory, changes = SpotMemory(), list[Change]()
    for number in range(3):
        memory, changes = step(memory, look(number, 0.8), START, RULES)
    assert changes[0].boxes == (Found("garbage", 0.8, 0.4, 0.4, 0.6, 0.6),)
    assert changes[0].score == 0.8


def test_a_spot_that_stays_dirty_says_so_again_only_after_a_while() -> None:
    rules = replace(RULES, remind_s=10)
    assert play("g" * 25, rules=rules)[1] == "2gd-new 12gd-update 22gd-update"


def test_an_old_or_repeated_look_changes_nothing() -> None:
    memory, _ = play("...gg")
    for seconds in (4.0, 3.0, -300.0):
        assert step(memory, look(seconds, 0.9), START, RULES) == (memory, [])


def test_a_clock_set_back_does_not_blind_the_spot() -> None:
    memory, _ = play("ggg")
    _, said = play("...", memory, at=-4000)
    assert said == "-3998gc-end"


@pytest.mark.parametrize(
    ("before", "after", "answer"),
    [
        ("ggg", "...", "garbage clean end garbage:1"),
        ("ggg", "ggg", "garbage dirty update garbage:1"),
        ("ggg", "ddd", "garbage unknown update garbage:1"),
        ("ggg", "hhh", "garbage unknown update garbage:1"),
        ("gggddd", "ddd", "garbage unknown update garbage:1"),
        ("ggg", "..g.....", "garbage clean end garbage:1"),
        ("gggg..", "...", "garbage clean end garbage:1"),
        ("ggg...", "...", "garbage clean end recheck:cmd"),
        ("ggg...", "ooo", "overflow dirty new overflow:2"),
        ("...", "ddd", "garbage unknown new unknown:1"),
        ("ooo", "...", "overflow clean end overflow:1"),
        ("", "...", "garbage clean end recheck:cmd"),
    ],
)
def test_a_recheck_is_answered_once_by_fresh_looks_only(before: str, after: str, answer: str) -> None:
    memory, _ = play(before)
    memory = ask(memory, "cmd", START + timedelta(seconds=len(before)))
    answers = []
    for number, sign in enumerate(after + "....", len(before)):
        one = look_of(sign, number)
        memory, changes = step(memory, one, one.at, RULES)
        answers += [change for change in changes if change.recheck is not None]
    assert [f"{one.what} {one.state} {one.phase} {one.key}" for one in answers] == [answer]
    assert answers[0].recheck == "cmd"
    assert memory.asked is None


def test_a_recheck_of_one_kind_does_not_wait_for_the_other() -> None:
    memory, _ = play("bbb")
    memory, changes = ask(memory, "cmd", START, "overflow"), list[Change]()
    for number in (3, 4, 5):
        memory, changes = step(memory, look(number, garbage=0.8), START, RULES)
    assert [(one.what, one.state, one.recheck) for one in changes] == [("overflow", "clean", "cmd")]


def test_a_turn_of_another_kind_at_the_same_look_does_not_carry_the_answer() -> None:
    memory, _ = play("ooo")
    memory, changes = ask(memory, "cmd", START, "garbage"), list[Change]()
    for number in (3, 4, 5):
        memory, changes = step(memory, look(number), START, RULES)
    assert [(one.what, one.state, one.recheck) for one in changes] == [
        ("overflow", "clean", None),
        ("garbage", "clean", "cmd"),
    ]


def test_a_recheck_of_a_dumping_asks_whether_its_garbage_lies_there() -> None:
    memory, _ = play("ggg")
    memory, changes = ask(memory, "cmd", START, "dumped"), list[Change]()
    for number in (3, 4, 5):
        memory, changes = step(memory, look(number, garbage=0.8), START, RULES)
    assert [(one.state, one.recheck) for one in changes] == [("dirty", "cmd")]


def test_a_recheck_that_cannot_decide_is_answered_unknown_in_time() -> None:
    memory = ask(SpotMemory(), "cmd", START)
    for number in range(30):
        memory, changes = step(memory, look(number, 0.2), START + timedelta(seconds=number), RULES)
        assert not changes
    memory, changes = overdue(memory, START + timedelta(seconds=119), RULES)
    assert not changes
    memory, changes = overdue(memory, START + timedelta(seconds=120), RULES)
    assert [(one.state, one.recheck) for one in changes] == [("unknown", "cmd")]
    assert overdue(memory, START + timedelta(seconds=500), RULES)[1] == []


def test_a_spot_may_watch_one_kind_only() -> None:
    rules = replace(RULES, kinds=("overflow",))
    assert play("...ggg...ooo", rules=rules)[1] == "11od-new"


SCORES = st.sampled_from([0.0, 0.1, 0.14, 0.2, 0.29, 0.3, 0.6])
LOOKS = st.lists(
    st.tuples(SCORES, SCORES, st.sampled_from([None, None, None, "画面太暗"]), st.sampled_from([0.0, 0.0, 0.9])),
    max_size=60,
)
WINDOWS = st.sampled_from([1, 3])


def run(looks: Sequence[tuple[float, float, str | None, float]], rules: Rules) -> list[tuple[int, Change]]:
    memory, told = SpotMemory(), []
    for number, (garbage, overflow, quality, hidden) in enumerate(looks):
        one = replace(look(number, garbage, overflow, quality), hidden=hidden)
        memory, changes = step(memory, one, one.at, rules)
        assert SpotMemory.model_validate_json(memory.model_dump_json()) == memory
        told += [(number, change) for change in changes]
    return told


@given(LOOKS, WINDOWS)
def test_no_event_opens_twice_and_none_ends_that_was_not_open(
    looks: list[tuple[float, float, str | None, float]], window: int
) -> None:
    opened: dict[str, str] = {}
    ever: set[str] = set()
    for _, change in run(looks, replace(RULES, window=window)):
        if change.phase == "new":
            assert change.key not in ever
            assert change.state == "unknown" or change.what not in opened.values()
            ever.add(change.key)
            if change.state == "dirty":
                opened[change.key] = change.what
        elif not change.key.startswith("unknown"):
            assert opened[change.key] == change.what
            if change.phase == "end":
                del opened[change.key]


@given(LOOKS, WINDOWS)
@example([(0.0, 0.3, None, 0.0)] * 2 + [(0.0, 0.0, None, 0.0)] * 3 + [(0.0, 0.3, None, 0.0)], 3)
def test_what_was_not_seen_never_counts_as_clean(
    looks: list[tuple[float, float, str | None, float]], window: int
) -> None:
    for number, change in run(looks, replace(RULES, window=window)):
        if change.state == "clean":
            last = looks[number - 2 : number + 1]
            assert len(last) == 3
            assert all(quality is None for _, _, quality, _ in last)
            scores = [overflow if change.what == "overflow" else garbage for garbage, overflow, _, _ in last]
            assert scores[-1] < 0.3
            assert window == 3 or max(scores) < 0.15


@given(st.lists(st.floats(0.15, 0.2999), max_size=40), st.sampled_from(["", "...", "ggg"]), WINDOWS)
def test_scores_between_the_limits_turn_nothing(scores: list[float], before: str, window: int) -> None:
    rules = replace(RULES, window=window)
    memory, _ = play(before, rules=rules)
    state = memory.state()
    for number, score in enumerate(scores, len(before)):
        memory, changes = step(memory, look(number, score), START, rules)
        assert not changes
    assert memory.state() == state


@given(LOOKS, st.integers(0, 40))
def test_a_recheck_is_answered_exactly_once_whatever_is_seen(
    looks: list[tuple[float, float, str | None, float]], when: int
) -> None:
    memory, answers = SpotMemory(), 0
    for number, (garbage, overflow, quality, hidden) in enumerate(looks):
        if number == when:
            memory = ask(memory, "cmd", START)
        one = replace(look(number, garbage, overflow, quality), hidden=hidden)
        memory, changes = step(memory, one, START, RULES)
        answers += sum(change.recheck == "cmd" for change in changes)
    memory, changes = overdue(memory, START + timedelta(hours=1), RULES)
    assert answers + len(changes) == (1 if when < len(looks) else 0)


def test_a_dumping_that_began_while_another_was_open_is_told_though_that_one_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bag = Found("garbage", 0.8, 0.4, 0.4, 0.6, 0.6)
    news: dict[int, Literal["early", "sure"]] = {3: "early", 4: "sure", 6: "early", 10: "sure"}

    def watched(memory: DumpMemory, _found: object, at: datetime, _rule: object) -> tuple[DumpMemory, News | None]:
        number = round((at - START).total_seconds())
        return memory, News(news[number], bag) if number in news else None

    monkeypatch.setattr("detect.watch.watch_dumping", watched)
    memory, rules = SpotMemory(), replace(RULES, kinds=("dumped",))
    told = []
    for number, sign in enumerate("...gggg...ggg"):
        memory, changes = step(memory, look_of(sign, number), START + timedelta(seconds=number), rules)
        told += [(number, change.state, change.phase, change.key) for change in changes]
    assert told == [
        (3, "unknown", "new", "dumped:1"),
        (4, "dirty", "update", "dumped:1"),
        (9, "clean", "end", "dumped:1"),
        (10, "dirty", "new", "dumped:2"),
    ]


def _at(number: int, *lefts: float) -> Look:
    """Garbage of one size at these places, the first the surest."""
    found = [Found("garbage", 0.8 - 0.1 * rank, left, 0.4, left + 0.1, 0.6) for rank, left in enumerate(lefts)]
    return Look(tuple(found), None, START + timedelta(seconds=number))


def _events(looks: list[Look]) -> list[tuple[str, str]]:
    memory, told = SpotMemory(), list[tuple[str, str]]()
    for one in looks:
        memory, changes = step(memory, one, one.at, RULES)
        told += [(change.phase, change.state) for change in changes]
    return told


@pytest.mark.parametrize(
    ("looks", "opens"),
    [
        ([_at(number, 0.1 * number) for number in range(9)], False),  # a dog that the finder takes for garbage
        ([_at(number, 0.1 if number % 2 else 0.7) for number in range(9)], False),  # two of them by turns
        ([_at(number, 0.3) for number in range(6)], True),
        ([_at(number, 0.3 + 0.01 * (number % 3)) for number in range(6)], True),  # a camera that shakes
        ([_at(number, *((0.1, 0.7) if number % 2 else (0.7, 0.1))) for number in range(6)], True),  # two still heaps
    ],
)
def test_only_what_lies_still_is_dirt(looks: list[Look], opens: bool) -> None:
    assert (("new", "dirty") in _events(looks)) is opens
