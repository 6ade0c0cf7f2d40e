"""The gatekeeper: Mosquitto's files follow the county's registry, and a running Mosquitto reads them anew at once.

A revocation holds when the next look has found it: ``LOOK_S`` plus the broker's own reload. Mosquitto then cuts every
connection whose password is no longer there; the others notice nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from broker.acl import password_line
from broker.journal import about
from broker.mosquitto import MosquittoConf, ReloadFailed, conf_text, exchange
from county.book import BookAway, CountyBook
from county.credentials import broker_files

if TYPE_CHECKING:
    from broker.authority import Authority
    from county.snapshot import County

log = logging.getLogger(__name__)

LOOK_S = 1.0
CONNECTIONS = 4  # for each device: two of its own, and the old ones that a cut line left behind


@dataclass(frozen=True, slots=True)
class Gatekeeper:
    """One county's files in one folder. ``server`` is the password line of the server's own user."""

    book: CountyBook
    county: str
    folder: Path
    server: str
    conf: MosquittoConf
    authority: Authority | None = None

    @classmethod
    def of(
        cls, book: CountyBook, folder: Path, secret: str, conf: MosquittoConf, authority: Authority | None = None
    ) -> Gatekeeper:
        """For the book's only county; ``secret`` is the server's password, hashed once.

        With certificates the ``authority`` signs the list of the revoked ones.
        """
        if conf.certificates and authority is None:
            raise ValueError("client certificates need the authority's folder, which signs the list of revoked ones")
        return cls(book, book.current().code, folder, password_line("ingest", secret), conf, authority)

    def write(self, now: datetime | None = None) -> list[str]:
        """Bring the files up to date; returns the names of those that changed."""
        county = self.book.current(self.county)
        passwords, acl = broker_files(county, self.book.credentials(self.county), self.server)
        conf = replace(self.conf, connections=max(self.conf.connections, CONNECTIONS * len(county.devices)))
        self._tell_cut(county, passwords)
        files = {"passwords": passwords, "acl": acl, "mosquitto.conf": conf_text(conf)}
        return exchange(self.folder, files | self._revoked(now or datetime.now(UTC)))

    def _tell_cut(self, county: County, passwords: str) -> None:
        """Say whose password ends with the files that are written now."""
        known = self.folder / "passwords"
        before = known.read_text(encoding="utf-8").splitlines() if known.exists() else []
        gone = {line.partition(":")[0] for line in set(before) - set(passwords.splitlines())}
        for name in sorted(gone - {self.server.partition(":")[0]}):  # ours is hashed anew at each start
            device = county.device(name)
            extra = about(device=name, village=device.village if device else "")
            log.warning("%s is cut off: its password was revoked or replaced", name, extra=extra)

    def _revoked(self, now: datetime) -> dict[str, str]:
        """The list of revoked certificates where it must change: each signing gives another text."""
        if self.authority is None:
            return {}
        serials, file = self.book.revoked_certificates(self.county), self.folder / "crl.pem"
        known = file.read_text(encoding="ascii") if file.exists() else None
        return (
            {} if self.authority.list_holds(known, serials, now) else {"crl.pem": self.authority.revoked(serials, now)}
        )

    def keep(self, reload: Callable[[], None], stop: threading.Event, look_s: float = LOOK_S) -> None:
        """Write and reload whenever the registry has changed, until ``stop``.

        A registry that is away leaves everything as it is; a reload that fails is tried again.
        """
        seen, owed, said = "", True, ""  # owed: what changed while nobody kept the files must be read too
        while not stop.is_set():
            try:
                stamp = f"{datetime.now(UTC).date()} {self.book.credentials_stamp(self.county)}"
                if stamp != seen:  # each day too: the list of revoked certificates must not grow old
                    owed = bool(self.write()) or owed
                    seen = stamp
                if owed:
                    reload()
                    log.info("the broker reads its files anew")
                owed, said = False, ""
            except (BookAway, ReloadFailed, OSError) as fault:
                if str(fault) != said:
                    log.error("the broker's files may be behind the registry: %s", fault)
                said = str(fault)
            stop.wait(look_s)
