"""The office page on the real server in Chromium: a township officer's day, by mouse, by keyboard and on a phone."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from alerts.mutes.mute_office import MuteOffice
from alerts.mutes.mutes import Scope, Wish
from alerts.office import Office
from alerts.tickets.doing import Data
from alerts.world import World
from broker.messages import Event
from county.book import CountyBook
from county.files import dump
from county.snapshot import County
from county.values import Spot
from detect.blur import encode
from screen.access.account import Account
from screen.app import serve
from screen.settings import STATIC
from tests.alerts.makes import event
from tests.alerts.side_cases import MORE_DUTIES, MORE_PEOPLE
from tests.county.small import CAMERA, OTHER_VILLAGE, POLICY_TOML, SPOTS, VILLAGE, small_county
from tests.screen.pages_browser import PHONE, grave_faults, opened
from tests.screen.site import Site
from tests.servers import wait_until

pytestmark = pytest.mark.real
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
SHA = "a" * 64
SEEN = encode(np.full((360, 640, 3), (60, 120, 90), np.uint8), 85)
HOSTILE = "<img src=x onerror=alert(1)>{{ 7*7 }}"


def wide_county() -> County:
    """The small county with two further spots, so that three tickets can be open at once."""
    more = tuple(
        Spot(f"cam-1.spot-{n}", CAMERA, name, VILLAGE, "street", SPOTS[0].polygon, ("garbage", "overflow", "dumped"))
        for n, name in ((2, "河边垃圾点"), (3, "集市垃圾点"))
    )
    return small_county(people=MORE_PEOPLE, duties=MORE_DUTIES, spots=(*SPOTS, *more))


class Town:
    """A county's server with three tickets, an ask and a mute that wait; ``login`` opens the page as somebody."""

    def __init__(self, site: Site, address: str) -> None:
        self.site, self.address = site, address
        self.office = Office(site.book, World(lambda: site.county, lambda: datetime.now(UTC)))
        self.accounts = Account(site.folder / "secrets")

    def happen(self, *spots: int) -> list[UUID]:
        """Dirt at these spots of the camera; returns a ticket for each."""
        for n in spots:
            self.site.happen(self._seen(f"cam-1.spot-{n}"))
        found = {line.spot_name: line.id for line in self.site.reader.recent(len(spots))}
        return [found[{1: "村口垃圾点", 2: "河边垃圾点", 3: "集市垃圾点"}[n]] for n in spots]

    def act(self, ticket: UUID, act: str, person: str, words: str = "") -> None:
        self.office.act(ticket, act, self.site.county.people[person], Data(words))

    def mute(self, person: str) -> None:
        now = datetime.now(UTC)
        wish = Wish(Scope(area=OTHER_VILLAGE), "修路堆料", now, now + timedelta(hours=50), works=True)
        MuteOffice(self.site.book, World(lambda: self.site.county, lambda: now)).add(wish, person)

    @contextmanager
    def login(self, browser: Browser, person: str, shape: dict[str, Any] = DESKTOP, at: str = "") -> Iterator[Page]:
        password = self.accounts.named.add(person, datetime.now(UTC))
        with opened(browser, shape) as (page, troubles):
            page.goto(f"{self.address}/office{at}")
            expect(page).to_have_url(f"{self.address}/login?next=/office{at}")
            page.fill("#name", person)
            page.fill("#password", password)
            page.keyboard.press("Enter")
            expect(page).to_have_url(f"{self.address}/office{at}")
            yield page
            assert [one for one in troubles if not re.search("401|403|409|ERR_FAILED", one)] == []

    def state(self, ticket: UUID) -> str:
        line = self.site.reader.line(ticket)
        assert line is not None
        return line.status_name

    def _seen(self, spot: str) -> Event:
        return event(0, spot=spot, picture=SHA).model_copy(update={"at": datetime.now(UTC)})


