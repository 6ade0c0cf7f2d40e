"""``jingcun model``: a model is checked before the box gets it; status, use and back as an operator types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jingcun.__main__ import app
from tests.detect.models import a_model

run = CliRunner()


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """The settings file of a box with one camera."""
    path = tmp_path / "box.toml"
    path.write_text(
        'device = "qx-box-01"\nvillage = "640999101201"\nfolder = "data"\nbroker = { host = "127.0.0.1" }\n'
        '[[cameras]]\nname = "cam"\nsource = { type = "folder", path = "pictures" }\n'
    )
    return path


def told(box: Path, *arguments: str) -> dict[str, dict[str, object] | None]:
    shown = run.invoke(app, ["model", *arguments, "--config", str(box), "--json"])
    assert shown.exit_code == 0, shown.output
    answer: dict[str, dict[str, object] | None] = json.loads(shown.output)
    return answer


def current(box: Path) -> object:
    standing = told(box, "status")["current"]
    return standing and standing["model"]


def test_use_then_back_then_back(box: Path, tmp_path: Path) -> None:
    assert current(box) is None
    first = told(box, "use", str(a_model(tmp_path / "first.onnx")))["model"]
    second = told(box, "use", str(a_model(tmp_path / "second.onnx", score=0.5)))["model"]
    assert first != second
    assert current(box) == second
    told(box, "back")
    assert current(box) == first
    told(box, "back")
    assert current(box) == second


def test_the_words_for_a_person(box: Path, tmp_path: Path) -> None:
    shown = run.invoke(app, ["model", "use", str(a_model(tmp_path / "new.onnx")), "--config", str(box)])
    assert "qx-box-01: looks with" in shown.output
    assert "(new.onnx)" in shown.output
    assert "what the box's settings say" in run.invoke(app, ["model", "back", "--config", str(box)]).output
    status = run.invoke(app, ["model", "status", "--config", str(box)])
    assert status.exit_code == 0
    assert [line.split()[0] for line in status.output.splitlines()] == ["current", "previous", "last_good", "settings"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"rows": 7}, "needed is [1, 9, anchors]"),
        ({"score": float("nan")}, "no numbers"),
        ({"names": ("garbage", "overflow")}, "does not know person"),
        (None, "cannot be read"),
    ],
)
def test_a_bad_model_changes_nothing(box: Path, tmp_path: Path, wrong: dict[str, object] | None, words: str) -> None:
    good = told(box, "use", str(a_model(tmp_path / "good.onnx")))["model"]
    path = tmp_path / "bad.onnx"
    if wrong is not None:
        a_model(path, **wrong)  # type: ignore[arg-type]
    shown = run.invoke(app, ["model", "use", str(path), "--config", str(box)])
    assert shown.exit_code == 2
    assert words in shown.output
    assert len(shown.output.strip().splitlines()) == 1
    assert current(box) == good


def test_status_says_when_a_model_is_damaged(box: Path, tmp_path: Path) -> None:
    standing = told(box, "use", str(a_model(tmp_path / "good.onnx")))
    Path(str(standing["path"])).write_bytes(b"torn")
    shown = run.invoke(app, ["model", "status", "--config", str(box)])
    assert shown.exit_code == 1
    assert "DAMAGED" in shown.output
