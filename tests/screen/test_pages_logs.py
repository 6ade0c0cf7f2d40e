"""The log of messages on the real server in Chromium: names masked, wide and on a phone, and a file with its reason."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.screen.pages_browser import grave_faults
from tests.screen.test_pages_office import Town, press, said, town

__all__ = ["town"]


def test_messages_are_read_and_taken_as_a_file_with_a_reason(town: Town, browser: Browser) -> None:
    town.happen(1, 2)
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
