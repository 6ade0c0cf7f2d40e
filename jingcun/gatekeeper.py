"""The gatekeeper: Mosquitto's files follow the county's registry, and a running Mosquitto reads them anew at once.

A revocation holds when the next look has found it: ``LOOK_S`` plus the broker's own reload. Mosquitto then cuts every
connection whose password is no longer there; the others notice nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from broker.acl import password_line
from broker.mosquitto import MosquittoConf, ReloadFailed, conf_text, exchange
from county.book import BookAway, CountyBook
from county.credentials import broker_files

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

    @classmethod
    def of(cls, book: CountyBook, folder: Path, secret: str, conf: MosquittoConf) -> Gatekeeper:
        """For the book's only county; ``secret`` is the server's password, hashed once."""
        return cls(book, book.current().code, folder, password_line("ingest", secret), conf)

    def write(self) -> list[str]:
        """Bring the files up to date; returns the names of those that changed."""
        county = self.book.current(self.county)
        passwords, acl = broker_files(county, self.book.credentials(self.county), self.server)
        conf = replace(self.conf, connections=max(self.conf.connections, CONNECTIONS * len(county.devices)))
        return exchange(self.folder, {"passwords": passwords, "acl": acl, "mosquitto.conf": conf_text(conf)})

    def keep(self, reload: Callable[[], None], stop: threading.Event, look_s: float = LOOK_S) -> None:
        """Write and reload whenever the registry has changed, until ``stop``.

        A registry that is away leaves everything as it is; a reload that fails is tried again.
        """
        seen, owed, said = "", True, ""  # what changed while nobody kept the files must be read too
        while not stop.is_set():
            try:
                now = self.book.credentials_stamp(self.county)
                if now != seen:
                    owed = bool(self.write()) or owed
                    seen = now
                if owed:
                    reload()
                    log.info("the broker reads its files anew")
                owed, said = False, ""
            except (BookAway, ReloadFailed, OSError) as fault:
                if str(fault) != said:
                    log.error("the broker's files may be behind the registry: %s", fault)
                said = str(fault)
            stop.wait(look_s)
