"""The id of a configuration: the same for the same values, another for any other."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.fingerprint import fingerprint

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(VALUES)
def test_it_is_twelve_hex_digits_and_survives_a_file(values: object) -> None:
    made = fingerprint(values)  # type: ignore[arg-type]
    assert re.fullmatch("[0-9a-f]{12}", made)
    assert made == fingerprint(json.loads(json.dumps(values)))


def test_the_order_of_keys_does_not_matter_but_that_of_corners_does() -> None:
    assert fingerprint({"a": 1, "b": [1, 2]}) == fingerprint({"b": [1, 2], "a": 1})
    assert fingerprint({"b": [1, 2]}) != fingerprint({"b": [2, 1]})
    assert fingerprint({"b": 1}) != fingerprint({"b": "1"})


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        fingerprint({"enter": float("nan")})
