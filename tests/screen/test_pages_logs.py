"""The log of messages and the red and black lists on the real server in Chromium: wide, on a phone, by keyboard."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import Browser, Page, expect

from county.book import CountyBook
from county.files import dump
from tests.alerts.test_outcomes import ended, put
from tests.county.small import POLICY_TOML
from tests.screen.pages_browser import grave_faults
from tests.screen.test_pages_office import Town, press, said, town, wide_county

__all__ = ["town"]


def test_messages_are_read_and_taken_as_a_file_with_a_reason(town: Town, browser: Browser) -> None:
    town.happen(1, 2)
    with CountyBook(town.site.settings.county_url) as registry:
        registry.save(dump(wide_county().content, f"{POLICY_TOML}\n[lists]\non = true\n".encode()), "test", "lists")
    before = town.site.now.replace(day=1) - timedelta(days=10)
    put(town.site.book, *(ended(n, in_time=True, opened_at=before) for n in range(6)))
    with town.login(browser, "t1") as page:
        page.goto(f"{town.address}/office#notices")
        table = page.get_by_role("region", name="通知记录表格")
        expect(table).to_contain_text("马**")
        expect(table).not_to_contain_text("马村官")
        assert grave_faults(page) == []
        press(page, "导出")
        page.get_by_label("原因").fill("月度例会")
        with page.expect_download() as taken:
            page.get_by_role("dialog").get_by_role("button", name="导出").click()
        assert taken.value.suggested_filename == "通知记录.xlsx"
        said(page, "已导出通知记录")
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.goto(f"{town.address}/office#notices")
        page.set_viewport_size({"width": 1440, "height": 900})
        a_list_is_drawn_up_by_keyboard(page)
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def a_list_is_drawn_up_by_keyboard(page: Page) -> None:
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page.get_by_role("heading", level=1, name="红黑榜")).to_be_visible()
    page.get_by_role("button", name="拟一张榜").press("Enter")
    page.keyboard.press("Control+Enter")
    said(page, "的榜已拟好")
    red = page.get_by_role("region", name="红榜")
    expect(red).to_contain_text("发现6件，可评6件，按时办结6件")
    page.get_by_role("button", name="更正 石门村").press("Enter")
    page.get_by_role("spinbutton", name="更正为").fill("95.5")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_have_text("请写明原因")
    page.get_by_role("textbox", name="原因").fill("一件记错了村")
    page.keyboard.press("Control+Enter")
    expect(red).to_contain_text("更正：原100分，一件记错了村")
    assert grave_faults(page) == []
    page.get_by_role("button", name="提交，开始异议期").press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_text("期满且异议都已答复才能批准")).to_be_visible()
    expect(page.get_by_role("button", name="更正 石门村")).to_have_count(0)
    expect(page.get_by_role("button", name="批准")).to_have_count(0)
