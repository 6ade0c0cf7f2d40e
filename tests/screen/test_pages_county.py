"""People and policy on the real server in Chromium: a hand-over and a stricter limit, looked at first, then saved."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from county.book import CountyBook
from tests.screen.pages_browser import PHONE, grave_faults, opened
from tests.screen.test_pages_office import HOSTILE, Town, press, said, town

__all__ = ["town"]
pytestmark = pytest.mark.real
WIDE: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
VIEWS = Path(__file__).parents[2] / "screen/web/src/office/views.ts"
# What can be moved sideways within a page; rows of tabs may.
SIDEWAYS = """() => [...document.querySelectorAll('main *')].filter((one) => one.clientWidth > 0
  && one.scrollWidth > one.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(one).overflowX)
  && !/^(TEXTAREA|INPUT|SELECT)$/.test(one.tagName) && !one.matches('.tabs')).map((one) => one.className)"""
PICTURES = os.environ.get("COUNTY_PICTURES", "")


@contextmanager
def admin(town: Town, browser: Browser, at: str, shape: dict[str, Any] = WIDE) -> Iterator[Page]:
    password = town.accounts.reset()
    with opened(browser, shape) as (page, troubles):
        page.goto(f"{town.address}/office{at}")
        page.fill("#name", "admin")
        page.fill("#password", password)
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{town.address}/office{at}")
        yield page
        assert [one for one in troubles if "409" not in one] == []


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_people_are_found_by_place_and_handed_over_after_a_look(town: Town, browser: Browser) -> None:
    town.happen(1)
    soon = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    with admin(town, browser, "#people") as page:
        expect(page.get_by_role("region", name="责任链")).to_contain_text("柳林镇")
        press(page, "柳林镇")
        press(page, "石门村")
        expect(page.get_by_role("row").filter(has_text="村口垃圾点")).to_contain_text("马村官")
        picture(page, "people-tree")
        assert grave_faults(page) == []
        page.get_by_role("row").filter(has_text="村口垃圾点").get_by_role("button", name="马村官").click()
        expect(page.get_by_role("heading", name="马村官")).to_be_visible()
        expect(page.get_by_role("article")).to_contain_text("1 件")
        picture(page, "people-person")
        press(page, "换人移交")
        page.get_by_label("接手的人").fill("v2")
        page.get_by_label("从哪一天").fill(soon)
        press(page, "下一步：看看会怎样")
        sheet = page.get_by_role("dialog")
        expect(sheet).to_contain_text("检查通过")
        expect(sheet).to_contain_text("马村官：1 件未结")
        picture(page, "people-save")
        assert grave_faults(page) == []
        page.get_by_label("为什么改").fill(f"调走{HOSTILE}")
        press(page, "保存为新的一版")
        said(page, "已保存为第 3 版")
        expect(page.get_by_role("listitem").filter(has_text="石门村")).to_contain_text(f"到 {soon} 前")
        press(page, "缺岗")
        assert grave_faults(page) == []
        press(page, "人员")
        page.get_by_label("找人").fill("上河村")
        page.keyboard.press("Enter")
        expect(page.get_by_role("region", name="人员表格").get_by_role("row")).to_have_count(2)
        assert fits(page)
    with CountyBook(town.site.settings.county_url) as book:
        assert book.history()[0].reason == f"调走{HOSTILE}"


def test_a_policy_is_checked_while_it_is_typed_saved_and_taken_back(town: Town, browser: Browser) -> None:
    with admin(town, browser, "#policy") as page:
        text = page.get_by_label("policy.toml")
        expect(text).to_have_value(re.compile("limit"))
        now = text.input_value()
        text.fill(now.replace("value = 30", "value = -1", 1))
        expect(page.get_by_text("1 处不对，现在不能保存")).to_be_visible()
        press(page, "第 4 行")
        expect(text).to_be_focused()
        picture(page, "policy-wrong")
        assert grave_faults(page) == []
        text.fill(now.replace("value = 30", "value = 20", 1))
        expect(page.get_by_text("检查通过，1 处变化")).to_be_visible()
        press(page, "开始回放")
        expect(page.get_by_text("没有收到过消息")).to_be_visible()
        press(page, "查看差异并保存")
        expect(page.get_by_role("dialog")).to_contain_text("30 分钟 → 20 分钟")
        page.get_by_label("为什么改").fill(HOSTILE)
        picture(page, "policy-save")
        press(page, "保存为新的一版")
        said(page, "已保存为第 3 版")
        press(page, "历次版本")
        expect(page.get_by_role("region", name="历次版本")).to_contain_text(HOSTILE)
        press(page, "第 3 版改了什么")
        expect(page.get_by_role("region", name="差异")).to_contain_text("20 分钟")
        picture(page, "policy-revisions")
        press(page, "退回到第 2 版")
        page.get_by_label("为什么改").fill("太严")
        press(page, "保存为新的一版")
        said(page, "已保存为第 4 版")
        assert grave_faults(page) == []
    with CountyBook(town.site.settings.county_url) as book:
        assert book.folder(number=4) == book.folder(number=2)


def test_both_views_fit_a_phone_and_who_may_not_sees_no_buttons(town: Town, browser: Browser) -> None:
    town.act(town.happen(1)[0], "accept", "v1")
    with admin(town, browser, "#people", PHONE) as page:
        press(page, "柳林镇")
        expect(page.get_by_role("region", name="责任链")).to_contain_text("石门村")
        picture(page, "people-phone")
        assert fits(page)
        page.goto(f"{town.address}/office#policy")
        expect(page.get_by_label("policy.toml")).to_be_visible()
        picture(page, "policy-phone")
        assert fits(page)
        for view in re.findall(r"name: '(\w*)'", VIEWS.read_text(encoding="utf-8")):
            page.goto(f"{town.address}/office#{view}")
            page.wait_for_load_state("networkidle")
            expect(page.get_by_role("heading", level=1).locator("visible=true").first).to_be_visible()
            picture(page, f"phone-{view or 'queue'}")
            assert fits(page), view
            assert page.evaluate(SIDEWAYS) == [], view
    with town.login(browser, "t1", at="#people") as page:
        expect(page.get_by_role("region", name="责任链")).to_contain_text("石门村")
        expect(page.get_by_role("button", name="添加人员")).to_have_count(0)
        expect(page.get_by_text("199****0001")).to_be_visible()
