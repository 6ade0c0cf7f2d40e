from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.blur import CELLS, HEAD, LEAST, SHADE, blur, encode, shrunk
from detect.boxes import Found
from detect.train.plate_art import KINDS, any_text, drawn
from tests.detect.conftest import a_place

PICTURE = a_place(1, 320, 240)
PERSON = Found("person", 0.6, 100, 50, 160, 210)


def test_nothing_of_a_person_is_left_but_a_few_flat_cells() -> None:
    image, count = blur(PICTURE, [PERSON])
    assert count == 1
    body = image[50:210, 100:160]
    assert len(np.unique(body.reshape(-1, 3), axis=0)) <= 5 * 14
    assert len(np.unique(image[50:85, 100:160].reshape(-1, 3), axis=0)) == 1
    assert np.array_equal(image[:, :90], PICTURE[:, :90])


def test_two_people_of_one_mean_colour_cannot_be_told_apart() -> None:
    other = PICTURE.copy()
    other[50:85, 100:160] = np.roll(PICTURE[50:85, 100:160], 17, axis=1)  # another face of the same colours
    one, two = blur(PICTURE, [PERSON])[0], blur(other, [PERSON])[0]
    assert np.abs(one[50:85, 100:160].astype(int) - two[50:85, 100:160]).max() <= 1


def test_things_stay_and_weakly_seen_people_do_not() -> None:
    bag, faint = Found("garbage", 0.9, 10, 10, 50, 50), Found("person", 0.2, 200, 20, 240, 120)
    nothing = Found("person", 0.03, 10, 100, 60, 200)
    image, count = blur(PICTURE, [bag, faint, nothing])
    assert count == 1
    assert np.array_equal(image[10:50, 10:50], PICTURE[10:50, 10:50])
    assert not np.array_equal(image[20:120, 200:240], PICTURE[20:120, 200:240])
    assert np.array_equal(image[100:200, 10:60], PICTURE[100:200, 10:60])


def test_people_at_the_edge_and_outside_are_survived() -> None:
    edge, outside, dot = (
        Found("person", 0.9, -20, -10, 15, 260),
        Found("person", 0.9, 500, 500, 600, 600),
        Found("person", 0.9, 100, 100, 100.4, 100.4),
    )
    image, count = blur(PICTURE, [edge, outside, dot])
    assert image.shape == PICTURE.shape
    assert count == 2


def test_masks_are_black_and_the_original_is_untouched() -> None:
    before = PICTURE.copy()
    image, count = blur(PICTURE, [], [((0.5, 0.0), (1.0, 0.0), (1.0, 0.5), (0.5, 0.5))])
    assert count == 1
    assert not image[:119, 161:].any()
    assert np.array_equal(PICTURE, before)


def test_a_picture_is_encoded_as_a_jpeg_of_its_size() -> None:
    data = encode(PICTURE, 70)
    assert data[:2] == b"\xff\xd8"
    assert b"Exif" not in data
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape == PICTURE.shape


