from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.boxes import Found
from detect.dumped import Dumping, DumpMemory, settle, watch_dumping
from detect.watch import Look, Rules, SpotMemory, step

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
PERSON = Found("person", 0.8, 0.42, 0.3, 0.5, 0.7)
FAR = Found("person", 0.8, 0.9, 0.3, 0.98, 0.7)
CAR = Found("vehicle", 0.8, 0.3, 0.3, 0.5, 0.6)
BAG = Found("garbage", 0.7, 0.5, 0.6, 0.56, 0.7)
WALKER = Found("person", 0.8, 0.55, 0.4, 0.63, 0.75)
BIG = Found("garbage", 0.7, 0.46, 0.58, 0.6, 0.72)
LEFT, RIGHT = Found("garbage", 0.7, 0.46, 0.6, 0.52, 0.71), Found("garbage", 0.6, 0.54, 0.6, 0.6, 0.71)
MOVED = Found("garbage", 0.7, 0.8, 0.6, 0.86, 0.7)
WEAK = Found("garbage", 0.12, 0.5, 0.6, 0.56, 0.7)


def scene(sign: str) -> tuple[Found, ...]:
    """. nobody, p person, f person far away, c car, b bag, w weakly seen, m moved; capitals: with the bag."""
    table = {
        ".": (), "p": (PERSON,), "f": (FAR,), "c": (CAR,), "b": (BAG,), "P": (PERSON, BAG), "C": (CAR, BAG),
        "F": (FAR, BAG), "w": (WEAK,), "m": (MOVED,), "1": (WALKER, BAG), "2": (FAR, BAG),
        "g": (BIG,), "h": (LEFT, RIGHT), "s": (Found("person", 0.8, 0.48, 0.55, 0.58, 0.75),),
    }  # fmt: skip
    return table[sign]


def news_of(signs: str, every_s: float = 1.0) -> list[tuple[int, str]]:
    memory, told = DumpMemory(), list[tuple[int, str]]()
    for number, sign in enumerate(signs):
        at = START + timedelta(seconds=number * every_s)
        memory, news = watch_dumping(memory, scene(sign), at, Dumping())
        assert DumpMemory.model_validate_json(memory.model_dump_json()) == memory
        if news is not None:
            told.append((number, news.step))
    return told


def dumped_at(signs: str, every_s: float = 1.0) -> list[int]:
    return [number for number, step in news_of(signs, every_s) if step == "sure"]


@pytest.mark.parametrize(
    ("signs", "moments", "why"),
    [
        ("....pPPbbbbbbbbbb", [10], "a bag stays after the person has left"),
        ("....cCCbbbbbbbbbb", [10], "a bag stays after the car has left"),
        ("....pp..bbbbbbbbb", [12], "the bag is seen only once the person is gone"),
        ("....pPPb.b.b.b.b.", [11], "a bag seen in half of the looks"),
        ("....bbPPbbbbbbbbb", [], "the bag lay there before"),
        ("....ww..ppP.bbbbb", [], "the bag lay there before, weakly seen"),
        ("....pPPbb........", [], "the bag is taken away again"),
        ("....PPPPPPPPPPPPP", [], "the person still stands there"),
        ("....ffFFbbbbbbbbb", [], "the only person was far away"),
        (".....bbbbbbbbbbbb", [], "nobody was there"),
        ("pPPbbbbbbbbbb", [], "we had not yet looked long enough to know what is new"),
        ("....pPPbbmmmmmmmm", [], "it moves on"),
        ("....pPPbbbbbbbbbbbbbbbbbbbb", [10], "it is told once"),
        ("....p.........bbbbbbb", [], "the person left long before"),
    ],
)
def test_a_dumping_is_something_new_that_stays_when_its_bringer_has_gone(
    signs: str, moments: list[int], why: str
) -> None:
    assert dumped_at(signs) == moments, why


@pytest.mark.parametrize(
    ("signs", "told", "why"),
    [
        ("....pPPbbbbbbbb", [(8, "early"), (10, "sure")], "it begins when the thing lies alone, and is certain later"),
        ("....pPPbb......bbbbbb", [(8, "early"), (11, "withdrawn")], "it vanishes, and what appears alone is no news"),
        ("....pPPbbPPPPbbbb", [(8, "early"), (16, "sure")], "somebody who comes back to stand there holds the clock"),
        ("....pPPb1bb1bbb", [(8, "early"), (10, "sure")], "who walks past does not"),
        ("....pPPbssssssssssbbbbbb", [(20, "early"), (22, "sure")], "somebody before it hides it for a while"),
        ("....pPPghghghgh", [(10, "early"), (12, "sure")], "seen as one thing and as two by turns: later, but once"),
        ("....pPP" + "." * 9 + "bbbbbbbbbb", [], "what was new, and is gone, does not come back as news"),
    ],
)
def test_a_dumping_begins_early_and_is_then_certain_or_withdrawn(
    signs: str, told: list[tuple[int, str]], why: str
) -> None:
    assert news_of(signs) == told, why


@given(st.lists(st.sampled_from(".pfcbPCFwm12ghs"), max_size=60), st.sampled_from([0.2, 0.5, 1.0]))
def test_nothing_is_certain_or_withdrawn_that_did_not_begin_and_nothing_begins_without_somebody(
    signs: list[str], every_s: float
) -> None:
    open_, came = False, len(signs)
    for number, told in news_of("".join(signs), every_s):
        came = next((index for index, sign in enumerate(signs) if sign in "pfcPCF12s"), len(signs))
        assert number > came
        assert (told == "early") != open_
        open_ = told == "early"


