"""The accounts of the county's screen, and their signed sessions: the admin's, and those of named persons.

The admin's first password is random, told once, and kept as an argon2 hash. Everything lies in one folder that only the
server may read. A session is ``id.expiry.signature`` in a cookie; logging out writes its id down, so that a copied
cookie is dead too, also after a restart. In a named account's session the id ends with ``~`` and the person's id.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import threading
from datetime import datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from screen.access.named import BadAccount, Named, random_password, write_secret

__all__ = ["LIFE", "NAME", "Account", "BadAccount"]

NAME = "admin"
LIFE = timedelta(hours=12)


class Account:
    """The admin's account, the named ones beside it, and the sessions of both.

    ``first_password`` is set only in the process that made the admin's account: print it once and keep it nowhere.
    """

    def __init__(self, folder: Path, hasher: PasswordHasher | None = None) -> None:
        """Open the accounts in ``folder``, or make the admin's. ``BadAccount`` when a file is damaged."""
        self._folder = folder
        self._hasher = hasher or PasswordHasher()
        self._lock = threading.Lock()
        self.first_password: str | None = None
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self._file.exists():
            self.reset()
        self._stamp = 0
        self._hash, self._key = self._read()
        self._revoked = self._read_revoked()
        self.named = Named(folder, self._hasher)

    @property
    def _file(self) -> Path:
        return self._folder / "screen-account.json"

    @property
    def _revoked_file(self) -> Path:
        return self._folder / "screen-revoked.txt"

    def reset(self) -> str:
        """Give the admin a new random password and end every session, of named accounts too; return the password."""
        password = random_password()
        write_secret(self._file, {
            "name": NAME, "hash": self._hasher.hash(password), "key": secrets.token_hex(32),
        })  # fmt: skip
        self.first_password = password
        return password

    @property
    def folder(self) -> Path:
        """Where the accounts lie; only the server may read it."""
        return self._folder

    def choose(self, name: str, password: str) -> str:
        """Set the password that an account's owner has chosen; returns its hash. ``NoAccount`` without an account.

        A named account's sessions end by its new key; the admin's key is part of all others, so it stays.
        """
        if name != NAME:
            return self.named.choose(name, password).hash
        self._renew()
        chosen = self._hasher.hash(password)
        write_secret(self._file, {"name": NAME, "hash": chosen, "key": self._key.hex()})
        self._renew()
        return chosen

    def hash_of(self, name: str) -> str:
        """How the password of an account is kept; empty without an account."""
        self._renew()
        known = self.named.get(name)
        return self._hash if name == NAME else known.hash if known else ""

    def right(self, name: str, password: str) -> bool:
        """Whether this is an account and its password. Takes as long for a wrong name as for a wrong password."""
        self._renew()
        known = self.named.get(name) if name != NAME else None
        try:
            self._hasher.verify(known.hash if known else self._hash, password[:200])
        except (VerificationError, InvalidHashError):
            return False
        return known is not None or hmac.compare_digest(name.encode(), NAME.encode())

    def open_session(self, now: datetime, name: str = NAME, life: timedelta = LIFE) -> str:
        """Return a new token of an account, good for ``life``; ``LookupError`` when there is no such account."""
        key = self._key_of(name)
        if key is None:
            raise LookupError(name)
        mark = "" if name == NAME else f"~{base64.urlsafe_b64encode(name.encode()).decode().rstrip('=')}"
        body = f"{secrets.token_urlsafe(18)}{mark}.{int((now + life).timestamp())}"
        return f"{body}.{_sign(body, key)}"

    def holds(self, token: str, now: datetime) -> bool:
        """Whether a token is ours, unexpired and not logged out."""
        return self.name_of(token, now) is not None

    def name_of(self, token: str, now: datetime) -> str | None:
        """Whose session a token is; None when it is nobody's, has expired or was logged out."""
        self._renew()
        body, _, signature = token.rpartition(".")
        session, _, expiry = body.partition(".")
        name = _named_in(session)
        key = self._key_of(name) if name is not None else None
        if key is None or not hmac.compare_digest(_sign(body, key).encode(), signature.encode()):
            return None
        return name if int(expiry) > now.timestamp() and session not in self._revoked else None

    def close_session(self, token: str, now: datetime) -> None:
        """Make a token worthless for good."""
        if not self.holds(token, now):
            return
        with self._lock:
            session, expiry, _ = token.split(".")
            self._revoked = {one: until for one, until in self._revoked.items() if until > now.timestamp()}
            self._revoked[session] = int(expiry)
            text = "".join(f"{one} {until}\n" for one, until in self._revoked.items())
            fresh = self._revoked_file.with_suffix(".new")
            fresh.write_text(text, encoding="ascii")
            fresh.replace(self._revoked_file)

    def _key_of(self, name: str) -> bytes | None:
        """What sessions of an account are signed with; a new password, its own or the admin's, is a new key."""
        if name == NAME:
            return self._key
        known = self.named.get(name)
        return hashlib.sha256(self._key + bytes.fromhex(known.key)).digest() if known else None

    def _renew(self) -> None:
        """Take over a password that another process has set meanwhile; its sessions are new ones too."""
        if self._file.stat().st_mtime_ns != self._stamp:
            self._hash, self._key = self._read()

    def _read(self) -> tuple[str, bytes]:
        try:
            self._stamp = self._file.stat().st_mtime_ns
            value = json.loads(self._file.read_text(encoding="utf-8"))
            return str(value["hash"]), bytes.fromhex(value["key"])
        except (OSError, ValueError, KeyError, TypeError) as fault:
            cure = "delete it, and the next start makes a new password"
            raise BadAccount(f"{self._file.name} cannot be read ({type(fault).__name__}): {cure}") from fault

    def _read_revoked(self) -> dict[str, int]:
        if not self._revoked_file.exists():
            return {}
        pairs = (line.split() for line in self._revoked_file.read_text(encoding="ascii").splitlines())
        return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2}


def _sign(body: str, key: bytes) -> str:
    return hmac.new(key, body.encode(), hashlib.sha256).hexdigest()


def _named_in(session: str) -> str | None:
    """Whose session this says that it is; None where the mark is garbled."""
    _, mark, coded = session.partition("~")
    if not mark:
        return NAME
    try:
        return base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
