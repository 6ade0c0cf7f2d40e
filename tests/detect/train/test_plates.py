"""Drawn plates in training pictures: labelled exactly, never over what is to be learnt, the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from detect.frames import read_picture
from detect.train.dataset import BadData, Box, Sample, read_folder
from detect.train.plate_art import KINDS, PROVINCES, Kind, any_plate, any_text, drawn
from detect.train.plates import Spot, plate_samples, put_plates, seen_plates, turned, with_seen

NAMES = ("garbage", "vehicle", "plate")
CAR = Box(1, 0.5, 0.5, 0.5, 0.6)
HEAP = Box(0, 0.2, 0.85, 0.3, 0.25)


def a_scene(folder: Path, boxes: tuple[Box, ...] = (CAR, HEAP), name: str = "000120_clean.jpg") -> Sample:
    dice = np.random.default_rng(5)
    image = cv2.resize(dice.integers(60, 200, (12, 12, 3), np.uint8), (320, 320), interpolation=cv2.INTER_CUBIC)
    folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / name), image, [cv2.IMWRITE_JPEG_QUALITY, 95])
    return Sample(folder / name, boxes)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_of_plate_is_drawn_with_readable_characters(kind: Kind) -> None:
    rng = np.random.default_rng(1)
    plate = drawn(kind, any_text(rng, kind.many))
    assert plate.picture.shape[:2] == (2 * kind.height, 2 * kind.width)
    assert plate.text[0] in PROVINCES
    grey = cv2.cvtColor(plate.picture, cv2.COLOR_BGR2GRAY).astype(float)
    inner = grey[grey.shape[0] // 10 : -grey.shape[0] // 10]
    assert np.percentile(inner, 98) - np.percentile(inner, 2) > 70  # ink stands out from the ground


def test_two_texts_give_two_different_plates() -> None:
    one, other = (drawn(KINDS[0], text).picture.astype(int) for text in ("豫A12345", "豫A98765"))
    assert np.abs(one - other).mean() > 10


def test_a_text_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="7 characters"):
        drawn(KINDS[0], "豫A1234")


def test_the_same_seed_gives_the_same_pictures_and_another_seed_others(tmp_path: Path) -> None:
    sample = a_scene(tmp_path / "from")
    looks = [plate_samples([sample], 3, seed, tmp_path / f"to{turn}", NAMES) for turn, seed in enumerate((7, 7, 8))]
    data = [[(one.picture.read_bytes(), one.boxes) for one in look] for look in looks]
    assert data[0] == data[1]
    assert data[0] != data[2]


def test_what_was_labelled_stays_labelled_and_plates_are_added(tmp_path: Path) -> None:
    made = plate_samples([a_scene(tmp_path / "from")], 8, 1, tmp_path / "to", NAMES)
    plates = [box for one in made for box in one.boxes if box.kind == 2]
    assert all(one.boxes[:2] == (CAR, HEAP) for one in made)
    assert len(plates) >= 8
    on_car = [box for box in plates if abs(box.x - CAR.x) < 0.2 and CAR.y < box.y < CAR.y + 0.3]
    assert on_car


def test_the_box_lies_where_the_picture_changed_and_nowhere_else(tmp_path: Path) -> None:
    sample = a_scene(tmp_path / "from", ())
    before = read_picture(sample.picture).astype(int)
    image = read_picture(sample.picture).copy()
    corners = put_plates(image, [Spot(150.0, 120.0, 80.0)], np.random.default_rng(3))[0]
    changed = np.argwhere(np.abs(image - before).max(2) > 25)[:, ::-1]
    assert np.abs(changed.min(0) - corners.min(0)).max() < 4
    assert np.abs(changed.max(0) - corners.max(0)).max() < 4


def test_a_plate_never_hides_what_is_to_be_learnt(tmp_path: Path) -> None:
    everywhere = tuple(Box(0, 0.1 + 0.2 * x, 0.1 + 0.2 * y, 0.19, 0.19) for x in range(5) for y in range(5))
    small = tuple(Box(0, box.x, box.y, 0.02, 0.02) for box in everywhere)
    for one in plate_samples([a_scene(tmp_path / "from", small)], 10, 2, tmp_path / "to", NAMES):
        for box in (box for box in one.boxes if box.kind == 2):
            for other in small:
                width = min(box.corners[2], other.corners[2]) - max(box.corners[0], other.corners[0])
                height = min(box.corners[3], other.corners[3]) - max(box.corners[1], other.corners[1])
                assert max(width, 0) * max(height, 0) <= 0.5 * other.width * other.height


@pytest.mark.parametrize("seed", range(20))
def test_boxes_stay_inside_the_picture_and_the_data_set_is_accepted(tmp_path: Path, seed: int) -> None:
    made = plate_samples([a_scene(tmp_path / "from")], 2, seed, tmp_path / "images", NAMES)
    (tmp_path / "labels").mkdir()
    for one in made:
        label = tmp_path / "labels" / f"{one.picture.stem}.txt"
        label.write_text("\n".join(box.line for box in one.boxes), encoding="utf-8")
    assert len(read_folder(tmp_path, NAMES)) == 2


def test_a_made_picture_keeps_the_number_of_its_place_and_the_scene(tmp_path: Path) -> None:
    made = plate_samples([a_scene(tmp_path / "from")], 2, 1, tmp_path / "to", NAMES)
    assert [one.picture.stem.split("_")[0] for one in made] == ["000120"] * 2
    assert {one.scene for one in made} == {""}


@pytest.mark.parametrize("turn", [0.0, 30.0, 70.0])
def test_a_turned_plate_keeps_its_width_and_centre(turn: float) -> None:
    for seed in range(20):
        corners = turned(Spot(100.0, 80.0, 60.0, turn), 140 / 440, np.random.default_rng(seed))
        assert np.ptp(corners[:, 0]) == pytest.approx(60.0, abs=0.01)
        assert ((corners.max(0) + corners.min(0)) / 2).tolist() == pytest.approx([100.0, 80.0], abs=0.01)


def test_a_plate_half_outside_the_picture_costs_nothing() -> None:
    image = np.full((60, 80, 3), 120, np.uint8)
    put_plates(image, [Spot(0.0, 30.0, 60.0), Spot(500.0, 30.0, 60.0)], np.random.default_rng(1))
    assert image[:, 60:].std() == 0


def test_plates_seen_earlier_are_added_once() -> None:
    sample = Sample(Path("000001.jpg"), (Box(2, 0.5, 0.5, 0.1, 0.04),))
    seen = {"000001.jpg": [(0.5, 0.5, 0.1, 0.045), (0.2, 0.3, 0.05, 0.02)]}
    assert with_seen(sample, seen, NAMES).boxes == (*sample.boxes, Box(2, 0.2, 0.3, 0.05, 0.02))
    assert with_seen(Sample(Path("2.jpg"), ()), seen, NAMES).boxes == ()


def test_the_real_plates_that_were_found_lie_inside_their_pictures() -> None:
    seen = seen_plates()
    assert sum(map(len, seen.values())) >= 30
    for x, y, width, height in (one for rows in seen.values() for one in rows):
        assert min(x - width / 2, y - height / 2) >= -0.002
        assert max(x + width / 2, y + height / 2) <= 1.002


def test_a_wrong_line_among_the_seen_plates_is_named(tmp_path: Path) -> None:
    (tmp_path / "seen.csv").write_text("picture,x,y,width,height\n1.jpg,0.5,0.5,0.1\n", encoding="utf-8")
    with pytest.raises(BadData, match="line 2"):
        seen_plates(tmp_path / "seen.csv")


def test_without_the_class_or_without_pictures_the_cure_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="add it to the recipe"):
        plate_samples([a_scene(tmp_path / "from")], 1, 1, tmp_path / "to", NAMES[:2])
    with pytest.raises(BadData, match="give a data set"):
        plate_samples([], 1, 1, tmp_path / "to", NAMES)


def test_every_kind_is_drawn_now_and_then() -> None:
    rng = np.random.default_rng(1)
    assert {any_plate(rng).kind.name for _ in range(300)} == {kind.name for kind in KINDS}
