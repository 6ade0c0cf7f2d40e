"""Named accounts in their file: passwords, sessions, two processes, and what a damaged file says."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from screen.access.account import LIFE, Account, BadAccount
from screen.access.named import Named, NoAccount
from tests.screen.site import CHEAP

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path, CHEAP)


def test_an_account_has_a_random_first_password_that_is_kept_as_argon2(account: Account, tmp_path: Path) -> None:
    password, other = account.named.add("v1", NOW), account.named.add("t1", NOW)
    assert len(password) == 19
    assert password != other
    file = tmp_path / "screen-people.json"
    assert json.loads(file.read_text())["v1"]["hash"].startswith("$argon2id$")
    assert password not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    assert account.right("v1", password)
    assert not account.right("v1", other)
    assert not account.right("t1", password)
    assert not account.right("admin", password)
    assert not account.right("nobody", password)
    assert not account.right("nobody", str(account.first_password)), "no name borrows the admin's password"
    assert account.right("admin", str(account.first_password))


@pytest.mark.parametrize("name", ["v1", "QX-101.person_9", "admin"])
def test_a_session_knows_whose_it_is(account: Account, name: str) -> None:
    if name != "admin":
        account.named.add(name, NOW)
    token = account.open_session(NOW, name)
    assert account.name_of(token, NOW) == name
    assert account.name_of(token, NOW + LIFE) is None
    account.close_session(token, NOW)
    assert account.name_of(token, NOW) is None
    assert Account(account._folder, CHEAP).name_of(token, NOW) is None, "also after a restart"


def test_a_session_of_one_account_is_not_anothers(account: Account) -> None:
    account.named.add("v1", NOW)
    account.named.add("t1", NOW)
    v1, t1, admin = (account.open_session(NOW, name) for name in ("v1", "t1", "admin"))
    session, expiry, signature = v1.split(".")
    for stolen in (t1.split(".")[0], admin.split(".")[0], session.split("~")[0]):
        assert account.name_of(f"{stolen}.{expiry}.{signature}", NOW) is None
    for garbled in (
        f"{session}!.{expiry}.{signature}",
        f"x~!!!.{expiry}.{signature}",
        f"x~_w.{expiry}.{signature}",
        "~..",
    ):
        assert account.name_of(garbled, NOW) is None
    with pytest.raises(LookupError):
        account.open_session(NOW, "nobody")


def test_a_new_password_or_its_end_ends_the_sessions_of_that_account_only(account: Account) -> None:
    for name in ("v1", "t1"):
        account.named.add(name, NOW)
    v1, t1, admin = (account.open_session(NOW, name) for name in ("v1", "t1", "admin"))
    new = account.named.reset("v1", NOW)
    assert [account.name_of(one, NOW) for one in (v1, t1, admin)] == [None, "t1", "admin"]
    assert account.right("v1", new)
    account.named.remove("t1")
    assert account.name_of(t1, NOW) is None
    assert not account.right("t1", new)


def test_a_new_password_of_the_admin_ends_every_session(account: Account) -> None:
    account.named.add("v1", NOW)
    token = account.open_session(NOW, "v1")
    account.reset()
    assert account.name_of(token, NOW) is None


def test_a_running_server_takes_over_what_another_process_changed(account: Account, tmp_path: Path) -> None:
    elsewhere = Named(tmp_path, CHEAP)
    password = elsewhere.add("v1", NOW)
    assert account.right("v1", password)
    token = account.open_session(NOW, "v1")
    elsewhere.remove("v1")
    assert not account.right("v1", password)
    assert account.name_of(token, NOW) is None


def test_what_is_there_is_not_made_again_and_what_is_not_there_is_named(account: Account) -> None:
    account.named.add("v1", NOW)
    with pytest.raises(NoAccount, match="jingcun account reset v1"):
        account.named.add("v1", NOW)
    for change in (lambda: account.named.reset("t1", NOW), lambda: account.named.remove("t1")):
        with pytest.raises(NoAccount, match="t1 has no account"):
            change()
    assert [(one.person, one.made_at) for one in account.named.listed()] == [("v1", NOW)]


def test_twenty_accounts_made_at_once_are_all_there(tmp_path: Path) -> None:
    def add(person: str) -> None:
        Named(tmp_path, CHEAP).add(person, NOW)

    threads = [threading.Thread(target=add, args=(f"p{number}",)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Named(tmp_path, CHEAP).listed()) == 20


@pytest.mark.parametrize("text", ["{", "[]", '{"v1": {}}', '{"v1": {"hash": "x", "key": "zz", "made_at": "now"}}', "1"])
def test_a_damaged_file_is_named_with_the_cure(tmp_path: Path, text: str) -> None:
    account = Account(tmp_path, CHEAP)
    account.named.add("v1", NOW)
    (tmp_path / "screen-people.json").write_text(text)
    with pytest.raises(BadAccount, match=r"screen-people.json cannot be read .*add the accounts anew"):
        account.named.get("v1")
    with pytest.raises(BadAccount):
        Account(tmp_path, CHEAP)


def test_a_long_password_is_no_burden(account: Account) -> None:
    account.named.add("v1", NOW)
    started = datetime.now(UTC)
    assert not account.right("v1", "x" * 1_000_000)
    assert datetime.now(UTC) - started < timedelta(seconds=5)
