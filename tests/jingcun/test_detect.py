"""``jingcun detect``: the usual command without its name, the id of model and rules, and two models side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import pytest
from typer.testing import CliRunner

from detect.finder import Finder
from detect.promotion import judge, read_report
from jingcun.__main__ import app
from tests.detect.conftest import a_place
from tests.detect.models import a_labelled_set, a_model
from tests.detect.train.conftest import a_data_set

run = CliRunner()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for seed in range(2):
        cv2.imwrite(str(folder / f"{seed}.png"), a_place(seed, 64, 64))
    return folder


def compared(*arguments: object) -> dict[str, Any]:
    done = run.invoke(app, ["detect", "compare", *map(str, arguments), "--json"])
    assert done.exit_code == 0, done.output
    assert done.output.count("\n") == 1
    told: dict[str, Any] = json.loads(done.output)
    return told


def test_a_path_alone_is_looked_at_and_options_may_stand_first(pictures: Path, tmp_path: Path) -> None:
    model = str(a_model(tmp_path / "m.onnx", score=0.9))
    usual = run.invoke(app, ["detect", str(pictures), "--model", model, "--json"])
    assert [json.loads(line)["found"][0]["label"] for line in usual.output.splitlines()] == ["garbage"] * 2
    assert run.invoke(app, ["detect", "look", str(pictures), "--model", model, "--json"]).output == usual.output
    assert run.invoke(app, ["detect", "--json", "--model", model, str(pictures)]).output == usual.output


def test_help_names_both_commands_and_nothing_is_a_wrong_call() -> None:
    shown = run.invoke(app, ["detect", "--help"])
    assert (shown.exit_code, "look" in shown.output, "compare" in shown.output) == (0, True, True)
    assert run.invoke(app, ["detect"]).exit_code == 2


def test_an_event_says_which_model_and_rules_it_comes_from(tmp_path: Path) -> None:
    path, model = tmp_path / "clip.avi", a_model(tmp_path / "m.onnx", score=0.9)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 2.0, (64, 64))
    for number in range(12):
        image = a_place(1, 64, 64)
        image[0, 0] = number * 20
        writer.write(image)
    writer.release()

    def events(*more: str) -> list[dict[str, Any]]:
        lines = run.invoke(app, ["detect", str(path), "--model", str(model), "--json", *more]).output.splitlines()
        return [line for line in map(json.loads, lines) if "kind" in line]

    first = events()[0]
    assert (first["kind"], first["model"]) == ("dirty", Finder(model, threads=1).model_id)
    assert {one["config"] for one in events()} == {first["config"]}
    assert events("--fps", "1")[0]["config"] != first["config"]


def test_the_difference_of_two_models_in_words(pictures: Path, tmp_path: Path) -> None:
    old, new = a_model(tmp_path / "old.onnx", score=0.9), a_model(tmp_path / "new.onnx", score=0.1)
    (pictures / "torn.jpg").write_bytes(b"\xff\xd8 torn")
    done = run.invoke(app, ["detect", "compare", str(old), str(new), str(pictures)])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert [line[:10] for line in lines[:2]] == ["- only OLD"] * 2
    assert "garbage at 16,16,48,48 (0.90 → –)" in lines[0]
    assert lines[2].startswith(f"! {pictures / 'torn.jpg'}: ")
    assert lines[3].endswith("2 pictures, 0 videos, 1 unreadable")
    assert lines[4] == "both 0, only OLD 2, only NEW 0"


def test_labels_beside_the_pictures_give_figures(tmp_path: Path) -> None:
    folder = a_data_set(tmp_path / "set", 4)
    model = a_model(tmp_path / "m.onnx", score=0.9)
    done = run.invoke(app, ["detect", "compare", str(model), str(model), str(folder)])
    assert "(4 labelled pictures)" in done.output
    told = compared(model, model, folder)
    assert told["figures"]["old"] == told["figures"]["new"]
    assert [one["where"] for one in told["differences"]] == ["both"] * 4


def test_the_report_is_what_a_promotion_asks_for(tmp_path: Path) -> None:
    folder = a_labelled_set(tmp_path / "set", 24)
    old, new = a_model(tmp_path / "old.onnx", score=0.9), a_model(tmp_path / "new.onnx", score=0.8)
    out = tmp_path / "report.json"
    out.write_text(json.dumps(compared(old, new, folder)), encoding="utf-8")
    ids = [Finder(one, threads=1).model_id for one in (old, new)]
    assert judge(read_report(out), ids[0], ids[1]).allowed
    assert not judge(read_report(out), ids[1], ids[0]).allowed


@pytest.mark.parametrize("which", [0, 1])
def test_a_wrong_model_is_a_wrong_call(pictures: Path, tmp_path: Path, which: int) -> None:
    models = [str(a_model(tmp_path / "m.onnx"))] * 2
    models[which] = str(tmp_path / "none.onnx")
    done = run.invoke(app, ["detect", "compare", *models, str(pictures)])
    assert (done.exit_code, "none.onnx: cannot be read" in done.output) == (2, True)
    assert len(done.output.strip().splitlines()) == 1
    assert run.invoke(app, ["detect", "compare", *models]).exit_code == 2
