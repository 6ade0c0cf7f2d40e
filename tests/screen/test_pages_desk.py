"""The ticket desk and the login in Chromium at a phone's size, on a stand-in server."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.screen.pages_browser import PHONE, grave_faults, opened
from tests.screen.pages_standin import ASKED, StandIn
from tests.servers import wait_until

pytestmark = pytest.mark.real
PICTURE_KEPT = "caches.open('desk-pictures-1').then(cache => cache.keys()).then(kept => kept.length > 0)"
PICTURE_SHOWN = "document.querySelector('.photo img')?.naturalWidth > 0"
HERE = {"geolocation": {"longitude": 106.05, "latitude": 36.12}, "permissions": ["geolocation"]}
UNWORKED = {"service_workers": "block"}  # what a worker that has just come lets pass, a test may not see


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A large noisy photo: about as hard to shrink as a phone's."""
    path = tmp_path_factory.mktemp("photo") / "after.jpg"
    noise = np.random.default_rng(1).integers(0, 255, (600, 800, 3), dtype=np.uint8)
    cv2.imwrite(str(path), cv2.resize(noise, (4000, 3000)), [cv2.IMWRITE_JPEG_QUALITY, 95])
    return path


def desk(page: Page, server: StandIn) -> Page:
    page.goto(f"{server.url}/t/abc123")
    expect(page.get_by_role("heading", name="乱倾倒")).to_be_visible()
    return page


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def acts(server: StandIn) -> list[str]:
    return [path.rsplit("/", 1)[1] for path, _, _ in server.posts]


def test_a_ticket_goes_from_accept_to_closed(browser: Browser, server: StandIn, photo: Path) -> None:
    with opened(browser, PHONE, **HERE) as (page, troubles):
        desk(page, server)
        expect(page.get_by_role("timer")).to_contain_text("09:")
        button(page, "接 单")
        button(page, "我已到现场")
        page.evaluate("scrollTo(0, 0)")
        button(page, "拍照后提交办结")
        expect(page.locator("[data-photos]")).to_be_in_viewport()
        page.locator("input[type=file]").set_input_files(photo)
        expect(page.get_by_text("已压缩")).to_be_visible()
        page.get_by_label("照片 1 拍的是").select_option("远景")
        button(page, "已清理干净")
        button(page, "提交办结")
        expect(page.get_by_role("heading", name="已提交，等待核查")).to_be_visible()
        server.close_ticket()
        expect(page.get_by_role("heading", name="已办结，辛苦了")).to_be_visible()
        expect(page.locator("footer")).to_have_count(0)
        assert troubles == []

    assert acts(server) == ["accept", "arrive", "photo", "done"]
    arrive, upload, done = (body for _, _, body in server.posts[1:])
    assert (arrive.pop("accuracy_m"), arrive) == (0, {"lon": 106.05, "lat": 36.12, "crs": "WGS-84"})
    assert upload["bytes"] < photo.stat().st_size / 3
    assert (done["words"], len(done["photos"])) == ("已清理干净", 1)
    told = done["photos"][0]
    assert (told["view"], told["phase"], told["lon"], told["crs"]) == ("far", "after", 106.05, "WGS-84")
    assert told["taken_at"].endswith("Z")
    keys = [key for _, key, _ in server.posts]
    assert len(set(keys)) == 4
    assert all(len(key) >= 32 for key in keys)


def test_who_is_asked_whether_they_go_on_answers_with_one_tap(browser: Browser, server: StandIn) -> None:
    server.desk.update(state="accepted", state_name="已接单", acts=["still", "arrive", "done"])
    with opened(browser, PHONE, **HERE) as (page, troubles):
        desk(page, server)
        expect(page.get_by_role("heading", name="还在处理吗")).to_be_visible()
        assert grave_faults(page) == []
        button(page, "在处理")
        expect(page.get_by_role("heading", name="还在处理吗")).to_have_count(0)
        expect(page.get_by_role("button", name="我已到现场")).to_be_visible()
        assert troubles == []
    assert acts(server) == ["still"]


