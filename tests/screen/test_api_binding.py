"""Binding through the server's doors: the page's, WeChat's and WeCom's; and what strangers get there."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from alerts.bindings import binding_book
from alerts.bindings.binding_book import New
from alerts.channels import By
from county.book import CountyBook
from screen.bindings.doors import TRIES
from tests.alerts.binding_cases import BASE, MA, MEMBER, OPENID, pair_in, settings
from tests.alerts.test_bindings import address
from tests.alerts.test_deliveries import TOOK, Phone
from tests.county.small import small_county, small_folder
from tests.providers import wechat, wecom
from tests.providers.wechat import NOW_S, event_of, signed
from tests.screen.browser import TestClient
from tests.screen.site import Site
from tests.screen.staff import Staffed


@dataclass
class Desk:
    """A person's desk page on a server with both providers' stand-ins."""

    site: Site
    client: TestClient
    code: str
    wechat: wechat.WeChat
    wecom: wecom.WeCom
    sms: Phone = field(default_factory=lambda: Phone(TOOK, by=By.PHONE))

    def ask(self, path: str = "", **body: Any) -> Any:
        return self.client.post(f"/api/v1/binding{path}", json={"code": self.code, **body})

    def begin(self, way: str = "wechat") -> dict[str, Any]:
        answer = self.ask("/begin", way=way)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def event(self, told: tuple[dict[str, str], bytes]) -> httpx.Response:
        answer: httpx.Response = self.client.post("/api/v1/wechat/wechat", params=told[0], content=told[1])
        return answer

    def scan(self, openid: str = OPENID) -> str:
        """Somebody scans the newest code; returns what WeChat shows them."""
        query, body = self.wechat.scans(list(self.wechat.scenes)[-1], openid)
        return self.event((dict(query), body)).text


@pytest.fixture
def desk(site: Site) -> Iterator[Desk]:
    knows = wechat.WeChat(), wecom.WeCom()
    with ExitStack() as stack:
        at_wechat, at_wecom = (stack.enter_context(one.serving()) for one in knows)
        channels = tuple(settings(site.folder, at_wechat.base, at_wecom.base))
        client = stack.enter_context(site.client(channels=channels, base_url=BASE))
        made = Desk(site, client, site.code(), *knows)
        object.__setattr__(client.wired.state.rooms.binder.accounts, "texts", made.sms)
        yield made


def test_somebody_is_bound_on_the_desk_page_and_unbound_again(desk: Desk) -> None:
    assert desk.ask().json() == {
        "phone_masked": "199****0001",
        "ways": [{"way": "wechat", "name": "微信", "since": None, "offered": True},
                 {"way": "wecom", "name": "企业微信", "since": None, "offered": True}],
    }  # fmt: skip
    begun = desk.begin()
    assert begun["picture"].startswith("data:image/svg+xml;base64,")
    assert begun["link"] is None
    attempt = begun["attempt"]
    assert desk.ask("/state", attempt=attempt).json() == {"state": "open", "words": ""}
    pair = pair_in(desk.scan())
    assert desk.ask("/state", attempt=attempt).json()["state"] == "scanned"
    told = desk.ask("/confirm", attempt=attempt, sms=desk.sms.letters[-1].code, pair=pair)
    assert told.json()["ways"][0]["since"] == "11月21日"
    assert address(desk.site.book) == OPENID
    attempt = desk.ask("/unbind", way="wechat").json()["attempt"]
    told = desk.ask("/confirm", attempt=attempt, sms=desk.sms.letters[-1].code)
    assert told.json()["ways"][0]["since"] is None
    assert address(desk.site.book) == ""


def test_a_member_of_the_corporation_opens_the_link_and_reads_the_two_digits(desk: Desk) -> None:
    begun = desk.begin("wecom")
    desk.wecom.codes["c1"] = MEMBER
    state = httpx.URL(begun["link"]).params["state"]
    page = desk.client.get("/api/v1/wecom/wecom", params={"code": "c1", "state": state})
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert "script" not in page.headers["content-security-policy"]
    sms, pair = desk.sms.letters[-1].code, pair_in(page.text)
    assert desk.ask("/confirm", attempt=begun["attempt"], sms=sms, pair=pair).status_code == 200
    assert address(desk.site.book, by=By.WECOM) == MEMBER
    again = desk.client.get("/api/v1/wecom/wecom", params={"code": "c1", "state": state})
    assert "已经用过或过期" in again.text


def test_who_is_no_member_is_told_so_and_made_up_addresses_ask_wecom_nothing(desk: Desk) -> None:
    state = httpx.URL(desk.begin("wecom")["link"]).params["state"]
    made_up = desk.client.get("/api/v1/wecom/wecom", params={"code": "c9", "state": "s" * 40})
    assert "已经用过或过期" in made_up.text
    assert desk.wecom.token_n == 0
    desk.wecom.codes["c2"] = "stranger"
    page = desk.client.get("/api/v1/wecom/wecom", params={"code": "c2", "state": state})
    assert "没有认出您是本企业的成员" in page.text


def test_wechat_is_answered_with_a_text_to_who_scanned_and_else_with_success(desk: Desk) -> None:
    desk.begin()
    answer = desk.scan()
    assert answer.startswith(f"<xml><ToUserName>{OPENID}</ToUserName><FromUserName>gh_123456789abc</FromUserName>")
    assert desk.event(event_of(OPENID, "CLICK", "menu")).text == "success"
    assert desk.event(event_of(OPENID, "subscribe")).text == "success"
    assert "已经用过或过期" in desk.event(event_of(OPENID, "SCAN", "some-scene")).text


def test_wechat_finds_its_string_again_when_it_asks_for_the_server(desk: Desk) -> None:
    query = signed(NOW_S, "n") | {"echostr": "8113-é"}
    assert desk.client.get("/api/v1/wechat/wechat", params=query).text == "8113-é"
    assert desk.client.get("/api/v1/wechat/wechat", params=query | {"signature": "0" * 40}).status_code == 403
    assert desk.client.get("/api/v1/wechat/wecom", params=query).status_code == 403


def test_who_unfollows_is_unbound_by_the_event(desk: Desk) -> None:
    with desk.site.book.writing() as pen:
        binding_book.bind(pen, New(MA, By.WECHAT, OPENID, "扫码", "v1"), desk.site.now)
    assert desk.event(event_of("oOther", "unsubscribe")).text == "success"
    assert address(desk.site.book) == OPENID
    assert desk.event(event_of(OPENID, "unsubscribe")).text == "success"
    assert address(desk.site.book) == ""


def test_what_wechat_has_not_signed_unbinds_nobody_and_guessing_is_slowed_down(desk: Desk) -> None:
    with desk.site.book.writing() as pen:
        binding_book.bind(pen, New(MA, By.WECHAT, OPENID, "扫码", "v1"), desk.site.now)
    query, body = event_of(OPENID, "unsubscribe")
    old = event_of(OPENID, "unsubscribe", at=NOW_S - 900)
    told = [desk.event((query | {"signature": "0" * 40}, body)).status_code for _ in range(TRIES + 5)]
    assert set(told) == {403, 429}
    assert desk.event(old).status_code in (403, 429)
    assert address(desk.site.book) == OPENID


@pytest.mark.parametrize("body", [b"", b"<!DOCTYPE x [<!ENTITY a 'b'>]><xml/>", b"<xml>", b"[" * 500])
def test_a_signed_body_that_is_no_event_is_refused(desk: Desk, body: bytes) -> None:
    assert desk.event((signed(NOW_S, "n"), body)).status_code == 422


def test_a_body_that_is_too_large_is_not_read(desk: Desk) -> None:
    assert desk.event((signed(NOW_S, "n"), b"x" * 10_001)).status_code == 413
    assert desk.event((signed(NOW_S, "n2"), b"x" * 70_000)).status_code == 413


@pytest.mark.parametrize(
    "query",
    [{}, {"code": "c"}, {"state": "s"}, {"code": "c", "state": "x" * 300}, {"code": "c\0", "state": "s"}],
)
def test_who_comes_to_wecom_s_door_with_nothing_learns_nothing(desk: Desk, query: dict[str, str]) -> None:
    answer = desk.client.get("/api/v1/wecom/wecom", params=query)
    assert answer.status_code in (200, 404, 422)
    assert not pair_in(answer.text)
    assert desk.client.get("/api/v1/wecom/other", params={"code": "c", "state": "s"}).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("", {"code": "wrongcode123"}, 404), ("", {"code": ""}, 401), ("/begin", {"way": "sms"}, 422),
        ("/begin", {"code": "", "way": "wechat"}, 401), ("/unbind", {"code": "", "way": "wecom"}, 401),
        ("/state", {"code": "", "attempt": "x" * 32}, 401),
        ("/confirm", {"code": "", "attempt": "x" * 32, "sms": "123456", "pair": "12"}, 401),
        ("/state", {"attempt": "x"}, 422), ("/confirm", {"attempt": "x" * 32, "sms": "12345", "pair": "12"}, 422),
        ("/confirm", {"attempt": "x" * 32, "sms": "１２３４５６", "pair": "12"}, 422),
        ("/confirm", {"attempt": "x" * 32, "sms": "123456", "pair": "12", "person": "t1"}, 422),
        ("/confirm", {"attempt": "x" * 32, "sms": "123456", "pair": "12"}, 409),
    ],
)  # fmt: skip
def test_what_the_page_would_not_send_is_refused(desk: Desk, path: str, body: dict[str, Any], status: int) -> None:
    assert desk.ask(path, **body).status_code == status


def test_a_link_of_a_former_holder_of_the_row_binds_nobody(desk: Desk) -> None:
    csv = small_folder()["people.csv"].decode().replace(MA.phone, "19900000099")
    with CountyBook(desk.site.settings.county_url) as book:
        book.save(small_folder(people_csv=csv), "test", "another phone")
    assert desk.ask().status_code == 403


def test_neither_openid_nor_code_nor_token_comes_into_the_log(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="screen")
    caplog.set_level(logging.DEBUG, logger="alerts")
    begun = desk.begin()
    pair = pair_in(desk.scan())
    desk.ask("/confirm", attempt=begun["attempt"], sms=desk.sms.letters[-1].code, pair=pair)
    desk.event(event_of(OPENID, "unsubscribe"))
    assert "unbound" in caplog.text
    assert not [one for one in (OPENID, begun["attempt"], desk.sms.letters[-1].code) if one in caplog.text]


@contextmanager
def staffed(folder: Any) -> Iterator[tuple[Staffed, dict[str, TestClient]]]:
    made = Staffed(folder, small_county())
    try:
        with made.signed_in("v1", "admin") as clients:
            yield made, clients
    finally:
        made.close()


def test_the_page_of_an_account_is_served_and_leads_there_from_home(tmp_path: Any) -> None:
    with staffed(tmp_path / "server") as (made, clients):
        static = made.folder / "static"
        static.mkdir()
        (static / "bind.html").write_text("the page", encoding="utf-8")
        assert clients["v1"].get("/bind").text == "the page"
        assert 'href="/bind"' in clients["v1"].get("/").text


def test_an_account_sees_its_own_ways_and_the_admin_has_none(tmp_path: Any) -> None:
    with staffed(tmp_path / "server") as (made, clients):
        with made.book.writing() as pen:
            binding_book.bind(pen, New(MA, By.WECOM, MEMBER, "导入", "管理员"), made.now())
        told = clients["v1"].post("/api/v1/binding", json={})
        assert told.json()["ways"] == [{"way": "wecom", "name": "企业微信", "since": "11月21日", "offered": False}]
        assert MEMBER not in told.text
        assert clients["v1"].post("/api/v1/binding/begin", json={"way": "wechat"}).status_code == 409
        assert clients["admin"].post("/api/v1/binding", json={}).status_code == 403
