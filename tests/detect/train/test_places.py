from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.train.dataset import BadData, Sample
from detect.train.places import BLOCK, NEAR, apart, number_of, split
from tests.detect.train.conftest import numbered


@given(st.sets(st.integers(0, 4000), min_size=200, max_size=400), st.integers(0, 99))
def test_no_place_stands_on_both_sides_and_the_seed_decides(numbers: set[int], seed: int) -> None:
    samples = numbered(*sorted(numbers))
    training, held = split(samples, 0.1, seed)
    assert not {number_of(one) // BLOCK for one in training} & {number_of(one) // BLOCK for one in held}
    assert min(abs(number_of(a) - number_of(b)) for a in training for b in held) >= NEAR
    assert 0.1 * len(samples) <= len(held) < 0.1 * len(samples) + BLOCK
    assert split(list(reversed(samples)), 0.1, seed)[1] == held


def test_another_seed_holds_other_places_back() -> None:
    samples = numbered(*range(2000))
    assert split(samples, 0.1, 1)[1] != split(samples, 0.1, 2)[1]


def test_rendered_pictures_are_trained_with_and_never_selected_on() -> None:
    rendered = [Sample(Path(f"lane_{number}.png"), (), "lane") for number in range(50)]
    training, held = split(numbered(*range(200)) + rendered, 0.5, 3)
    assert [one for one in training if one.scene] == rendered
    assert not any(one.scene for one in held)
    assert len(held) < 120


def test_pictures_of_trained_places_are_left_out_where_only_unseen_ones_count() -> None:
    assert apart(numbered(1, 2, 3, 4, 9), numbered(1)) == numbered(4, 9)


@pytest.mark.parametrize("samples", [numbered(*range(BLOCK)), numbered(5), []])
def test_one_place_alone_cannot_be_split(samples: list[Sample]) -> None:
    with pytest.raises(BadData, match="cannot be split by place"):
        split(samples, 0.1, 1)


def test_a_name_without_a_number_has_no_place() -> None:
    with pytest.raises(BadData, match="the name holds no number"):
        split([Sample(Path("street.jpg"), ())], 0.1, 1)
