"""Named accounts: one for a person of the county, with a random first password, in a file beside the admin's.

What an account may see and do is not kept here: it follows from the person's duties of the day. Another process may
change the file at any time; a running server takes it over with the next request.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from argon2 import PasswordHasher

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread from a screen
Stamp = tuple[int, int, int]


class BadAccount(RuntimeError):
    """An account file cannot be used; the text names it and the cure."""


class NoAccount(LookupError):
    """There is no such account, or there is one already; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class NamedAccount:
    """An account of a person (the id in people.csv). ``key`` is part of what its sessions are signed with.

    With ``role`` (``system``, ``security``, ``auditor``) it is an administrator's, and ``name`` says whose.
    """

    person: str
    hash: str
    key: str
    made_at: datetime
    role: str = ""
    name: str = ""


def random_password() -> str:
    """A password that is easy to read out and hard to guess."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


def write_secret(path: Path, value: object) -> None:
    """Replace a file that only the server may read, whole or not at all."""
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


class Named:
    """The named accounts of one server."""

    def __init__(self, folder: Path, hasher: PasswordHasher) -> None:
        """Read the accounts in ``folder``; none is there at first. ``BadAccount`` when the file is damaged."""
        self._file = folder / "screen-people.json"
        self._lock = folder / "screen-people.lock"
        self._hasher = hasher
        self._stamp: Stamp | None = None
        self._known: dict[str, NamedAccount] = {}
        self._renew()

    def get(self, person: str) -> NamedAccount | None:
        """The account of a person as it is now."""
        self._renew()
        return self._known.get(person)

    def listed(self) -> list[NamedAccount]:
        """Every account, by person."""
        self._renew()
        return [self._known[person] for person in sorted(self._known)]

    def add(self, person: str, now: datetime, role: str = "", name: str = "") -> str:
        """Make an account and return its first password, for the only time; ``NoAccount`` when there is one."""
        with self._changing() as accounts:
            if person in accounts:
                raise NoAccount(
                    f"{person} has an account already; `jingcun account reset {person}` sets a new password"
                )
            return self._set(accounts, NamedAccount(person, "", "", now, role, name))

    def reset(self, person: str, now: datetime) -> str:
        """Give an account a new password and end its sessions; ``NoAccount`` when there is none."""
        with self._changing() as accounts:
            _must_be(accounts, person)
            return self._set(accounts, replace(accounts[person], made_at=now))

    def choose(self, person: str, password: str) -> NamedAccount:
        """Set the password that its owner has chosen, and end its sessions; ``NoAccount`` when there is none."""
        with self._changing() as accounts:
            _must_be(accounts, person)
            fresh = replace(accounts[person], hash=self._hasher.hash(password), key=secrets.token_hex(32))
            accounts[person] = fresh
        return fresh

    def remove(self, person: str) -> None:
        """End an account and its sessions; ``NoAccount`` when there is none."""
        with self._changing() as accounts:
            _must_be(accounts, person)
            del accounts[person]

    def _set(self, accounts: dict[str, NamedAccount], one: NamedAccount) -> str:
        password = random_password()
        accounts[one.person] = replace(one, hash=self._hasher.hash(password), key=secrets.token_hex(32))
        return password

    @contextmanager
    def _changing(self) -> Iterator[dict[str, NamedAccount]]:
        """One writer at a time, also between processes."""
        with self._lock.open("w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._stamp = None
            self._renew()
            accounts = dict(self._known)
            yield accounts
            write_secret(self._file, {
                one.person: {
                    "hash": one.hash, "key": one.key, "made_at": one.made_at.isoformat(), "role": one.role,
                    "name": one.name,
                }
                for one in accounts.values()
            })  # fmt: skip
            self._renew()

    def _renew(self) -> None:
        try:
            found = self._file.stat()
        except FileNotFoundError:
            self._stamp, self._known = None, {}
            return
        stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
        if stamp != self._stamp:
            self._known, self._stamp = self._read(), stamp

    def _read(self) -> dict[str, NamedAccount]:
        try:
            value = json.loads(self._file.read_text(encoding="utf-8"))
            return {
                str(person): NamedAccount(
                    str(person), str(one["hash"]), bytes.fromhex(one["key"]).hex(),
                    datetime.fromisoformat(one["made_at"]), str(one.get("role", "")), str(one.get("name", "")),
                )
                for person, one in value.items()
            }  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
            cure = "put a backup in its place, or delete it and add the accounts anew"
            raise BadAccount(f"{self._file.name} cannot be read ({type(fault).__name__}): {cure}") from fault


def _must_be(accounts: dict[str, NamedAccount], person: str) -> None:
    if person not in accounts:
        raise NoAccount(f"{person} has no account; `jingcun account list` shows who has")
