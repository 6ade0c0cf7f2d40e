"""The pure parts of the bench: statistics, the JSON line, names, what the wall loads, the small model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.__main__ import NOT_YET, WHERE, UnknownBench, chosen, main, measured
from bench.result import Result, median, percentile
from bench.wall import loaded, wall_bytes_gz


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [
        ([5.0], 0.99, 5.0),
        ([float(one) for one in range(1, 101)], 0.99, 99.0),
        ([float(one) for one in range(100, 0, -1)], 0.5, 50.0),
        ([1.0, 2.0], 1.0, 2.0),
        ([1.0, 2.0], 0.0, 1.0),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(values: list[float], share: float, found: float) -> None:
    assert percentile(values, share) == found


def test_nothing_measured_is_no_figure() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        median([])
    with pytest.raises(ValueError, match="nothing was measured"):
        percentile([], 0.5)


def test_a_line_says_everything_and_its_ratio_is_value_by_peer() -> None:
    line = json.loads(Result("door_rate", 3000.0, "msg/s", 3, "commit per message", 750.0).line())
    assert line == {
        "bench": "door_rate", "value": 3000.0, "unit": "msg/s", "peer": "commit per message", "peer_value": 750.0,
        "ratio": 4.0, "runs": 3,
    }  # fmt: skip


def test_without_a_peer_its_fields_are_null() -> None:
    line = json.loads(Result("history_30d_500bins", 1234.5678, "ms", 5).line())
    assert (line["peer"], line["peer_value"], line["ratio"], line["value"]) == (None, None, None, 1235.0)


def test_every_name_has_its_function_and_the_order_is_ours() -> None:
    assert chosen(None) == list(WHERE)  # the tests' own extra has what wall_paint needs
    assert chosen("wall_bytes_gz, door_rate") == ["door_rate", "wall_bytes_gz"]
    assert all(callable(measured(name)) for name in WHERE)
    assert not set(WHERE) & set(NOT_YET)


@pytest.mark.parametrize("only", ["nope", "door_rate,nope", "", "assess_year"])
def test_an_unknown_name_is_an_error_that_lists_the_known_ones(only: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnknownBench, match="door_rate"):
        chosen(only)
    assert main(["--only", only]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "no such bench" in said.err


def test_what_the_wall_loads_is_followed_through_its_files(tmp_path: Path) -> None:
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "wall.html").write_text('<script src="/assets/wall-1.js"></script>', encoding="utf-8")
    (assets / "wall-1.js").write_text('import"./shared-2.js";', encoding="utf-8")
    (assets / "shared-2.js").write_text('const f="assets/wall-3.css"', encoding="utf-8")
    (assets / "wall-3.css").write_text("@font-face{src:url(./font-4.woff2)}", encoding="utf-8")
    (assets / "font-4.woff2").write_bytes(b"x" * 5000)
    (assets / "desk-5.js").write_text("never loaded", encoding="utf-8")
    names = {path.name for path in loaded(tmp_path)}
    assert names == {"wall.html", "wall-1.js", "shared-2.js", "wall-3.css", "font-4.woff2"}
    assert 5.0 < wall_bytes_gz(tmp_path).value < 6.0
