"""The whole loop on live processes: the scripted day by itself, and a person at the desk in a real browser."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import expect

from detect.blur import encode
from edge.scenes.compose import View, compose
from edge.scenes.scene import HOME, load_scene
from tests.screen.pages_browser import PHONE, WALL, chromium, opened

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("demo")]
PATIENCE_S = 150.0


@dataclass
class Running:
    """A demo as a child; its lines as they come."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def line(self, pattern: str) -> re.Match[str]:
        """Wait for a line; the whole output is the error if it never comes."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self.process.poll() is None:
            for line in list(self.lines):
                if found := re.search(pattern, line):
                    return found
            time.sleep(0.2)
        raise AssertionError(f"no line like {pattern!r} in:\n" + "\n".join(self.lines))


@contextmanager
def demo(*arguments: str) -> Iterator[Running]:
    child = subprocess.Popen(
        [sys.executable, "-m", "jingcun", "demo", "--no-browser", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    running = Running(child)
    assert child.stdout is not None
    reader = threading.Thread(target=lambda: running.lines.extend(line.rstrip() for line in child.stdout or []))
    reader.start()
    family = psutil.Process(child.pid)
    try:
        yield running
    finally:
        members = family.children(recursive=True) if family.is_running() else []
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(60)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        reader.join(30)
        child.stdout.close()
        psutil.wait_procs(members, timeout=20)
        left = [one for one in members if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
        assert left == [], "a program outlived the demo"


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


def test_a_person_with_a_phone_closes_a_ticket_while_the_wall_looks_on(tmp_path: Path) -> None:
    photo = tmp_path / "after.jpg"
    photo.write_bytes(encode(compose(load_scene(HOME / "square"), View(), 1), 85))
    with demo("--folder", str(tmp_path / "demo")) as running, chromium() as browser:
        wall_url = running.line(r"县级大屏\s+(http://\S+)")[1]
        with opened(browser, WALL) as (wall, wall_troubles), opened(browser, PHONE) as (phone, phone_troubles):
            wall.goto(wall_url)
            link = running.line(r"等您处理.*(http://\S+/t/\S+)")[1]
            expect(wall.get_by_text("演示数据").first).to_be_visible(timeout=30_000)
            phone.set_default_timeout(30_000)
            phone.goto(link)
            number = running.line(r"等您处理\s+(GD-\S+)")[1]
            expect(phone.get_by_text(number).first).to_be_visible(timeout=30_000)
            for name in ("接 单", "我已到现场"):
                phone.get_by_role("button", name=name, exact=True).click()
            phone.locator("input[type=file]").set_input_files(photo)
            expect(phone.get_by_text("已压缩")).to_be_visible(timeout=30_000)
            phone.get_by_role("button", name="提交办结", exact=True).click()
            expect(phone.get_by_role("heading", name="已办结，辛苦了")).to_be_visible(timeout=120_000)
            expect(wall.get_by_text("已结案").or_(wall.get_by_text("今日办结")).first).to_be_visible(timeout=30_000)
        assert wall_troubles == []
        assert phone_troubles == []
    assert any("复核干净" in line for line in running.lines)
