"""Second factors and chosen passwords of the accounts, in a file beside theirs that only the server may read.

An account without an entry has no second factor, and its password is still the one it was given first. Another process
(``jingcun account …``) may change the file at any time; a running server takes it over with the next question.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from screen.access import codes
from screen.access.named import BadAccount, write_secret


@dataclass(frozen=True, slots=True)
class Factor:
    """What is kept of one account. ``secret`` is empty without a second factor, ``waiting`` one not yet confirmed.

    ``used`` is the last step of a code that was taken, ``recovery`` the hashes of the codes that are left, ``chosen``
    the mark of the password that its owner has chosen.
    """

    secret: str = ""
    waiting: str = ""
    used: int = 0
    recovery: tuple[str, ...] = ()
    chosen: str = ""

    @property
    def on(self) -> bool:
        """Whether there is a second factor."""
        return self.secret != ""


NONE = Factor()


class Factors:
    """The second factors of one server; usable from several threads and processes."""

    def __init__(self, folder: Path) -> None:
        """Read what is in ``folder``; nothing at first. ``BadAccount`` when the file is damaged."""
        self._file, self._lock = folder / "screen-factors.json", folder / "screen-factors.lock"
        self._stamp: tuple[int, int, int] | None = None
        self._known: dict[str, Factor] = {}
        self._renewed()

    def of(self, name: str) -> Factor:
        """What is kept of an account."""
        return self._renewed().get(name, NONE)

    def begin(self, name: str) -> str:
        """A new secret that waits for its first code; the old factor holds until then."""
        secret = codes.new_secret()
        with self._changing() as known:
            known[name] = replace(known.get(name, NONE), waiting=secret)
        return secret

    def confirm(self, name: str, code: str, now: datetime) -> tuple[str, ...] | None:
        """Take the waiting secret over, by its first code; returns the recovery codes, for the only time.

        None where the code is wrong or nothing waits.
        """
        with self._changing() as known:
            old = known.get(name, NONE)
            step = codes.matched(old.waiting, code, now, 0) if old.waiting else None
            if step is None:
                return None
            fresh = codes.recovery_codes()
            known[name] = replace(
                old, secret=old.waiting, waiting="", used=step, recovery=tuple(codes.hashed(one) for one in fresh)
            )
        return fresh

    def passes(self, name: str, code: str, now: datetime) -> bool:
        """Whether this is a code of the account that was not used before; it is used up by asking."""
        with self._changing() as known:
            old = known.get(name, NONE)
            if not old.on:
                return False
            step, mark = codes.matched(old.secret, code, now, old.used), codes.hashed(code)
            if step is not None:
                known[name] = replace(old, used=step)
            elif mark in old.recovery:
                known[name] = replace(old, recovery=tuple(one for one in old.recovery if one != mark))
            else:
                return False
        return True

    def off(self, name: str) -> bool:
        """End a second factor, as for a lost phone; False where there was none."""
        with self._changing() as known:
            old = known.get(name, NONE)
            known[name] = Factor(chosen=old.chosen)
        return old.on

    def forget(self, name: str) -> None:
        """Forget an account that is no more."""
        with self._changing() as known:
            known.pop(name, None)

    def chose(self, name: str, password_hash: str) -> None:
        """Note that the password with this hash was chosen by its owner."""
        with self._changing() as known:
            known[name] = replace(known.get(name, NONE), chosen=_mark(password_hash))

    def has_chosen(self, name: str, password_hash: str) -> bool:
        """Whether the password with this hash was chosen by its owner; a reset one was not."""
        return codes.same(self.of(name).chosen, _mark(password_hash))

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Factor]]:
        with self._lock.open("w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            old = self._read()
            known = dict(old)
            yield known
            self._stamp = None
            if known != old:
                write_secret(self._file, {name: asdict(one) for name, one in known.items()})

    def _renewed(self) -> dict[str, Factor]:
        try:
            found = self._file.stat()
        except FileNotFoundError:
            return {}
        stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
        if stamp != self._stamp:
            self._known, self._stamp = self._read(), stamp
        return self._known

    def _read(self) -> dict[str, Factor]:
        try:
            value = json.loads(self._file.read_text(encoding="utf-8"))
            return {str(name): _factor(one) for name, one in value.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
            cure = "put a backup in its place; deleting it ends every second factor"
            raise BadAccount(f"{self._file.name} cannot be read ({type(fault).__name__}): {cure}") from fault


def _factor(one: dict[str, Any]) -> Factor:
    recovery = tuple(str(mark) for mark in one["recovery"])
    return Factor(str(one["secret"]), str(one["waiting"]), int(one["used"]), recovery, str(one["chosen"]))


def _mark(password_hash: str) -> str:
    return hashlib.sha256(password_hash.encode()).hexdigest()
