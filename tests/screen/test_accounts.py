"""The accounts of the office's page: who may keep them, what each deed asks for, and what it ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from screen.access import codes
from screen.access.happened import Happened, What
from tests.county.small import small_county
from tests.screen.browser import TestClient
from tests.screen.staff import Staffed

OWN = "correct horse battery"


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[tuple[Staffed, TestClient, list[Happened]]]:
    """The admin, signed in with a password of their own, and what the gate tells."""
    server = Staffed(tmp_path / "server", small_county())
    with server.signed_in("admin", "v1") as clients:
        client = clients["admin"]
        heard: list[Happened] = []
        gate = client.wired.state.gate
        client.wired.state.gate = replace(gate, tell=heard.append)
        server.accounts.choose("admin", OWN)
        client.staff = clients["v1"]
        yield server, client, heard
    server.close()


def test_the_accounts_are_listed_with_duties_last_login_and_second_factor(
    keeper: tuple[Staffed, TestClient, list[Happened]],
) -> None:
    server, client, _ = keeper
    told = client.get("/api/v1/accounts").json()
    lines = {one["name"]: one for one in told["accounts"]}
    assert set(lines) == {"admin", "v1"}
    assert lines["v1"]["roles"] == ["村级"]
    assert lines["v1"]["areas"] == ["石门村"]
    assert lines["v1"]["last_entry"] == server.now().isoformat().replace("+00:00", "Z")
    assert (lines["v1"]["factor"], lines["v1"]["sessions"]) == (False, 1)
    assert "t1" in {one["id"] for one in told["people"]}
    assert "hash" not in str(told)
    assert client.staff.get("/api/v1/accounts").status_code == 403, "a village keeps no accounts"


@pytest.mark.parametrize("proof", [{}, {"password": ""}, {"password": "wrong"}, {"code": "000000"}])
def test_without_one_s_own_proof_nothing_changes(
    keeper: tuple[Staffed, TestClient, list[Happened]], proof: dict[str, str]
) -> None:
    server, client, heard = keeper
    for path in ("", "/v1/reset", "/v1/remove", "/v1/end-sessions", "/v1/factor-off"):
        body = {"person": "t1"} | proof
        client.wired.state.gate.by_source.succeeded("192.0.2.1")
        refused = client.post(f"/api/v1/accounts{path}", json=body)
        assert (refused.status_code, refused.json()["detail"]) == (403, "口令或验证码不对")
    assert client.staff.get("/api/v1/me").status_code == 200
    assert server.accounts.named.get("t1") is None
    assert {one.what for one in heard} == {What.REFUSED}


def test_an_account_is_made_reset_and_removed_and_each_is_told(
    keeper: tuple[Staffed, TestClient, list[Happened]],
) -> None:
    server, client, heard = keeper
    proof = {"password": OWN}
    made = client.post("/api/v1/accounts", json={"person": "t1"} | proof).json()
    assert server.accounts.right("t1", made["password"])
    assert client.post("/api/v1/accounts", json={"person": "t1"} | proof).status_code == 409
    for nobody in ("nobody", "admin", "../x"):
        assert client.post("/api/v1/accounts", json={"person": nobody} | proof).status_code == 404
    fresh = client.post("/api/v1/accounts/v1/reset", json=proof).json()["password"]
    assert server.accounts.right("v1", fresh)
    assert client.staff.get("/api/v1/me").status_code == 401, "whoever was signed in is not any more"
    assert client.post("/api/v1/accounts/v1/remove", json=proof).json() == {"name": "v1", "password": ""}
    assert client.post("/api/v1/accounts/v1/reset", json=proof).status_code == 404
    assert [(one.what, one.account, one.by) for one in heard] == [
        (What.ACCOUNT_MADE, "t1", "admin"), (What.ACCOUNT_RESET, "v1", "admin"), (What.ACCOUNT_REMOVED, "v1", "admin"),
    ]  # fmt: skip


def test_a_lost_phone_is_taken_off_and_the_sessions_end(keeper: tuple[Staffed, TestClient, list[Happened]]) -> None:
    server, client, _ = keeper
    proof = {"password": OWN}
    assert client.post("/api/v1/accounts/v1/factor-off", json=proof).status_code == 409, "there is none"
    factors = client.wired.state.gate.factors
    assert factors.confirm("v1", codes.code_at(factors.begin("v1"), server.now()), server.now())
    assert client.post("/api/v1/accounts/v1/factor-off", json=proof).status_code == 200
    assert not factors.of("v1").on
    assert client.staff.get("/api/v1/me").status_code == 401


def test_a_fresh_code_proves_as_well_and_only_once(keeper: tuple[Staffed, TestClient, list[Happened]]) -> None:
    server, client, _ = keeper
    factors = client.wired.state.gate.factors
    secret = factors.begin("admin")
    assert factors.confirm("admin", codes.code_at(secret, server.now()), server.now())
    server.minutes += 1
    proof = {"code": codes.code_at(secret, server.now())}
    assert client.post("/api/v1/accounts/v1/end-sessions", json=proof).status_code == 200
    assert client.post("/api/v1/accounts/v1/end-sessions", json=proof).status_code == 403


@pytest.mark.parametrize("deed", ["reset", "remove", "factor-off", "end-sessions"])
def test_nobody_changes_the_own_account_here(keeper: tuple[Staffed, TestClient, list[Happened]], deed: str) -> None:
    _, client, _ = keeper
    refused = client.post(f"/api/v1/accounts/admin/{deed}", json={"password": OWN})
    assert (refused.status_code, "我的账号" in refused.json()["detail"]) == (409, True)
