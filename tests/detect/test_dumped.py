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
WALKER = Found("person", 0.8, 0.55, 0.4, 0.63, 0.75)
BEFORE_IT = Found("person", 0.8, 0.48, 0.55, 0.58, 0.75)
NAMELESS, GOING = Found("moving", 0.6, 0.4, 0.3, 0.52, 0.72), Found("moving", 0.6, 0.22, 0.3, 0.36, 0.72)
SMALL = Found("moving", 0.6, 0.49, 0.6, 0.56, 0.7)
SMALL_GOING = Found("moving", 0.6, 0.41, 0.6, 0.48, 0.7)
LYING = Found("changed", 0.6, 0.5, 0.6, 0.56, 0.7)
STANDING = Found("changed", 0.6, 0.41, 0.3, 0.5, 0.71)
PARKED = Found("changed", 0.6, 0.25, 0.25, 0.6, 0.8)
ELSEWHERE = Found("changed", 0.6, 0.8, 0.6, 0.86, 0.7)
LARGER = Found("changed", 0.6, 0.46, 0.56, 0.6, 0.72)
BAG = Found("garbage", 0.7, 0.5, 0.6, 0.56, 0.7)
HARDLY = Found("garbage", 0.2, 0.5, 0.6, 0.56, 0.7)
BIG = Found("garbage", 0.7, 0.46, 0.57, 0.6, 0.72)
PERSON_AS_BAG = Found("garbage", 0.6, 0.41, 0.3, 0.5, 0.71)
MOVED = Found("garbage", 0.7, 0.8, 0.6, 0.86, 0.7)

LOOKS: dict[str, tuple[Found, ...]] = {
    ".": (), "p": (PERSON,), "f": (FAR,), "c": (CAR,), "1": (WALKER, LYING, BAG), "s": (BEFORE_IT,),
    "b": (LYING, BAG), "P": (PERSON, LYING, BAG), "C": (CAR, LYING, BAG), "F": (FAR, LYING, BAG),
    "u": (LYING,), "U": (PERSON, LYING), "w": (LYING, HARDLY), "o": (BAG,), "O": (PERSON, BAG),
    "m": (ELSEWHERE, MOVED), "n": (NAMELESS,), "N": (NAMELESS, LYING, BAG), "g": (GOING,), "G": (GOING, LYING, BAG),
    "d": (SMALL,), "D": (SMALL_GOING, LYING, BAG), "x": (STANDING, PERSON_AS_BAG), "l": (LARGER, BIG),
    "k": (PARKED, Found("garbage", 0.2, 0.25, 0.3, 0.6, 0.75)),
    "L": (LARGER, BIG, PERSON),
}  # fmt: skip
SIGNS = "".join(LOOKS)


def scene(sign: str) -> tuple[Found, ...]:
    """One look. p person, f far person, c car, n nameless mover, g he goes, s somebody before it.

    b bag lies on changed ground, o bag on ground that never changed, u changed but not recognised, w weakly recognised,
    m elsewhere, l larger, x a standing person taken for garbage, d something small that moves; capitals: both.
    """
    return LOOKS[sign]


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
        ("....pp..bbbbbbbbb", [12], "the ground shows it only once the person is gone"),
        ("....pPPuubuuubuuu", [10], "recognised in few of the looks, but lying there in all"),
        ("....pPPwwwwwwwwww", [12], "recognised a little in every look: later"),
        ("....nNNGbbbbbbbbb", [10], "nobody is recognised, but something large came, put it down and went"),
        ("....pPPbbbbbbbbbbbbbbbbbbbb", [10], "it is told once"),
        ("....pPPbsssssssbbbb", [16], "somebody before it hides it for a while"),
        ("....bbbbbpLLllllllll", [15], "more is put to what lay there"),
        ("....pPPbbbbbbb...bbpLLllllllll", [10, 25], "a second time at the same place"),
        ("....ooOOooooooooo", [], "garbage where the ground never changed lay there before"),
        ("....pPPuuuuuuuuuu", [], "nobody takes it for garbage: a stool"),
        ("....bbPPbbbbbbbbb", [], "the ground had changed before anybody came"),
        ("....pPPbb........", [], "the bag is taken away again"),
        ("....PPPPPPPPPPPPP", [], "the person still stands there"),
        ("....ppxxxxxxxxxxx", [], "the person stands there and is taken for garbage"),
        ("....cckkkkkkkkkkk", [], "the car parks nearer by, unrecognised, and hardly looks like garbage"),
        ("....nnxxxxxxxxxxx", [], "somebody nobody recognised stands there"),
        ("....nNNbbbbbbbbbb", [], "nobody was recognised, and nobody was seen going"),
        ("....dDDbbbbbbbbbb", [], "what moved was no larger: a dog lies down, a bag is blown there"),
        ("....ffFFbbbbbbbbb", [], "the only person was far away"),
        (".....bbbbbbbbbbbb", [], "nobody was there"),
        ("pPPbbbbbbbbbb", [], "we had not yet looked long enough to know what is new"),
        ("....pPPbbmmmmmmmm", [], "it moves on"),
        ("....p.........bbbbbbb", [], "the person left long before"),
        ("....pPP" + "u" * 28 + "bbbbbb", [], "after so long nobody called it garbage, it is known"),
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
        ("....pPPbb1bb1bbb", [(8, "early"), (10, "sure")], "who walks past does not"),
        ("....pPPbb" + "u" * 30, [(8, "early"), (10, "sure")], "certain while it is seen often enough"),
        ("....pPP" + "." * 9 + "bbbbbbbbbb", [], "what was new, and is gone, does not come back as news"),
    ],
)
def test_a_dumping_begins_early_and_is_then_certain_or_withdrawn(
    signs: str, told: list[tuple[int, str]], why: str
) -> None:
    assert news_of(signs) == told, why


