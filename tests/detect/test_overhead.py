import numpy as np
import pytest

from detect.finder import Finder, default_model
from detect.overhead import Overhead, measure
from detect.resize_model import _rewritten, resize
from tests.detect.conftest import a_place


def test_the_parts_of_a_look_are_timed(finder: Finder) -> None:
    cost = measure(finder, a_place(1, 640, 360), runs=3)
    assert cost.look_ms > 0
    assert 0 < cost.added_ms < cost.bare_ms < cost.look_ms * 3


def test_the_ratio_counts_a_look_in_model_runs() -> None:
    assert Overhead(bare_ms=20, prepare_ms=0.5, decode_ms=0.5, look_ms=22).ratio == 1.05


def test_the_small_model_has_the_same_classes_and_a_quarter_of_the_input() -> None:
    small = Finder(default_model(320), threads=1)
    large = Finder(default_model(), threads=1)
    assert (small.width, small.height, small.names) == (320, 320, large.names)
    assert small.model_id != large.model_id


def test_the_small_model_is_the_large_one_with_another_anchor_table() -> None:
    """On a flat input an anchor far from the border sees the same in both, at its own place."""
    small, large = Finder(default_model(320), threads=1), Finder(default_model(), threads=1)
    raws = []
    for one in (small, large):
        one.prepare(np.full((one.height, one.width, 3), 114, np.uint8))
        raws.append(one.run())
    middle_small, middle_large = 40 * 20 + 20, 80 * 40 + 40  # an anchor in the middle of the finest grid
    assert np.allclose(raws[0][:2, middle_small] + 160, raws[1][:2, middle_large], atol=4.0)
    assert np.allclose(raws[0][4:, middle_small], raws[1][4:, middle_large], atol=0.02)


def test_a_side_that_the_network_cannot_halve_five_times_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 32"):
        resize(None, 300)


def test_only_what_depends_on_the_input_size_is_rewritten() -> None:
    assert _rewritten(np.zeros((3, 64), np.float32), 8400, 2100, 320) is None
    shape = _rewritten(np.array([1, 4, 16, 8400], np.int64), 8400, 2100, 320)
    assert shape is not None
    assert shape.tolist() == [1, 4, 16, 2100]
    strides = _rewritten(np.zeros((1, 8400), np.float32), 8400, 2100, 320)
    assert strides is not None
    assert [int((strides == stride).sum()) for stride in (8, 16, 32)] == [1600, 400, 100]


def test_the_anchor_table_of_the_large_input_is_the_one_the_network_came_with() -> None:
    table = _rewritten(np.zeros((1, 2, 8400), np.float32), 8400, 8400, 640)
    assert table is not None
    assert table[0, :, :3].tolist() == [[0.5, 1.5, 2.5], [0.5, 0.5, 0.5]]
    assert table[0, :, 80].tolist() == [0.5, 1.5]
    assert table[0, :, 8399].tolist() == [19.5, 19.5]
    assert table.tobytes() in default_model().read_bytes()
