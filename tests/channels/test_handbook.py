"""Each example of the handbook's pages on channels is one that server.toml takes."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.channels import catalog
from tests.channels.handbook import EXAMPLES


@pytest.mark.parametrize("told", EXAMPLES, ids=lambda told: str(told["kind"]))
def test_the_example_is_taken(told: dict[str, Any]) -> None:
    assert catalog.settings_of(told).kind == told["kind"]


def test_there_is_an_example_of_every_kind() -> None:
    assert {told["kind"] for told in EXAMPLES} == set(catalog.kinds())
