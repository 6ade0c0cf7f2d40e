"""The account, the patience with guessers, and the memory of uploads, each alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from screen.access.account import LIFE, Account, BadAccount
from screen.access.patience import Patience
from screen.desk.uploads import MOST_PHOTOS, TooMany, Uploads
from screen.settings import BadSettings, ScreenSettings
from tests.screen.site import CHEAP

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def test_the_first_password_is_random_told_once_and_kept_as_argon2(tmp_path: Path) -> None:
    first, other = Account(tmp_path / "a"), Account(tmp_path / "b", CHEAP)
    password = first.first_password
    assert password is not None
    assert password != other.first_password
    assert len(password) == 19
    stored = (tmp_path / "a" / "screen-account.json").read_text()
    assert json.loads(stored)["hash"].startswith("$argon2id$")
    assert password not in stored
    assert (tmp_path / "a" / "screen-account.json").stat().st_mode & 0o077 == 0
    again = Account(tmp_path / "a")
    assert again.first_password is None
    assert again.right("admin", password)
    assert not again.right("admin", password + "x")
    assert not again.right("root", password)
    assert not again.right("admin", "admin")


def test_a_session_ends_by_time_by_logout_and_by_a_new_password(tmp_path: Path) -> None:
    account = Account(tmp_path, CHEAP)
    token = account.open_session(NOW)
    assert account.holds(token, NOW)
    assert not account.holds(token, NOW + LIFE)
    account.close_session(token, NOW)
    assert not account.holds(token, NOW)
    assert not Account(tmp_path, CHEAP).holds(token, NOW), "also after a restart"
    other = account.open_session(NOW)
    account.reset()
    assert not account.holds(other, NOW)


@pytest.mark.parametrize("change", ["", "x", ".", "a.9999999999.b", "é.1.2"])
def test_a_forged_token_is_worthless(tmp_path: Path, change: str) -> None:
    account = Account(tmp_path, CHEAP)
    assert not account.holds(change, NOW)
    session, expiry, signature = account.open_session(NOW).split(".")
    assert not account.holds(f"{session}.{int(expiry) + 1}.{signature}", NOW)
    account.close_session(change, NOW)


def test_a_damaged_account_file_is_named_with_the_cure(tmp_path: Path) -> None:
    Account(tmp_path, CHEAP)
    (tmp_path / "screen-account.json").write_text("{")
    with pytest.raises(BadAccount, match="delete it"):
        Account(tmp_path, CHEAP)


def test_patience_grows_shorter_with_each_failure_and_comes_back() -> None:
    clock = [NOW]
    patience = Patience(lambda: clock[0], allowed=3, window=timedelta(minutes=15))
    waits = []
    for _ in range(6):
        patience.failed("a")
        waits.append(patience.wait("a"))
    assert waits == [0, 0, 8, 16, 32, 64]
    assert patience.wait("b") == 0
    clock[0] += timedelta(seconds=65)
    assert patience.wait("a") == 0
    patience.failed("a")
    assert patience.wait("a") == 128
    clock[0] += timedelta(minutes=15)
    assert patience.wait("a") == 0
    patience.failed("a")
    assert patience.wait("a") == 0, "an old sin is forgotten"


def test_who_reloads_one_dead_link_is_no_guesser() -> None:
    patience = Patience(lambda: NOW, allowed=2, window=timedelta(minutes=10))
    for _ in range(50):
        patience.failed("a", "one old link")
    assert patience.wait("a") == 0
    patience.failed("a", "another")
    assert patience.wait("a") > 0


def test_a_success_clears_the_slate() -> None:
    patience = Patience(lambda: NOW, allowed=1, window=timedelta(minutes=15))
    patience.failed("a")
    assert patience.wait("a") > 0
    patience.succeeded("a")
    assert patience.wait("a") == 0


def test_the_same_upload_is_stored_once_and_belongs_to_its_code(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "screen.db")
    assert uploads.once("k7m2desk", "key", lambda: "a" * 64, NOW) == "a" * 64
    assert uploads.once("k7m2desk", "key", lambda: pytest.fail("stored twice"), NOW) == "a" * 64
    assert uploads.of("k7m2desk") == {"a" * 64}
    assert uploads.of("other") == frozenset()
    uploads.close()
    again = Uploads(tmp_path / "screen.db")
    assert again.of("k7m2desk") == {"a" * 64}
    for number in range(MOST_PHOTOS - 1):
        again.once("k7m2desk", f"key{number}", partial("{:064d}".format, number), NOW)
    with pytest.raises(TooMany):
        again.once("k7m2desk", "one more", lambda: "b" * 64, NOW)
    again.close()
    assert b"k7m2desk" not in (tmp_path / "screen.db").read_bytes()


def test_an_open_wall_is_refused_where_others_could_look(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "192.168.1.1", "::", "example.org"):
        with pytest.raises(BadSettings, match="open_wall"):
            ScreenSettings("640999", "", "", "", tmp_path, host=host, open_wall=True)
    for host in ("127.0.0.1", "::1", "localhost"):
        assert ScreenSettings("640999", "", "", "", tmp_path, host=host, open_wall=True).open_wall
