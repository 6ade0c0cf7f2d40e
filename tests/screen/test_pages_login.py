"""The login and the accounts on the real server in Chromium: a first login to the end, and who keeps the accounts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from screen.access.account import Account
from screen.access.codes import code_at
from screen.app import serve
from screen.settings import STATIC, LoginRules
from tests.screen.pages_browser import PHONE, grave_faults, opened
from tests.screen.site import Site
from tests.servers import wait_until

pytestmark = pytest.mark.real
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
OWN = "第三棵老槐树 2kw"
EXPECTED = ("401", "403", "409", "422")  # what a browser writes on its console when it is refused


@pytest.fixture
def strict(site: Site) -> Iterator[tuple[Site, str, str]]:
    """A strict server: its site, its address, and the admin's first password."""
    site.now = datetime.now(UTC)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said: list[str] = []
    stop = threading.Event()
    rules = LoginRules(second_factor="county", idle_minutes=30, wall_hours=720, change_first=True)
    settings = replace(site.settings, port=port, secure_cookies=False, static=STATIC, login=rules)
    thread = threading.Thread(target=serve, args=(settings, stop, said.append))
    thread.start()
    wait_until(lambda: len(said) == 2, "the screen listens")
    yield site, said[1].rstrip("/"), said[0].split("首次口令 ")[1].split("（")[0]
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


def enter(page: Page, address: str, name: str, password: str) -> None:
    page.goto(f"{address}/login?next=/office")
    page.fill("#name", name)
    page.fill("#password", password)
    page.keyboard.press("Enter")


def set_up(page: Page) -> str:
    """Set a second factor up on the page that shows it; returns its secret."""
    secret = page.locator(".typed").inner_text().split("：")[1].strip()
    page.fill("#own-code", code_at(secret, datetime.now(UTC)))
    page.keyboard.press("Enter")
    expect(page.get_by_role("list", name="恢复码").get_by_role("listitem")).to_have_count(10)
    return secret


def test_a_first_login_on_a_phone_changes_the_password_and_leads_on(
    strict: tuple[Site, str, str], browser: Browser
) -> None:
    site, address, _ = strict
    first = Account(site.folder / "secrets").named.add("v1", datetime.now(UTC))
    with opened(browser, PHONE) as (page, troubles):
        enter(page, address, "v1", first)
        page.fill("#own-new", "123")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("新口令至少 10 个字符")
        page.fill("#own-new", "1234567890")
        page.fill("#own-again", "1234567890")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("太常见")
        assert grave_faults(page) == []
        page.fill("#own-new", OWN)
        page.fill("#own-again", OWN)
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{address}/office")
        page.get_by_role("button", name="我的账号").click()
        expect(page.get_by_role("dialog", name="我的账号")).to_contain_text("没有启用")
        assert grave_faults(page) == []
        assert [one for one in troubles if not any(number in one for number in EXPECTED)] == []
    assert Account(site.folder / "secrets").right("v1", OWN)


def test_the_admin_sets_a_second_factor_up_and_keeps_the_accounts(
    strict: tuple[Site, str, str], browser: Browser
) -> None:
    site, address, password = strict
    with opened(browser, DESKTOP) as (page, troubles):
        enter(page, address, "admin", password)
        expect(page.get_by_alt_text("第二验证的二维码")).to_be_visible()
        assert grave_faults(page) == []
        set_up(page)
        page.get_by_role("button", name="我已经抄好").click()
        expect(page).to_have_url(f"{address}/office")
        expect(page.get_by_role("button", name="我的账号")).to_be_visible()
        page.keyboard.press("g")
        page.keyboard.press("a")
        expect(page.get_by_role("heading", name="账号", exact=True)).to_be_visible()
        page.get_by_role("button", name="开账号").click()
        page.select_option("#acc-person", "t1")
        page.fill("#acc-password", password)
        page.keyboard.press("Enter")
        made = page.locator(".made code")
        expect(made).to_be_visible()
        assert Account(site.folder / "secrets").right("t1", made.inner_text())
        assert grave_faults(page) == []
        page.get_by_role("button", name="抄好了").click()
        page.get_by_role("button", name="重置口令：").click()
        page.fill("#acc-password", "wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("口令或验证码不对")
        page.keyboard.press("Escape")
        assert grave_faults(page) == []
        page.get_by_role("button", name="退出").click()
        expect(page).to_have_url(f"{address}/login")
        enter(page, address, "admin", password)
        page.fill("#code", "000000")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("验证码不对")
        assert [one for one in troubles if not any(number in one for number in EXPECTED)] == []