def test_an_arrival_without_a_position_still_counts(browser: Browser, server: StandIn) -> None:
    server.act("accept")
    with opened(browser, PHONE, permissions=[]) as (page, _):
        desk(page, server)
        button(page, "我已到现场")
        expect(page.get_by_role("button", name="拍照后提交办结")).to_be_visible()
        expect(page.get_by_text("手机没有允许定位，不影响办理")).to_be_visible()
        wait_until(lambda: bool(server.posts), "the arrival has left the phone")
    assert server.posts[0][2] == {}


def test_what_is_done_without_signal_is_sent_in_order_with_the_same_keys(
    browser: Browser, server: StandIn, photo: Path
) -> None:
    server.act("accept")
    with opened(browser, PHONE, **HERE) as (page, _):
        desk(page, server)
        server.away = True
        button(page, "我已到现场")
        expect(page.get_by_text("有信号时自动提交")).to_be_visible()
        page.locator("input[type=file]").set_input_files(photo)
        button(page, "提交办结")
        expect(page.get_by_text("“到达现场、提交办结”已记在手机里")).to_be_visible()
        assert server.posts == []
        server.away = False
        expect(page.get_by_role("heading", name="已提交，等待核查")).to_be_visible()
    assert acts(server) == ["arrive", "photo", "done"]


def test_what_waits_outlives_the_page(browser: Browser, server: StandIn, photo: Path) -> None:
    with opened(browser, PHONE, **UNWORKED) as (page, _):
        desk(page, server)
        server.away = True
        button(page, "接 单")
        expect(page.get_by_text("有信号时自动提交")).to_be_visible()
        page.goto("about:blank")
        server.away = False
        slow: list[Route] = []
        page.route("**/accept", lambda one, _: slow.append(one))
        desk(page, server)  # what was known stands there, though the line is still busy with what was done
        expect(page.get_by_text("正在提交…").first).to_be_visible()
        slow[0].continue_()
        expect(page.get_by_role("button", name="我已到现场")).to_be_visible()
        server.away = True
        page.locator("input[type=file]").set_input_files(photo)
        page.get_by_label("照片 1 拍的是").select_option("远景")
        button(page, "已清理干净")
        button(page, "提交办结")
        expect(page.get_by_text("有信号时自动提交")).to_be_visible()
        page.goto("about:blank")
        server.away = False
        page.route("**/done", lambda one: one.fulfill(status=409, json={"detail": "有人刚刚也改了这张工单"}), times=1)
        desk(page, server)
        expect(page.get_by_role("alert")).to_contain_text("有人刚刚也改了")
        expect(page.get_by_label("照片 1 拍的是")).to_have_value("far")
        button(page, "提交办结")
        expect(page.get_by_role("heading", name="已提交，等待核查")).to_be_visible()
    assert acts(server) == ["accept", "photo", "photo", "done"]
    assert (server.posts[-1][2]["words"], server.posts[-1][2]["photos"][0]["view"]) == ("已清理干净", "far")


def test_a_link_that_was_opened_once_opens_without_signal(browser: Browser, server: StandIn) -> None:
    with opened(browser, PHONE) as (page, _):
        desk(page, server)
        wait_until(lambda: page.evaluate(PICTURE_KEPT), "the picture is kept", 20)
        server.away = True
        page.goto("about:blank")
        desk(page, server)
        expect(page.get_by_text("没有信号")).to_be_visible()
        wait_until(lambda: page.evaluate(PICTURE_SHOWN), "the kept picture is shown", 20)
        button(page, "接 单")
        expect(page.get_by_text("有信号时自动提交")).to_be_visible()
        server.away = False
        expect(page.get_by_role("button", name="我已到现场")).to_be_visible()
    assert acts(server) == ["accept"]


def test_a_refusal_is_told_in_the_servers_words_and_not_repeated(browser: Browser, server: StandIn) -> None:
    with opened(browser, PHONE, **UNWORKED) as (page, _):
        desk(page, server)
        told: list[Route] = []

        def refuse(asked: Route) -> None:
            told.append(asked)
            asked.fulfill(status=409, json={"detail": "马副手负责"})

        page.route("**/accept", refuse)
        server.desk.update(state="accepted", state_name="已接单", acts=[])
        button(page, "接 单")
        expect(page.get_by_role("alert")).to_contain_text("马副手负责")
        expect(page.get_by_role("heading", name="正在处理")).to_be_visible()
        expect(page.locator("footer")).to_have_count(0)
        assert grave_faults(page) == []
        with page.expect_response("**/api/v1/desk/abc123"):
            page.evaluate("dispatchEvent(new Event('online'))")
    assert len(told) == 1


