"""The built pages on the real server: Chromium, real stores, real photos; nothing stands in for anything."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from broker.messages import Event, Phase, State
from detect.blur import Picture, encode
from screen.access.account import Account
from screen.app import serve
from screen.settings import STATIC
from tests.alerts.makes import event
from tests.county.small import BOX, SPOT
from tests.screen.pages_browser import PHONE, WALL, grave_faults, opened
from tests.screen.site import Site
from tests.servers import wait_until

pytestmark = pytest.mark.real
PATIENCE = 30_000
THERE = {
    "geolocation": {"longitude": 106.2003, "latitude": 36.1001, "accuracy": 12},
    "permissions": ["geolocation", "camera", "microphone"],
}  # 29 m from the spot
SEEN = encode(np.full((360, 640, 3), (60, 120, 90), np.uint8), 85)
SHA = "a" * 64


@pytest.fixture
def server(site: Site) -> Iterator[tuple[str, str]]:
    """The address of the real server and its first password."""
    site.now = datetime.now(UTC)
    site.evidence(SHA, SEEN)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said: list[str] = []
    stop = threading.Event()
    settings = replace(site.settings, port=port, secure_cookies=False, static=STATIC)
    thread = threading.Thread(target=serve, args=(settings, stop, said.append))
    thread.start()
    wait_until(lambda: len(said) == 2, "the screen listens")
    yield said[1].rstrip("/"), said[0].split("首次口令 ")[1].split("（")[0]
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


def seen_dirty(site: Site) -> Event:
    return event(0, picture=SHA).model_copy(update={"at": site.now})


def seen_clean(site: Site) -> Event:
    """The camera's answer to the re-check command of the newest ticket."""
    ticket = site.reader.ticket(site.reader.recent(1)[0].id)
    assert ticket is not None
    return Event(
        message_id=uuid4(), device=BOX, at=datetime.now(UTC), event_id=uuid4(), revision=0, phase=Phase.END,
        spot=SPOT, what=ticket.what, state=State.CLEAN, reason="复查三次都干净", command_id=ticket.command,
    )  # fmt: skip


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def sent_picture(page: Page) -> Picture:
    """The photo as it lies on the phone, marked and ready to leave."""
    data = page.get_by_role("img", name="处置后照片 1").evaluate(
        """one => {
            const canvas = document.createElement('canvas')
            Object.assign(canvas, {width: one.naturalWidth, height: one.naturalHeight})
            canvas.getContext('2d').drawImage(one, 0, 0)
            return canvas.toDataURL('image/png').split(',')[1]
        }"""
    )
    return decoded(base64.b64decode(data))


def decoded(data: bytes) -> Picture:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def likeness(one: Picture, other: Picture) -> float:
    """How alike the marked lower edges of two pictures of one size are, 1 for the same."""
    first, second = (cv2.cvtColor(each, cv2.COLOR_BGR2GRAY)[-int(each.shape[0] * 0.16) :] for each in (one, other))
    return float(np.corrcoef(np.ravel(first), np.ravel(second))[0, 1])


def shoots_and_speaks(page: Page) -> Picture:
    """A photo over the shadow of the first picture, a phrase and a voice note; returns the photo with its mark."""
    button(page, "打开对准相机")
    camera = page.get_by_role("dialog", name="对准拍照")
    camera.get_by_role("slider", name="淡影深浅").fill("60")
    camera.get_by_role("button", name="拍照").click()
    expect(page.get_by_text("已压缩")).to_be_visible(timeout=PATIENCE)
    marked = sent_picture(page)
    button(page, "已清理干净")
    talk = page.get_by_role("button", name="按住说话")
    talk.scroll_into_view_if_needed()
    talk.hover()
    page.mouse.down()
    expect(page.get_by_text("正在录音 1 秒")).to_be_visible(timeout=PATIENCE)
    page.mouse.up()
    page.get_by_role("button", name="播放我的语音").click()
    expect(page.get_by_role("button", name="停止我的语音")).to_be_visible()
    return marked