@given(st.text(SIGNS, max_size=60), st.sampled_from([0.2, 0.5, 1.0]))
def test_nothing_is_certain_or_withdrawn_that_did_not_begin_and_nothing_begins_without_somebody(
    signs: str, every_s: float
) -> None:
    open_, came = False, len(signs)
    for number, told in news_of(signs, every_s):
        came = next((index for index, sign in enumerate(signs) if sign in "pfcPCFUO1snNgGdDL"), len(signs))
        assert number > came
        assert (told == "early") != open_
        open_ = told == "early"


@given(st.text(SIGNS, max_size=50), st.sampled_from([0.5, 1.0]))
def test_what_began_is_decided_soon(signs: str, every_s: float) -> None:
    told = [step for _, step in news_of(signs + "b" * round(70 / every_s), every_s)]
    assert not told or told[-1] != "early"


@given(st.text("oO.pcnf", max_size=60), st.sampled_from([0.2, 0.5, 1.0]))
def test_garbage_on_ground_that_did_not_change_is_never_news(signs: str, every_s: float) -> None:
    assert news_of(signs, every_s) == []


@pytest.mark.parametrize(("every_s", "repeat"), [(0.2, 5), (0.5, 2), (1.0, 1)])
def test_one_to_five_looks_a_second_find_the_same_dumping(every_s: float, repeat: int) -> None:
    signs = "".join(sign * repeat for sign in "....pPPbbbbbbbbbb")
    assert [step for _, step in news_of(signs, every_s)] == ["early", "sure"]


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
        crowd = [Found("changed", 0.5, x, 0.1, x + 0.01, 0.12), Found("person", 0.9, x, 0.1, x + 0.02, 0.2)] * 3
        memory, _ = watch_dumping(memory, crowd, START + timedelta(seconds=number), Dumping())
    assert len(memory.things) <= 50
    assert len(memory.visits) <= 100


def test_a_dumping_at_a_spot_opens_once_and_ends_when_the_place_is_clean() -> None:
    assert spot_tells("....pPPbbbbbbbbpPPbbbbbbb" + "." * 8) == ["unknown new", "dirty update", "clean end"]


@pytest.mark.parametrize(
    ("signs", "told"),
    [
        ("....pPPbb.....", ["unknown new", "unknown end"]),
        ("....pPPbb!!!bbbbbbbb", ["unknown new", "unknown update", "unknown end"]),
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
    """State and phase of what a spot tells about dumping, one event after the other; !: the picture is too dark."""
    memory, told, open_ = SpotMemory(), list[str](), ""
    for number, sign in enumerate(signs):
        dark = "画面太暗" if sign == "!" else None
        look = Look(() if dark else scene(sign), dark, START + timedelta(seconds=number))
        memory, changes = step(memory, look, look.at, Rules(kinds=("dumped",)))
        for change in changes:
            if change.key.startswith("dumped"):
                assert change.phase == "new" or change.key == open_
                open_ = change.key
                told.append(f"{change.state} {change.phase}")
    return told


def test_a_second_dumping_while_the_first_lies_there_is_an_update_of_the_same_event() -> None:
    assert spot_tells("....pPPbbbbbbbbbbpLLllllllll") == ["unknown new", "dirty update", "dirty update"]


def test_a_thing_that_became_the_ground_may_be_joined_by_another() -> None:
    signs = "....pPPbbbbbbb" + "o" * 60 + "pPPbbbbbbb"
    assert dumped_at(signs) == [10, 80]


def test_a_van_that_hides_the_spot_while_it_unloads_is_the_visitor() -> None:
    memory, told = SpotMemory(), list[str]()
    for number, sign in enumerate("....cccccCCbbbbbbbb"):
        look = Look(scene(sign), None, START + timedelta(seconds=number), hidden=0.8 if sign in "cC" else 0.0)
        memory, changes = step(memory, look, look.at, Rules(kinds=("dumped",)))
        told += [f"{change.state} {change.phase}" for change in changes if change.key.startswith("dumped")]
    assert told == ["unknown new", "dirty update"]
