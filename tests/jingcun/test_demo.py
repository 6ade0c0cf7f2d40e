"""The whole loop on live processes: the scripted day by itself, without a person."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.jingcun.demo_run import PATIENCE_S, demo

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("demo")]


def test_the_scripted_day_closes_by_camera_climbs_once_and_loses_nothing(tmp_path: Path) -> None:
    with demo("--once", "--json", "--folder", str(tmp_path)) as running:
        running.process.wait(PATIENCE_S)
        code = running.process.returncode
    said = json.loads(running.lines[-1])
    assert code == 0, "\n".join(running.lines)
    assert said["ok"] is True
    assert said["closed_by_camera"] >= 1
    assert said["climbed"] >= 1
    assert said["lost"] == said["duplicate_tickets"] == 0
    assert said["frames"] > 20
    assert said["frame_to_notice_ms"]["p50"] > 0
    told = "\n".join(running.lines)
    assert "画面太暗" in told, "the night reads unknown"
    assert "画面模糊" in told, "the dirty lens reads unknown"