def test_a_server_in_trouble_is_asked_again_with_the_same_key(browser: Browser, server: StandIn) -> None:
    with opened(browser, PHONE) as (page, _):
        desk(page, server)
        server.refuse = (503, "服务器暂时存不下")
        button(page, "接 单")
        expect(page.get_by_text("有信号时自动提交")).to_be_visible()
        server.refuse = None
        expect(page.get_by_role("button", name="我已到现场")).to_be_visible()
    assert len(server.posts) >= 2
    assert len({key for _, key, _ in server.posts}) == 1


def test_not_true_needs_a_reason(browser: Browser, server: StandIn) -> None:
    with opened(browser, PHONE) as (page, _):
        desk(page, server)
        button(page, "误报")
        sheet = page.get_by_role("dialog")
        expect(sheet.get_by_role("button", name="提交")).to_be_disabled()
        assert grave_faults(page) == []
        sheet.get_by_text("是农具、柴草，不是垃圾").click()
        sheet.get_by_role("button", name="提交").click()
        expect(page.get_by_role("heading", name="已转上级核实")).to_be_visible()
        wait_until(lambda: bool(server.posts), "what was said has left the phone")
    assert server.posts[0][2] == {"reason": "是农具、柴草，不是垃圾"}


def test_who_was_sent_back_by_the_camera_contradicts_it_with_a_photo(
    browser: Browser, server: StandIn, photo: Path
) -> None:
    server.desk.update(state="on_site", state_name="处置中", acts=["done", "dispute", "not_true"], due_kind="handle")
    with opened(browser, PHONE, **HERE) as (page, _):
        desk(page, server)
        expect(page.get_by_role("button", name="误报", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="镜头看错了")).to_have_count(0)
        page.locator("input[type=file]").set_input_files(photo)
        button(page, "镜头看错了")
        sheet = page.get_by_role("dialog")
        sheet.get_by_text("已经清理干净").click()
        sheet.get_by_role("button", name="提交").click()
        wait_until(lambda: "dispute" in acts(server), "what was said has left the phone")
    assert acts(server) == ["photo", "dispute"]
    assert server.posts[1][2]["reason"] == "已经清理干净"
    assert len(server.posts[1][2]["photos"]) == 1


def test_who_confirms_may_say_that_it_cannot_be_seen(browser: Browser, server: StandIn) -> None:
    server.desk.update(
        state="to_confirm", state_name="待核实", acts=["confirm_true", "confirm_false", "confirm_unclear"]
    )
    with opened(browser, PHONE) as (page, _):
        desk(page, server)
        expect(page.get_by_role("button", name="属实，派人处理")).to_be_visible()
        expect(page.get_by_role("button", name="不属实", exact=True)).to_be_visible()
        button(page, "看不清")
        sheet = page.get_by_role("dialog")
        assert grave_faults(page) == []
        sheet.get_by_text("画面太暗或太糊").click()
        sheet.get_by_role("button", name="提交").click()
        expect(page.get_by_role("heading", name="已转上级核实")).to_be_visible()
        wait_until(lambda: bool(server.posts), "what was said has left the phone")
    assert server.posts[0][0].endswith("/confirm_unclear")
    assert server.posts[0][2] == {"reason": "画面太暗或太糊"}


def test_a_ticket_that_came_back_says_why(browser: Browser, server: StandIn) -> None:
    server.act("accept")
    server.desk["reason"] = "16:30复核:桶满90%,垃圾(路边),返工"
    with opened(browser, PHONE) as (page, _):
        desk(page, server)
        expect(page.get_by_text("复核没有通过，请再处理")).to_be_visible()
        expect(page.get_by_text("16:30复核：桶满90%，垃圾（路边），返工")).to_be_visible()


def test_a_dead_link_says_so_and_leads_to_the_tickets_that_the_phone_knows(browser: Browser, server: StandIn) -> None:
    with opened(browser, PHONE) as (page, _):
        desk(page, server)
        server.refuse = (404, "链接无效或已过期")
        page.goto(f"{server.url}/t/old")
        expect(page.get_by_text("链接无效或已过期")).to_be_visible()
        expect(page.get_by_role("region", name="工单内容")).to_have_count(0)
        assert grave_faults(page) == []
        server.refuse = None
        page.get_by_role("link", name="GD-1121-0048").click()
        expect(page.get_by_role("region", name="工单内容")).to_be_visible()


