"""What the county wishes of a box: laid over its file, tried, kept when the box is well, taken back when it is not."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.downward import Config
from broker.messages import State
from detect.spots import Spot
from edge.desired import STARTS, Desired, Kept, Slot, applied, fares, judge
from edge.reports import CameraReport, Report, SpotReport
from edge.settings import BadSettings, BoxSettings, check
from tests.edge.letters import NOW

LANE: dict[str, Any] = {"name": "lane", "polygon": [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]]}


def box(tmp_path: Path) -> BoxSettings:
    return check(
        {
            "device": "qx-box-01", "village": "640999101201", "folder": "var", "config_version": 3,
            "broker": {"host": "127.0.0.1", "tls": False},
            "cameras": [
                {"name": "cam", "source": {"type": "rendered", "scene": "lane"}, "spots": [LANE]},
                {"name": "other", "source": {"type": "rendered", "scene": "shop"}},
            ],
        },
        tmp_path / "box.toml",
    )  # fmt: skip


def wanted(version: int, body: dict[str, Any] | None = None) -> Config:
    return Config(version=version, issued_at=NOW, body=body or {})


def told(*online: str, spots: tuple[str, ...] = ("lane", "other")) -> Report:
    rows = tuple(SpotReport(spot=name, state=State.CLEAN, observed_s=1, unknown_s=0, reason="") for name in spots)
    return Report(
        cameras=tuple(
            CameraReport(name=name, online=name in online, last_frame_age_s=0.1, restarts=0, reason="", finished=False,
                         frames=1, looks=1, spots=rows if name == "cam" else ())
            for name in ("cam", "other")
        )
    )  # fmt: skip


def test_a_wish_lies_over_the_file_and_leaves_the_rest(tmp_path: Path) -> None:
    file = box(tmp_path)
    moved = LANE | {"name": "gate"}
    run = applied(file, 9, {"cameras": {"cam": {"spots": [moved], "gate": False}}, "health_s": 5})
    assert [spot.name for spot in run.cameras[0].watched] == ["gate"]
    assert (run.cameras[0].gate, run.cameras[1], run.health_s, run.config_version) == (False, file.cameras[1], 5, 9)
    assert run.cameras[0].source == file.cameras[0].source
    assert run.broker == file.broker
    assert applied(file, 3, {}) == file


def test_a_drawn_spot_keeps_its_limits_and_what_is_not_named_is_no_longer_watched(tmp_path: Path) -> None:
    file = box(tmp_path)
    tuned = file.cameras[0].spots[0].model_copy(update={"confirm": 9})
    file = file.model_copy(
        update={"cameras": (file.cameras[0].model_copy(update={"spots": (tuned,)}), file.cameras[1])}
    )
    square = [[0.6, 0.6], [0.9, 0.6], [0.9, 0.9]]
    mask = [[0, 0], [0.2, 0], [0.2, 0.2]]
    drawn = [{"name": "lane", "polygon": square}, {"name": "new", "polygon": square, "kinds": ["overflow"]}]
    cam = applied(file, 9, {"cameras": {"cam": {"drawn": drawn, "masks": [mask]}}}).cameras[0]
    assert [(one.name, one.confirm, one.kinds) for one in cam.spots] == [
        ("lane", 9, tuned.kinds), ("new", Spot(name="x", polygon=tuned.polygon).confirm, ("overflow",)),
    ]  # fmt: skip
    assert [list(corner) for corner in cam.spots[0].polygon] == square
    assert [[list(corner) for corner in one] for one in cam.masks] == [mask]
    alone = applied(file, 9, {"cameras": {"cam": {"drawn": drawn[1:]}}}).cameras[0]
    assert [one.name for one in alone.spots] == ["new"]
    with pytest.raises(BadSettings, match="drawn"):
        applied(file, 9, {"cameras": {"cam": {"drawn": []}}})


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"broker": {"host": "elsewhere"}}, "broker"),
        ({"device": "other"}, "device"),
        ({"folder": "/"}, "folder"),
        ({"model": "/etc/passwd"}, "model"),
        ({"cameras": {"cam": {"source": {"type": "stream", "url": "rtsp://x"}}}}, "cameras.cam.source"),
        ({"cameras": {"nobody": {}}}, "no camera of that name"),
        ({"cameras": {"cam": {"spots": [LANE, LANE]}}}, "used twice"),
        ({"cameras": {"cam": {"spots": [{"name": "x", "polygon": [[0, 0], [2, 2], [1, 1]]}]}}}, "spots"),
        ({"health_s": -1}, "health_s"),
        ({"silent_s": 0.001}, "silent_s"),
        ({"cameras": []}, "cameras"),
    ],
)
def test_a_wish_may_not_cut_a_box_off_or_be_wrong(tmp_path: Path, body: dict[str, Any], words: str) -> None:
    with pytest.raises(BadSettings, match=words):
        applied(box(tmp_path), 9, body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(["cameras", "health_s", "coverage_s", "silent_s", "x"]), json_values, max_size=4)
)
def test_whatever_is_wished_gives_settings_or_one_clear_error(body: dict[str, Any]) -> None:
    file = box(Path("somewhere"))
    with suppress(BadSettings):
        assert applied(file, 4, body).broker == file.broker


@pytest.mark.parametrize(
    ("version", "known", "act", "words"),
    [
        (3, {}, "nothing", ""),
        (4, {}, "try", ""),
        (2, {}, "refuse", "older than the one that runs"),
        (5, {"trial": Kept(version=5)}, "nothing", ""),
        (6, {"trial": Kept(version=5)}, "try", ""),
        (5, {"refused": Kept(version=5, reason="too dark")}, "refuse", "too dark"),
        (6, {"refused": Kept(version=5, reason="too dark")}, "try", ""),
    ],
)
def test_a_message_is_tried_once(tmp_path: Path, version: int, known: dict[Slot, Kept], act: str, words: str) -> None:
    file = box(tmp_path)
    verdict = judge(wanted(version), file, file, known)
    assert verdict.act == act
    assert words in verdict.reason


@pytest.mark.parametrize(
    ("seconds", "report", "outcome"),
    [
        (5.0, told("cam", "other"), None),
        (25.0, told("cam", "other"), ""),
        (25.0, Report(cameras=()), None),
        (25.0, told("cam"), None),
        (200.0, told("cam"), "camera other did not come back within 180 s"),
        (200.0, told("cam", "other", spots=("lane",)), "nothing is told about spot other after 180 s"),
        (200.0, Report(cameras=()), "camera cam did not come back within 180 s"),
    ],
)
def test_a_trial_ends_well_only_with_every_camera_and_spot(
    tmp_path: Path, seconds: float, report: Report, outcome: str | None
) -> None:
    assert fares(seconds, report, ("cam", "other"), box(tmp_path)) == outcome


def test_a_camera_that_was_away_before_need_not_come_back(tmp_path: Path) -> None:
    assert fares(30, told("cam", spots=("lane",)), ("cam",), box(tmp_path)) == ""


def test_a_kept_wish_outlives_restarts_and_a_bad_one_is_given_up_after_its_starts(tmp_path: Path) -> None:
    file, desired = box(tmp_path), Desired(tmp_path)
    assert desired.begin(file).running == file
    desired.start(wanted(4, {"health_s": 7}), ["cam"])
    life = desired.begin(file)
    assert life.trial is not None
    assert (life.running.health_s, life.running.config_version, life.trial.online) == (7, 4, ("cam",))
    desired.keep(life.trial)
    assert desired.begin(file).running.health_s == 7
    desired.start(wanted(5, {"health_s": 9}), [])
    for _ in range(STARTS):
        assert desired.begin(file).running.health_s == 9
    life = desired.begin(file)
    assert (life.running.health_s, life.running.config_version, life.trial) == (7, 4, None)
    assert desired.known()["refused"] == Kept(version=5, reason="taken back: the box ended 2 times before it was well")


def test_a_wish_that_no_longer_fits_the_file_leaves_the_file_and_is_told(tmp_path: Path) -> None:
    file, desired = box(tmp_path), Desired(tmp_path)
    desired.keep(Kept(version=4, body={"cameras": {"gone": {"gate": False}}}))
    life = desired.begin(file)
    assert life.running == file
    assert "no longer fits" in life.note


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": "x"}', "\x00"])
def test_a_damaged_file_is_passed_over(tmp_path: Path, text: str) -> None:
    file, desired = box(tmp_path), Desired(tmp_path)
    (tmp_path / "config").mkdir()
    for slot in ("good", "trial", "refused"):
        (tmp_path / "config" / f"{slot}.json").write_text(text, encoding="utf-8")
    assert desired.begin(file).running == file
