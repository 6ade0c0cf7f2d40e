"""What seals the names of reporters: one key in the server's folder. The only file of this room with ``cryptography``.

Without the key nothing sealed can ever be read again: it belongs into the county's backup, apart from the database.
Several servers of one county need the same file.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from alerts.reports.reporters import Reporter
from alerts.store.pen import ALPHABET, CODE_LENGTH

FILE = "reporters.key"


class BadSeal(RuntimeError):
    """The key cannot be used, or does not fit what it shall open; the text says which and what to do."""


class Seal:
    """Seals and opens, and makes marks by which the same person is known again without being named."""

    def __init__(self, key: bytes) -> None:
        """``key`` is that of Fernet: 32 bytes in URL-safe base64; ``BadSeal`` for any other."""
        try:
            self._box = Fernet(key)
        except ValueError as fault:
            raise BadSeal(f"no key of 32 bytes in URL-safe base64: {fault}") from fault
        self._marks = hmac.new(key, b"marks", hashlib.sha256).digest()

    @property
    def fingerprint(self) -> str:
        """By which the book knows the key again; worthless without it."""
        return hmac.new(self._marks, b"fingerprint", hashlib.sha256).hexdigest()

    def close(self, reporter: Reporter) -> str:
        """Seal a reporter; two sealings of one person look different."""
        text = json.dumps([reporter.name, reporter.phone, reporter.person], ensure_ascii=False)
        return self._box.encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> Reporter:
        """Return who is sealed; ``BadSeal`` where another key was used."""
        try:
            name, phone, person = json.loads(self._box.decrypt(sealed.encode("ascii")))
        except InvalidToken as fault:
            raise BadSeal(f"sealed with another key; put the old {FILE} back") from fault
        return Reporter(name, phone, person)

    def mark(self, kind: str, text: str) -> str:
        """The mark of a phone or a person, "" for none: the same for the same text, worthless without the key."""
        return hmac.new(self._marks, f"{kind}|{text}".encode(), hashlib.sha256).hexdigest() if text else ""

    def code(self, *parts: str) -> str:
        """A code for a reporter to ask with; the same parts give the same one, nobody else can make it."""
        number = int.from_bytes(hmac.new(self._marks, "|".join(("code", *parts)).encode(), hashlib.sha256).digest())
        letters = []
        for _ in range(CODE_LENGTH):
            number, rest = divmod(number, len(ALPHABET))
            letters.append(ALPHABET[rest])
        return "".join(letters)


def seal_in(folder: Path) -> Seal:
    """The seal of a server; its key is made at the first start, readable by the server alone.

    Servers open theirs by ``key_book.open_seal``, which makes no new key where an old one is missing.
    """
    path = folder / FILE
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        _make(path)
    try:
        return Seal(path.read_bytes().strip())
    except (OSError, BadSeal) as fault:
        raise BadSeal(f"{path} cannot be used ({fault}); put it back from the backup") from fault


def _make(path: Path) -> None:
    """Write a new key whole or not at all; who comes second keeps the first one's."""
    handle, name = tempfile.mkstemp(".new", FILE, path.parent)  # for this user alone, as mkstemp makes it
    fresh = Path(name)
    with os.fdopen(handle, "wb") as file:
        file.write(Fernet.generate_key())
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
