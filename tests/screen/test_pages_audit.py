"""The administrators' pages on the real server in Chromium: the auditor's register, and what each finds first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.screen.pages_browser import grave_faults, opened
from tests.screen.test_pages_office import DESKTOP, Town, press, said, town

__all__ = ["town"]
pytestmark = pytest.mark.real


@contextmanager
def entered(town: Town, browser: Browser, role: str, name: str) -> Iterator[Page]:
    """The office of an administrator whose account is made now."""
    password = town.accounts.named.add(role, datetime.now(UTC), role, name)
    with opened(browser, DESKTOP) as (page, troubles):
        page.goto(f"{town.address}/login?next=/office")
        page.fill("#name", role)
        page.fill("#password", password)
        page.keyboard.press("Enter")
        yield page
        assert troubles == []


def test_the_auditor_reads_the_register_walks_the_chain_and_takes_it_with_a_reason(
    town: Town, browser: Browser
) -> None:
    first = town.happen(1)[0]
    town.act(first, "accept", "v1")
    with entered(town, browser, "auditor", "审计甲") as page:
        expect(page).to_have_url(f"{town.address}/office")
        page.goto(f"{town.address}/office#audit")
        table = page.get_by_role("region", name="审计登记表格")
        expect(table).to_contain_text("auditor")
        assert grave_faults(page) == []
        press(page, "核对整条链")
        expect(page.locator(".chain")).to_contain_text("全部核对无误")
        press(page, "导出")
        page.get_by_label("原因").fill("上级检查")
        with page.expect_download() as taken:
            page.get_by_role("dialog").get_by_role("button", name="导出").click()
        assert taken.value.suggested_filename == "审计登记.csv"
        said(page, "已导出审计登记")
        press(page, "调用登记")
        expect(page.get_by_text("没有这样的登记")).to_be_visible()
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_who_keeps_the_accounts_comes_to_them_and_to_no_ticket(town: Town, browser: Browser) -> None:
    town.happen(1)
    with entered(town, browser, "security", "安全乙") as page:
        expect(page).to_have_url(f"{town.address}/office#accounts")
        expect(page.get_by_role("button", name="我的账号：安全乙")).to_contain_text("安全管理员")
        expect(page.get_by_role("heading", level=1, name="账号")).to_be_visible()
        expect(page.get_by_role("link", name="工单")).to_have_count(0)
        assert grave_faults(page) == []
