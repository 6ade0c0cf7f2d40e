"""Logging in by an OpenID provider and by WeCom, and everything that a stranger may try on the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from screen.access import codes
from screen.access.attempts import path_of
from screen.access.outside import EACH
from screen.settings import LoginRules, OidcSettings, WecomSettings
from tests.county.small import PEOPLE, small_county
from tests.providers.oidc import CLIENT, SECRET, Oidc
from tests.providers.standin import StandIn, said
from tests.providers.wecom import AGENT, CORPID, MEMBER, WeCom
from tests.providers.wecom import SECRET as WECOM_SECRET
from tests.screen.browser import TestClient
from tests.screen.staff import Staffed


@contextmanager
def served(folder: Path, rules: Callable[[Staffed], LoginRules]) -> Iterator[tuple[Staffed, TestClient]]:
    people = tuple(replace(one, wecom=MEMBER) if one.id == "v1" else one for one in PEOPLE)
    server = Staffed(folder / "server", small_county(people=people))
    server.settings = replace(server.settings, login=rules(server), base_url="https://county.example/")
    with server.signed_in("v1") as clients:
        stranger = TestClient(clients["v1"].wired, base_url="http://127.0.0.1", client=("198.51.100.7", 4000))
        stranger.wired = clients["v1"].wired
        yield server, stranger
    server.close()


@pytest.fixture
def by_oidc(tmp_path: Path) -> Iterator[tuple[Staffed, TestClient, Oidc]]:
    from tests.alerts.makes import at

    provider = Oidc(at(0))
    with provider.serving():
        rules = LoginRules(oidc=OidcSettings(provider.base, CLIENT, SECRET))
        with served(tmp_path, lambda _: rules) as (server, client):
            yield server, client, provider


def leave(client: TestClient, way: str = "oidc", leads: str = "/office%23mutes") -> str:
    answer = client.get(f"/login/{way}?next={leads}", follow_redirects=False)
    assert answer.status_code == 303
    return str(answer.headers["location"])


def back(client: TestClient, code: str, state: str, way: str = "oidc") -> httpx.Response:
    answer: Any = client.get(f"/login/{way}/back", params={"code": code, "state": state}, follow_redirects=False)
    return answer  # type: ignore[no-any-return]


def test_who_is_known_to_the_provider_and_has_an_account_gets_in(by_oidc: tuple[Staffed, TestClient, Oidc]) -> None:
    _, client, provider = by_oidc
    assert client.get("/api/v1/login").json()["ways"] == ["oidc"]
    there = leave(client)
    asked = parse_qs(urlsplit(there).query)
    assert asked["redirect_uri"] == ["https://county.example/login/oidc/back"]
    assert SECRET not in there
    answer = back(client, *provider.agree(there, "v1"))
    assert (answer.status_code, answer.headers["refresh"]) == (200, "0;url=/office#mutes")
    cookies = answer.headers["set-cookie"]
    assert "SameSite=strict" in cookies
    assert client.get("/api/v1/me").json()["account"] == "v1"
    sessions = client.get("/api/v1/own").json()["sessions"]
    assert [one["way"] for one in sessions if one["this"]] == ["oidc"]


def test_nobody_gets_an_account_by_being_known_elsewhere(by_oidc: tuple[Staffed, TestClient, Oidc]) -> None:
    server, client, provider = by_oidc
    for sub in ("t1", "nobody", "admin", "V1", "v1 ", ""):
        answer = back(client, *provider.agree(leave(client), sub))
        assert answer.status_code == 403
        assert client.get("/api/v1/me").status_code == 401
    assert [one.person for one in server.accounts.named.listed()] == ["v1"]


@pytest.mark.parametrize(
    ("spoil", "alg"),
    [
        ({"nonce": "another"}, "ES256"), ({"aud": "another"}, "ES256"), ({"aud": [CLIENT, "x"], "azp": "x"}, "ES256"),
        ({"iss": "https://evil.example"}, "ES256"), ({"exp": 1_000_000_000}, "ES256"),
        ({"iat": 4_000_000_000, "exp": 4_000_000_300}, "ES256"), ({"exp": "soon"}, "ES256"), ({"sub": None}, "ES256"),
        ({}, "none"), ({}, "HS256"),
    ],
)  # fmt: skip
def test_a_token_that_is_not_for_us_now_opens_nothing(
    by_oidc: tuple[Staffed, TestClient, Oidc], spoil: dict[str, Any], alg: str
) -> None:
    _, client, provider = by_oidc
    provider.spoil, provider.alg = spoil, alg
    answer = back(client, *provider.agree(leave(client), "v1"))
    assert (answer.status_code, "没有确认您的身份" in answer.text) == (403, True)
    assert client.get("/api/v1/me").status_code == 401


def test_a_foreign_key_opens_nothing_and_a_rotated_one_is_read_anew(by_oidc: tuple[Staffed, TestClient, Oidc]) -> None:
    _, client, provider = by_oidc
    assert back(client, *provider.agree(leave(client), "v1")).status_code == 200
    client.post("/api/v1/logout")
    provider.rotate("k1")  # the same name for another key: what we hold does not fit
    assert back(client, *provider.agree(leave(client), "v1")).status_code == 403
    provider.rotate("k2")
    assert back(client, *provider.agree(leave(client), "v1")).status_code == 200


def test_a_try_belongs_to_one_browser_and_is_good_once(by_oidc: tuple[Staffed, TestClient, Oidc]) -> None:
    server, client, provider = by_oidc
    code, state = provider.agree(leave(client), "v1")
    other = TestClient(client.wired, base_url="http://127.0.0.1")
    assert back(other, code, state).status_code == 400, "a victim is not logged in as somebody else"
    assert back(client, code, "made-up").status_code == 400
    assert back(client, code, state).status_code == 200
    client.cookies.delete("jingcun")
    assert back(client, code, state).status_code == 400, "neither state nor code is good twice"
    old = provider.agree(leave(client), "v1")
    server.minutes += 11
    assert back(client, *old).status_code == 400


def test_a_used_code_and_a_provider_that_is_away_are_said_in_words(by_oidc: tuple[Staffed, TestClient, Oidc]) -> None:
    _, client, provider = by_oidc
    _, state = provider.agree(leave(client), "v1")
    assert back(client, "used", state).status_code == 403
    provider.document = {"token_endpoint": "http://169.254.169.254/latest"}
    fresh = TestClient(client.wired, base_url="http://127.0.0.1")
    client.wired.state.providers["oidc"]._told = None
    assert fresh.get("/login/oidc", follow_redirects=False).status_code == 303
    refused = back(client, *provider.agree(leave(client), "v1"))
    assert refused.status_code == 403, "an address of elsewhere without TLS is not called"


def test_no_redirect_of_a_provider_carries_the_secret_elsewhere(by_oidc: tuple[Staffed, TestClient, Oidc]) -> None:
    _, client, provider = by_oidc
    oidc = client.wired.state.providers["oidc"]
    with StandIn(lambda _: said({"issuer": provider.base})) as elsewhere:
        for path in ("/.well-known/openid-configuration", "/keys", "/token"):
            code, state = provider.agree(leave(client), "v1")
            oidc._told = oidc._keys = None
            provider.leads = {path: f"{elsewhere.base}{path}"}
            assert back(client, code, state).status_code == 403, path
            provider.leads = {}
        assert elsewhere.heard == []
    assert client.get("/api/v1/me").status_code == 401


def test_who_begins_too_many_tries_waits_and_drives_out_nobody_else_s(
    by_oidc: tuple[Staffed, TestClient, Oidc],
) -> None:
    _, client, provider = by_oidc
    mine = provider.agree(leave(client), "v1")
    flood = TestClient(client.wired, base_url="http://127.0.0.1", client=("203.0.113.5", 4000))
    said = [flood.get("/login/oidc", follow_redirects=False).status_code for _ in range(EACH + 2)]
    assert said == [303] * EACH + [429] * 2
    assert back(client, *mine).status_code == 200


def test_a_second_factor_counts_after_another_way_in(by_oidc: tuple[Staffed, TestClient, Oidc]) -> None:
    server, client, provider = by_oidc
    factors = client.wired.state.gate.factors
    secret = factors.begin("v1")
    assert factors.confirm("v1", codes.code_at(secret, server.now()), server.now())
    answer = back(client, *provider.agree(leave(client), "v1"))
    assert answer.headers["refresh"].startswith("0;url=/login?next=/office")
    assert client.get("/api/v1/me").status_code == 401
    server.minutes += 1
    code = codes.code_at(secret, server.now())
    assert client.post("/api/v1/login/code", json={"code": code}).status_code == 200
    assert client.get("/api/v1/me").status_code == 200


@pytest.mark.parametrize(
    "leads",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)", "", "é",
     "/x\r\nSet-Cookie: a=b", "/" + "x" * 600],
)  # fmt: skip
def test_nobody_is_led_elsewhere(leads: str) -> None:
    assert path_of(leads) == "/"
    assert path_of("/office?x=1#case/7") == "/office?x=1#case/7"


def test_a_member_of_the_corporation_gets_in_by_wecom(tmp_path: Path) -> None:
    wecom = WeCom()
    with wecom.serving() as there:
        rules = LoginRules(wecom=WecomSettings(CORPID, AGENT, WECOM_SECRET, there.base))
        with served(tmp_path, lambda _: rules) as (_, client):
            out = urlsplit(leave(client, "wecom", "/office"))
            asked = parse_qs(out.query)
            assert (out.hostname, asked["appid"], asked["agentid"]) == (
                "login.work.weixin.qq.com", [CORPID], [str(AGENT)],
            )  # fmt: skip
            wecom.codes["c1"] = MEMBER
            assert back(client, "c1", asked["state"][0], "wecom").status_code == 200
            assert client.get("/api/v1/me").json()["account"] == "v1"
            client.post("/api/v1/logout")
            wecom.members.add("somebody")
            for code, member in (("c2", "somebody"), ("c3", "a-guest"), ("c1", "")):
                if member:
                    wecom.codes[code] = member
                state = parse_qs(urlsplit(leave(client, "wecom")).query)["state"][0]
                assert back(client, code, state, "wecom").status_code == 403, "a userid of nobody, a guest, a used code"
            assert client.get("/api/v1/me").status_code == 401
            inside = client.get("/login/wecom", headers={"User-Agent": "x wxwork/4"}, follow_redirects=False)
            assert urlsplit(inside.headers["location"]).hostname == "open.weixin.qq.com"
            assert client.get("/login/oidc", follow_redirects=False).status_code == 404
