"""The county as ingest knows it now: a snapshot that is exchanged whole when a new revision appears."""

from __future__ import annotations

import logging

from county.book import BookAway, CountyBook
from county.snapshot import County

log = logging.getLogger(__name__)


class Registry:
    """Gives the newest known snapshot of one county."""

    def __init__(self, book: CountyBook, code: str) -> None:
        """Load it; ``NoCounty`` when nothing is loaded for this code, ``BookAway`` when the book cannot be read."""
        self._book = book
        self._county = book.current(code)

    def __call__(self) -> County:
        return self._county

    def refresh(self) -> None:
        """Exchange the snapshot when there is a newer revision; a book that is away changes nothing."""
        try:
            if self._book.revision_number(self._county.code) != self._county.revision:
                self._county = self._book.current(self._county.code)
                log.info("county %s is at revision %d", self._county.code, self._county.revision)
        except BookAway as fault:
            log.warning("the county's revision cannot be read, the last one stays: %s", fault)