def test_no_photo_is_taken_for_a_file_that_is_none(browser: Browser, server: StandIn, tmp_path: Path) -> None:
    server.act("accept")
    fake = tmp_path / "photo.jpg"
    fake.write_bytes(b"not a picture")
    with opened(browser, PHONE) as (page, _):
        desk(page, server)
        page.locator("input[type=file]").set_input_files(fake)
        expect(page.get_by_role("alert")).to_contain_text("不是能看的照片")


def test_words_from_the_server_are_text_and_never_markup(browser: Browser, server: StandIn) -> None:
    evil = "<img src=x onerror=document.title='HIT'>"
    server.desk.update(place=evil, spot_name=evil, reason=evil, what_name=f"乱倾倒{evil}")
    server.desk["history"][0]["words"] = evil
    with opened(browser, PHONE) as (page, troubles):
        desk(page, server)
        page.get_by_text("办理经过").click()
        expect(page.get_by_text(evil).first).to_be_visible()
        assert page.locator("img[src=x]").count() == 0
        assert page.title() == "处置工单"
        assert troubles == []


STATES = {"new": (), "accepted": ("accept",), "arrived": ("accept", "arrive"), "checking": ("accept", "done")}
TOO_SMALL = """all => all.filter(one => one.checkVisibility() && one.textContent.trim() !== ''
    && [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim() !== '')
    && !one.closest('svg') && parseFloat(getComputedStyle(one).fontSize) < 16).map(one => one.outerHTML)"""


@pytest.mark.parametrize("state", STATES)
def test_the_desk_can_be_used_by_everybody(browser: Browser, server: StandIn, state: str) -> None:
    for act in STATES[state]:
        server.act(act)
    with opened(browser, {**PHONE, "viewport": {"width": 320, "height": 640}}, **HERE) as (page, _):
        desk(page, server)
        for size in ("标准", "特大"):
            button(page, size)
            assert grave_faults(page) == []
            small = page.locator("button:visible, summary:visible, nav a:visible").evaluate_all(
                "all => all.filter(one => one.offsetHeight < 48).map(one => one.outerHTML)"
            )
            assert small == []
            assert page.locator("#app > * *").evaluate_all(TOO_SMALL) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.reload()
        expect(page.get_by_role("button", name="特大", exact=True)).to_have_attribute("aria-pressed", "true")


def test_the_way_leads_by_the_map_that_was_chosen_once_and_nothing_leaves_before_the_tap(
    browser: Browser, server: StandIn
) -> None:
    with opened(browser, PHONE) as (page, troubles):
        asked: list[str] = []
        page.context.on("request", lambda one: asked.append(one.url))
        page.context.route("https://apis.map.qq.com/**", lambda route: route.fulfill(body="map"))
        desk(page, server)
        button(page, "导航前往")
        sheet = page.get_by_role("dialog", name="用哪个地图")
        amap = sheet.get_by_role("link", name="高德地图").get_attribute("href") or ""
        assert "to=106.0569%2C36.1163%2C" in amap
        assert "coordinate=gaode" in amap, "GCJ-02, as the server converted it"
        own = sheet.get_by_role("link", name="手机自带地图").get_attribute("href") or ""
        assert own.startswith("geo:36.1172,106.0525?q=36.1172,106.0525("), "WGS-84, as the standard has it"
        assert all(url.startswith(server.url) for url in asked)
        with page.context.expect_page():
            sheet.get_by_role("link", name="腾讯地图").click()
        page.reload()
        way = page.get_by_role("link", name="导航前往").get_attribute("href") or ""
        assert way.startswith("https://apis.map.qq.com/uri/v1/routeplan?")
        assert "tocoord=36.1163%2C106.0569" in way
        expect(page.get_by_role("button", name="用腾讯地图，点这里换")).to_be_visible()
        assert troubles == []


