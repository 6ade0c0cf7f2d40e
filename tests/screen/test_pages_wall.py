"""The county wall in Chromium, on a stand-in server: it draws, it shouts, it says when it is cut off."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.screen.pages_browser import WALL, opened, ready
from tests.screen.pages_standin import StandIn

pytestmark = pytest.mark.real
PANELS = (
    "处置闭环",
    "乡镇管护排名",
    "告警类型",
    "县域地图",
    "告警与办结",
    "垃圾桶满溢度",
    "实时告警",
    "最新抓拍",
    "即将满溢",
)


def painted(page: Page, panel: str) -> int:
    """How many different colours the canvas of a panel shows: an empty one shows one."""
    script = """canvas => {
        const d = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
        const seen = new Set()
        for (let i = 0; i < d.length; i += 404) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2])
        return seen.size
    }"""
    return int(page.locator(f"[aria-label={panel}] canvas").first.evaluate(script))


def test_the_wall_draws_every_panel_without_a_complaint(browser: Browser, server: StandIn) -> None:
    with opened(browser, WALL) as (page, troubles):
        ready(page, server)
        for panel in PANELS:
            expect(page.locator(f"article[aria-label={panel}]")).to_be_visible()
        expect(page.locator("[data-kpi=today] .v")).to_have_text("47")
        expect(page.locator("[data-kpi=rate] .v")).to_have_text("94.6%")
        expect(page.locator("[data-kpi=handling]")).to_contain_text("1 件没有回音")
        expect(page.locator("article[aria-label=处置闭环]")).to_contain_text("8,462")
        expect(page.locator("article[aria-label=实时告警] li")).to_have_count(6)
        expect(page.get_by_text("演示数据 · 渲染画面")).to_be_visible()
        expect(page.get_by_text("14:32:1")).to_be_visible()  # Beijing time, though this browser lives elsewhere
        page.wait_for_timeout(1000)  # the charts fade in
        charts = ("县域地图", "告警与办结", "垃圾桶满溢度", "告警类型")
        assert [panel for panel in charts if painted(page, panel) <= 8] == []
        assert troubles == []


def test_a_county_without_an_outline_has_its_points_on_plain_ground(browser: Browser, server: StandIn) -> None:
    server.geo = {
        **server.geo,
        "features": [one for one in server.geo["features"] if one["geometry"]["type"] == "Point"],
    }
    with opened(browser, WALL) as (page, troubles):
        ready(page, server)
        page.wait_for_timeout(1000)
        assert painted(page, "县域地图") > 8
        server.geo = {**server.geo, "features": []}
        ready(page, server)
        assert troubles == []


def test_nothing_overflows_the_stage_at_full_hd_or_4k(browser: Browser, server: StandIn) -> None:
    for shape in (WALL, {"viewport": {"width": 3840, "height": 2160}}, {"viewport": {"width": 1366, "height": 768}}):
        with opened(browser, shape) as (page, _):
            ready(page, server)
            box = page.locator(".stage").bounding_box()
            assert box is not None
            assert (round(box["width"]), box["x"] >= 0) == (
                min(shape["viewport"]["width"], round(shape["viewport"]["height"] * 16 / 9)),
                True,
            )
            for panel in page.locator("article").all():
                inner = panel.bounding_box()
                assert inner is not None
                assert inner["x"] + inner["width"] <= box["x"] + box["width"]
                assert inner["y"] + inner["height"] <= box["y"] + box["height"] + 1


def test_a_4k_wall_paints_four_times_the_pixels(browser: Browser, server: StandIn) -> None:
    widths = []
    for height in (1080, 2160):
        with opened(browser, {"viewport": {"width": height * 16 // 9, "height": height}}) as (page, _):
            ready(page, server)
            widths.append(page.locator("[aria-label=县域地图] canvas").first.evaluate("canvas => canvas.width"))
    assert widths[1] == pytest.approx(2 * widths[0], abs=2)


def test_an_urgent_alarm_takes_over_and_ends_when_somebody_accepts(browser: Browser, server: StandIn) -> None:
    with opened(browser, WALL, reduced_motion="no-preference") as (page, troubles):  # the figures flash
        ready(page, server)
        expect(page.locator(".banner")).to_have_count(0)
        server.raise_alarm()
        banner = page.locator(".banner")
        expect(banner).to_contain_text("乱倾倒")
        expect(banner).to_contain_text("GD-1121-0048")
        assert banner.locator(".limit b").inner_text().startswith("09:")
        expect(page.locator(".stage")).to_have_class("stage alarm")
        expect(page.locator(".callout")).to_contain_text("乱倾倒")
        expect(page.locator("[data-kpi=today] .v")).to_have_text("48")
        expect(page.locator("article[aria-label=实时告警] li").first).to_contain_text("柳林镇")
        expect(page.locator("article[aria-label=最新抓拍]")).to_contain_text("qx-cam-004")
        expect(page.locator("[data-kpi=waiting]")).to_have_class("kpi bump")
        assert page.title().startswith("【紧急】柳林镇")

        server.wall["live"][0].update(state="accepted", state_name="已接单")
        server.tell("wall", server.wall)
        expect(banner).to_have_count(0)
        expect(page.locator(".stage")).to_have_class("stage")
        assert page.title() == "农村人居环境智能监测管护平台"
        assert troubles == []


def test_who_is_refused_most_stands_on_the_wall_and_nothing_when_nobody_is(browser: Browser, server: StandIn) -> None:
    with opened(browser, WALL) as (page, _):
        ready(page, server)
        expect(page.locator(".refused h3")).to_have_text("拒收消息 14")
        expect(page.locator(".refused p")).to_have_text(["柳林镇新庄村 边缘盒9", "qx-box-3113", "来源不明1", "其他1"])
        server.wall["devices"].update(dead_letters=0, refused=[])
        server.tell("wall", server.wall)
        expect(page.locator(".refused")).to_have_count(0)


def test_a_dismissed_banner_stays_away(browser: Browser, server: StandIn) -> None:
    with opened(browser, WALL) as (page, _):
        ready(page, server)
        server.raise_alarm()
        page.get_by_role("button", name="收起横幅").dispatch_event("click")  # while it still slides in
        server.tell("wall", server.wall)
        expect(page.locator(".banner")).to_have_count(0)
        expect(page.locator("article[aria-label=实时告警] li").first).to_contain_text("乱倾倒")


def test_a_picture_that_comes_after_its_alarm_is_shown_when_it_is_there(browser: Browser, server: StandIn) -> None:
    with opened(browser, WALL) as (page, _):
        page.route("**/api/v1/evidence/*", lambda route: route.fulfill(status=404, json={"detail": "图片还没有传到"}))
        ready(page, server)
        shot = page.locator("article[aria-label=最新抓拍]")
        expect(shot).to_contain_text("画面正在传输")
        page.unroute("**/api/v1/evidence/*")
        expect(shot.locator("img")).to_be_visible()
        expect(shot).not_to_contain_text("画面正在传输")


def test_townships_without_a_score_are_listed_after_the_ranked(browser: Browser, server: StandIn) -> None:
    server.wall["ranking"] = server.wall["ranking"][:1]
    for township in server.wall["map"]["townships"]:
        township["score"] = None
    with opened(browser, WALL) as (page, _):
        ready(page, server)
        rows = page.locator("article[aria-label=乡镇管护排名] li button")
        expect(rows).to_have_count(8)
        expect(rows.first).to_contain_text("96.8")
        expect(rows.nth(1)).to_contain_text("—")


def test_an_alarm_opens_its_ticket_and_escape_closes_it(browser: Browser, server: StandIn) -> None:
    with opened(browser, WALL) as (page, troubles):
        ready(page, server)
        page.locator("[data-ticket]").first.click()
        detail = page.get_by_role("dialog")
        expect(detail).to_contain_text("GD-1121-0048")
        road = detail.get_by_role("link", name="在办理台打开")
        assert (road.get_attribute("href") or "").startswith("/office#case/")
        expect(detail).to_contain_text("派单给村级责任人")
        expect(detail.locator(".box")).to_have_count(1)
        page.keyboard.press("Escape")
        expect(detail).to_have_count(0)
        assert troubles == []


def test_a_township_opens_and_the_crumb_leads_back(browser: Browser, server: StandIn) -> None:
    with opened(browser, WALL) as (page, _):
        ready(page, server)
        page.get_by_role("button", name="石桥镇").click()
        crumb = page.get_by_role("navigation", name="层级")
        expect(crumb).to_contain_text("石桥镇")
        page.get_by_role("button", name="返回全县").click()
        expect(crumb).to_contain_text("14 乡镇")
        page.mouse.click(*middle_of_map(page))
        expect(crumb).not_to_contain_text("14 乡镇")


def middle_of_map(page: Page) -> tuple[float, float]:
    box = page.locator("[aria-label=县域地图] canvas").first.bounding_box()
    assert box is not None
    return box["x"] + box["width"] * 0.54, box["y"] + box["height"] * 0.46


def test_a_cut_line_is_said_and_caught_up(browser: Browser, server: StandIn) -> None:
    with opened(browser, WALL) as (page, _):
        ready(page, server)
        server.away = True
        expect(page.get_by_text("连接中断")).to_be_visible()
        expect(page.locator("[data-kpi=today] .v")).to_have_text("47")  # the last that is known stays
        server.wall["kpi"]["today"] = 51
        server.away = False
        expect(page.locator("[data-kpi=today] .v")).to_have_text("51")
        expect(page.get_by_text("连接中断")).to_have_count(0)
        page.evaluate("location.hash = '#cameras'")
        server.refuse = (401, "请先登录")  # the session is over; a cut stream asks whether it is
        server.away = True
        expect(page.get_by_role("status").filter(has_text="连接中断")).to_be_visible()
        server.away = False
        page.wait_for_url("**/login?next=%2F%23cameras")


def test_a_county_without_anything_yet_looks_calm(browser: Browser, server: StandIn) -> None:
    wall = server.wall
    wall["live"], wall["snapshot"], wall["categories"], wall["map"]["alarms"] = [], None, [], []
    wall["bins"] = {"full_at": 90, "series": [], "soon": []}
    wall["links"]["latency_s"] = None
    wall["devices"].update(cameras=0, bins=0)
    wall["kpi"].update(
        today=12_047, waiting=0, today_delta=None, waiting_longest_min=None, closed_mean_h=None, on_time_percent=None
    )
    for rank in (*wall["ranking"], *wall["map"]["townships"]):
        rank["score"] = None
    with opened(browser, WALL) as (page, troubles):
        ready(page, server)
        for words in (
            "目前没有告警",
            "还没有抓拍画面",
            "这段时间没有告警",
            "暂无垃圾桶读数",
            "没有快满的垃圾桶",
            "到办理台登记",
        ):
            expect(page.get_by_text(words)).to_be_visible()
        expect(page.locator("[data-kpi=rate] .v")).to_have_text("—")
        expect(page.locator("[data-kpi=today] .v")).to_have_text("12,047")
        expect(page.locator("[data-kpi=waiting] .note")).to_have_text("没有等接单的")
        assert "null" not in page.locator("body").inner_text()
        assert "NaN" not in page.locator("body").inner_text()
        assert troubles == []


def test_words_from_the_county_are_text_and_never_markup(browser: Browser, server: StandIn) -> None:
    evil = "<img src=x onerror=document.title='HIT'>村"
    server.wall["live"][0].update(place=evil, what_name=evil)
    server.wall["snapshot"]["place"] = evil
    server.wall["ranking"][0]["name"] = evil
    server.wall["bins"]["series"][0]["name"] = evil
    server.wall["bins"]["soon"][0]["place"] = evil
    server.wall["categories"][0]["name"] = evil
    with opened(browser, WALL) as (page, troubles):
        ready(page, server)
        for panel in ("垃圾桶满溢度", "告警类型"):  # the charts' own hover boxes are HTML
            page.locator(f"article[aria-label={panel}] canvas").first.hover()
            page.wait_for_timeout(300)
        expect(page.locator("article[aria-label=实时告警] li").first).to_contain_text(evil)
        assert page.locator("img[src=x]").count() == 0
        assert "HIT" not in page.title()
        assert troubles == []
