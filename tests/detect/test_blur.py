import cv2
import numpy as np

from detect.blur import blur, encode
from detect.boxes import Found
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
    nothing = Found("person", 0.05, 10, 100, 60, 200)
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
