"""The HTTP contract in docs is the one that the code serves."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from screen import document
from screen.examples import composed
from tests.screen.contract import told as openapi


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


def test_every_json_body_has_an_example_that_its_schema_allows() -> None:
    told = openapi()
    bodies = [
        (f"{method} {path} {status}", media)
        for path, operations in told["paths"].items()
        for method, operation in operations.items()
        for status, body in [("body", operation.get("requestBody", {})), *operation["responses"].items()]
        if (media := body.get("content", {}).get("application/json"))
    ]
    assert len(bodies) > 120
    for where, media in bodies:
        schema = {**media["schema"], "components": told["components"]}
        checked = Draft202012Validator(schema, format_checker=FormatChecker())
        assert [fault.message for fault in checked.iter_errors(media["example"])] == [], where


def test_an_example_is_the_shapes_own_and_what_that_leaves_out_is_said_by_the_fields_names() -> None:
    shapes = {
        "Place": {"type": "object", "properties": {"lon": {"type": "number"}, "name": {"type": "string"}},
                  "required": ["lon", "name"], "examples": [{"name": "晒谷场"}]},
    }  # fmt: skip
    several = {"anyOf": [{"type": "null"}, {"type": "array", "items": {"$ref": "#/components/schemas/Place"}}]}
    assert composed(several, shapes) == [{"lon": 106.24, "name": "晒谷场"}]
    assert composed({"type": "string", "format": "date", "enum": ["a", "b"]}, {}) == "a"
    assert composed({"type": "integer", "exclusiveMinimum": 4}, {}, "n") == 5
    assert composed({"type": "object", "additionalProperties": {"type": "boolean"}}, {}, "device") == {
        "ql-cam-01": False
    }


def test_every_deed_that_a_key_does_once_declares_the_key_and_its_refusals() -> None:
    told = openapi()["paths"]
    for path in ("/api/v1/silences", "/api/v1/accounts", "/api/v1/tickets/{ticket}/acts/{act}"):
        operation = told[path]["post"]
        assert [one["name"] for one in operation["parameters"] if one["in"] == "header"] == ["Idempotency-Key"]
        assert {"409", "422"} <= set(operation["responses"])
    for path in ("/api/v1/login", "/api/v1/claim", "/api/v1/county/folder"):
        assert "Idempotency-Key" not in str(told[path]["post"].get("parameters")), f"{path} honours no key"
