"""The HTTP contract in docs is the one that the code serves."""

from __future__ import annotations

from pathlib import Path

import pytest

from screen import document
from screen.app import openapi


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


def test_every_operation_has_a_summary_and_tells_that_refusals_are_problem_documents() -> None:
    told = openapi()
    assert told["openapi"].startswith("3.1")
    assert "HTTPValidationError" not in str(told)
    assert told["components"]["schemas"]["Problem"]["examples"]
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], f"{method} {path}"
            for status, answer in operation["responses"].items():
                if status == "default" or status >= "400":
                    assert list(answer["content"]) == ["application/problem+json"], f"{method} {path} {status}"