def test_the_ticket_is_read_aloud_where_the_phone_speaks_chinese(browser: Browser, server: StandIn) -> None:
    with opened(browser, PHONE) as (page, _):
        page.add_init_script(
            """window.said = []
            speechSynthesis.getVoices = () => [{lang: 'zh-CN', localService: true, name: 'x'}]
            speechSynthesis.speak = one => window.said.push(one.text)
            Object.defineProperty(SpeechSynthesisUtterance.prototype, 'voice', {set() {}})"""
        )
        desk(page, server)
        button(page, "读给我听")
        assert page.evaluate("window.said") == [
            "乱倾倒。地点：柳林镇 新庄村，村口河道旁。请在11月21日14点42分之前接单。"
        ]


def test_the_login_says_what_is_wrong_and_can_be_used_by_everybody(browser: Browser, server: StandIn) -> None:
    with opened(browser, PHONE) as (page, troubles):
        page.goto(f"{server.url}/login?next=//elsewhere.example")
        page.get_by_label("口令").fill("guess")
        button(page, "登 录")
        expect(page.get_by_role("alert")).to_have_text("用户名或口令不对")
        expect(page.get_by_label("口令")).to_have_value("")
        assert grave_faults(page) == []
        assert [line for line in troubles if "401" not in line] == []
    assert server.posts[0][2] == {"name": "admin", "password": "guess"}


def test_a_login_leads_only_to_this_server(browser: Browser, server: StandIn) -> None:
    with opened(browser, PHONE) as (page, _):
        page.route("**/api/v1/login", lambda route: route.fulfill(json={"name": "admin", "open_wall": False}))
        page.goto(f"{server.url}/login?next=//elsewhere.example/x")
        page.get_by_label("口令").fill("right")
        button(page, "登 录")
        page.wait_for_url(f"{server.url}/")


def test_an_extension_and_a_return_are_asked_for_with_a_reason(browser: Browser, server: StandIn) -> None:
    server.desk.update(state="accepted", state_name="已接单", acts=["arrive", "done"], moves=["return", "extend"])
    with opened(browser, PHONE) as (page, troubles):
        desk(page, server)
        button(page, "申请延期")
        sheet = page.get_by_role("dialog", name="申请延期")
        expect(sheet.get_by_role("button", name="提交")).to_be_disabled()
        sheet.get_by_label("等车辆或机械").check()
        sheet.get_by_role("button", name="提交").click()
        expect(page.get_by_role("heading", name="申请延期到11月23日 18:00")).to_be_visible()
        expect(page.get_by_role("button", name="申请延期")).to_have_count(0)
        expect(page.get_by_role("button", name="申请退回")).to_be_visible()
        expect(page.get_by_role("button", name="我已到现场")).to_be_visible()
        assert grave_faults(page) == []
        assert troubles == []
    assert acts(server) == ["extend"]
    assert server.posts[0][2] == {"reason": "等车辆或机械"}


def test_whoever_decides_grants_with_one_tap_and_refuses_with_a_reason(browser: Browser, server: StandIn) -> None:
    server.desk.update(state="accepted", state_name="已接单", acts=[], moves=["grant", "refuse"], asks=[ASKED])
    with opened(browser, PHONE) as (page, _):
        desk(page, server)
        expect(page.get_by_text("马村官：等铲车")).to_be_visible()
        button(page, "不同意")
        page.get_by_role("dialog", name="不同意").get_by_role("button", name="取消").click()
        button(page, "同意")
        wait_until(lambda: bool(server.posts), "the consent has left the phone")
        expect(page.get_by_role("button", name="不同意")).to_have_count(0)
    assert acts(server) == ["grant"]
    assert server.posts[0][2] == {}


def test_a_supervision_is_replied_to_in_writing(browser: Browser, server: StandIn) -> None:
    order = {**ASKED, "move": "supervise", "what": "督办", "by": "郝县官", "reason": "三天了", "overdue": True}
    server.desk.update(state="accepted", state_name="已接单", acts=["arrive"], moves=["reply"], asks=[order])
    with opened(browser, PHONE) as (page, _):
        desk(page, server)
        expect(page.get_by_text("待回复")).to_be_visible()
        button(page, "书面回复")
        sheet = page.get_by_role("dialog", name="书面回复督办")
        sheet.get_by_label("办理情况").fill("今晚清完")
        sheet.get_by_role("button", name="提交").click()
        wait_until(lambda: bool(server.posts), "the reply has left the phone")
    assert server.posts[0][2] == {"reason": "今晚清完"}
