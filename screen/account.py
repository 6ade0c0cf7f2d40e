"""The account of the county's screen: a random first password, told once, kept as an argon2 hash; signed sessions.

Everything lies in one folder that only the server may read. A session is ``id.expiry.signature`` in a cookie; logging
out writes its id down, so that a copied cookie is dead too, also after a restart.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import threading
from datetime import datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

NAME = "admin"
LIFE = timedelta(hours=12)
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread from a screen


class BadAccount(RuntimeError):
    """The account file cannot be used; the text names it and the cure."""


class Account:
    """The one account of this version, and its sessions.

    ``first_password`` is set only in the process that made the account: print it once and keep it nowhere.
    """

    def __init__(self, folder: Path, hasher: PasswordHasher | None = None) -> None:
        """Open the account in ``folder``, or make it. ``BadAccount`` when its file is damaged."""
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

    @property
    def _file(self) -> Path:
        return self._folder / "screen-account.json"

    @property
    def _revoked_file(self) -> Path:
        return self._folder / "screen-revoked.txt"

    def reset(self) -> str:
        """Give the account a new random password and end every session; return the password."""
        password = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))
        value = {"name": NAME, "hash": self._hasher.hash(password), "key": secrets.token_hex(32)}
        fresh = self._file.with_suffix(".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(value, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._file)
        self.first_password = password
        return password

    def right(self, name: str, password: str) -> bool:
        """Whether this is the account. Takes as long for a wrong name as for a wrong password."""
        self._renew()
        try:
            self._hasher.verify(self._hash, password[:200])
        except (VerificationError, InvalidHashError):
            return False
        return hmac.compare_digest(name.encode(), NAME.encode())

    def open_session(self, now: datetime) -> str:
        """Return a new token, good for ``LIFE``."""
        body = f"{secrets.token_urlsafe(18)}.{int((now + LIFE).timestamp())}"
        return f"{body}.{self._sign(body)}"

    def holds(self, token: str, now: datetime) -> bool:
        """Whether a token is ours, unexpired and not logged out."""
        self._renew()
        body, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._sign(body).encode(), signature.encode()):
            return False
        session, _, expiry = body.partition(".")
        return int(expiry) > now.timestamp() and session not in self._revoked

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

    def _sign(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()

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
