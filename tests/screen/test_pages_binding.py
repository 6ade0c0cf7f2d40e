"""The card for binding in Chromium at a phone's size, on the desk page and on that of an account."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.screen.binding_standin import ATTEMPT, LINK, PAIR, SMS
from tests.screen.pages_browser import PHONE, grave_faults, opened
from tests.screen.pages_standin import StandIn

pytestmark = pytest.mark.real
QR_SHOWN = "document.querySelector('.bind img')?.naturalWidth > 0"


def card(page: Page, server: StandIn, path: str = "/t/abc123") -> None:
    page.goto(f"{server.url}{path}")
    page.get_by_text("用微信、企业微信收通知").click()
    expect(page.get_by_text("已绑定 11月20日")).to_be_visible()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_code_is_scanned_and_the_two_numbers_bind(browser: Browser, server: StandIn) -> None:
    with opened(browser, PHONE) as (page, troubles):
        card(page, server)
        press(page, "绑定微信")
        expect(page.get_by_alt_text("绑定微信的二维码")).to_be_visible()
        expect(page.get_by_text("长按二维码")).to_be_visible()
        page.wait_for_function(QR_SHOWN)
        assert grave_faults(page) == []
        server.binding.state = "scanned"
        expect(page.get_by_text("138****0001")).to_be_visible()
        send = page.get_by_role("button", name="绑定", exact=True)
        page.get_by_label("短信里的 6 位验证码").fill(SMS)
        expect(send).to_be_disabled()
        page.get_by_label("微信里显示的 2 位数字").fill("41")
        assert troubles == []
        send.click()
        expect(page.get_by_role("alert")).to_have_text("数字不对")
        page.get_by_label("微信里显示的 2 位数字").fill(PAIR)
        send.click()
        expect(page.get_by_text("绑定好了")).to_be_visible()
        expect(page.get_by_text("已绑定 11月21日")).to_be_visible()
    last = server.binding.asked[-1]
    assert last == ("confirm", {"code": "abc123", "attempt": ATTEMPT, "sms": SMS, "pair": PAIR})


def test_inside_wecom_the_link_is_opened_and_the_attempt_outlives_it(browser: Browser, server: StandIn) -> None:
    with opened(browser, PHONE) as (page, _):
        card(page, server)
        press(page, "换绑企业微信")
        expect(page.get_by_role("link", name="在企业微信里打开")).to_have_attribute("href", LINK)
        server.binding.state = "scanned"
        page.goto("about:blank")
        page.goto(f"{server.url}/t/abc123")
        page.get_by_label("短信里的 6 位验证码").fill(SMS)
        page.get_by_label("企业微信里显示的 2 位数字").fill(PAIR)
        press(page, "绑定")
        expect(page.get_by_text("绑定好了")).to_be_visible()


def test_unbinding_asks_for_the_number_from_the_phone(browser: Browser, server: StandIn) -> None:
    with opened(browser, PHONE) as (page, _):
        card(page, server)
        press(page, "解除绑定企业微信")
        page.get_by_label("短信里的 6 位验证码").fill(SMS)
        press(page, "解除绑定")
        expect(page.get_by_text("已解除绑定")).to_be_visible()
    assert server.binding.since["wecom"] is None


def test_who_gives_up_sees_the_ways_again_and_what_is_over_is_left(browser: Browser, server: StandIn) -> None:
    with opened(browser, PHONE) as (page, _):
        card(page, server)
        press(page, "绑定微信")
        press(page, "不绑了")
        expect(page.get_by_role("button", name="绑定微信", exact=True)).to_be_visible()
        press(page, "绑定微信")
        server.binding.state = "over"
        expect(page.get_by_role("button", name="绑定微信", exact=True)).to_be_visible()


def test_an_account_has_the_same_card_on_a_page_of_its_own(browser: Browser, server: StandIn) -> None:
    with opened(browser, PHONE) as (page, troubles):
        card(page, server, "/bind")
        expect(page.get_by_text("马村官")).to_be_visible()
        assert grave_faults(page) == []
        assert troubles == []
    assert server.binding.asked[0] == ("", {"code": ""})


def test_where_nothing_is_offered_that_is_said(browser: Browser, server: StandIn) -> None:
    server.binding.offered, server.binding.since = False, {"wechat": None, "wecom": None}
    with opened(browser, PHONE) as (page, _):
        page.goto(f"{server.url}/t/abc123")
        page.get_by_text("用微信、企业微信收通知").click()
        expect(page.get_by_text("县里还没有开通")).to_be_visible()
