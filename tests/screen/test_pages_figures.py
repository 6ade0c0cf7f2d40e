"""Every figure of the wall opens the list that it counts, by mouse and by keyboard, and Escape closes it."""

from __future__ import annotations

from datetime import datetime

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.screen.pages_browser import WALL, grave_faults, opened, ready
from tests.screen.pages_standin import StandIn

pytestmark = pytest.mark.real


def sheet(page: Page) -> Locator:
    return page.get_by_role("dialog")


def opens(page: Page, clicked: Locator, title: str, total: int) -> None:
    """Whether a click opens a sheet of this title that counts so many, and Escape closes it."""
    clicked.click()
    expect(sheet(page)).to_have_attribute("aria-label", title)
    expect(sheet(page).locator("[data-total]")).to_have_text(f"{total:,}")
    page.keyboard.press("Escape")
    expect(sheet(page)).to_have_count(0)


def test_every_figure_opens_a_list_of_as_many_as_it_says(browser: Browser, server: StandIn) -> None:
    wall = server.wall
    with opened(browser, WALL) as (page, troubles):
        ready(page, server)
        for card, title, key in (
            ("today", "今日告警", "today"), ("waiting", "待接单", "waiting"), ("handling", "处置中", "handling"),
            ("checking", "待核查", "checking"), ("closed", "今日办结", "closed_today"), ("overdue", "超期", "overdue"),
        ):  # fmt: skip
            opens(page, page.locator(f"[data-kpi={card}]"), title, wall["kpi"][key])
        for step, title in (("events", "识别事件"), ("alarms", "形成告警"), ("closed", "核查结案")):
            opens(page, page.locator(f"[data-figure={step}]"), f"{title} · 近 30 日", wall["funnel"][step])
        for level, title in (("county", "县级督办"), ("township", "乡镇处置"), ("village", "村级处置")):
            opens(page, page.locator(f"[data-rung={level}]"), title, wall["ladder"][level]["open"])
        for one in wall["categories"][:3]:
            row = page.locator("article[aria-label=告警类型] li").filter(has_text=one["name"]).get_by_role("button")
            opens(page, row, f"{one['name']} · 近 30 日", one["count"])
        assert troubles == []


def test_a_ranking_row_opens_its_township_in_parts(browser: Browser, server: StandIn) -> None:
    rank = server.wall["ranking"][0]
    with opened(browser, WALL) as (page, _):
        ready(page, server)
        page.locator("article[aria-label=乡镇管护排名] li button").first.click()
        expect(sheet(page)).to_have_attribute("aria-label", f"{rank['name']} · 近 30 日")
        expect(sheet(page).get_by_role("button", name="已结束")).to_contain_text(str(rank["closed"]))
        sheet(page).get_by_role("button", name="已结束").click()
        expect(sheet(page).locator("[data-total]")).to_have_text(str(rank["closed"]))


def test_an_hour_of_the_trend_opens_what_came_and_what_ended_in_it(browser: Browser, server: StandIn) -> None:
    trend = server.wall["trend"]
    with opened(browser, WALL) as (page, _):
        ready(page, server)
        box = page.locator("article[aria-label=告警与办结] canvas").bounding_box()
        assert box is not None
        n = 3  # the plot lies between 30 px from the left and 8 px from the right
        page.mouse.click(box["x"] + 30 + (box["width"] - 38) * (n + 0.5) / 24, box["y"] + box["height"] * 0.6)
        hour = (datetime.fromisoformat(trend["hours"][n]).hour + 8) % 24
        if trend["hours"][n].endswith("+08:00"):
            hour = datetime.fromisoformat(trend["hours"][n]).hour
        expect(sheet(page)).to_have_attribute("aria-label", f"{hour:02d}:00–{(hour + 1) % 24:02d}:00")
        came = trend["urgent"][n] + trend["major"][n] + trend["minor"][n]
        expect(sheet(page).locator("[data-total]")).to_have_text(str(came))
        sheet(page).get_by_role("button", name="办结").click()
        expect(sheet(page).locator("[data-total]")).to_have_text(str(trend["closed"][n]))
        page.keyboard.press("Escape")
        page.get_by_role("button", name="近 24 小时").click()
        expect(sheet(page).get_by_role("button", name="办结")).to_contain_text(str(sum(trend["closed"])))


def test_a_list_goes_on_as_the_wall_goes_on_and_says_when_it_cannot(browser: Browser, server: StandIn) -> None:
    with opened(browser, WALL) as (page, _):
        ready(page, server)
        page.locator("[data-kpi=waiting]").click()
        total = sheet(page).locator("[data-total]")
        expect(total).to_have_text(str(server.wall["kpi"]["waiting"]))
        server.wall["kpi"]["waiting"] += 1
        server.tell("wall", server.wall)
        expect(total).to_have_text(str(server.wall["kpi"]["waiting"]))
        page.route("**/api/v1/figures/**", lambda route: route.abort())
        server.wall["kpi"]["waiting"] += 1
        server.tell("wall", server.wall)
        expect(sheet(page)).to_contain_text("取不到新的 · 截至")


def test_by_keyboard_a_card_opens_a_row_opens_and_escape_goes_back_one_by_one(
    browser: Browser, server: StandIn
) -> None:
    with opened(browser, WALL) as (page, troubles):
        ready(page, server)
        page.locator("[data-kpi=waiting]").focus()
        page.keyboard.press("Enter")
        expect(sheet(page)).to_be_focused()
        expect(sheet(page).locator("[data-row]").first).to_be_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="工单详情")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog", name="工单详情")).to_have_count(0)
        expect(page.get_by_role("dialog", name="待接单")).to_be_visible()
        page.keyboard.press("Escape")
        expect(sheet(page)).to_have_count(0)
        expect(page.locator("[data-kpi=waiting]")).to_be_focused()
        page.locator("[data-figure=alarms]").press("Enter")
        expect(page.get_by_role("dialog", name="形成告警 · 近 30 日")).to_be_visible()
        assert troubles == []


def test_a_sheet_is_accessible(browser: Browser, server: StandIn) -> None:
    with opened(browser, WALL) as (page, _):
        ready(page, server)
        assert grave_faults(page) == []
        page.locator("[data-kpi=today]").click()
        expect(sheet(page).locator("[data-row]").first).to_be_visible()
        page.wait_for_timeout(400)
        assert grave_faults(page) == []
