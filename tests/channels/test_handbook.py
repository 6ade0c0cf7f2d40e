"""Each example of the handbook's page on channels is one that server.toml takes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from alerts.channels import catalog

PAGE = (Path(__file__).parents[2] / "docs/handbook/channels.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLES = [one for block in BLOCKS for one in tomllib.loads(block).get("channel", ())]


@pytest.mark.parametrize("told", EXAMPLES, ids=lambda told: str(told["kind"]))
def test_the_example_is_taken(told: dict[str, Any]) -> None:
    assert catalog.settings_of(told).kind == told["kind"]


def test_there_is_an_example_of_every_kind() -> None:
    assert {told["kind"] for told in EXAMPLES} | {"webhook"} == set(catalog.kinds())