@pytest.fixture
def town(site: Site) -> Iterator[Town]:
    site.now = datetime.now(UTC)
    site.evidence(SHA, SEEN)
    with CountyBook(site.settings.county_url) as registry:
        registry.save(dump(wide_county().content, POLICY_TOML.encode()), "test", "more spots")
        site.county = registry.current(site.county.code)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said: list[str] = []
    stop = threading.Event()
    settings = replace(site.settings, port=port, secure_cookies=False, static=STATIC)
    thread = threading.Thread(target=serve, args=(settings, stop, said.append))
    thread.start()
    wait_until(lambda: len(said) == 2, "the screen listens")
    yield Town(site, said[1].rstrip("/"))
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def rows(page: Page) -> Any:
    return page.locator("a[data-ticket]")


def said(page: Page, words: str) -> None:
    expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()


def lost(page: Page, url: str) -> list[str]:
    """From now on what is sent there is done, and its answer is lost on the way; the keys of what was sent."""
    keys: list[str] = []

    def done_and_lost(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        keys.append(route.request.headers["idempotency-key"])
        route.fetch()
        return route.abort()

    page.route(url, done_and_lost)
    return keys


def test_from_the_queue_to_the_case_to_an_act_and_to_an_answer(town: Town, browser: Browser) -> None:
    first, second, _ = town.happen(1, 2, 3)
    town.act(first, "accept", "v1")
    town.act(first, "extend", "v1", f"等铲车{HOSTILE}")
    with town.login(browser, "t1") as page:
        expect(rows(page)).to_have_count(3)
        expect(page.get_by_role("button", name="待我答复 1")).to_be_visible()
        expect(page.locator(".lamp").first).to_contain_text("剩")
        rows(page).filter(has_text="河边垃圾点").click()
        expect(page.get_by_role("heading", level=2, name="暴露垃圾")).to_be_visible()
        expect(page.locator(f"img[src*='{SHA}']").first).to_be_visible()
        expect(page.get_by_role("list", name="七个环节").get_by_role("listitem")).to_have_count(7)
        expect(page.get_by_role("region", name="通知记录")).to_contain_text("马村官")
        assert grave_faults(page) == []
        page.get_by_role("group", name="可以办理").get_by_role("button", name="接单", exact=True).click()
        press(page, "确定接单")
        said(page, "接单：已提交")
        expect(page.get_by_role("region", name="经过")).to_contain_text("田乡官接单")
        page.get_by_role("link", name="申请督办").click()
        card = page.get_by_role("article").filter(has_text="马村官申请延期")
        expect(card).to_contain_text(HOSTILE)
        card.get_by_role("button", name="不同意", exact=True).click()
        press(page, "确定不同意")
        expect(page.get_by_role("alert")).to_have_text("请写明原因")
        page.get_by_role("textbox", name="原因").fill("人手够")
        assert grave_faults(page) == []
        press(page, "确定不同意")
        said(page, "不同意")
        expect(page.get_by_text("没有等您答复的申请")).to_be_visible()
    assert town.state(second) == "已接单"
    assert any("田乡官不同意马村官延期" in line.words for line in town.site.reader.history(first))


def the_focus_comes_back(page: Page) -> None:
    """From a sheet to the case, from the case, the bulk bar and another view to the row."""
    keys = page.keyboard
    keys.press("t")
    expect(page.get_by_role("dialog", name="转办").get_by_label("查找人员")).to_be_focused()
    keys.press("Escape")
    expect(page.get_by_role("heading", level=2, name="暴露垃圾")).to_be_focused()
    keys.press("h")
    keys.type("等项目资金")
    keys.press("Control+Enter")
    expect(page.get_by_role("alert")).to_have_text("请写明挂到什么时候")
    keys.press("Escape")
    keys.press("Escape")
    expect(rows(page).first).to_be_focused()
    keys.press("x")
    keys.press("b")
    expect(page.get_by_role("button", name="批量接单")).to_be_focused()
    keys.press("Escape")
    expect(rows(page).first).to_be_focused()
    keys.press("g")
    keys.press("m")
    expect(page.get_by_role("heading", name="静默")).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()
    keys.press("g")
    keys.press("q")
    expect(rows(page).first).to_be_focused()


def test_the_whole_way_by_keyboard_alone(town: Town, browser: Browser) -> None:
    first, second = town.happen(1, 2)
    town.act(second, "accept", "v1")
    with town.login(browser, "v1b") as page:
        expect(rows(page)).to_have_count(2)
        keys = page.keyboard
        keys.press("?")
        expect(page.get_by_role("dialog", name="快捷键")).to_be_visible()
        keys.press("Escape")
        keys.press("/")
        keys.type("村口")
        expect(rows(page)).to_have_count(1)
        keys.press("Escape")
        keys.press("j")
        keys.press("Enter")
        expect(page.get_by_role("heading", level=2, name="暴露垃圾")).to_be_focused()
        expect(page.get_by_role("button", name="接单", exact=True)).to_be_visible()
        keys.press("a")
        expect(page.get_by_role("dialog", name="接单")).to_be_visible()
        keys.press("Enter")
        said(page, "接单：已提交")
        expect(page.get_by_role("button", name="转办", exact=True)).to_be_visible()
        the_focus_comes_back(page)
        keys.press("[")
        expect(page.get_by_role("button", name="超期 0")).to_have_attribute("aria-pressed", "true")
    assert town.state(first) == "已接单"


def test_triage_by_one_two_and_three(town: Town, browser: Browser) -> None:
    first, second, third = town.happen(1, 2, 3)
    for ticket in (first, second, third):
        town.act(ticket, "not_true", "v1", "没有垃圾")
    with town.login(browser, "t1", at=f"#case/{first}") as page:
        expect(page.get_by_role("button", name="看不清")).to_be_visible()
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        said(page, "属实")
        page.goto(f"{town.address}/office#case/{second}")
        expect(page.get_by_role("button", name="不属实")).to_be_visible()
        page.keyboard.press("2")
        page.keyboard.type("现场干净")
        page.keyboard.press("Control+Enter")
        said(page, "不属实")
        page.goto(f"{town.address}/office#case/{third}")
        expect(page.get_by_role("button", name="看不清")).to_be_visible()
        page.keyboard.press("3")
        page.keyboard.type("太暗")
        page.keyboard.press("Control+Enter")
        said(page, "看不清")
    assert [town.state(one) for one in (first, second, third)] == ["已派遣(待接单)", "不予立案", "待核实"]


def test_the_letter_about_a_mute_leads_through_the_login_to_where_it_is_granted(town: Town, browser: Browser) -> None:
    town.mute("t1")
    with town.login(browser, "c1", at="#mutes") as page:
        card = page.get_by_role("article").filter(has_text="修路堆料")
        expect(card).to_contain_text("等您批准")
        assert grave_faults(page) == []
        card.get_by_role("button", name="批准", exact=True).click()
        press(page, "确定批准")
        said(page, "批准")
        expect(card).to_contain_text("郝县官批准")
        press(page, "申请静默")
        page.get_by_label("在哪里").select_option(label="柳林镇 上河村")
        page.get_by_role("textbox", name="原因").fill("集市")
        assert grave_faults(page) == []
        asked = lost(page, "**/api/v1/silences")
        press(page, "提交申请")
        expect(page.get_by_role("alert")).to_have_text("连不上服务器，请检查网络后再试")
        page.unroute("**/api/v1/silences")
        with page.expect_request("**/api/v1/silences") as again:
            page.get_by_role("button", name="提交申请").dblclick()
        said(page, "静默 2 号已提交，等上一级批准")
        assert [again.value.headers["idempotency-key"]] == asked
        expect(page.get_by_role("article").filter(has_text="集市")).to_have_count(1)
        page.goto(f"{town.address}/office#log")
        expect(page.get_by_role("heading", name="无差别台账")).to_be_visible()


def test_several_at_once_are_each_asked_for_and_each_answered(town: Town, browser: Browser) -> None:
    first, second, third = town.happen(1, 2, 3)
    town.act(third, "accept", "v1")
    with town.login(browser, "t1") as page:
        page.get_by_label("全选本页").check()
        expect(page.get_by_text("选中 3 件")).to_be_visible()
        press(page, "批量转办")
        press(page, "办理 3 件")
        expect(page.get_by_role("alert")).to_have_text("请选转给谁")
        page.get_by_role("radio", name="马副手").check()
        page.get_by_role("textbox", name="原因").fill("马村官请假")
        assert grave_faults(page) == []
        press(page, "办理 3 件")
        expect(page.get_by_text("✓ 已办理")).to_have_count(3)
        expect(page.get_by_role("button", name="完成")).to_be_focused()
        press(page, "完成")
        said(page, "批量转办：3 件成功")
        expect(rows(page).filter(has_text="马副手")).to_have_count(3)
        for name in ("村口垃圾点", "集市垃圾点"):
            page.locator("li").filter(has=page.locator("a[data-ticket]")).filter(has_text=name).get_by_role(
                "checkbox"
            ).check()
        town.act(first, "accept", "v1b")
        press(page, "批量接单")
        press(page, "办理 2 件")
        expect(page.get_by_text("✓ 已办理")).to_have_count(1)
        expect(page.get_by_text("✕")).to_contain_text("您现在不能接单")
        press(page, "再办未成的 1 件")
        expect(page.get_by_text("✓ 已办理")).to_have_count(1)
        expect(page.get_by_role("button", name="完成")).to_be_focused()
    assert [town.state(one) for one in (first, second, third)] == ["已接单", "已派遣(待接单)", "已接单"]


def test_a_photo_ends_the_work_and_a_paper_is_issued_and_an_alarm_is_cleared(
    town: Town, browser: Browser, tmp_path: Path
) -> None:
    first, second = town.happen(1, 2)
    town.act(first, "accept", "v1")
    photo = tmp_path / "after.jpg"
    photo.write_bytes(encode(np.random.default_rng(1).integers(0, 255, (300, 400, 3), dtype=np.uint8), 90))
    with town.login(browser, "v1", at=f"#case/{first}") as page:
        press(page, "提交办结")
        press(page, "确定提交办结")
        expect(page.get_by_role("alert")).to_have_text("请先加一张照片")
        page.locator("input[type=file]").set_input_files(photo)
        expect(page.get_by_text("已压缩")).to_be_visible()
        assert grave_faults(page) == []
        press(page, "确定提交办结")
        said(page, "提交办结：已提交")
        expect(page.get_by_alt_text("处置后的照片，看大图")).to_be_visible()
        page.get_by_alt_text("处置后的照片，看大图").click()
        expect(page.get_by_role("dialog", name="大图")).to_be_visible()
        page.keyboard.press("Escape")
    with town.login(browser, "t1", at=f"#case/{second}") as page:
        press(page, "以我的名义签发")
        expect(page.get_by_role("region", name="整改通知书").get_by_role("link", name="PDF")).to_be_visible()
        press(page, "人工清除 暴露垃圾")
        press(page, "确定清除")
        expect(page.get_by_role("alert")).to_have_text("请写明原因")
        press(page, "现场干净，画面看错了")
        press(page, "确定清除")
        said(page, "已人工清除")
        expect(page.get_by_role("region", name="经过")).to_contain_text("现场干净，画面看错了")
    assert town.state(first) == "待核查"


def test_a_typed_time_is_beijing_s_and_outlives_a_refusal_and_a_lapsed_session(town: Town, browser: Browser) -> None:
    (first,) = town.happen(1)
    town.act(first, "accept", "v1")
    wanted = (datetime.now(UTC) + timedelta(hours=20)).astimezone(ZoneInfo("Asia/Shanghai"))
    with town.login(browser, "v1", at=f"#case/{first}") as page:
        press(page, "延期")
        page.get_by_role("textbox", name="原因").fill("等铲车")
        page.get_by_label("到什么时候").fill("2020-01-01T08:00")
        press(page, "确定延期")
        expect(page.get_by_role("alert")).to_contain_text("时间要晚于")
        page.get_by_label("到什么时候").fill(f"{wanted:%Y-%m-%dT%H:%M}")
        page.context.clear_cookies()  # the session lapses while somebody writes
        press(page, "确定延期")
        expect(page.get_by_role("heading", name="登录已到期，请再登录一次")).to_be_visible()
        assert grave_faults(page) == []
        page.get_by_label("口令").fill("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert").last).to_contain_text("口令不对")
        page.get_by_label("口令").fill(town.accounts.named.reset("v1", datetime.now(UTC)))
        page.keyboard.press("Enter")
        said(page, "延期：已提交")
        card = page.get_by_role("article").filter(has_text=f"延期到{wanted:%m月%d日 %H:%M}")
        press(page, "撤回")
        page.get_by_role("textbox", name="原因").fill("不用了")
        press(page, "确定撤回")
        expect(card.get_by_role("button", name="撤回")).to_have_count(0)
    assert any("撤回延期" in line.words for line in town.site.reader.history(first))


