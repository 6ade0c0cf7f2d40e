"""What README.md tells somebody who adds a channel, done word for word: its file and its test."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from textwrap import dedent

import pytest

import alerts.channels
from alerts.channels import catalog

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The section's code in order; its channel lies where channels lie."""
    section = README.read_text(encoding="utf-8").partition("## I want to add a channel")[2].partition("\n## ")[0]
    found = [dedent(code) for code in re.findall(r"^ *```\w+\n(.*?)^ *```", section, re.MULTILINE | re.DOTALL)]
    (tmp_path / "channels").mkdir()
    (tmp_path / "channels" / "bell.py").write_text(found[0], encoding="utf-8")
    monkeypatch.setattr(alerts.channels, "__path__", [*alerts.channels.__path__, str(tmp_path / "channels")])
    catalog.kinds.cache_clear()
    yield found
    catalog.kinds.cache_clear()
    sys.modules.pop("alerts.channels.bell", None)


def test_the_channel_of_the_readme_passes_the_test_of_the_readme(blocks: list[str], tmp_path: Path) -> None:
    file = tmp_path / "test_bell.py"
    file.write_text(blocks[1], encoding="utf-8")
    spec = spec_from_file_location("test_bell", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    tests = [one for name, one in vars(module).items() if name.startswith("test_")]
    assert len(tests) == 1
    tests[0](tmp_path)


def test_its_settings_are_those_that_the_readme_writes(blocks: list[str], tmp_path: Path) -> None:
    import tomllib

    (tmp_path / "bell.token").write_text("s3cret")
    told = tomllib.loads(blocks[2])["channel"][0]
    channel = catalog.opened(catalog.settings_of(told | {"token_file": tmp_path / "bell.token"}), lambda: None)  # type: ignore[arg-type,return-value]
    assert channel.by == "nobody"
    channel.close()
