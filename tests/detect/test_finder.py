from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.boxes import Found, iou
from detect.errors import BadModel
from detect.finder import Finder, default_model, fit, suppress
from detect.train.recipe import CLASSES
from tests.detect.conftest import a_place

ROWS = 4 + len(CLASSES)


@pytest.mark.parametrize(
    ("size", "inner", "corner"),
    [
        ((1280, 720), (640, 360), (0, 140)),
        ((720, 1280), (360, 640), (140, 0)),
        ((640, 640), (640, 640), (0, 0)),
        ((100, 50), (640, 320), (0, 160)),
        ((4000, 3), (640, 1), (0, 319)),
    ],
)
def test_a_picture_is_laid_in_the_middle_and_keeps_its_shape(
    size: tuple[int, int], inner: tuple[int, int], corner: tuple[int, int]
) -> None:
    place = fit(*size, 640, 640)
    assert (place.inner_width, place.inner_height) == inner
    assert (place.left, place.top) == corner


def test_a_box_of_the_model_comes_back_in_the_pixels_of_the_picture(finder: Finder) -> None:
    raw = np.zeros((ROWS, 8400), np.float32)
    raw[:9, 5] = [320, 320, 64, 36, 0.9, 0, 0, 0, 0.4]  # centre of the input, garbage 0.9 and vehicle 0.4
    found = finder.decode(raw, fit(1280, 720, 640, 640))
    assert [(one.label, round(one.score, 3)) for one in found] == [("garbage", 0.9), ("vehicle", 0.4)]
    assert found[0] == Found("garbage", found[0].score, 576.0, 324.0, 704.0, 396.0)


def test_boxes_outside_the_picture_are_cut_to_it_and_slivers_dropped(finder: Finder) -> None:
    raw = np.zeros((ROWS, 8400), np.float32)
    raw[:5, 0] = [0, 150, 100, 60, 0.5]  # half left of the picture
    raw[:5, 1] = [320, 100, 50, 20, 0.5]  # in the grey border
    found = finder.decode(raw, fit(1280, 720, 640, 640))
    assert [(one.x1, one.y1) for one in found] == [(0.0, 0.0)]


def test_nothing_above_the_floor_is_nothing(finder: Finder) -> None:
    assert finder.decode(np.full((ROWS, 8400), 0.01, np.float32), fit(640, 640, 640, 640)) == []


@pytest.mark.parametrize("row", range(ROWS))
@pytest.mark.parametrize("what", [np.nan, np.inf])
def test_an_answer_that_is_no_number_is_never_taken_for_nothing_seen(row: int, what: float, finder: Finder) -> None:
    raw = np.zeros((ROWS, 8400), np.float32)
    raw[:5, 5] = [320, 320, 64, 36, 0.9]
    raw[row, 5] = what
    with pytest.raises(BadModel, match="no numbers"):
        finder.decode(raw, fit(640, 640, 640, 640))


def test_the_shipped_model_says_its_classes_and_runs_on_any_size(finder: Finder) -> None:
    assert finder.names == CLASSES
    assert len(finder.model_id) == 12
    for width, height in ((320, 240), (240, 320), (31, 17)):
        for one in finder.find(a_place(3, width, height)):
            assert 0 <= one.x1 < one.x2 <= width
            assert 0 <= one.y1 < one.y2 <= height
            assert one.score > finder.floor


def test_the_border_of_an_earlier_shape_leaves_no_trace() -> None:
    first, second = Finder(default_model(), threads=1), Finder(default_model(), threads=1)
    first.find(a_place(1, 200, 400))
    assert first.find(a_place(2, 400, 200)) == second.find(a_place(2, 400, 200))


def test_a_picture_of_the_wrong_type_is_refused(finder: Finder) -> None:
    with pytest.raises(ValueError, match="uint8"):
        finder.find(np.zeros((10, 10), np.uint8))


def _missing(_: bytes) -> bytes | None:
    return None


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_missing, "cannot be read"),
        (lambda _: b"not a model", "not a model that ONNX Runtime can load"),
        (lambda good: good[:100_000], "not a model that ONNX Runtime can load"),
        (lambda good: good.replace(b"\x05names", b"\x05namez"), "does not say its class names"),
        (lambda good: good.replace(b"10: 'plate'}", b"10: 'plat' }"), None),
        (lambda good: good.replace(b", 10: 'plate'}", b"}".rjust(14)), "answers"),
    ],
)
def test_a_wrong_model_is_named_with_its_cure(make: object, words: str | None, tmp_path: Path) -> None:
    assert callable(make)
    data = make(default_model().read_bytes())
    path = tmp_path / "model.onnx"
    if data is not None:
        path.write_bytes(data)
    if words is None:
        assert Finder(path, threads=1).names[-1] == "plat"
        return
    with pytest.raises(BadModel, match=words) as caught:
        Finder(path, threads=1)
    assert str(path) in str(caught.value)


boxes = st.lists(
    st.tuples(
        st.integers(0, 80), st.integers(0, 80), st.integers(1, 40), st.integers(1, 40),
        st.floats(0.0625, 1, width=32), st.integers(0, 2),
    ),
    min_size=1, max_size=30,
)  # fmt: skip


@given(boxes)
def test_of_two_boxes_on_one_thing_only_the_better_stays(rows: list[tuple[int, int, int, int, float, int]]) -> None:
    corners = np.array([[x, y, x + w, y + h] for x, y, w, h, _, _ in rows], np.float32)
    scores = np.array([row[4] for row in rows], np.float32)
    kinds = np.array([row[5] for row in rows], np.int64)
    kept = suppress(corners, scores, kinds, 0.7)
    found = [Found(str(kinds[i]), float(scores[i]), *(float(side) for side in corners[i])) for i in range(len(rows))]
    assert [scores[i] for i in kept] == sorted((scores[i] for i in kept), reverse=True)
    for i in range(len(rows)):
        rivals = [j for j in kept if found[j].label == found[i].label and iou(found[i], found[j]) > 0.7]
        if i in kept:
            assert rivals == [i]
        else:
            assert any(scores[j] >= scores[i] for j in rivals)