def test_what_citizens_report_is_verified_and_the_admin_only_looks(town: Town, browser: Browser) -> None:
    body = {"what": "garbage", "region": VILLAGE, "place": "村东头", "words": HOSTILE}
    with town.login(browser, "t1") as page:
        told = page.request.post(
            f"{town.address}/api/v1/reports", data=body, headers={"Idempotency-Key": "a-key-of-its-own"}
        )
        assert told.ok, told.text()
    with town.login(browser, "c1", at="#reports") as page:
        row = page.get_by_role("listitem").filter(has_text=HOSTILE)
        expect(row).to_be_visible()
        assert grave_faults(page) == []
        row.get_by_role("button", name="属实", exact=True).click()
        press(page, "提交核实")
        expect(row.locator("em", has_text="属实").or_(page.get_by_role("alert"))).to_be_visible()
    ticket = town.site.reader.recent(1)[0].id
    with opened(browser, DESKTOP) as (page, troubles):
        password = town.accounts.reset()
        page.goto(f"{town.address}/login?next=/office%23case/{ticket}")
        page.fill("#password", password)
        page.keyboard.press("Enter")
        expect(page.get_by_text("管理员账号只能查看")).to_be_visible()
        for place in ("#asks", "#mutes", "#reports", "#log", ""):
            page.goto(f"{town.address}/office{place}")
            expect(page.get_by_role("heading", level=1).first).to_be_attached()
            assert grave_faults(page) == [], place
        assert troubles == []


