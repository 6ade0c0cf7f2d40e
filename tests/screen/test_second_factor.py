"""The second factor: its codes, where it is kept, and what a login without it is good for."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from screen.access import codes
from screen.access.factors import Factors
from screen.access.gate import ACCOUNT_TRIES, AT_ONCE, EVERYBODY, OWN_TRIES
from screen.access.named import BadAccount
from screen.settings import LoginRules
from tests.screen.browser import TestClient
from tests.screen.site import Site

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
RFC = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890", the secret of RFC 6238's appendix B


@pytest.mark.parametrize(
    ("second", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037")]
)
def test_codes_are_those_of_rfc_6238(second: int, code: str) -> None:
    assert codes.code_at(RFC, datetime.fromtimestamp(second, UTC)) == code


@pytest.mark.parametrize(("late_s", "passes"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_phone_may_be_one_step_wrong(late_s: int, passes: bool) -> None:
    found = codes.matched(RFC, codes.code_at(RFC, NOW + timedelta(seconds=late_s)), NOW, 0)
    assert (found is not None) is passes


@pytest.mark.parametrize("code", ["", "000", "abcdef", "é" * 6, "1" * 10_000, "\x00"])
def test_what_is_no_code_passes_nowhere(code: str) -> None:
    assert codes.matched(RFC, code, NOW, 0) is None


def enrolled(folder: Path, name: str = "admin", now: datetime = NOW) -> tuple[Factors, str, tuple[str, ...]]:
    factors = Factors(folder)
    secret = factors.begin(name)
    recovery = factors.confirm(name, codes.code_at(secret, now), now)
    assert recovery is not None
    return factors, secret, recovery


def test_a_code_is_good_once_and_an_older_one_no_more(tmp_path: Path) -> None:
    factors, secret, _ = enrolled(tmp_path)
    assert not factors.passes("admin", codes.code_at(secret, NOW), NOW), "the first code has set it up"
    later = NOW + timedelta(seconds=30)
    assert factors.passes("admin", codes.code_at(secret, later), later)
    assert not factors.passes("admin", codes.code_at(secret, later), later)
    assert not factors.passes("admin", codes.code_at(secret, NOW), later)


def test_a_recovery_code_is_good_once_and_kept_hashed(tmp_path: Path) -> None:
    factors, secret, recovery = enrolled(tmp_path)
    text = (tmp_path / "screen-factors.json").read_text()
    assert len(set(recovery)) == codes.RECOVERY
    assert not [one for one in recovery if one in text or one.replace("-", "") in text]
    assert secret in text
    assert (tmp_path / "screen-factors.json").stat().st_mode & 0o077 == 0
    assert factors.passes("admin", f" {recovery[3].upper()} ", NOW)
    assert not factors.passes("admin", recovery[3], NOW)
    assert len(Factors(tmp_path).of("admin").recovery) == codes.RECOVERY - 1


def test_one_code_sent_twenty_times_at_once_passes_once(tmp_path: Path) -> None:
    _, _, recovery = enrolled(tmp_path)
    passed: list[bool] = []

    def enter() -> None:
        passed.append(Factors(tmp_path).passes("admin", recovery[0], NOW))

    threads = [threading.Thread(target=enter) for _ in range(20)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(passed) == [False] * 19 + [True]


def test_a_new_factor_holds_only_from_its_first_code(tmp_path: Path) -> None:
    factors, old, _ = enrolled(tmp_path)
    new = factors.begin("admin")
    later = NOW + timedelta(minutes=2)
    assert not factors.passes("admin", codes.code_at(new, later), later)
    assert factors.passes("admin", codes.code_at(old, later), later)
    assert factors.confirm("admin", "000000", later) is None
    assert factors.confirm("nobody", "000000", later) is None
    assert factors.off("admin")
    assert not factors.off("admin")
    assert not factors.passes("admin", codes.code_at(old, later + timedelta(minutes=1)), later)


@pytest.mark.parametrize("text", ["{", "[]", '{"admin": {}}', '{"admin": 1}', "1"])
def test_a_damaged_file_is_named_and_opens_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "screen-factors.json").write_text(text)
    with pytest.raises(BadAccount, match=r"screen-factors.json cannot be read .*backup"):
        Factors(tmp_path)


def enter(client: TestClient, name: str, password: str, **more: Any) -> Any:
    return client.post("/api/v1/login", json={"name": name, "password": password, **more})


STRICT = LoginRules(second_factor="admin", idle_minutes=30, change_first=True)


def set_up(client: TestClient, site: Site) -> tuple[str, list[str]]:
    secret = client.post("/api/v1/own/factor", json={}).json()["secret"]
    code = codes.code_at(secret, site.now)
    recovery = client.post("/api/v1/own/factor/confirm", json={"code": code}).json()["recovery"]
    return secret, recovery


def test_an_administrator_must_set_one_up_at_the_next_login(site: Site) -> None:
    with site.client(login=STRICT) as client:
        told = enter(client, "admin", client.first_password)
        assert (told.status_code, told.json()["needs"]) == (200, "factor")
        refused = client.get("/api/v1/wall")
        assert (refused.status_code, "必须先启用第二验证" in refused.json()["detail"]) == (401, True)
        assert client.get("/api/v1/login").json() == {
            "ways": [], "oidc_words": "", "wall": False, "name": "admin", "needs": "factor",
        }  # fmt: skip
        begun = client.post("/api/v1/own/factor", json={}).json()
        assert begun["picture"].startswith("data:image/svg+xml;base64,")
        wrong = client.post("/api/v1/own/factor/confirm", json={"code": "000000"})
        assert (wrong.status_code, "手机时间" in wrong.json()["detail"]) == (422, True)
        set_up(client, site)
        assert client.get("/api/v1/wall").status_code == 200
        own = client.get("/api/v1/own").json()
        assert (own["factor"], own["must"], own["recovery_left"], own["needs"]) == (True, True, 10, "")
        assert client.post("/api/v1/own/factor/off", json={"password": client.first_password}).status_code == 409


def test_a_password_alone_is_half_a_login(site: Site) -> None:
    with site.client(login=STRICT) as client:
        password = client.first_password
        enter(client, "admin", password)
        secret, recovery = set_up(client, site)
        client.post("/api/v1/logout")
        assert client.post("/api/v1/login/code", json={"code": "1"}).status_code == 401
        assert enter(client, "admin", password).json()["needs"] == "code"
        for path in ("/api/v1/wall", "/api/v1/session", "/api/v1/own", "/api/v1/me"):
            assert client.get(path).status_code == 401
        assert client.post("/api/v1/own/factor", json={}).status_code == 401, "half a login changes no factor"
        assert client.post("/api/v1/own/password", json={"old": password, "new": "x" * 12}).status_code == 401
        assert client.get("/", follow_redirects=False).headers["location"] == "/login"
        site.later(1)
        code = codes.code_at(secret, site.now)
        assert client.post("/api/v1/login/code", json={"code": code}).json()["needs"] == ""
        assert client.get("/api/v1/wall").status_code == 200
        client.post("/api/v1/logout")
        enter(client, "admin", password)
        assert client.post("/api/v1/login/code", json={"code": code}).status_code == 401, "a used code"
        assert client.post("/api/v1/login/code", json={"code": recovery[0]}).status_code == 200
        client.post("/api/v1/logout")
        enter(client, "admin", password)
        assert client.post("/api/v1/login/code", json={"code": recovery[0]}).status_code == 401
        site.later(11)
        assert client.post("/api/v1/login/code", json={"code": recovery[1]}).status_code == 401, "half lasts 10 minutes"


def test_wrong_codes_are_locked_out_as_wrong_passwords_are(site: Site) -> None:
    with site.client(login=STRICT) as client:
        enter(client, "admin", client.first_password)
        secret, _ = set_up(client, site)
        client.post("/api/v1/logout")
        enter(client, "admin", client.first_password)
        said = [client.post("/api/v1/login/code", json={"code": f"{n:06d}"}).status_code for n in range(7)]
        assert said == [401] * 5 + [429] * 2
        right = codes.code_at(secret, site.now)
        assert client.post("/api/v1/login/code", json={"code": right}).status_code == 429
        assert enter(client, "admin", client.first_password).status_code == 429


def test_one_guessed_account_stays_open_to_whoever_got_in_from_there_before(site: Site) -> None:
    with site.client() as client:
        assert enter(client, "admin", client.first_password).status_code == 200
        password, app = client.first_password, client.wired
        for n in range(25):  # from as many addresses
            with_address = TestClient(app, base_url="http://127.0.0.1", client=(f"198.51.100.{n}", 4000))
            enter(with_address, "admin", "wrong")
        stranger = TestClient(app, base_url="http://127.0.0.1", client=("198.51.100.99", 4000))
        refused = enter(stranger, "admin", password)
        assert refused.status_code == 429, "a new address waits"
        assert int(refused.headers["retry-after"]) <= 15 * 60
        assert enter(stranger, "v1", password).status_code == 401, "other accounts are not locked"
        assert enter(client, "admin", password).status_code == 200, "a known address gets in"
        for _ in range(ACCOUNT_TRIES):  # a flood at names that are nobody's
            app.state.gate.by_all.failed(EVERYBODY)
        assert enter(client, "admin", password).status_code == 200, "and no flood shuts out the whole county"
        assert enter(stranger, "v1", password).status_code == 429, "while new addresses wait"


def test_the_demo_asks_for_no_second_factor_and_a_real_server_of_its_administrators() -> None:
    from jingcun.settings import ScreenSettings

    assert ScreenSettings().factor_wanted == "admin"
    assert ScreenSettings(secure_cookies=False).factor_wanted == "none"
    assert ScreenSettings(secure_cookies=False, second_factor="all").factor_wanted == "all"
    assert replace(STRICT, second_factor="none").second_factor == "none"


def test_what_is_kept_of_an_account_goes_with_it(tmp_path: Path) -> None:
    factors, _, _ = enrolled(tmp_path, "v1")
    factors.chose("v1", "$argon2id$x")
    assert factors.has_chosen("v1", "$argon2id$x")
    assert not factors.has_chosen("v1", "$argon2id$y"), "a reset password was not chosen"
    factors.off("v1")
    assert factors.has_chosen("v1", "$argon2id$x")
    factors.forget("v1")
    assert json.loads((tmp_path / "screen-factors.json").read_text()) == {}


def test_a_colleague_s_own_login_in_between_gives_no_further_guesses_at_an_account(site: Site) -> None:
    with site.client() as client:
        enter(client, "admin", client.first_password)  # the address is known
        own = client.wired.state.gate.account.named.add("v1", site.now)
        said = []
        for _ in range(7):
            said += [enter(client, "admin", "wrong").status_code for _ in range(3)]
            assert enter(client, "v1", own).status_code == 200
        assert said == [401] * OWN_TRIES + [429]
        site.later(16)
        assert enter(client, "admin", client.first_password).status_code == 200


def test_a_burst_of_guesses_is_counted_as_one_after_the_other_and_looked_at_few_at_a_time(site: Site) -> None:
    with site.client() as client:
        account, beside, most = client.wired.state.gate.account, [], []
        asked = account.right

        def right(name: str, password: str) -> bool:
            beside.append(name)
            most.append(len(beside))
            time.sleep(0.01)
            beside.pop()
            return bool(asked(name, password))

        account.right = right
        with ThreadPoolExecutor(20) as pool:
            said = list(pool.map(lambda n: enter(client, "admin", f"wrong-{n}").status_code, range(20)))
        assert (max(most) <= AT_ONCE, 5 <= said.count(401) < 5 + AT_ONCE, said.count(429) > 0) == (True, True, True)
