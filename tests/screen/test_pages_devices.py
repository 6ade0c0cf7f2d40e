"""The devices page on the real server in Chromium: from a faulty camera to a box that runs a mask, and on a phone."""

from __future__ import annotations

import re
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
from playwright.sync_api import Browser, Locator, Page, expect

from broker.downward import Config
from broker.messages import CameraHealth, ConfigState, Health, Status
from county.book import CountyBook
from detect.blur import encode
from edge.desired import Desired, judge
from edge.settings import BoxSettings, check
from ingest.latest import LatestValue
from ingest.wishes import WishBook, Wishes
from screen.access.account import Account
from screen.app import serve
from screen.settings import STATIC
from tests.alerts.makes import event
from tests.county.small import BOX, CAMERA, COUNTY, SPOT, VILLAGE
from tests.screen.pages_browser import PHONE, grave_faults, opened
from tests.screen.site import Site
from tests.servers import wait_until

pytestmark = pytest.mark.real
DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
SHA = "b" * 64
SEEN = encode(np.tile(np.linspace(60, 190, 640, dtype=np.uint8)[None, :, None], (360, 1, 3)), 85)
HOSTILE = "<img src=x onerror=alert(1)>"


class Wire:
    """A connection that keeps what was published."""

    def __init__(self) -> None:
        self.said: list[tuple[str, bytes]] = []

    def publish(self, topic: str, payload: bytes, **_: Any) -> None:
        self.said.append((topic, payload))


class Village:
    """A county's server, and the box of its one village as far as configurations go."""

    def __init__(self, site: Site, address: str) -> None:
        self.site, self.address = site, address
        self.wishes = WishBook(site.settings.inbox_url)
        self.folder = site.folder / "box"

    def box(self) -> BoxSettings:
        camera = {"name": CAMERA, "source": {"type": "rendered", "scene": "lane"}}
        table = {"device": BOX, "village": VILLAGE, "folder": str(self.folder), "cameras": [camera],
                 "broker": {"host": "127.0.0.1", "tls": False}}  # fmt: skip
        return check(table, self.folder / "box.toml")

    def says(self, *messages: Any) -> None:
        now = datetime.now(UTC)
        self.site.latest.put([
            LatestValue(COUNTY, VILLAGE, BOX, one.kind, one.at, now, one.model_dump_json(by_alias=True).encode())
            for one in messages
        ])  # fmt: skip

    def head(self) -> dict[str, Any]:
        return {"message_id": uuid4(), "device": BOX, "at": datetime.now(UTC)}

    def hears(self) -> BoxSettings:
        """The door publishes what is wished, the box tries it, is well with it, and says so; returns what it runs."""
        wire, desired, file = Wire(), Desired(self.folder), self.box()
        with CountyBook(self.site.settings.county_url) as book:
            Wishes(self.wishes, lambda: book.current(COUNTY)).send(wire)
        topic, payload = wire.said[-1]
        assert topic.endswith(f"/{BOX}/config")
        wanted = Config.model_validate_json(payload)
        assert judge(wanted, file, file, desired.known()).act == "try"
        desired.start(wanted, [CAMERA])
        life = desired.begin(file)
        assert life.trial is not None
        desired.keep(life.trial)
        self.says(ConfigState(**self.head(), version=wanted.version, ok=True))
        return desired.begin(file).running

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


def drag(page: Page, corner: Locator, x: float, y: float) -> None:
    """Draw a corner to a place of the picture, in shares."""
    box = page.get_by_role("group", name="画面上的点位和遮挡").bounding_box()
    at = corner.bounding_box()
    assert box is not None
    assert at is not None
    page.mouse.move(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y, steps=4)
    page.mouse.up()


def corner(page: Page, name: str, n: int) -> Locator:
    return page.get_by_role("button", name=f"{name}第 {n} 角")


def draw_by_mouse_and_keys(page: Page) -> None:
    """A mask in the corner by mouse, a spot by the arrow keys; a crossing is said and undone."""
    press(page, "＋ 遮挡")
    page.get_by_label("遮挡名称").fill(f"窗户{HOSTILE}")
    for n, (x, y) in enumerate(((0.0, 0.0), (0.2, 0.0), (0.2, 0.3), (0.0, 0.3)), start=1):
        drag(page, corner(page, f"窗户{HOSTILE}", n), x, y)
    press(page, "＋ 点位")
    page.get_by_label("点位名称").last.fill("桥头")
    page.get_by_role("checkbox", name="暴露垃圾").check()
    second = corner(page, "桥头", 1)
    before = second.get_attribute("aria-label") or ""
    second.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowUp")
    expect(second).not_to_have_attribute("aria-label", before)
    page.keyboard.press("+")
    expect(corner(page, "桥头", 5)).to_have_count(1)
    page.keyboard.press("Delete")
    expect(corner(page, "桥头", 5)).to_have_count(0)
    drag(page, corner(page, "桥头", 1), 0.95, 0.5)
    expect(page.get_by_text("边线自己相交")).to_be_visible()
    press(page, "撤销")
    expect(page.get_by_text("边线自己相交")).to_have_count(0)
    assert grave_faults(page) == []


