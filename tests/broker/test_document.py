"""The written contract is the code's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from broker import document, downward, messages, topics
from broker.parse import dump
from tests.broker.test_messages import SAMPLES


def test_the_documents_are_fresh() -> None:
    assert document.stale() == [], "run python -m broker.document"


def test_check_ends_with_one_when_a_document_is_stale(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "broker.document", "--check"]
    assert subprocess.run(command, check=False, timeout=60).returncode == 0
    document.write(tmp_path)
    assert document.stale(tmp_path) == []
    (tmp_path / "contract.md").write_text("old")
    (tmp_path / "schemas" / "gone.json").write_text("{}")
    assert document.stale(tmp_path) == ["contract.md", "schemas/gone.json"]
    monkeypatch.setattr(document.stale, "__defaults__", (tmp_path,))
    monkeypatch.setattr(sys, "argv", ["document", "--check"])
    with pytest.raises(SystemExit, match="stale: contract"):
        document.main()
    document.write(tmp_path)
    document.main()


def test_asyncapi_reads_as_yaml_and_names_every_topic() -> None:
    told = yaml.safe_load((document.DOCS / "asyncapi.yaml").read_text(encoding="utf-8"))
    assert told == document.asyncapi()
    assert told["asyncapi"] == "3.0.0"
    assert set(told["channels"]) == topics.UP | topics.DOWN | {"door"}
    assert told["channels"]["event"]["address"] == "jc/v1/{county}/{township}/{village}/{device}/event"
    assert all((document.DOCS / each["payload"]["$ref"]).is_file() for each in told["components"]["messages"].values())


@pytest.mark.parametrize("message", SAMPLES, ids=lambda one: one.kind)
def test_what_the_code_sends_fits_the_written_schema(message: messages.Message) -> None:
    written = json.loads((document.DOCS / f"schemas/{message.kind}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(written).validate(json.loads(dump(message)))


def test_the_contract_tells_every_field() -> None:
    text = document.contract()
    for model in (*messages.UPWARD.values(), *downward.DOWNWARD.values()):
        for name, field in model.model_fields.items():
            assert f"| `{field.alias or name}` |" in text
