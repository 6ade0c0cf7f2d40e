"""The newest tickets, read once and then kept up: of thirty rows one is new, and a wall asks ten times a second."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from alerts.store.book import Book, counter
from alerts.store.lines import NEWEST, Line, line_of, lines
from alerts.store.tables import TICKETS

MOST_CHANGED = 200  # with more the newest are read anew
_MINE = TICKETS.c.county == sa.bindparam("county")
_KEY = (TICKETS.c.opened_us, TICKETS.c.change)
_ANEW = lines(*_KEY).where(_MINE).order_by(*NEWEST).limit(sa.bindparam("limit"))
_CHANGED = (
    lines(*_KEY).where(_MINE & (TICKETS.c.change > sa.bindparam("number")))
    .order_by(TICKETS.c.change).limit(MOST_CHANGED)
)  # fmt: skip
_Kept = tuple[tuple[int, str], Line]  # when it was opened and its number: what the order goes by


class Newest:
    """The newest tickets of one county, open or closed; for one thread."""

    def __init__(self, book: Book, limit: int = 30) -> None:
        """``limit``: how many."""
        self._store, self._county, self._limit = book.store, book.county, limit
        self._number = -1  # every change up to this one has been read
        self._kept: dict[UUID, _Kept] = {}

    def lines(self) -> list[Line]:
        """What ``Reader.recent`` answers, the newest first; only what changed since the last call is read."""
        with self._store.read() as conn:
            rows = conn.execute(_CHANGED, self._asked(number=self._number)).all() if self._kept else ()
            if not self._kept or len(rows) == MOST_CHANGED:
                self._number = counter(conn, self._county, "change")  # first: a later change is read once more
                rows, self._kept = conn.execute(_ANEW, self._asked(limit=self._limit)).all(), {}
        self._number = max([self._number, *(row.change for row in rows)])
        self._kept |= {row.id: ((row.opened_us, row.number), line_of(row)) for row in rows}
        newest = sorted(self._kept.items(), key=lambda one: one[1][0], reverse=True)[: self._limit]
        self._kept = dict(newest)
        return [line for _, line in self._kept.values()]

    def _asked(self, **more: int) -> dict[str, int | str]:
        return {"county": self._county, **more}
