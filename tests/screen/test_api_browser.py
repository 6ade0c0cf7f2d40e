"""The built pages on the real server: Chromium, real stores, real photos; nothing stands in for anything."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from broker.messages import Event, Phase, State
from detect.blur import encode
from screen.access.account import Account
from screen.app import serve
from screen.settings import STATIC
from tests.alerts.makes import event
from tests.county.small import BOX, SPOT
from tests.screen.pages_browser import PHONE, WALL, grave_faults, opened
from tests.screen.site import Site
from tests.servers import wait_until

pytestmark = pytest.mark.real
PATIENCE = 30_000
HERE = {"geolocation": {"longitude": 106.05, "latitude": 36.12}, "permissions": ["geolocation"]}
SEEN = encode(np.full((360, 640, 3), (60, 120, 90), np.uint8), 85)
SHA = "a" * 64


@pytest.fixture
def server(site: Site) -> Iterator[tuple[str, str]]:
    """The address of the real server and its first password."""
    site.now = datetime.now(UTC)
    site.evidence(SHA, SEEN)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said: list[str] = []
    stop = threading.Event()
    settings = replace(site.settings, port=port, secure_cookies=False, static=STATIC)
    thread = threading.Thread(target=serve, args=(settings, stop, said.append))
    thread.start()
    wait_until(lambda: len(said) == 2, "the screen listens")
    yield said[1].rstrip("/"), said[0].split("首次密码 ")[1].split("（")[0]
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


def seen_dirty(site: Site) -> Event:
    return event(0, picture=SHA).model_copy(update={"at": site.now})


def seen_clean(site: Site) -> Event:
    """The camera's answer to the re-check command of the newest ticket."""
    ticket = site.reader.ticket(site.reader.recent(1)[0].id)
    assert ticket is not None
    return Event(
        message_id=uuid4(), device=BOX, at=datetime.now(UTC), event_id=uuid4(), revision=0, phase=Phase.END,
        spot=SPOT, what=ticket.what, state=State.CLEAN, reason="复查三次都干净", command_id=ticket.command,
    )  # fmt: skip


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_phone_takes_a_ticket_from_accept_to_closed(
    site: Site, server: tuple[str, str], browser: Browser, tmp_path: Path
) -> None:
    site.happen(seen_dirty(site))
    code = site.desk.mint(site.reader.recent(1)[0].id)
    photo = tmp_path / "after.jpg"
    photo.write_bytes(encode(np.random.default_rng(1).integers(0, 255, (900, 1200, 3), dtype=np.uint8), 90))
    with opened(browser, PHONE, **HERE) as (page, troubles):
        page.set_default_timeout(PATIENCE)
        page.goto(f"{server[0]}/t/{code}")
        expect(page.get_by_role("heading", name="暴露垃圾")).to_be_visible(timeout=PATIENCE)
        button(page, "接 单")
        button(page, "我已到现场")
        page.locator("input[type=file]").set_input_files(photo)
        expect(page.get_by_text("已压缩")).to_be_visible(timeout=PATIENCE)
        button(page, "已清理干净")
        button(page, "提交办结")
        expect(page.get_by_role("heading", name="已提交，等待复核")).to_be_visible(timeout=PATIENCE)
        site.happen(seen_clean(site))
        expect(page.get_by_role("heading", name="已办结，辛苦了")).to_be_visible(timeout=PATIENCE)
        assert troubles == []
    line = site.reader.recent(1)[0]
    assert line.status_name == "已结案"
    history = [one.words for one in site.reader.history(line.id)]
    assert any("106.05" in words and "WGS-84" in words for words in history)
    assert len(site.reader.photos(line.id)) == 1


def test_an_official_logs_in_and_sees_an_alarm_come_up(site: Site, server: tuple[str, str], browser: Browser) -> None:
    address, password = server
    with opened(browser, WALL) as (page, troubles):
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        expect(page).to_have_url(f"{address}/login")
        page.locator("input").first.fill("admin")
        page.locator("input[type=password]").fill(password)
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{address}/", timeout=PATIENCE)
        expect(page.get_by_text("青峦县").first).to_be_visible(timeout=PATIENCE)
        site.happen(seen_dirty(site))
        expect(page.get_by_text("石门村").first).to_be_visible(timeout=PATIENCE)
        expect(page.locator(f"img[src*='{SHA}']").first).to_be_visible(timeout=PATIENCE)
        assert troubles == []


def test_a_village_account_finds_a_page_of_its_own_and_logs_out(
    site: Site, server: tuple[str, str], browser: Browser
) -> None:
    password = Account(site.folder / "secrets").named.add("v1", datetime.now(UTC))
    address, _ = server
    with opened(browser, PHONE) as (page, troubles):
        page.goto(f"{address}/login")
        page.locator("input").first.fill("v1")
        page.locator("input[type=password]").fill(password)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="马村官，您好")).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_text("大屏是全县的")).to_be_visible()
        assert grave_faults(page) == []
        button(page, "退出登录")
        expect(page).to_have_url(f"{address}/login", timeout=PATIENCE)
        page.goto(address)
        expect(page).to_have_url(f"{address}/login", timeout=PATIENCE)
        assert troubles == []
