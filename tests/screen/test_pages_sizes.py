"""The wall at each size that hangs in a county, and for as long: full HD, two screens side by side, 4K, a week."""

from __future__ import annotations

import json
import os
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.screen.pages_browser import grave_faults, opened, ready
from tests.screen.pages_standin import StandIn

pytestmark = pytest.mark.real
SIZES = {"full HD": (1920, 1080), "two parts": (3840, 1080), "4K": (3840, 2160)}
HD = 1920


@pytest.fixture(params=list(SIZES.values()), ids=list(SIZES))
def shape(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"viewport": {"width": request.param[0], "height": request.param[1]}}


def test_an_urgent_alarm_shouts_at_every_size(browser: Browser, server: StandIn, shape: dict[str, Any]) -> None:
    with opened(browser, shape) as (page, troubles):
        ready(page, server)
        server.raise_alarm()
        expect(page.locator(".banner")).to_contain_text("乱倾倒")
        expect(page.locator(".callout")).to_contain_text("乱倾倒")
        expect(page.locator("[data-kpi=waiting]")).to_have_class("kpi bump")
        assert page.title().startswith("【紧急】")
        stage, banner = page.locator(".stage").bounding_box(), page.locator(".banner").bounding_box()
        assert stage is not None
        assert banner is not None
        assert banner["x"] >= stage["x"]
        seam = stage["x"] + stage["width"] / 2
        if shape["viewport"]["width"] / shape["viewport"]["height"] > 3:
            assert banner["x"] + banner["width"] <= seam, "nothing lies across the seam of two screens"
        assert troubles == []


def test_a_cut_line_is_said_at_every_size(browser: Browser, server: StandIn, shape: dict[str, Any]) -> None:
    with opened(browser, shape) as (page, _):
        ready(page, server)
        server.away = True
        expect(page.get_by_text("连接中断 · 数据截至")).to_be_visible()
        server.away = False
        expect(page.get_by_text("连接中断 · 数据截至")).to_have_count(0)


def test_the_stage_fills_the_glass_and_its_charts_have_a_pixel_for_each_of_it(
    browser: Browser, server: StandIn, shape: dict[str, Any]
) -> None:
    with opened(browser, shape) as (page, _):
        ready(page, server)
        box = page.locator(".stage").bounding_box()
        assert box is not None
        assert (round(box["width"]), round(box["height"])) == tuple(shape["viewport"].values())
        canvas = page.locator("[aria-label=县域地图] canvas").first
        shown = canvas.bounding_box()
        assert shown is not None
        assert canvas.evaluate("one => one.width") == pytest.approx(shown["width"], abs=2)


def test_two_screens_show_the_county_on_the_left_and_its_cameras_on_the_right(
    browser: Browser, server: StandIn
) -> None:
    with opened(browser, {"viewport": {"width": 3840, "height": 1080}}) as (page, troubles):
        ready(page, server)
        for panel in page.locator("article").all():
            box = panel.bounding_box()
            assert box is not None
            side = box["x"] >= HD
            assert side == (panel.get_attribute("aria-label") == "摄像机墙")
            assert side or box["x"] + box["width"] <= HD
        expect(page.locator("[data-camera]")).to_have_count(4)
        expect(page.get_by_role("button", name="摄像机墙")).to_have_count(0)
        page.locator("[data-kpi=today]").click()
        sheet = page.get_by_role("dialog").bounding_box()
        assert sheet is not None
        assert sheet["x"] >= HD, "a list opens over the cameras, and the county stays whole"
        page.locator("[data-row]").first.click()
        card = page.get_by_role("dialog", name="工单详情").bounding_box()
        assert card is not None
        assert card["x"] >= HD
        assert grave_faults(page) == []
        assert troubles == []


def test_the_newest_picture_says_how_old_it_is_once_it_is_old(browser: Browser, server: StandIn) -> None:
    server.wall["snapshot"]["at"] = server.wall["now"]
    with opened(browser, {"viewport": {"width": 1920, "height": 1080}}) as (page, _):
        ready(page, server)
        shot = page.locator("article[aria-label=最新抓拍]")
        expect(shot.locator("img")).to_be_visible()
        expect(shot).not_to_contain_text("旧画面")
        server.wall["snapshot"]["at"] = "2026-11-21T11:00:00+08:00"
        server.tell("wall", server.wall)
        expect(shot).to_contain_text("旧画面 · 3 小时前")


@pytest.mark.slow
@pytest.mark.timeout(3 * 3600)
def test_the_heap_does_not_grow_over_hundreds_of_frames(browser: Browser, server: StandIn) -> None:
    """A wall frame comes every ten seconds at rest: 200 stand for half an hour, 60,480 for a week."""
    frames = int(os.environ.get("WALL_FRAMES", "200"))
    with opened(browser, {"viewport": {"width": 1920, "height": 1080}}) as (page, troubles):
        ready(page, server)
        client = page.context.new_cdp_session(page)
        heaps = []
        for begin in (0, 1, 2, 3):
            last = (begin + 1) * frames // 4
            for number in range(begin * frames // 4 + 1, last + 1):
                frame(server, number)
                if number % 150 == 0 or number == last:  # the page takes what is sent before more is
                    expect(page.locator("[data-kpi=today] .v")).to_have_text(shown(number), timeout=600_000)
            client.send("HeapProfiler.collectGarbage")
            heaps.append(client.send("Runtime.getHeapUsage")["usedSize"] / 1e6)
        print(f"{frames} frames, heap in MB after each quarter: {[round(one, 2) for one in heaps]}")
        assert heaps[-1] - heaps[1] < 2.0, heaps  # 3,000 frames: 16.9 MB after the half, 17.3 MB at the end
        assert troubles == []


def shown(number: int) -> re.Pattern[str]:
    """A figure as the wall writes it, with or without separators of thousands."""
    return re.compile(f"^{number:,}$".replace(",", ",?"))


def frame(server: StandIn, number: int) -> None:
    """One more wall in which something moved: a figure, a row of the feed, a point of a curve."""
    wall = json.loads(json.dumps(server.wall))
    wall["kpi"]["today"] = number
    wall["live"][0]["ticket"] = f"00000000-0000-0000-0000-{number:012d}"
    wall["map"]["alarms"][0]["ticket"] = wall["live"][0]["ticket"]
    wall["trend"]["minor"][-1] = number % 9
    wall["bins"]["series"][0]["points"][-1][1] = number % 100
    server.tell("wall", wall)
