"""What happens at the entrance and to accounts, told to the register."""

from __future__ import annotations

import logging
from collections.abc import Callable

from alerts.register.deeds import Author, Deed, Entry, Subject
from alerts.register.register import Register
from county.snapshot import County
from ingest.store import StoreAway
from screen.access.account import NAME, Account
from screen.access.happened import WORDS, Happened, Tell, What, to_log
from screen.audit.authors import named

log = logging.getLogger(__name__)
UNKNOWN = "未知账号"
LOCK_S = 900
_DEEDS = {
    What.ENTERED: Deed.LOGGED_IN, What.REFUSED: Deed.LOGIN_FAILED, What.LOCKED: Deed.LOCKED_OUT,
    What.LEFT: Deed.LOGGED_OUT,
}  # fmt: skip


def entrance(register: Register, account: Account, county: Callable[[], County]) -> Tell:
    """What the gate tells. Nobody enters untold (``StoreAway``), but anybody may always leave."""

    def tell(one: Happened) -> None:
        to_log(one)
        try:
            entry = _entry(one, account, county())
            if entry.once is None or not register.has(entry.once):  # a flood that is kept out costs reads, no commits
                register.add(entry)
        except StoreAway as fault:
            if one.what is not What.LEFT:
                raise
            log.error("a logout is not in the register: %s", fault)

    return tell


def _entry(one: Happened, account: Account, county: County) -> Entry:
    known = {name: name if name == NAME or account.named.get(name) else UNKNOWN for name in (one.account, one.by)}
    by, of = known[one.by], known[one.account]
    # A name that is no account may be a password in the wrong field: it is not written down.
    holder = account.named.get(by)
    spoken = holder.name if holder is not None else ""
    author = Author("", UNKNOWN, source=one.source) if by == UNKNOWN else named(county, by, one.source, name=spoken)
    once = f"lock/{of}/{one.source}/{int(one.at.timestamp()) // LOCK_S}" if one.what is What.LOCKED else None
    deed = _DEEDS.get(one.what, Deed.ACCOUNT)
    details = {"what": WORDS[one.what], "words": one.words}
    return Entry(one.at, author, deed, Subject("account", of), details=details, once=once)
