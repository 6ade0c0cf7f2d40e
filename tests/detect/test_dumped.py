from datetime import UTC, datetime, timedelta

import pytest

from detect.boxes import Found
from detect.dumped import Dumping, DumpMemory, settle, watch_dumping
from detect.watch import Look, Rules, SpotMemory, step

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
PERSON = Found("person", 0.8, 0.42, 0.3, 0.5, 0.7)
FAR = Found("person", 0.8, 0.9, 0.3, 0.98, 0.7)
CAR = Found("vehicle", 0.8, 0.3, 0.3, 0.5, 0.6)
BAG = Found("garbage", 0.7, 0.5, 0.6, 0.56, 0.7)
MOVED = Found("garbage", 0.7, 0.8, 0.6, 0.86, 0.7)
WEAK = Found("garbage", 0.12, 0.5, 0.6, 0.56, 0.7)


def scene(sign: str) -> tuple[Found, ...]:
    """. nobody, p person, f person far away, c car, b bag, w weakly seen, m moved; capitals: with the bag."""
    table = {
        ".": (), "p": (PERSON,), "f": (FAR,), "c": (CAR,), "b": (BAG,), "P": (PERSON, BAG), "C": (CAR, BAG),
        "F": (FAR, BAG), "w": (WEAK,), "m": (MOVED,),
    }  # fmt: skip
    return table[sign]


def dumped_at(signs: str, every_s: float = 1.0) -> list[int]:
    memory, moments = DumpMemory(), []
    for number, sign in enumerate(signs):
        at = START + timedelta(seconds=number * every_s)
        memory, dumped = watch_dumping(memory, scene(sign), at, Dumping())
        assert DumpMemory.model_validate_json(memory.model_dump_json()) == memory
        if dumped is not None:
            moments.append(number)
    return moments


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
    memory, told = SpotMemory(), []
    for number, sign in enumerate("....pPPbbbbbbbbpPPbbbbbbb" + "." * 8):
        look = Look(scene(sign), None, START + timedelta(seconds=number))
        memory, changes = step(memory, look, look.at, Rules(kinds=("dumped",)))
        told += [(change.what, change.state, change.phase) for change in changes]
    assert told == [("dumped", "dirty", "new"), ("dumped", "clean", "end")]


def test_a_thing_not_seen_for_long_is_forgotten_and_may_be_dumped_again() -> None:
    memory, moments = DumpMemory(), []
    signs = {**dict.fromkeys(range(4), "b"), **dict(enumerate("pPPbbbbbbb", 700))}
    for number in range(720):
        at = START + timedelta(seconds=number)
        memory, dumped = watch_dumping(memory, scene(signs.get(number, ".")), at, Dumping())
        moments += [number] if dumped else []
    assert moments == [706]
