"""From the county down to a camera and back, the camera wall, the health sheet: an old picture is said to be old."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.alerts.paper_cases import photo
from tests.screen.pages_browser import WALL, grave_faults, opened
from tests.screen.pages_figures import AWAY, NONE, OLD
from tests.screen.pages_standin import StandIn

pytestmark = pytest.mark.real
YOUNG = "qx-cam-001"
PHOTO = photo()


def ready(page: Page, server: StandIn, face: str = "") -> Page:
    page.goto(server.url + face)
    page.wait_for_selector("[data-ready=true]")
    return page


def sheet(page: Page) -> Locator:
    return page.get_by_role("dialog")


def crumb(page: Page) -> Locator:
    return page.get_by_role("navigation", name="层级")


def test_the_way_leads_from_the_county_to_a_camera_and_each_crumb_back(browser: Browser, server: StandIn) -> None:
    with opened(browser, WALL) as (page, troubles):
        ready(page, server)
        box = page.locator("[aria-label=县域地图] canvas").first.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] * 0.54, box["y"] + box["height"] * 0.46)
        expect(crumb(page)).not_to_contain_text("14 乡镇")
        township = crumb(page).locator("strong").inner_text()
        expect(sheet(page)).to_have_attribute("aria-label", township)
        sheet(page).locator("[data-place]").click()
        expect(sheet(page)).to_have_attribute("aria-label", "石门村")
        expect(sheet(page).locator("[data-camera]")).to_have_count(4)
        expect(sheet(page)).to_contain_text("63%")  # its bin
        sheet(page).locator(f"[data-camera={YOUNG}]").click()
        expect(sheet(page)).to_have_attribute("aria-label", "村口摄像机")
        expect(sheet(page)).to_contain_text("不是实时画面")
        expect(crumb(page).locator("strong")).to_have_text("村口摄像机")
        page.keyboard.press("Escape")
        expect(sheet(page)).to_have_attribute("aria-label", "石门村")
        above = crumb(page).get_by_role("button").nth(1)
        township = above.inner_text()
        above.click()
        expect(sheet(page)).to_have_attribute("aria-label", township)
        crumb(page).get_by_role("button").first.click()
        expect(sheet(page)).to_have_count(0)
        expect(crumb(page)).to_contain_text("14 乡镇")
        assert troubles == []


def test_the_open_tickets_of_a_place_open_as_the_list_they_count(browser: Browser, server: StandIn) -> None:
    with opened(browser, WALL) as (page, _):
        ready(page, server)
        page.locator("[data-bin]").first.click()  # a bin leads to its village
        expect(sheet(page)).to_have_attribute("aria-label", "石门村")
        count = sheet(page).locator("[data-open] b").inner_text()
        sheet(page).locator("[data-open]").click()
        behind = page.get_by_role("dialog", name="石门村 · 在办")
        expect(behind.locator("[data-total]")).to_have_text(count)


def test_an_old_picture_and_that_of_a_silent_camera_are_said_to_be_old(browser: Browser, server: StandIn) -> None:
    with opened(browser, WALL) as (page, troubles):
        ready(page, server, "/#cameras")
        tile = {name: page.locator(f"[data-camera={name}]") for name in (YOUNG, OLD, AWAY, NONE)}
        expect(page.locator("[data-camera]")).to_have_count(4)
        assert page.locator("[data-camera]").first.get_attribute("data-camera") == YOUNG  # with the urgent ticket
        for name, fresh in ((YOUNG, "true"), (OLD, "false"), (AWAY, "false"), (NONE, "false")):
            expect(tile[name]).to_have_attribute("data-fresh", fresh)
        expect(tile[YOUNG]).not_to_contain_text("旧画面")
        expect(tile[OLD]).to_contain_text("旧画面 · 6 小时前")
        expect(tile[AWAY]).to_contain_text("与平台断开已 4.5 小时")
        expect(tile[NONE]).to_contain_text("还没有画面")
        grey = "img => getComputedStyle(img).filter"
        assert "grayscale" in tile[OLD].locator("img").evaluate(grey)
        assert tile[YOUNG].locator("img").evaluate(grey) == "none"
        assert "实时" not in page.locator("article[aria-label=摄像机墙]").inner_text()
        assert grave_faults(page) == []
        tile[AWAY].click()
        expect(sheet(page)).to_contain_text("不在线")
        assert troubles == []


def test_when_the_line_is_cut_no_picture_is_fresh_any_more(browser: Browser, server: StandIn) -> None:
    with opened(browser, WALL) as (page, _):
        ready(page, server, "/#cameras")
        young = page.locator(f"[data-camera={YOUNG}]")
        expect(young).to_have_attribute("data-fresh", "true")
        server.away = True
        expect(young).to_have_attribute("data-fresh", "false")
        expect(young).to_contain_text("连接中断")
        server.away = False
        expect(young).to_have_attribute("data-fresh", "true")


def test_the_camera_wall_is_a_button_away_and_has_an_address_of_its_own(browser: Browser, server: StandIn) -> None:
    with opened(browser, WALL) as (page, _):
        ready(page, server)
        page.get_by_role("button", name="摄像机墙").click()
        expect(page.locator("article[aria-label=摄像机墙]")).to_be_visible()
        assert page.url.endswith("#cameras")
        page.get_by_role("button", name="回大屏").click()
        expect(page.locator("article[aria-label=实时告警]")).to_be_visible()


def test_the_camera_wall_asks_for_no_more_pictures_than_it_shows(browser: Browser, server: StandIn) -> None:
    with opened(browser, WALL) as (page, _):
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        ready(page, server, "/#cameras")
        expect(page.locator("[data-camera]")).to_have_count(4)
        for _ in range(5):
            server.tell("wall", server.wall)
        page.wait_for_timeout(500)
        assert next(url for url in asked if "/cameras" in url).endswith("limit=20&offset=0")
        assert len([url for url in asked if "/evidence/" in url]) <= 3  # one for each tile with a picture, never again


def test_the_health_of_boxes_cameras_and_bins_is_a_click_away(browser: Browser, server: StandIn) -> None:
    server.wall["devices"].update(tickets=3, tickets_overdue=1)
    with opened(browser, WALL) as (page, troubles):
        ready(page, server)
        page.locator("[data-health]").click()
        expect(sheet(page).locator("[data-device]").first).to_contain_text("没有数据已 3.0 小时")
        expect(sheet(page).locator("[data-device]").first).to_contain_text("小时前")
        expect(sheet(page)).to_contain_text("7/9")
        sheet(page).get_by_role("button", name="垃圾桶").click()
        expect(sheet(page).locator("[data-device]").first).to_have_attribute("data-device", "qx-bin-2")
        assert grave_faults(page) == []
        sheet(page).locator("[data-upkeep]").click()
        behind = page.get_by_role("dialog", name="设备工单")
        expect(behind.locator("[data-total]")).to_have_text("3")
        page.keyboard.press("Escape")
        sheet(page).get_by_role("button", name="柳林镇 石门村").first.click()
        expect(page.get_by_role("dialog", name="石门村")).to_be_visible()
        page.keyboard.press("Escape")
        page.locator("[data-mend]").click()
        expect(page.get_by_role("dialog", name="设备工单")).to_be_visible()
        assert troubles == []


def test_a_layer_of_nothing_is_not_offered(browser: Browser, server: StandIn) -> None:
    with opened(browser, WALL) as (page, _):
        ready(page, server)
        layers = page.locator(".layers button")
        expect(layers).to_have_count(3)
        server.wall["devices"].update(bins=0)
        server.tell("wall", server.wall)
        expect(layers).to_have_count(2)


def test_names_in_sheets_and_tiles_are_text_and_never_markup(browser: Browser, server: StandIn) -> None:
    evil = "<img src=x onerror=document.title='HIT'>"
    server.wall["county"]["name"] = evil
    server.wall["live"][0].update(place=evil, what_name=evil)
    server.wall["snapshot"]["what_name"] = evil
    for township in server.wall["map"]["townships"]:
        township["name"] += evil
    with opened(browser, WALL) as (page, troubles):
        ready(page, server)
        page.locator("[data-kpi=today]").click()
        expect(sheet(page).locator("[data-row]").first).to_contain_text(evil)
        page.keyboard.press("Escape")
        page.locator("[data-bin]").first.click()
        sheet(page).locator(f"[data-camera={YOUNG}]").click()
        expect(sheet(page)).to_contain_text(evil)
        assert page.locator("img[src=x]").count() == 0
        assert "HIT" not in page.title()
        assert troubles == []


def test_one_picture_is_live_on_demand_and_an_old_one_is_never_called_so(browser: Browser, server: StandIn) -> None:
    head = {"at": server.wall["now"], "rendered": False, "frame": "00000000-0000-0000-0000-000000000001"}
    live = head | {"state": "live", "words": "", "age_s": 0.8, "jpeg": base64.b64encode(PHOTO).decode()}
    stale = head | {"state": "stale", "words": "画面已停 8 秒", "age_s": 8.0, "jpeg": None}
    told = [live]

    def answer(route: Route) -> None:
        begun = {"watch": head["frame"], "camera": YOUNG, "at": head["at"]}
        route.fulfill(json=begun if route.request.method == "POST" else told[0])

    with opened(browser, WALL) as (page, troubles):
        page.route("**/api/v1/cameras/*/live*", answer)
        ready(page, server, "/#cameras")
        page.get_by_role("button", name="看现场：").first.press("Enter")
        here = page.get_by_role("group", name="现场画面")
        expect(here.locator("[data-live]")).to_contain_text("现场 · ")
        expect(here.get_by_role("img")).to_be_visible()
        page.get_by_role("button", name="看现场：").first.click()
        expect(here).to_have_count(1)  # one at a time
        expect(page.get_by_role("button", name="看现场：")).to_have_count(2)  # the fourth gives no live pictures
        assert grave_faults(page) == []
        told[0] = stale
        expect(here.get_by_role("status")).to_contain_text("画面已停")
        expect(here.locator("[data-live]")).to_have_count(0)
        page.keyboard.press("Escape")
        expect(here).to_have_count(0)
        page.locator(f"[data-camera={YOUNG}]").click()
        expect(sheet(page)).to_contain_text("不是实时画面")
        button = sheet(page).get_by_role("button", name="看现场：")
        button.press("Enter")
        expect(sheet(page).get_by_role("group", name="现场画面")).to_be_visible()
        page.keyboard.press("Escape")  # the live picture only; its button has the focus again
        expect(button).to_be_focused()
        assert troubles == []
