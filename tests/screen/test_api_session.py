"""Who gets in, and what surrounds every answer."""

from __future__ import annotations

import re
import socket
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from screen.access.account import LIFE
from screen.app import serve
from screen.settings import BadSettings
from tests.screen.browser import TestClient
from tests.screen.contract import told as openapi
from tests.screen.site import Site

# What needs no session; every other route of the document must refuse, also those that are added tomorrow.
PUBLIC = {
    "/healthz", "/api/v1/login", "/api/v1/logout", "/api/v1/claim",  # a claim needs its one-time code
    "POST /api/v1/reports", "/api/v1/reports/form", "/api/v1/reports/{draft}/photo",  # any citizen may report
    "/api/v1/r/{code}", "/api/v1/r/{code}/forget",  # and needs their code to ask
    "/api/v1/receipts/{channel}/{secret}",  # the secret end of its address
    "/api/v1/public/lists", "/api/v1/public/lists/pictures/{sha256}",
    "/api/v1/public/board",  # shut unless the county opened it
    "/api/v1/wechat/{channel}", "/api/v1/wecom/{channel}",  # WeChat's signature; a code that WeCom has given
    # A desk link opens these too, and their bodies are looked at first: tests/screen/test_api_binding.py.
    "/api/v1/binding/begin", "/api/v1/binding/unbind", "/api/v1/binding/state", "/api/v1/binding/confirm",
}  # fmt: skip
SOME = "01937c1e-5f7a-7c3e-9d55-0b1f5a6c7d8e"
VALUES = {
    "ticket": SOME, "report": SOME, "deed": "approve", "sha256": "a" * 64, "number": "1", "form": "html",
    "act": "accept", "ask": "01937c1e-5f7a-7c3e-9d55-0b1f5a6c7d8e", "answer": "grant",
    "figure": "alarms_today", "code": "640999100", "camera": "qx-cam-01", "name": "v1", "device": "box-1",
    "person": "v1",
}  # fmt: skip
PROTECTED = [
    (method.upper(), re.sub(r"{(\w+)}", lambda name: VALUES[name[1]], path))
    for path, operations in openapi()["paths"].items()
    for method in operations
    if not {path, f"{method.upper()} {path}"} & PUBLIC and not path.startswith("/api/v1/desk/")
]


def login(client: TestClient, password: str, name: str = "admin") -> int:
    answer = client.post("/api/v1/login", json={"name": name, "password": password})
    return int(answer.status_code)


def test_without_a_session_nothing_is_shown(site: Site) -> None:
    with site.client() as client:
        assert len(PROTECTED) > 6
        for method, path in PROTECTED:
            answer = client.request(method, path, json={} if method == "POST" else None)
            assert answer.status_code == 401, path
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json() == {
                "type": "/problems/not-signed-in", "title": "没有登录", "status": 401, "detail": "请先登录",
            }  # fmt: skip
        wall = client.get("/", follow_redirects=False)
        assert (wall.status_code, wall.headers["location"]) == (303, "/login")


def test_the_first_password_opens_and_is_told_by_one_start_only(site: Site) -> None:
    with site.client() as client:
        password = client.first_password
        assert login(client, password) == 200
        assert client.get("/api/v1/session").json() == {"name": "admin", "open_wall": False}
        assert client.get("/").status_code == 200
    with site.client() as client:
        assert client.first_password is None
        assert login(client, password) == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_foreign_sites(site: Site) -> None:
    with site.client(secure_cookies=True) as client:
        password = client.first_password
        answer = client.post("/api/v1/login", json={"name": "admin", "password": password})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-jingcun=")
        assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
        assert "max-age=31536000" in answer.headers["strict-transport-security"]


def test_a_logged_out_cookie_is_dead_and_an_old_one_too(site: Site) -> None:
    with site.signed_in() as client:
        token = client.cookies["jingcun"]
        assert client.post("/api/v1/logout").status_code == 204
        client.cookies.set("jingcun", token)
        assert client.get("/api/v1/session").status_code == 401
    with site.client() as client:
        client.cookies.set("jingcun", token)
        assert client.get("/api/v1/session").status_code == 401


def test_a_session_expires(site: Site) -> None:
    with site.signed_in() as client:
        site.now += LIFE - timedelta(seconds=1)
        assert client.get("/api/v1/session").status_code == 200
        site.now += timedelta(seconds=1)
        assert client.get("/api/v1/session").status_code == 401


def test_guessing_is_locked_out_and_told_how_long(site: Site) -> None:
    with site.client() as client:
        password = client.first_password
        assert [login(client, f"guess{number}") for number in range(7)] == [401] * 5 + [429] * 2
        answer = client.post("/api/v1/login", json={"name": "admin", "password": password})
        assert answer.status_code == 429, "the right password does not help during the lock"
        assert int(answer.headers["retry-after"]) == 8
        site.now += timedelta(seconds=8)
        assert login(client, password) == 200


