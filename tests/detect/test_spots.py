from datetime import UTC, datetime
from pathlib import Path

import pytest

from detect.boxes import Found
from detect.errors import BadSpots
from detect.spots import WHOLE, Spot, load_spots, look_at

AT = datetime(2026, 5, 1, tzinfo=UTC)
CORNER = Spot(name="corner", polygon=((0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (0.0, 1.0)))

TOML = """
[[spot]]
name = "gate"
polygon = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.6]]
kinds = ["overflow"]
confirm = 5
[[spot]]
name = "wall"
polygon = [[0.6, 0.1], [0.9, 0.1], [0.9, 0.6]]
"""
JSON = '{"spots": [{"name": "gate", "polygon": [[0, 0], [1, 0], [1, 1]]}]}'


def test_spots_are_read_from_toml_and_json(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(TOML)
    (tmp_path / "a.json").write_text(JSON)
    gate, wall = load_spots(tmp_path / "a.toml")
    assert (gate.name, gate.rules.kinds, gate.rules.confirm) == ("gate", ("overflow",), 5)
    assert wall.rules.kinds == ("garbage", "overflow", "dumped")
    assert [spot.name for spot in load_spots(tmp_path / "a.json")] == ["gate"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.toml", "[[spot]\n", "not valid"),
        ("a.json", "{", "not valid"),
        ("a.toml", "", "no spots"),
        ("a.json", '{"spots": 5}', "no spots"),
        ("a.json", "[5]", "spot 1"),
        ("a.toml", '[[spot]]\nname = "x"', "spot 1, polygon"),
        ("a.toml", '[[spot]]\nname = "x"\npolygon = [[0, 0], [1, 1]]', "spot 1, polygon"),
        ("a.toml", '[[spot]]\nname = "x"\npolygon = [[0, 0], [1, 1], [0.5, 0.5]]', "no area"),
        ("a.toml", '[[spot]]\nname = "x"\npolygon = [[0, 0], [1, 1], [1, 0], [0, 0.8]]', "crosses or touches itself"),
        ("a.toml", TOML + 'kinds = ["garbage", "garbage"]', "spot 2, spot: Value error, kinds names garbage twice"),
        ("a.json", "[" * 100_000, "not valid"),
        ("a.toml", "a = " + "[" * 100_000, "not valid"),
        ("a.json", '[{"confirm": ' + "9" * 5000 + "}]", "not valid"),
        ("a.toml", '[[spot]]\nname = "x"\npolygon = [[0, 0], [100, 0], [0, 100]]', "polygon.1.0"),
        ("a.toml", TOML + 'confirms = 3', "spot 2, confirms"),
        ("a.toml", TOML + 'confirm = 0', "spot 2, confirm"),
        ("a.toml", TOML + 'enter = 0.1\nleave = 0.5', "leave must not be above enter"),
        ("a.toml", TOML.replace("wall", "gate"), "two spots are called gate"),
    ],
)  # fmt: skip
def test_a_wrong_file_of_spots_says_which_spot_and_why(name: str, text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BadSpots) as caught:
        load_spots(tmp_path / name)
    assert words in str(caught.value)
    assert name in str(caught.value)


def test_a_missing_file_of_spots_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSpots, match=r"none\.toml"):
        load_spots(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("one", "counts"),
    [
        (Found("garbage", 0.5, 0.1, 0.6, 0.3, 0.8), True),
        (Found("garbage", 0.5, 0.4, 0.6, 0.6, 0.8), True),
        (Found("garbage", 0.5, 0.45, 0.6, 0.65, 0.8), False),
        (Found("garbage", 0.5, 0.6, 0.1, 0.8, 0.3), False),
        (Found("overflow", 0.5, 0.0, 0.0, 1.0, 1.0), True),
        (Found("person", 0.5, 0.52, 0.3, 0.6, 0.9), True),
        (Found("person", 0.5, 0.8, 0.0, 0.9, 0.3), False),
    ],
)
def test_things_count_where_they_lie_and_people_when_they_are_near(one: Found, counts: bool) -> None:
    assert look_at(CORNER, [one], None, AT).found == ((one,) if counts else ())


@pytest.mark.parametrize(
    ("one", "hidden"),
    [
        (Found("vehicle", 0.8, 0.0, 0.5, 0.4, 1.0), 0.8),
        (Found("vehicle", 0.2, 0.0, 0.5, 0.4, 1.0), 0.0),
        (Found("person", 0.8, 0.0, 0.5, 0.1, 1.0), 0.2),
        (Found("garbage_bin", 0.8, 0.0, 0.5, 0.4, 1.0), 0.0),
    ],
)
def test_a_parked_car_hides_a_spot_by_the_share_it_covers(one: Found, hidden: float) -> None:
    assert look_at(CORNER, [one], None, AT).hidden == pytest.approx(hidden)


def test_without_a_file_the_whole_picture_is_one_spot() -> None:
    everywhere = Found("garbage", 0.5, 0.98, 0.98, 1.0, 1.0)
    assert look_at(WHOLE, [everywhere], "why", AT).found == (everywhere,)
    assert WHOLE.bounds == (0, 0, 1, 1)