def test_an_officer_on_a_phone_sees_the_queue_and_a_case_within_the_width(town: Town, browser: Browser) -> None:
    town.happen(1, 2)
    fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    with town.login(browser, "t1", PHONE) as page:
        expect(rows(page)).to_have_count(2)
        assert page.evaluate(fits)
        assert grave_faults(page) == []
        rows(page).first.click()
        expect(page.get_by_role("region", name="案情")).to_be_visible()
        assert page.evaluate(fits)
        assert grave_faults(page) == []
        page.emulate_media(media="print")
        for name in ("关闭案卷", "打印"):
            expect(page.get_by_role("button", name=name)).to_be_hidden()
        expect(page.get_by_role("navigation", name="办理台")).to_be_hidden()
        page.emulate_media(media="screen")
        press(page, "关闭案卷")
        expect(rows(page).first).to_be_visible()


def test_filters_are_kept_by_name_and_a_spoilt_storage_harms_nothing(town: Town, browser: Browser) -> None:
    town.happen(1, 2)
    with town.login(browser, "t1") as page:
        page.get_by_label("等级").select_option("urgent")
        expect(page.get_by_text("这里没有工单")).to_be_visible()
        press(page, "存为常用")
        expect(page.get_by_label("常用筛选的名称")).to_be_focused()
        page.keyboard.press("Enter")
        press(page, "清除")
        expect(rows(page)).to_have_count(2)
        page.reload()
        press(page, "紧急")
        expect(page.get_by_text("这里没有工单")).to_be_visible()
        page.evaluate('localStorage.setItem(\'office:filters:t1\', \'[{"name":1},null,{"name":"x","sift":{}}]\')')
        page.reload()
        expect(rows(page)).to_have_count(2)
        expect(page.get_by_role("list", name="常用筛选")).to_have_count(0)


ELSEWHERE = (
    "https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "/\t/elsewhere.example",
    "javascript:alert(1)", "http://[",
)  # fmt: skip


def test_the_login_never_leads_to_another_server(town: Town, browser: Browser) -> None:
    password = town.accounts.named.add("t1", datetime.now(UTC))
    for wanted in ELSEWHERE:
        with opened(browser, DESKTOP) as (page, _):
            page.goto(f"{town.address}/login")
            page.evaluate("to => history.replaceState(null, '', '/login?next=' + encodeURIComponent(to))", wanted)
            page.fill("#name", "t1")
            page.fill("#password", password)
            page.keyboard.press("Enter")
            expect(page.get_by_role("heading", name="田乡官，您好")).to_be_visible()
            assert page.url.startswith(f"{town.address}/"), wanted