@pytest.mark.parametrize(("every_s", "repeat"), [(0.2, 5), (0.5, 2), (1.0, 1)])
def test_one_to_five_looks_a_second_find_the_same_dumping(every_s: float, repeat: int) -> None:
    signs = "".join(sign * repeat for sign in "....pPPbbbbbbbbbb")
    assert [step for _, step in news_of(signs, every_s)] == ["early", "sure"]


def test_a_pile_that_shows_in_parts_beside_who_passes_is_the_pile_that_lay_there() -> None:
    pile, left, right = (Found("garbage", 0.8, x1, 0.5, x2, 0.75) for x1, x2 in ((0.4, 0.7), (0.4, 0.57), (0.61, 0.7)))
    passing = Found("person", 0.9, 0.56, 0.3, 0.62, 0.75)
    looks = [(pile,)] * 6 + [(left, right, passing)] * 2 + [(left, right)] * 2 + [(right,)] * 8
    assert news_at(looks) == []


def test_a_person_who_is_taken_for_a_bag_while_he_waits_is_none() -> None:
    coming = Found("person", 0.8, 0.52, 0.3, 0.62, 0.7)
    taken_for = Found("garbage", 0.6, 0.5, 0.3, 0.6, 0.71)
    assert news_at([()] * 5 + [(coming,)] + [(taken_for,)] * 7) == []


def news_at(looks: Sequence[tuple[Found, ...]]) -> list[str]:
    memory, told = DumpMemory(), list[str]()
    for number, found in enumerate(looks):
        memory, news = watch_dumping(memory, found, START + timedelta(seconds=number), Dumping())
        told += [news.step] if news else []
    return told


def test_one_that_was_begun_is_withdrawn_after_a_time_without_sight() -> None:
    memory, told = DumpMemory(), list[str]()
    for number, sign in enumerate("....pPPbbbbbbb"):
        memory, news = watch_dumping(memory, scene(sign), START + timedelta(seconds=number), Dumping())
        told += [news.step] if news else []
        if number == 8:
            memory = settle(memory)
    assert told == ["early", "withdrawn"]


def test_after_a_time_without_sight_nothing_is_news() -> None:
    memory = DumpMemory()
    for number, sign in enumerate("....pPP"):
        memory, _ = watch_dumping(memory, scene(sign), START + timedelta(seconds=number), Dumping())
    memory = settle(memory)
    for number in range(7, 30):
        memory, dumped = watch_dumping(memory, scene("b"), START + timedelta(seconds=number), Dumping())
        assert dumped is None


def test_what_is_remembered_stays_small() -> None:
    memory = DumpMemory()
    for number in range(400):
        x = (number % 97) / 100
        crowd = [Found("garbage", 0.5, x, 0.1, x + 0.01, 0.12), Found("person", 0.9, x, 0.1, x + 0.02, 0.2)] * 3
        memory, _ = watch_dumping(memory, crowd, START + timedelta(seconds=number), Dumping())
    assert len(memory.piles) <= 50
    assert len(memory.visits) <= 100


def test_a_dumping_at_a_spot_opens_once_and_ends_when_the_place_is_clean() -> None:
    assert spot_tells("....pPPbbbbbbbbpPPbbbbbbb" + "." * 8) == ["unknown new", "dirty update", "clean end"]


@pytest.mark.parametrize(
    ("signs", "told"),
    [
        ("....pPPbb.....", ["unknown new", "unknown end"]),
        ("....pPPbbxxxbbbbbbbb", ["unknown new", "unknown update", "unknown end"]),
        ("....pPPbb.....pPPbbbbbbb", ["unknown new", "unknown end", "unknown new", "dirty update"]),
    ],
)
def test_a_dumping_taken_back_ends_unknown_and_never_was_dirty(signs: str, told: list[str]) -> None:
    assert spot_tells(signs) == told


def test_a_dumping_whose_memory_was_lost_is_taken_back() -> None:
    memory, told = SpotMemory(), []
    for number, sign in enumerate("....pPPbbbbb"):
        look = Look(scene(sign), None, START + timedelta(seconds=number))
        memory, changes = step(memory, look, look.at, Rules(kinds=("dumped",)))
        told += [(change.state, change.phase, change.key) for change in changes]
        if number == 8:
            memory = memory.model_copy(update={"dumping": DumpMemory()})
    assert told == [("unknown", "new", "dumped:1"), ("unknown", "end", "dumped:1")]


def spot_tells(signs: str) -> list[str]:
    """State and phase of what a spot tells about dumping, one event after the other; x: the picture is too dark."""
    memory, told, open_ = SpotMemory(), list[str](), ""
    for number, sign in enumerate(signs):
        dark = "画面太暗" if sign == "x" else None
        look = Look(() if dark else scene(sign), dark, START + timedelta(seconds=number))
        memory, changes = step(memory, look, look.at, Rules(kinds=("dumped",)))
        for change in changes:
            if change.key.startswith("dumped"):
                assert change.phase == "new" or change.key == open_
                open_ = change.key
                told.append(f"{change.state} {change.phase}")
    return told


def test_a_thing_not_seen_for_long_is_forgotten_and_may_be_dumped_again() -> None:
    memory, moments = DumpMemory(), []
    signs = {**dict.fromkeys(range(4), "b"), **dict(enumerate("pPPbbbbbbb", 700))}
    for number in range(720):
        at = START + timedelta(seconds=number)
        memory, news = watch_dumping(memory, scene(signs.get(number, ".")), at, Dumping())
        moments += [number] if news and news.step == "sure" else []
    assert moments == [706]
