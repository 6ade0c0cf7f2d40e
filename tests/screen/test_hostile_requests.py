"""What a hostile client tries at every route: names in the address, foreign pages, other methods, packed bodies."""

from __future__ import annotations

import gzip
import resource
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import cv2
import numpy as np
import pytest

from screen.access.forwarded import told_by
from screen.access.gate import OWN_TRIES
from screen.access.matrix import Door, doors
from screen.access.patience import Patience, counted_as
from screen.access.tap import Tap
from screen.app import bare, configured
from screen.settings import BadSettings
from tests.alerts.makes import at, event
from tests.county.small import BOX, COUNTY, VILLAGE
from tests.screen.browser import TestClient
from tests.screen.site import Site
from tests.screen.test_api_desk import bomb, upload

DOORS = [one for one in doors(bare()) if one.path != "/api/v1/events"]
WITH_NAMES = [one for one in DOORS if "{" in one.path]
UNSAFE = [one for one in DOORS if one.method not in ("GET", "HEAD")]
PAGES = {"/t/{code}", "/r/{code}"}  # the same page for every code; what the code opens, the API says
NAMES = [
    "../../../../etc/passwd", "..\\..\\book.db", "%2e%2e%2f%2e%2e%2fbook.db", "..;/secrets", "a\x00.jpg",
    "\u202e\u200b", "n" * 3000, "．．／book.db", "/etc/passwd", "file:///etc/passwd", "~root", "\r\nSet-Cookie: a=b",
]  # fmt: skip
MEMORY = 300_000  # KiB that the process may grow while a bomb is refused
PHOTO = cv2.imencode(".jpg", np.full((120, 160, 3), 127, np.uint8))[1].tobytes()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, TestClient]]:
    site = Site(tmp_path_factory.mktemp("hostile"))
    site.happen(event(0))
    with site.signed_in() as client:
        yield site, client
    site.close()


def named(door: Door, name: str) -> str:
    head, *rest = door.path.split("{")
    return head + "".join(quote(name, safe="") + part.split("}", 1)[1] for part in rest)


@pytest.mark.parametrize("door", WITH_NAMES, ids=lambda one: f"{one.method} {one.path}")
def test_no_name_in_an_address_leads_anywhere_else(door: Door, scene: tuple[Site, TestClient]) -> None:
    _, client = scene
    for name in NAMES:
        body: Any = {} if door.method == "GET" else {"json": {}}
        answer = client.request(
            door.method, named(door, name), headers={"Idempotency-Key": "key-of-names"}, follow_redirects=False, **body
        )
        assert "root:" not in answer.text
        assert "set-cookie" not in answer.headers
        if door.path not in PAGES:
            assert 400 <= answer.status_code < 500 or answer.status_code == 303, (name, answer.status_code)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1:1",
        "http://[x]",
        "http://[::1",
    ],
)
def test_no_route_that_changes_anything_listens_to_a_foreign_page(origin: str, scene: tuple[Site, TestClient]) -> None:
    _, client = scene
    for door in UNSAFE:
        answer = client.request(door.method, named(door, "x"), json={}, headers={"Origin": origin})
        assert (answer.status_code, answer.json()["detail"]) == (403, "请求来自别的网站，已拒绝"), door.path


def test_every_answer_is_framed_by_nobody_and_what_is_personal_is_kept_by_no_cache(
    scene: tuple[Site, TestClient],
) -> None:
    _, client = scene
    for door in DOORS:
        body: Any = {} if door.method == "GET" else {"json": {}}
        answer = client.request(door.method, named(door, "x"), follow_redirects=False, headers={}, **body)
        assert answer.headers["x-frame-options"] == "DENY", door.path
        assert answer.headers["x-content-type-options"] == "nosniff", door.path
        assert "content-security-policy" in answer.headers, door.path
        if door.path.startswith("/api/"):
            assert "public" not in answer.headers["cache-control"], door.path
            assert {"no-store", "private"} & set(answer.headers["cache-control"].replace(",", "").split()), door.path
        if door.path.endswith(("/logout", "/login")):
            password = client.wired.state.gate.account.reset()
            assert client.post("/api/v1/login", json={"name": "admin", "password": password}).status_code == 200


