"""The devices page on the real server in Chromium: what an installer does at a desk and on a phone."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from broker.messages import CameraHealth, Health, Status
from county.book import CountyBook
from detect.blur import encode
from ingest.latest import LatestValue
from ingest.wishes import WishBook
from screen.access.account import Account
from screen.app import serve
from screen.settings import STATIC
from tests.alerts.makes import event
from tests.county.small import BOX, CAMERA, COUNTY, VILLAGE
from tests.screen.pages_browser import PHONE, grave_faults, opened
from tests.screen.site import Site
from tests.servers import wait_until

pytestmark = pytest.mark.real
DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
SHA = "b" * 64
SEEN = encode(np.tile(np.linspace(60, 190, 640, dtype=np.uint8)[None, :, None], (360, 1, 3)), 85)
HOSTILE = "<img src=x onerror=alert(1)>"


class Village:
    """A county's server, and the box of its one village as far as configurations go."""

    def __init__(self, site: Site, address: str) -> None:
        self.site, self.address = site, address
        self.wishes = WishBook(site.settings.inbox_url)
        self.folder = site.folder / "box"

    def says(self, *messages: Any) -> None:
        now = datetime.now(UTC)
        self.site.latest.put([
            LatestValue(COUNTY, VILLAGE, BOX, one.kind, one.at, now, one.model_dump_json(by_alias=True).encode())
            for one in messages
        ])  # fmt: skip

    def head(self) -> dict[str, Any]:
        return {"message_id": uuid4(), "device": BOX, "at": datetime.now(UTC)}

    @contextmanager
    def login(self, browser: Browser, shape: dict[str, Any] = DESKTOP) -> Iterator[Page]:
        password = Account(self.site.folder / "secrets").reset()
        with opened(browser, shape) as (page, troubles):
            page.goto(f"{self.address}/office#devices")
            page.fill("#name", "admin")
            page.fill("#password", password)
            page.keyboard.press("Enter")
            expect(page.get_by_role("heading", name="设备", exact=True)).to_be_visible()
            yield page
            assert [one for one in troubles if "409" not in one] == []


@pytest.fixture
def village(site: Site) -> Iterator[Village]:
    site.now = datetime.now(UTC)
    site.evidence(SHA, SEEN)
    site.happen(event(0, picture=SHA).model_copy(update={"at": datetime.now(UTC)}))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said: list[str] = []
    stop = threading.Event()
    settings = replace(site.settings, port=port, secure_cookies=False, static=STATIC)
    thread = threading.Thread(target=serve, args=(settings, stop, said.append))
    thread.start()
    wait_until(lambda: len(said) == 2, "the screen listens")
    made = Village(site, said[1].rstrip("/"))
    blind = (CameraHealth(name=CAMERA, online=False, reason="连不上"), CameraHealth(name="cam-9", online=True))
    made.says(Status(**made.head(), online=True), Health(**made.head(), version="0.1.0", cameras=blind))
    yield made
    made.wishes.close()
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_codes_records_and_revoking_are_done_from_the_page(village: Village, browser: Browser) -> None:
    with village.login(browser) as page:
        found = page.get_by_role("region", name="发现了没登记的")
        expect(found).to_contain_text("cam-9")
        found.get_by_role("button", name="登记").click()
        page.get_by_label("名称").fill("桥头摄像机")
        page.get_by_label("用途").fill("公共环境卫生")
        press(page, "看会改什么")
        expect(page.get_by_role("list", name="会改什么")).to_contain_text("+ devices.csv: cam-9")
        page.get_by_label("原因").fill("新装")
        assert grave_faults(page) == []
        press(page, "保存")
        expect(page.get_by_role("status").filter(has_text="已存为第2版")).to_be_visible()
        expect(found).to_have_count(0)
        page.get_by_role("list", name="设备清单").get_by_role("button", name="石门村盒子").click()
        press(page, "发安装码")
        code = page.get_by_role("dialog", name="安装码")
        expect(code).to_contain_text("jingcun claim --server")
        assert grave_faults(page) == []
        press(page, "记好了")
        expect(page.get_by_text("安装码有效")).to_be_visible()
        press(page, "换新密钥")
        page.get_by_role("dialog").get_by_role("button", name="换新密钥").click()
        press(page, "记好了")
        press(page, "吊销")
        press(page, "确定吊销")
        expect(page.get_by_role("alert")).to_have_text("请写明原因")
        page.get_by_role("button", name="设备被盗").click()
        press(page, "确定吊销")
        expect(page.get_by_text("已吊销", exact=False).first).to_be_visible()
        with CountyBook(village.site.settings.county_url) as book:
            assert book.credentials(COUNTY)[-1].revoked_why == "admin：设备被盗"


def test_the_page_fits_a_phone(village: Village, browser: Browser) -> None:
    with village.login(browser, PHONE) as page:
        page.get_by_role("list", name="设备清单").get_by_role("button", name="村口摄像机").click()
        press(page, "画点位和遮挡")
        expect(page.get_by_role("group", name="画面上的点位和遮挡")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert grave_faults(page) == []
