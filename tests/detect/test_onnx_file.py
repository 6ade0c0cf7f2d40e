"""An ONNX file is read and written field by field; bytes that are none end in one error."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.errors import BadModel
from detect.finder import default_model
from detect.onnx_file import Field, Torn, join, metadata, numbers, split, unpacked, varint
from tests.detect.models import a_model

number = st.integers(0, (1 << 64) - 1)
field = st.one_of(
    st.builds(Field, st.integers(1, 1000), st.just(0), number),
    st.builds(Field, st.integers(1, 1000), st.just(2), st.binary(max_size=300)),
    st.builds(Field, st.integers(1, 1000), st.just(1), st.binary(min_size=8, max_size=8)),
    st.builds(Field, st.integers(1, 1000), st.just(5), st.binary(min_size=4, max_size=4)),
)


@given(st.lists(field, max_size=10))
def test_what_is_written_is_read_again(fields: list[Field]) -> None:
    assert split(join(fields)) == fields


@given(st.lists(number, max_size=20))
def test_packed_and_single_numbers_are_the_same(values: list[int]) -> None:
    packed = [Field(1, 2, b"".join(map(varint, values)))]
    single = [Field(1, 0, one) for one in values]
    assert unpacked(packed[0].data) == values
    assert numbers(packed, 1) == numbers(single, 1)


def test_a_negative_number_keeps_its_sign() -> None:
    assert numbers(split(join([Field(1, 0, -5)])), 1) == [-5]


@given(st.binary(max_size=200))
def test_any_bytes_are_fields_or_torn_and_nothing_else(data: bytes) -> None:
    try:
        split(data)
    except Torn:
        return


@pytest.mark.parametrize("data", [b"\x0a", b"\x0a\x05abc", b"\xff" * 12, b"\x0b\x01", b"\x09abc"])
def test_a_cut_message_is_torn(data: bytes) -> None:
    with pytest.raises(Torn):
        split(data)


def test_the_shipped_model_is_written_again_byte_for_byte() -> None:
    data = default_model().read_bytes()
    assert join(split(data)) == data
    assert "garbage" in metadata(data, default_model())["names"]


def test_a_file_that_is_no_model_names_itself(tmp_path: Path) -> None:
    path = a_model(tmp_path / "model.onnx")
    assert metadata(path.read_bytes(), path)["names"].startswith("{0: 'garbage'")
    with pytest.raises(BadModel, match=r"model\.onnx: not an ONNX model"):
        metadata(path.read_bytes()[:-3], path)
