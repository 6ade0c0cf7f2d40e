"""``jingcun model``: a model is checked before the box gets it; status, use and back as an operator types them."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from detect.finder import Finder, default_model
from jingcun.__main__ import app
from tests.detect.models import a_labelled_set, a_model

run = CliRunner()
INSISTED = ("--anyway", "--reason", "试装")


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
    first = told(box, "use", str(a_model(tmp_path / "first.onnx")), *INSISTED)["model"]
    second = told(box, "use", str(a_model(tmp_path / "second.onnx", score=0.5)), *INSISTED)["model"]
    assert first != second
    assert current(box) == second
    told(box, "back")
    assert current(box) == first
    told(box, "back")
    assert current(box) == second


def test_the_words_for_a_person(box: Path, tmp_path: Path) -> None:
    shown = run.invoke(app, ["model", "use", str(a_model(tmp_path / "new.onnx")), "--config", str(box), *INSISTED])
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
    good = told(box, "use", str(a_model(tmp_path / "good.onnx")), *INSISTED)["model"]
    path = tmp_path / "bad.onnx"
    if wrong is not None:
        a_model(path, **wrong)  # type: ignore[arg-type]
    shown = run.invoke(app, ["model", "use", str(path), "--config", str(box)])
    assert shown.exit_code == 2
    assert words in shown.output
    assert len(shown.output.strip().splitlines()) == 1
    assert current(box) == good


def test_status_says_when_a_model_is_damaged(box: Path, tmp_path: Path) -> None:
    standing = told(box, "use", str(a_model(tmp_path / "good.onnx")), *INSISTED)
    Path(str(standing["path"])).write_bytes(b"torn")
    shown = run.invoke(app, ["model", "status", "--config", str(box)])
    assert shown.exit_code == 1
    assert "DAMAGED" in shown.output


def compared(tmp_path: Path, old: Path, new: Path) -> str:
    """A file with what ``jingcun detect compare`` says of two models on labelled squares."""
    folder = tmp_path / "squares"
    if not folder.exists():
        a_labelled_set(folder, 24)
    done = run.invoke(app, ["detect", "compare", str(old), str(new), str(folder), "--json"])
    assert done.exit_code == 0, done.output
    path = tmp_path / f"{old.stem}-{new.stem}.json"
    path.write_text(done.output, encoding="utf-8")
    return str(path)


def refused(box: Path, *arguments: str) -> str:
    """The one line with which a change is refused; the model stays."""
    before = current(box)
    done = subprocess.run(
        [sys.executable, "-m", "jingcun", "model", *arguments, "--config", str(box)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert current(box) == before
    return done.stderr


def test_a_change_asks_for_the_numbers_of_exactly_these_two_models(box: Path, tmp_path: Path) -> None:
    good, same, blind = (
        a_model(tmp_path / f"{n}.onnx", score=s) for n, s in (("good", 0.9), ("same", 0.8), ("blind", 0))
    )
    told(box, "use", str(good), *INSISTED)
    assert "the numbers are missing" in refused(box, "use", str(same))
    assert "--reason" in refused(box, "use", str(same), "--anyway")
    assert "needed is" in refused(box, "use", str(same), "--because", compared(tmp_path, same, good))
    loss = compared(tmp_path, good, blind)
    assert "recall" in refused(box, "use", str(blind), "--because", loss)
    assert "not a report" in refused(box, "use", str(same), "--because", str(a_json(tmp_path / "x.json")))
    numbers = compared(tmp_path, good, same)
    assert told(box, "use", str(same), "--because", numbers, "--by", "张三", "--reason", "误报少了")[
        "model"
    ] == current(box)


def a_json(path: Path) -> Path:
    path.write_text("[]", encoding="utf-8")
    return path


def test_the_same_model_again_needs_no_numbers(box: Path, tmp_path: Path) -> None:
    good = str(a_model(tmp_path / "good.onnx"))
    assert told(box, "use", good, *INSISTED)["model"] == told(box, "use", good)["model"]


def test_who_insists_or_goes_back_is_written_down_with_the_numbers(box: Path, tmp_path: Path) -> None:
    good, blind = a_model(tmp_path / "good.onnx", score=0.9), a_model(tmp_path / "blind.onnx")
    first = told(box, "use", str(good), "--anyway", "--reason", "首次", "--by", "张三")["model"]
    second = told(
        box,
        "use",
        str(blind),
        "--because",
        compared(tmp_path, good, blind),
        "--anyway",
        "--reason",
        "夜里",
        "--by",
        "李四",
    )["model"]
    told(box, "back", "--reason", "漏报太多", "--by", "王五")
    shown = run.invoke(app, ["model", "history", "--config", str(box), "--json"])
    lines = [json.loads(line) for line in shown.output.splitlines()]
    assert [(one["who"], one["act"], one["model"], one["reason"]) for one in lines] == [
        ("张三", "use", first, "首次"), ("李四", "use", second, "夜里"), ("王五", "back", first, "漏报太多"),
    ]  # fmt: skip
    assert lines[0]["before"] == Finder(default_model(), threads=1).model_id
    assert any("recall" in one for one in lines[1]["numbers"])
    assert all(datetime.fromisoformat(one["at"]).tzinfo for one in lines)
    words = run.invoke(app, ["model", "history", "--config", str(box)]).output.splitlines()
    assert len(words) == 3
    assert "李四  use" in words[1]
    assert "夜里; " in words[1]


def test_export_overwrites_nothing_and_names_missing_weights(tmp_path: Path) -> None:
    weights = tmp_path / "weights.pt"
    shown = run.invoke(app, ["model", "export", str(weights), str(tmp_path / "new"), "--for", "ncnn"])
    assert shown.exit_code == 2
    assert "no such file" in shown.output
    weights.write_bytes(b"weights")
    shown = run.invoke(app, ["model", "export", str(weights), str(tmp_path), "--for", "ncnn"])
    assert shown.exit_code == 2
    assert "is there already" in shown.output