def test_a_cleaner_goes_from_the_link_to_closed_without_typing_a_word_and_without_signal_in_between(
    site: Site, server: tuple[str, str], browser: Browser
) -> None:
    site.happen(seen_dirty(site))
    ticket = site.reader.recent(1)[0].id
    code = site.desk.mint(ticket)
    with opened(browser, PHONE, **THERE) as (page, troubles):
        asked: list[str] = []
        page.on("request", lambda one: asked.append(one.url))
        page.goto(f"{server[0]}/t/{code}")
        expect(page.get_by_role("heading", name="暴露垃圾")).to_be_visible(timeout=PATIENCE)
        button(page, "接 单")
        expect(page.get_by_role("button", name="我已到现场")).to_be_visible(timeout=PATIENCE)
        page.context.set_offline(True)
        button(page, "我已到现场")
        expect(page.get_by_text("已到点位，相距约 29 米。")).to_be_visible(timeout=PATIENCE)
        marked = shoots_and_speaks(page)
        button(page, "提交办结")
        expect(page.get_by_text("“到达现场、提交办结”已记在手机里")).to_be_visible(timeout=PATIENCE)
        assert site.reader.photos(ticket) == []
        page.context.set_offline(False)
        expect(page.get_by_role("heading", name="已提交，等待核查")).to_be_visible(timeout=PATIENCE)
        site.happen(seen_clean(site))
        expect(page.get_by_role("heading", name="已办结，辛苦了")).to_be_visible(timeout=PATIENCE)
        assert [line for line in troubles if "net::ERR_" not in line] == [], "without signal"
        assert {urlsplit(url).netloc for url in asked if url.startswith("http")} == {urlsplit(server[0]).netloc}
    assert site.reader.recent(1)[0].status_name == "已结案"
    all_is_kept(site, ticket, marked)
    office_hears(site, server[0], browser, f"{ticket}")


def all_is_kept(site: Site, ticket: UUID, marked: Picture) -> None:
    """The distance, the phrase, the voice and the mark of the photo lie with the ticket."""
    history = [one.words for one in site.reader.history(ticket)]
    assert any("到场(离点位约29米,定位误差约12米;位置 106.20030,36.10010 WGS-84" in words for words in history)
    assert any("提交办结:已清理干净(附语音说明)" in words for words in history)
    (photo,) = site.reader.photos(ticket)
    assert (photo.longitude, photo.doubts) == (106.2003, ())
    kept = decoded((site.folder / "evidence" / photo.sha256[:2] / photo.sha256).read_bytes())
    assert kept.shape == marked.shape
    assert likeness(kept, marked) > 0.97, "the mark outlives the server's blur"


def office_hears(site: Site, address: str, browser: Browser, ticket: str) -> None:
    """An officer of the township opens the case, and listens."""
    password = Account(site.folder / "secrets").named.add("t1", datetime.now(UTC))
    with opened(browser, {"viewport": {"width": 1280, "height": 800}}) as (page, troubles):
        page.goto(f"{address}/office#case/{ticket}")
        page.fill("#name", "t1")
        page.fill("#password", password)
        page.keyboard.press("Enter")
        voices = page.get_by_role("region", name="语音说明")
        voices.get_by_role("button", name="查看需登记事由").click()
        why = page.get_by_role("dialog", name="调用登记")
        why.get_by_role("combobox").select_option("appeal")
        why.get_by_label("具体说明").fill("核对办结说明")
        page.keyboard.press("Control+Enter")
        expect(voices).to_contain_text("马村官 · 提交办结", timeout=PATIENCE)
        with page.expect_response(lambda answer: "/voices/" in answer.url) as heard:
            voices.get_by_role("button", name="播放语音 1").click()
        assert heard.value.headers["content-type"] == "audio/webm"
        expect(voices.get_by_role("button", name="停止语音 1")).to_be_visible()
        assert grave_faults(page) == []
        assert troubles == []


def test_an_official_logs_in_and_sees_an_alarm_come_up(site: Site, server: tuple[str, str], browser: Browser) -> None:
    address, password = server
    with opened(browser, WALL) as (page, troubles):
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        expect(page).to_have_url(f"{address}/login")
        page.locator("input").first.fill("admin")
        page.locator("input[type=password]").fill(password)
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{address}/", timeout=PATIENCE)
        expect(page.get_by_text("青峦县").first).to_be_visible(timeout=PATIENCE)
        site.happen(seen_dirty(site))
        expect(page.get_by_text("石门村").first).to_be_visible(timeout=PATIENCE)
        expect(page.locator(f"img[src*='{SHA}']").first).to_be_visible(timeout=PATIENCE)
        assert troubles == []


def test_a_village_account_finds_a_page_of_its_own_and_logs_out(
    site: Site, server: tuple[str, str], browser: Browser
) -> None:
    password = Account(site.folder / "secrets").named.add("v1", datetime.now(UTC))
    address, _ = server
    with opened(browser, PHONE) as (page, troubles):
        page.goto(f"{address}/login")
        page.locator("input").first.fill("v1")
        page.locator("input[type=password]").fill(password)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="马村官，您好")).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_text("大屏是全县的")).to_be_visible()
        assert grave_faults(page) == []
        button(page, "退出登录")
        expect(page).to_have_url(f"{address}/login", timeout=PATIENCE)
        page.goto(address)
        expect(page).to_have_url(f"{address}/login", timeout=PATIENCE)
        assert troubles == []
