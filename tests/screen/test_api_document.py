"""The HTTP contract in docs is the one that the code serves."""

from __future__ import annotations

from pathlib import Path

import pytest

from screen import document


def test_the_committed_openapi_document_is_fresh() -> None:
    assert document.main(["--check"]) == 0, "run: python -m screen.document"


def test_a_stale_document_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(document, "FILE", tmp_path / "openapi.json")
    assert document.main(["--check"]) == 1
    assert "python -m screen.document" in capsys.readouterr().err
    assert document.main([]) == 0
    assert document.main(["--check"]) == 0
