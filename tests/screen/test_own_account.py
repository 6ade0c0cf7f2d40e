"""One's own account: the rules of a password, sessions that end, and what a session of the wall is good for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from screen.access.passwords import why_not
from screen.settings import LoginRules
from tests.county.small import small_county
from tests.screen.browser import TestClient
from tests.screen.site import Site
from tests.screen.staff import Staffed

GOOD = "第三棵老槐树下的井"[:9] + "2kw"
RULES = LoginRules(idle_minutes=30, wall_hours=720, change_first=True)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "10"), ("x" * 201, "200"), ("1234567890", "常见"), ("Password123", "常见"), ("aaaaaaaabb", "常见"),
        ("woaini1314520!", "常见"), ("QX-person-9!", "用户名"), ("the old one", "一样"), (GOOD, ""),
        ("correct horse battery", ""),
    ],
)  # fmt: skip
def test_a_password_is_long_rare_and_not_the_name(password: str, said: str) -> None:
    refused = why_not("qx-person-9", password, "the old one")
    assert (refused is None) if not said else (refused is not None and said in refused)


@pytest.fixture
def server(tmp_path: Path) -> Any:
    server = Staffed(tmp_path / "server", small_county())
    yield server
    server.close()


def strict(server: Staffed, **rules: Any) -> Staffed:
    from dataclasses import replace

    server.settings = replace(server.settings, login=replace(RULES, **rules))
    return server


def test_a_first_password_opens_nothing_but_the_change_of_it(server: Staffed) -> None:
    with strict(server).signed_in("v1") as clients:
        client = clients["v1"]
        refused = client.get("/api/v1/queue")
        assert (refused.status_code, "第一次登录要先改口令" in refused.json()["detail"]) == (401, True)
        assert client.get("/api/v1/login").json()["needs"] == "password"
        assert client.post("/api/v1/own/factor", json={}).status_code == 401
        first = server.accounts.named.reset("v1", server.now())
        again = client.post("/api/v1/login", json={"name": "v1", "password": first})
        assert again.json()["needs"] == "password"
        change = {"old": first, "new": "1234567890"}
        assert client.post("/api/v1/own/password", json=change).status_code == 422
        assert client.post("/api/v1/own/password", json=change | {"old": "x", "new": GOOD}).status_code == 403
        done = client.post("/api/v1/own/password", json=change | {"new": GOOD})
        assert (done.status_code, done.json()["needs"]) == (200, "")
        assert client.get("/api/v1/queue").status_code == 200
        client.post("/api/v1/logout")
        assert client.post("/api/v1/login", json={"name": "v1", "password": first}).status_code == 401
        assert client.post("/api/v1/login", json={"name": "v1", "password": GOOD}).json()["needs"] == ""


def test_a_new_password_ends_every_other_session(server: Staffed) -> None:
    with strict(server, change_first=False).signed_in("admin") as clients:
        here = clients["admin"]
        password = server.accounts.reset()
        elsewhere = TestClient(here.wired, base_url="http://127.0.0.1")
        for client in (here, elsewhere):
            assert client.post("/api/v1/login", json={"name": "admin", "password": password}).status_code == 200
        copied = here.cookies["jingcun"]
        assert here.post("/api/v1/own/password", json={"old": password, "new": GOOD}).status_code == 200
        assert here.get("/api/v1/me").status_code == 200
        assert elsewhere.get("/api/v1/me").status_code == 401
        here.cookies.clear()
        assert here.get("/api/v1/me", headers={"Cookie": f"jingcun={copied}"}).status_code == 401
        assert server.accounts.right("admin", GOOD)


def test_sessions_are_listed_with_place_and_time_and_the_others_can_be_ended(server: Staffed) -> None:
    with strict(server, change_first=False).signed_in("v1") as clients:
        here = clients["v1"]
        password = server.accounts.named.reset("v1", server.now())
        for agent in ("Firefox", "WeCom"):
            client = TestClient(here.wired, base_url="http://127.0.0.1", headers={"User-Agent": agent})
            client.post("/api/v1/login", json={"name": "v1", "password": password})
        here.post("/api/v1/login", json={"name": "v1", "password": password})
        lines = here.get("/api/v1/own").json()["sessions"]
        assert {"Firefox", "WeCom"} <= {one["agent"] for one in lines}
        assert [one["source"] for one in lines if one["this"]] == ["192.0.2.1"]
        assert here.post("/api/v1/own/sessions/end", json={}).json()["ended"] >= 2
        assert client.get("/api/v1/me").status_code == 401
        assert len(here.get("/api/v1/own").json()["sessions"]) == 1


def test_nobody_at_the_desk_for_half_an_hour_ends_a_session(server: Staffed) -> None:
    with strict(server, change_first=False).signed_in("v1") as clients:
        client = clients["v1"]
        for _ in range(3):
            server.minutes += 29
            assert client.get("/api/v1/me").status_code == 200, "whoever works stays signed in"
        server.minutes += 29
        assert client.get("/api/v1/me", headers={"X-Resting": "1"}).status_code == 200
        server.minutes += 2
        assert client.get("/api/v1/me").status_code == 401, "what a page asks by itself is no use of it"


def test_a_session_of_the_wall_lasts_and_can_only_look(server: Staffed) -> None:
    with strict(server, change_first=False).signed_in("admin") as clients:
        client = clients["admin"]
        password = server.accounts.reset()
        body = {"name": "admin", "password": password, "wall": True}
        assert client.post("/api/v1/login", json=body).status_code == 200
        server.minutes += 29 * 24 * 60
        assert client.get("/api/v1/wall").status_code == 200
        assert client.get("/api/v1/own").status_code == 403
        refused = client.post("/api/v1/silences", json={})
        assert (refused.status_code, "只能看" in refused.json()["detail"]) == (403, True)
        server.minutes += 2 * 24 * 60
        assert client.get("/api/v1/wall").status_code == 401


def test_where_no_wall_session_is_allowed_none_begins(site: Site) -> None:
    with site.client() as client:
        body = {"name": "admin", "password": client.first_password, "wall": True}
        refused = client.post("/api/v1/login", json=body)
        assert (refused.status_code, "wall_session_hours" in refused.json()["detail"]) == (422, True)
