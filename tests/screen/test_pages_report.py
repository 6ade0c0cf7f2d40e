"""随手拍 on the real server in Chromium at a phone's size: from the photo to the code, and how the report stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.county.small import SPOT, VILLAGE
from tests.screen.pages_browser import PHONE, grave_faults, opened
from tests.screen.site import Site
from tests.screen.test_api_browser import server

pytestmark = pytest.mark.real
__all__ = ["server"]  # a fixture
HERE: dict[str, Any] = {"geolocation": {"longitude": 106.25, "latitude": 36.15}, "permissions": ["geolocation"]}


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "pile.jpg"
    cv2.imwrite(str(path), np.full((900, 1200, 3), (60, 110, 90), np.uint8))
    return path


def form(page: Page, server: tuple[str, str], query: str = "") -> None:
    page.goto(f"{server[0]}/report{query}")
    expect(page.get_by_text("是什么问题", exact=True)).to_be_visible()


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def submit(page: Page) -> str:
    """Send it; returns the code that the page shows."""
    button(page, "提 交")
    expect(page.get_by_text("已收到您反映的")).to_be_visible()
    return page.locator(".code b").inner_text()


def reported(server: tuple[str, str]) -> Any:
    """The reports as an official reads them."""
    with httpx.Client(base_url=server[0], timeout=30) as official:
        official.post("/api/v1/login", json={"name": "admin", "password": server[1]}).raise_for_status()
        return official.get("/api/v1/reports").json()


def test_a_photo_with_the_phones_position_becomes_a_ticket_and_its_progress_can_be_read(
    site: Site, server: tuple[str, str], browser: Browser, photo: Path
) -> None:
    with opened(browser, PHONE, **HERE) as (page, troubles):
        form(page, server)
        expect(page.get_by_role("button", name="请选是什么问题")).to_be_disabled()
        page.get_by_text("暴露垃圾", exact=True).click()
        expect(page.get_by_role("button", name="请说明在哪里")).to_be_disabled()
        button(page, "我就在现场，用手机定位")
        expect(page.get_by_text("已记下您现在的位置")).to_be_visible()
        page.locator("input[type=file]").set_input_files(photo)
        page.get_by_label("说明", exact=True).fill("河边一堆垃圾")
        page.get_by_text("留姓名电话").click()
        page.get_by_label("姓名").fill("王小明")
        page.get_by_label("电话").fill("13912345678")
        assert grave_faults(page) == []
        code = submit(page)
        page.get_by_role("link", name="看进展").click()
        expect(page.get_by_text("已派人处理")).to_be_visible()
        assert page.url.endswith(f"/r/{code}")
        assert grave_faults(page) == []
        page.goto(f"{server[0]}/report")
        page.get_by_text("我反映过的（1）").click()
        expect(page.locator(f"a[href='/r/{code}']")).to_be_visible()
        page.goto(f"{server[0]}/r/{code}")
        button(page, "删除我留下的姓名和电话")
        button(page, "删除")
        expect(page.get_by_text("姓名和电话已删除")).to_be_visible()
        assert troubles == []
    (row,) = reported(server)
    assert (row["source"], row["what"], row["words"]) == ("report", "garbage", "河边一堆垃圾")
    (kept,) = site.reader.photos(site.reader.recent(1)[0].id)
    assert (kept.view, kept.phase, round(kept.longitude or 0, 2)) == ("near", "before", 106.25)


def test_without_a_position_a_village_and_words_will_do(site: Site, server: tuple[str, str], browser: Browser) -> None:
    with opened(browser, PHONE, permissions=[]) as (page, _):
        form(page, server)
        page.get_by_text("暴露垃圾", exact=True).click()
        page.get_by_label("说明", exact=True).fill("没人收")
        page.get_by_label("乡镇").select_option("柳林镇")
        page.get_by_label("村", exact=True).select_option("石门村")
        page.get_by_label("什么地方").fill("小学门口")
        submit(page)
    assert site.reader.recent(1)[0].village == VILLAGE


def test_the_code_at_a_spot_says_where(site: Site, server: tuple[str, str], browser: Browser) -> None:
    with opened(browser, PHONE) as (page, _):
        form(page, server, f"?spot={SPOT}")
        expect(page.get_by_text(f"已扫点位码：{SPOT}")).to_be_visible()
        page.get_by_text("暴露垃圾", exact=True).click()
        page.get_by_label("说明", exact=True).fill("又满了")
        submit(page)
    ticket = site.reader.ticket(site.reader.recent(1)[0].id)
    assert ticket is not None
    assert ticket.scene.spot == SPOT


def test_what_was_sent_without_an_answer_is_sent_again_and_counts_once(
    site: Site, server: tuple[str, str], browser: Browser, photo: Path
) -> None:
    with opened(browser, PHONE, **HERE) as (page, _):
        form(page, server)
        page.get_by_text("暴露垃圾", exact=True).click()
        button(page, "我就在现场，用手机定位")
        page.locator("input[type=file]").set_input_files(photo)
        page.get_by_label("说明", exact=True).fill("一次")
        lost = []

        def lose(route: Any) -> None:
            """The server takes it, and its answer is lost."""
            lost.append(route.fetch().status)
            route.abort()

        page.route("**/api/v1/reports", lose)
        button(page, "提 交")
        expect(page.get_by_role("alert")).to_contain_text("内容还在")
        page.unroute("**/api/v1/reports")
        submit(page)
    assert lost == [200]
    assert len(reported(server)) == 1


def test_a_wrong_code_says_so(server: tuple[str, str], browser: Browser) -> None:
    with opened(browser, PHONE) as (page, _):
        page.goto(f"{server[0]}/r/nonsense")
        expect(page.get_by_role("heading", name="查不到这条反映")).to_be_visible()