def test_an_open_wall_is_seen_from_this_machine_only(site: Site) -> None:
    with site.client(host="127.0.0.1", open_wall=True) as client:
        assert client.get("/api/v1/wall").status_code == 200
        assert client.get("/").status_code == 200
        assert client.get("/api/v1/session").json() == {"name": "访客", "open_wall": True}
        assert client.get("/api/v1/dead-letters").status_code == 401, "the operator's pages still need a login"
        foreign = client.get("/api/v1/wall", headers={"Host": "evil.example"})
        assert foreign.status_code == 421
        assert login(client, client.first_password) == 200
        assert client.get("/api/v1/session").json()["name"] == "admin", "who has signed in is no visitor any more"
    with site.client(host="192.0.2.7", open_wall=True) as client:
        assert client.get("/api/v1/wall").status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/login"), ("GET", "/t/whatever"), ("GET", "/static/assets/a-1.js"), ("GET", "/mark.svg"),
        ("GET", "/api/v1/wall"), ("GET", "/healthz"), ("GET", "/nowhere"), ("GET", "/api/v1/desk/x"),
        ("POST", "/api/v1/login"), ("GET", "/openapi.json"), ("DELETE", "/login"), ("GET", "/robots.txt"),
    ],
)  # fmt: skip
def test_every_answer_carries_the_security_headers(site: Site, method: str, path: str) -> None:
    with site.client() as client:
        headers = client.request(method, path).headers
    policy = headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "'unsafe-inline'" not in policy.replace("style-src-attr 'unsafe-inline'", "")
    assert "default-src 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "server" not in headers


def test_pages_are_fresh_and_assets_are_kept(site: Site) -> None:
    with site.client() as client:
        assert client.get("/login").headers["cache-control"] == "no-cache"
        assert "immutable" in client.get("/static/assets/a-1.js").headers["cache-control"]
        assert client.get("/api/v1/desk/x").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/../screen.db", "/screen.db", "/wall.html", "/static/../screen.db", "/%2e%2e/book.db"]
)
def test_nothing_else_of_the_disk_is_served(site: Site, path: str) -> None:
    with site.client() as client:
        assert client.get(path).status_code == 404


def test_a_page_that_is_not_built_says_how_to_build_it(site: Site) -> None:
    (site.folder / "static" / "login.html").unlink()
    with site.client() as client:
        answer = client.get("/login")
        assert answer.status_code == 503
        assert "npm run build" in answer.json()["detail"]


def test_what_shrinks_is_sent_compressed_and_pictures_as_they_are(site: Site) -> None:
    (site.folder / "static" / "assets" / "b-2.js").write_text("let a = 1;" * 1000)
    site.evidence("a" * 64, b"\xff\xd8\xff" + bytes(5000))
    with site.signed_in() as client:
        script = client.get("/static/assets/b-2.js")
        assert (script.headers["content-encoding"], len(script.content)) == ("gzip", 10_000)
        assert client.get("/api/v1/wall").headers["content-encoding"] == "gzip"
        assert "content-encoding" not in client.get("/api/v1/evidence/" + "a" * 64).headers


def test_posts_from_foreign_pages_are_refused(site: Site) -> None:
    with site.client() as client:
        answer = client.post("/api/v1/logout", headers={"Origin": "https://evil.example"})
        assert (answer.status_code, answer.json()["detail"]) == (403, "请求来自别的网站，已拒绝")
        assert client.post("/api/v1/logout", headers={"Origin": "http://127.0.0.1"}).status_code == 204


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"name": 1, "password": null}', b"[" * 5000])
def test_a_garbled_body_is_a_problem_document_and_not_an_error(site: Site, body: bytes) -> None:
    with site.client() as client:
        answer = client.post("/api/v1/login", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]


def test_a_huge_body_is_refused_announced_or_not(site: Site) -> None:
    def endless() -> object:
        for _ in range(100):
            yield b"x" * 10_000

    with site.client() as client:
        assert client.post("/api/v1/login", content=b"x" * 100_000).status_code == 413
        chunked = client.post("/api/v1/login", content=endless(), headers={"Content-Type": "application/json"})
        assert chunked.status_code == 413
        assert "太大" in chunked.json()["detail"]
        assert client.post("/api/v1/login", headers={"Content-Length": "-1"}).status_code == 413


def test_a_fault_of_ours_is_a_plain_problem_without_details(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from alerts.store.queries import Reader
    from screen.app import create_app

    def broken(_self: object) -> int:
        raise ZeroDivisionError("secret words")

    monkeypatch.setattr(Reader, "number", broken)
    app = create_app(site.settings, lambda: site.now)
    with TestClient(app, base_url="https://127.0.0.1", raise_server_exceptions=False) as client:
        answer = client.get("/healthz")
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_health_page_needs_no_login_and_tells_no_secret(site: Site) -> None:
    with site.client() as client:
        answer = client.get("/healthz").json()
        assert answer["ok"] is True
        assert set(answer) == {"ok", "version", "pages", "faults"}


def test_a_taken_port_is_named_with_the_cure_before_anything_is_opened(site: Site) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        settings = replace(site.settings, port=other.getsockname()[1], folder=site.folder / "fresh")
        with pytest.raises(BadSettings, match=r"set \[screen\] port"):
            serve(settings, threading.Event())
    assert not (site.folder / "fresh").exists()