def a_plate_on_a_bumper(text: str, width: int = 120) -> tuple[npt.NDArray[np.uint8], Found]:
    """A dark picture with one blue plate of this width, and the plate's box."""
    image = np.full((240, 320, 3), 60, np.uint8)
    plate = cv2.resize(drawn(KINDS[0], text).picture, (width, width * 140 // 440), interpolation=cv2.INTER_AREA)
    image[150 : 150 + plate.shape[0], 90 : 90 + width] = plate
    return image, Found("plate", 0.5, 90, 150, 90 + width, 150 + plate.shape[0])


def differing(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> int:
    return int(np.abs(one.astype(int) - other).max())


def test_a_covered_plate_is_one_flat_colour_of_at_most_17_shades_a_channel() -> None:
    image, box = a_plate_on_a_bumper("豫A12345")
    after = blur(image, [box])[0]
    inside = after[round(box.y1) : round(box.y2), round(box.x1) : round(box.x2)].reshape(-1, 3)
    assert len(np.unique(inside, axis=0)) == 1
    assert all(int(value) % SHADE == 0 or value == 255 for value in inside[0])


def test_fifty_plates_give_a_handful_of_outgoing_pictures() -> None:
    """What could be learnt by trying every plate: the pictures that leave are nearly all one and the same."""
    rng = np.random.default_rng(4)
    files = []
    for _ in range(50):
        image, box = a_plate_on_a_bumper(any_text(rng, 7))
        files.append(encode(blur(image, [box])[0]))
    assert len(set(files)) <= 4


def test_a_plate_inside_a_vehicle_that_nobody_found_cannot_be_read() -> None:
    """Only the vehicle is known. Its plate is a quarter as wide: three cells are left of seven characters."""
    rng = np.random.default_rng(5)
    for width in (50, 80, 120):
        vehicle = Found("vehicle", 0.4, 150 - 2 * width, 20, 150 + 2 * width, 220)
        image, box = a_plate_on_a_bumper(any_text(rng, 7), width)
        after = blur(image, [vehicle])[0]
        zone = after[round(box.y1) : round(box.y2), round(box.x1) : round(box.x2)]
        for row in zone[:, :, 0]:
            assert np.count_nonzero(np.diff(row.astype(int))) <= 4  # 7 characters have 14 edges and more


def test_the_contrast_between_two_plates_under_a_vehicle_s_cells_falls_below_a_tenth() -> None:
    vehicle = Found("vehicle", 0.4, 0, 20, 319, 235)
    (one, box), (other, _) = (a_plate_on_a_bumper(text, 80) for text in ("豫A11111", "豫A88888"))
    part = (slice(round(box.y1), round(box.y2)), slice(round(box.x1), round(box.x2)))
    before = float(np.abs(one[part].astype(int) - other[part]).mean())
    after = float(np.abs(blur(one, [vehicle])[0][part].astype(int) - blur(other, [vehicle])[0][part]).mean())
    assert after < 0.25 * before


def test_the_upper_part_of_a_vehicle_stays_and_a_tiny_one_is_left_alone() -> None:
    car, tiny = Found("vehicle", 0.9, 100, 50, 260, 150), Found("vehicle", 0.9, 10, 10, 50, 40)
    image, count = blur(PICTURE, [car, tiny])
    assert count == 1
    assert np.array_equal(image[50:80, 100:260], PICTURE[50:80, 100:260])
    assert not np.array_equal(image[110:150, 100:260], PICTURE[110:150, 100:260])
    assert np.array_equal(image[10:40, 10:50], PICTURE[10:40, 10:50])


@pytest.mark.parametrize("label", ["face", "plate"])
def test_a_face_or_a_plate_alone_is_covered_beyond_its_box(label: str) -> None:
    image, count = blur(PICTURE, [Found(label, LEAST[label], 100, 100, 140, 140)])
    assert count == 1
    assert len(np.unique(image[96:145, 96:145].reshape(-1, 3), axis=0)) == 1


def test_the_fourteen_cells_of_a_person_are_all_that_is_left_whatever_he_looks_like() -> None:
    """An upper bound by counting: cells x channels x 4 bits, for a person of 60 x 160 px with 230,400 bits."""
    image = blur(PICTURE, [PERSON])[0][40:220, 95:165].reshape(-1, 3)
    inside = image[np.all((image % SHADE == 0) | (image == 255), axis=1)]
    assert len(np.unique(inside, axis=0)) <= CELLS * round(CELLS * 1.16 * 160 / (1.16 * 60)) * (1 - HEAD) + 1 + CELLS


@settings(max_examples=60, deadline=None)
@given(
    label=st.sampled_from(sorted(LEAST)),
    sides=st.tuples(*[st.floats(-400, 800, allow_nan=False) for _ in range(4)]),
)
def test_any_box_anywhere_is_survived_and_changes_nothing_far_away(
    label: str, sides: tuple[float, float, float, float]
) -> None:
    x1, x2 = sorted(sides[:2])
    y1, y2 = sorted(sides[2:])
    box = Found(label, 0.9, x1, y1, x2, y2)
    image, _ = blur(PICTURE, [box])
    far = box.grown(0.2)
    rows, columns = np.mgrid[0:240, 0:320]
    outside = (
        (columns < far.x1 - 2) | (columns > far.x2 + 2) | (rows < far.y1 - 2) | (rows > far.y2 + 2 + 0.04 * (x2 - x1))
    )
    assert np.array_equal(image[outside], PICTURE[outside])


def test_nothing_is_left_at_the_rim_of_a_mask() -> None:
    white = np.full((101, 99, 3), 255, np.uint8)
    image, _ = blur(white, [], [((0.333, 0.333), (0.667, 0.333), (0.667, 0.667), (0.333, 0.667))])
    assert not image[34:67, 33:66].any()


def test_a_larger_picture_is_made_smaller_and_a_small_one_stays() -> None:
    assert shrunk(np.zeros((3024, 4032, 3), np.uint8), 1920).shape == (1440, 1920, 3)
    assert shrunk(np.zeros((10, 40_000, 3), np.uint8), 1920).shape == (1, 1920, 3)
    assert shrunk(PICTURE, 1920) is PICTURE


def test_an_outgoing_jpeg_holds_one_picture_and_no_second_one() -> None:
    """No EXIF, no thumbnail, no other segment than those a decoder needs."""
    data = encode(PICTURE)
    assert data.count(b"\xff\xd8\xff") == 1
    allowed = {0xE0, 0xDB, 0xC0, 0xC4, 0xDA}  # JFIF, tables, frame, tables, scan
    place, kinds = 2, set()
    while data[place + 1] != 0xDA:
        kinds.add(data[place + 1])
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    assert kinds <= allowed