def test_from_a_faulty_camera_to_a_spot_and_a_mask_that_its_box_runs(village: Village, browser: Browser) -> None:
    with village.login(browser) as page:
        page.get_by_label("状态").select_option("faulty")
        row = page.get_by_role("list", name="设备清单").get_by_role("button", name="村口摄像机")
        expect(row).to_contain_text("合规缺项")
        assert grave_faults(page) == []
        row.click()
        expect(page.get_by_role("img", name="村口摄像机最近的画面")).to_be_visible()
        expect(page.get_by_text("没有登记用途")).to_be_visible()
        assert grave_faults(page) == []
        press(page, "画点位和遮挡")
        expect(page.get_by_role("group", name="画面上的点位和遮挡")).to_be_visible()
        draw_by_mouse_and_keys(page)
        press(page, "保存…")
        expect(page.get_by_role("list", name="会改什么")).to_contain_text("新增点位“桥头”")
        expect(page.get_by_role("list", name="请留意")).to_contain_text("重叠")
        press(page, "保存并下发")
        expect(page.get_by_role("alert")).to_have_text("请写明原因")
        page.get_by_label("原因").fill("居民要求遮挡")
        assert grave_faults(page) == []
        press(page, "保存并下发")
        expect(page.get_by_text("第1版已下发，盒子还没有回话")).to_be_visible()
        with CountyBook(village.site.settings.county_url) as book:
            newest = book.history(COUNTY)[0]
            assert (newest.number, newest.author, newest.reason) == (2, "admin", "村口摄像机：居民要求遮挡")
            masks = book.current(COUNTY).masks_of(CAMERA)
        assert [mask.name for mask in masks] == [f"窗户{HOSTILE}"]
        runs = village.hears().cameras[0]
        assert [spot.name for spot in runs.watched] == [SPOT, "cam-1.spot-2"]
        assert runs.watched[1].kinds == ("garbage",)
        assert runs.masks == tuple(mask.polygon for mask in masks)
        expect(page.get_by_text("盒子已确认：正在运行第1版")).to_be_visible(timeout=15_000)


def test_codes_records_and_revoking_are_done_from_the_page(village: Village, browser: Browser) -> None:
    with village.login(browser) as page:
        found = page.get_by_role("region", name="发现了没登记的")
        expect(found).to_contain_text("cam-9")
        found.get_by_role("button", name="登记").click()
        page.get_by_label("名称").fill("桥头摄像机")
        page.get_by_label("用途").fill("公共环境卫生")
        press(page, "看会改什么")
        expect(page.get_by_role("list", name="会改什么")).to_contain_text("新增设备：cam-9")
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


def touch(page: Page, corner: Locator, x: float, y: float) -> None:
    """Draw a corner with a finger to a place of the picture, in shares."""
    box = page.get_by_role("group", name="画面上的点位和遮挡").bounding_box()
    at = corner.bounding_box()
    assert box is not None
    assert at is not None
    finger = page.context.new_cdp_session(page)
    here = (at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
    there = (box["x"] + box["width"] * x, box["y"] + box["height"] * y)
    for kind, share in (
        ("touchStart", 0.0),
        ("touchMove", 0.3),
        ("touchMove", 0.7),
        ("touchMove", 1.0),
        ("touchEnd", 1.0),
    ):
        point = {"x": here[0] + (there[0] - here[0]) * share, "y": here[1] + (there[1] - here[1]) * share}
        points = [] if kind == "touchEnd" else [point]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_the_page_fits_a_phone_and_a_finger_draws(village: Village, browser: Browser) -> None:
    with village.login(browser, PHONE) as page:
        page.locator("summary").click()
        page.get_by_role("link", name="规则", exact=True).click()
        expect(page.get_by_role("heading", name="规则", exact=True)).to_be_visible()
        page.goto(f"{village.address}/office#devices")
        page.get_by_role("list", name="设备清单").get_by_role("button", name="村口摄像机").click()
        press(page, "改登记")
        page.get_by_role("checkbox", name="县级").check()
        page.get_by_label("再加一个人").select_option("v1")
        expect(page.get_by_role("button", name="去掉马村官")).to_be_visible()
        assert grave_faults(page) == []
        press(page, "看会改什么")
        expect(page.get_by_role("list", name="会改什么")).to_contain_text("画面给谁看：空 → 县级、v1")
        page.get_by_label("原因").fill("对着民宅")
        press(page, "保存")
        expect(page.get_by_text("只给县、马村官看")).to_be_visible()
        press(page, "画点位和遮挡")
        expect(page.get_by_role("group", name="画面上的点位和遮挡")).to_be_visible()
        press(page, "＋ 遮挡")
        touch(page, corner(page, "遮挡1", 1), 0.1, 0.2)
        expect(corner(page, "遮挡1", 1)).to_have_attribute("aria-label", re.compile("左 (9|10).*上 (19|20)"))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert grave_faults(page) == []