@pytest.mark.parametrize("path", ["county/folder", "policy", f"tickets/{UUID(int=1)}/acts/accept", "logout"])
def test_json_that_is_nested_without_end_is_a_refusal_also_where_none_is_read(path: str, site: Site) -> None:
    with site.signed_in() as client:
        for body in ("[" * 30_000, '{"reason":' * 6_000):
            answer = client.post(f"/api/v1/{path}", content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code < 500


@pytest.mark.parametrize(
    ("when", "other"),
    [("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"), ("9999-12-31T23:59:59-14:00", "1970-01-01T00:00:00Z")],
)
def test_the_ends_of_all_time_are_a_wrong_clock_or_a_refusal(when: str, other: str, site: Site) -> None:
    ticket = site.ticket()
    code = site.desk.mint(ticket)
    taken = [{"sha256": "a" * 64, "taken_at": when}]
    bodies: dict[str, Any] = {
        "accept": {}, "extend": {"until": when, "reason": "等车"}, "hold": {"until": when, "reason": "等车"},
        "arrive": {"pressed_at": other, "sent_at": when},
        "done": {"pressed_at": when, "sent_at": other, "photos": taken},
    }  # fmt: skip
    with site.signed_in("t1") as client:
        client.wired.state.rooms.evidence.put = lambda _: "a" * 64
        assert upload(client, code, PHOTO).status_code == 200
        for act, body in bodies.items():
            for path in (f"desk/{code}", f"tickets/{ticket}/acts"):
                key = {"Idempotency-Key": f"key-{uuid4()}"}
                answer = client.post(f"/api/v1/{path}/{act}", json=body, headers=key)
                assert answer.status_code < 500, (path, act)
        assert client.get(f"/api/v1/desk/{code}").json()["state_name"] == "待核查", (
            "the work of a phone with a wrong clock counts"
        )
        for path, body in (
            ("silences", {"area": VILLAGE, "reason": "修路", "begin": other, "until": when}),
            (f"tickets/{ticket}/rectification", {"by": "t1", "due_at": when}),
        ):
            assert client.post(f"/api/v1/{path}", json=body).status_code < 500
        assert client.get("/api/v1/curves", params={"device": BOX, "from": other, "to": when}).status_code < 500


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PUT", "PATCH", "DELETE", "PROPFIND", "QUERY"])
def test_other_methods_do_nothing_and_no_header_makes_one_of_another(
    method: str, scene: tuple[Site, TestClient]
) -> None:
    _, client = scene
    answer = client.request(method, "/api/v1/wall", headers={"X-Secret": "echo"})
    assert (answer.status_code, "echo" in answer.text) == (405, False)
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        assert client.get("/api/v1/session", headers={name: method}).status_code == 200
        assert client.get("/api/v1/logout", headers={name: "POST"}).status_code in (404, 405)


def test_no_host_is_believed(scene: tuple[Site, TestClient]) -> None:
    _, client = scene
    for name in ("evil.example", "127.0.0.1@evil.example", "evil.example:80"):
        told = {"Host": name, "X-Forwarded-Host": name, "X-Original-URL": "/api/v1/wall", "X-Rewrite-URL": "/"}
        for path in ("/login", "/office", "/", "/api/v1/session", "/static", "/static/", "/office/", "/api/v1/queue/"):
            answer = client.get(path, headers=told, follow_redirects=False)
            assert "evil" not in answer.text + answer.headers.get("location", "")


def test_another_session_is_made_at_each_login_and_none_is_taken_from_outside(site: Site) -> None:
    with site.client() as client:
        password = client.first_password
        for given in ("fixed-by-somebody", ""):
            client.cookies.clear()
            client.cookies.set("jingcun", given)
            assert client.get("/api/v1/session").status_code == 401
            answer = client.post(f"/api/v1/login?jingcun={given}", json={"name": "admin", "password": password})
            first = answer.cookies["jingcun"]
            assert first != given
        again = client.post("/api/v1/login", json={"name": "admin", "password": password}).cookies["jingcun"]
        assert again != first


@pytest.mark.parametrize(
    ("host", "proxies", "most"),
    [
        ("192.0.2.1", (), 5), ("127.0.0.1", (), 5), ("192.0.2.1", ("127.0.0.1",), 5),
        ("127.0.0.1", ("127.0.0.1",), OWN_TRIES), ("172.18.0.1", ("172.16.0.0/12", "::1"), OWN_TRIES),
    ],
    ids=["outside", "this machine", "beside the proxy", "the proxy", "a proxy's network"],
)  # fmt: skip
def test_no_header_gives_a_guesser_another_address(site: Site, host: str, proxies: tuple[str, ...], most: int) -> None:
    """A proxy that the settings name is believed, and even then the account itself is soon shut."""
    with site.client(behind_proxy=proxies) as client:
        config = configured(client.wired, replace(site.settings, behind_proxy=proxies))
        config.lifespan = "off"
        config.load()
        guesser = TestClient(config.loaded_app, base_url="http://127.0.0.1", client=(host, 40000))
        said = [
            guesser.post(
                "/api/v1/login", json={"name": "admin", "password": "wrong"},
                headers={"X-Forwarded-For": f"10.0.0.{n}", "X-Real-IP": f"10.0.0.{n}", "Forwarded": f"for=10.0.0.{n}"},
            ).status_code
            for n in range(most + 2)
        ]  # fmt: skip
    assert said == [401] * most + [429] * 2


def test_what_a_client_writes_before_the_proxy_s_own_word_counts_for_nothing(site: Site) -> None:
    with site.client("127.0.0.1", behind_proxy=("127.0.0.1",)) as client:
        said = [
            client.post(
                "/api/v1/login", json={"name": "admin", "password": "wrong"},
                headers={"X-Forwarded-For": f"10.0.0.{n}, 127.0.0.1, 198.51.100.9"},
            ).status_code
            for n in range(7)
        ]  # fmt: skip
        entered = {"name": "admin", "password": client.first_password}
        other = client.post("/api/v1/login", json=entered, headers={"X-Forwarded-For": "198.51.100.8"})
        sessions = client.get("/api/v1/own", headers={"X-Forwarded-For": "198.51.100.8"}).json()["sessions"]
    assert said == [401] * 5 + [429] * 2
    assert (other.status_code, sessions[0]["source"]) == (200, "198.51.100.8"), "the neighbour behind it gets in"


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("1.2.3.4", "1.2.3.4"), ("6.6.6.6, 1.2.3.4:51234", "1.2.3.4"), ("a,[2001:db8::1]:443", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"), ("1.2.3.4, unknown", ""), ("1.2.3.4,", ""), ("", ""), ("<b>", ""), ("[", ""),
    ],
)  # fmt: skip
def test_the_proxy_s_own_word_is_the_last_and_an_address_or_nothing(line: str, address: str) -> None:
    assert told_by(["9.9.9.9", line]) == address
    assert told_by([]) == ""


def test_who_has_a_network_of_addresses_guesses_no_oftener_than_who_has_one() -> None:
    patience, tap = Patience(lambda: at(0), 1, timedelta(minutes=5)), Tap(lambda: at(0), 1, 99, timedelta(minutes=5))
    patience.failed("2001:db8:0:1::1")
    assert tap.take("2001:db8:0:1::1") == 0
    for source, held in (("2001:db8:0:1:ffff::2", True), ("2001:db8:0:2::1", False), ("::ffff:192.0.2.1", False)):
        assert (patience.wait(source) > 0, tap.take(source) > 0) == (held, held), source
    assert counted_as("::ffff:192.0.2.1") == "192.0.2.1"
    patience.succeeded("2001:db8:0:1::9")
    assert patience.wait("2001:db8:0:1::1") == 0


def test_an_open_wall_is_shown_to_nobody_who_comes_through_a_proxy(site: Site) -> None:
    with site.client("127.0.0.1", open_wall=True) as client:
        assert client.get("/api/v1/wall").status_code == 200
        for name in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
            assert client.get("/api/v1/wall", headers={name: "127.0.0.1"}).status_code == 401, name
    with pytest.raises(BadSettings, match="behind a proxy"):
        replace(site.settings, open_wall=True, behind_proxy=("127.0.0.1",))
    with pytest.raises(BadSettings, match="behind_proxy: 'everybody'"):
        replace(site.settings, behind_proxy=("everybody",))


def test_a_packed_body_is_not_unpacked(scene: tuple[Site, TestClient]) -> None:
    _, client = scene
    for packing, data in (("gzip", gzip.compress(bytes(50_000_000))), ("deflate", zlib.compress(bytes(50_000_000)))):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        answer = client.post(
            "/api/v1/login", content=data, headers={"Content-Encoding": packing, "Content-Type": "application/json"}
        )
        assert answer.status_code in (400, 413, 415, 422)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


def huge_jpeg() -> bytes:
    """A small JPEG whose head says 65,500 by 65,500 pixels."""
    place = PHOTO.index(b"\xff\xc0") + 5
    return PHOTO[:place] + struct.pack(">HH", 65_500, 65_500) + PHOTO[place + 4 :]


def exif(data: bytes, size: int) -> bytes:
    """A JPEG with many blocks of metadata full of markup."""
    block = (b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff" + b"<script>alert(1)</script>" * 3000)[:65_533]
    return data[:2] + (b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block) * size + data[2:]


def webp_bomb() -> bytes:
    """A WebP that says it is 16,384 by 16,384 pixels."""
    body = b"VP8L" + struct.pack("<I", 10) + b"\x2f" + struct.pack("<I", 0x0FFFFFFF) + bytes(5)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


@pytest.mark.parametrize(
    "data",
    [
        bomb(), huge_jpeg(), webp_bomb(), b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='x'/>",
        b"GIF89a\xff\xff\xff\xff\x80\x00\x00" + bytes(300), b"%PDF-1.7 /JS (app.alert(1))", b"PK\x03\x04" + bytes(500),
        b"BM" + struct.pack("<IIIIiiHHIIiiII", 100, 0, 54, 40, 60_000, 60_000, 1, 24, 0, 0, 0, 0, 0, 0),
        b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", b"\xff\xd8\xff\xe0<html><script>alert(1)</script></html>",
    ],
    ids=["png bomb", "huge jpeg", "webp", "svg", "gif", "pdf", "docx", "bmp", "png head", "jpeg head"],
)  # fmt: skip
def test_a_bomb_and_what_is_no_photo_is_refused_in_words_and_costs_little(site: Site, data: bytes) -> None:
    code = site.code()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with site.client() as client:
        refused = upload(client, code, data, name="a.php\x00.jpg")
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert "照片打不开" in refused.json()["detail"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEMORY
    assert not [path for path in (site.folder / "evidence").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "data", [PHOTO + b"<html><script>alert(1)</script>", PHOTO + b"PK\x03\x04evil.php", exif(PHOTO, 60)],
    ids=["html behind", "zip behind", "metadata"],
)  # fmt: skip
def test_a_photo_that_is_something_else_too_is_only_a_photo_afterwards(site: Site, data: bytes) -> None:
    code = site.code()
    with site.client() as client:
        sha = upload(client, code, data).json()["sha256"]
        kept = client.get(f"/api/v1/evidence/{sha}?code={code}")
    assert (kept.headers["content-type"], kept.headers["content-security-policy"]) == ("image/jpeg", "sandbox")
    assert kept.content[-2:] == b"\xff\xd9"
    assert not any(word in kept.content for word in (b"script", b"PK\x03\x04", b"Exif"))


@pytest.mark.parametrize(
    "text",
    ["[" * 60_000, "a = " + "[" * 60_000, "a." * 30_000 + "b = 1", "a = '" + "x" * 60_000 + "'", "[[a]]\n" * 12_000,
     "a = " + "9" * 60_000, "x = { " + "a = { " * 20_000],
    ids=["tables", "arrays", "dotted", "long", "many", "number", "inline"],
)  # fmt: skip
def test_a_policy_that_is_a_bomb_is_a_problem_and_no_fault(text: str, scene: tuple[Site, TestClient]) -> None:
    _, client = scene
    answer = client.post("/api/v1/policy", json={"text": text, "after": 1, "reason": "试"})
    assert 400 <= answer.status_code < 500, answer.text[:200]


def test_only_what_is_beside_the_pages_is_served(scene: tuple[Site, TestClient]) -> None:
    site, client = scene
    secret = site.folder / "static" / "assets" / "leads-out.js"
    Path(secret).symlink_to(site.folder / "book.db")
    for path in (
        "/static/..%2fbook.db", "/static/%2e%2e/book.db", "/static/assets/..%5c..%5cbook.db", "/static//etc/passwd",
        "/static/assets/%00", "/static/assets/" + "n" * 3000, "/static/assets/leads-out.js", "/..%2fbook.db",
        "/%2e%2e%2fbook.db", f"/static/{COUNTY}", "/static/assets", "/static/assets/", "/%00", "/book.db",
    ):  # fmt: skip
        answer = client.get(path, follow_redirects=False)
        assert answer.status_code in (400, 404, 405), path
        assert b"SQLite" not in answer.content
