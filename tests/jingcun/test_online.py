"""``jingcun device online`` on the stores of a server."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerts.devices import equipment_book
from alerts.devices.cover import Memory
from alerts.store.book import Book
from ingest.latest import Latest, LatestValue
from jingcun.__main__ import app
from tests.alerts.hearing import box_says
from tests.county.small import BOX, CAMERA, COUNTY, VILLAGE
from tests.jingcun.servers import small_server

run = CliRunner()
NOW = datetime.now(UTC)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A server whose box spoke ten minutes ago and whose camera was dark last night."""
    path, _ = small_server(tmp_path)
    said, at = box_says(BOX, 0, CAMERA), NOW - timedelta(minutes=10)
    with closing(Latest(f"sqlite:///{tmp_path / 'var' / 'inbox.db'}")) as latest:
        messages = (said.health[BOX].message, said.status[BOX].message)
        latest.put([LatestValue(COUNTY, VILLAGE, BOX, one.kind, at, at, one.model_dump_json().encode())
                    for one in messages])  # fmt: skip
    dark = Memory(CAMERA, "camera_dark", bad_at=NOW - timedelta(hours=9))
    covered = replace(dark, fault="camera_silent", bad_at=None, covered_by=f"{BOX}/box_silent")
    with closing(Book(f"sqlite:///{tmp_path / 'var' / 'book.db'}", COUNTY)) as book, book.writing() as pen:
        equipment_book.keep(pen, [dark, covered], {}, NOW)
    return path


def test_who_is_silent_is_told_with_what_stands_for_it_and_who_is_dark_is_listed(config: Path) -> None:
    told = run.invoke(app, ["device", "online", "-c", str(config)]).output
    assert "现在收不到任何设备的消息" in told
    assert "摄像机：1 台，在线 0 台，在线率 0.0 %" in told
    assert f"{CAMERA}                柳林镇 石门村 村口摄像机（由 {BOX} 盒子离线 代表）" in told
    assert f"夜里太暗  {CAMERA}" in told


def test_the_same_as_json(config: Path) -> None:
    facts = json.loads(run.invoke(app, ["device", "online", "--json", "-c", str(config)]).output)
    assert facts["boxes"] == {"devices": 1, "online": 0, "percent": 0.0}
    assert [one["id"] for one in facts["silent"]] == [BOX, CAMERA]
    assert [one["id"] for one in facts["dark_at_night"]] == [CAMERA]
