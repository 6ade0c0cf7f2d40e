"""The wall in Chromium on the real server: each figure and its list agree, nothing is asked of any other machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from screen.app import serve
from screen.settings import STATIC
from tests.screen.pages_browser import WALL, grave_faults, opened
from tests.screen.site import Site
from tests.servers import wait_until

pytestmark = pytest.mark.real
SHA = "a" * 64
CARDS = ("today", "waiting", "handling", "checking", "closed", "overdue")
STEPS = ("events", "alarms", "dispatched", "accepted", "handled", "closed")


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    """The real server with the committed pages on a real port; its clock is the machine's, and so are the tickets."""
    site.now = datetime.now(tz=site.now.tzinfo)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said: list[str] = []
    stop = threading.Event()
    settings = replace(
        site.settings, port=port, open_wall=True, public_board=True, secure_cookies=False, static=STATIC
    )  # fmt: skip
    thread = threading.Thread(target=serve, args=(settings, stop, said.append))
    thread.start()
    wait_until(lambda: len(said) == 2, "the screen says that it listens")
    yield said[1]
    stop.set()
    thread.join(20)


def test_on_the_real_server_every_figure_opens_as_many_rows_as_it_says(
    browser: Browser, site: Site, address: str
) -> None:
    site.alive()
    site.fill(15, 30, 45, 95)
    with opened(browser, WALL) as (page, troubles):
        hosts: set[str] = set()
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname or ""))
        page.goto(address)
        page.wait_for_selector("[data-ready=true] canvas")
        total = page.get_by_role("dialog").locator("[data-total]")
        expect(page.locator("[data-kpi=today] .v")).to_have_text("1")
        for card in CARDS:
            shown = page.locator(f"[data-kpi={card}] .v").inner_text()
            page.locator(f"[data-kpi={card}]").click()
            expect(total).to_have_text(shown)
            page.keyboard.press("Escape")
        for step in STEPS:
            shown = page.locator(f"[data-figure={step}] text").nth(1).text_content() or ""
            page.locator(f"[data-figure={step}]").click()
            expect(total).to_have_text(shown)
            page.keyboard.press("Escape")
        assert grave_faults(page) == []
        assert hosts == {"127.0.0.1"}
        assert troubles == []


def test_on_the_real_server_the_cameras_the_health_and_the_board_open(
    browser: Browser, site: Site, address: str
) -> None:
    site.alive()
    with opened(browser, WALL) as (page, troubles):
        page.goto(f"{address}#cameras")
        expect(page.locator("[data-camera]")).to_have_count(1)
        expect(page.locator("[data-camera]")).to_contain_text("还没有画面")
        page.locator("[data-camera]").click()
        expect(page.get_by_role("dialog", name="村口摄像机")).to_contain_text("在线")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog", name="石门村")).to_be_visible()
        page.keyboard.press("Escape")
        page.locator("[data-health]").click()
        expect(page.locator("[data-device=box-1]")).to_contain_text("正常")
        page.goto(f"{address}public/board")
        expect(page.locator("h1")).to_contain_text("青峦县 今日管护")
        assert grave_faults(page) == []
        assert troubles == []
