"""What the tests of mutes begin with: a wish, and a room with its office for mutes."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import sqlalchemy as sa

from alerts.asks import fairness_book
from alerts.asks.fairness import Deed
from alerts.mutes.mute_office import MuteOffice, MuteSweep
from alerts.mutes.mute_tables import SUPPRESSED
from alerts.mutes.mutes import Scope, Wish
from alerts.store.book import Book
from broker.messages import State
from county.snapshot import County
from tests.alerts.loop import Room
from tests.alerts.makes import at, event
from tests.county.small import (
    CAMERA,
)

HOUR = 60
ZONE = ZoneInfo("Asia/Shanghai")
OF_CAMERA = Scope(CAMERA)


def wish(hours: float = 8, scope: Scope = OF_CAMERA, begin: float = 0, **more: object) -> Wish:
    """A mute of garbage at the camera, for a reason, from minute ``begin`` on."""
    values: dict[str, object] = {"reason": "修路堆料", "categories": ("garbage",), **more}
    return Wish(scope, begin_at=at(begin), end_at=at(begin + hours * HOUR), **values)  # type: ignore[arg-type]


class Muted(Room):
    """A room with its office for mutes, and the sweep that ends them."""

    def __init__(self, book: Book, county: County) -> None:
        super().__init__(book, county)
        self.mutes = MuteOffice(book, self.world)
        self.mute_sweep = MuteSweep(book, self.world)

    def at(self, minutes: float) -> None:
        self.minutes = minutes
        self.mute_sweep.step()

    def sees(self, minutes: float, state: State | str = State.DIRTY, what: str = "garbage") -> None:
        self.at(minutes)
        self.feed(event(minutes, state, what=what))

    def kept(self) -> list[tuple[str, int, bool]]:
        with self.book.store.read() as conn:
            rows = conn.execute(sa.select(SUPPRESSED).order_by(SUPPRESSED.c.n))
            return [(row.kind, row.merged, row.is_open) for row in rows]

    def log(self) -> list[tuple[Deed, str, str, str]]:
        """The fairness log, oldest first: deed, who, why, what."""
        lines = [line.entry for line in reversed(fairness_book.lines(self.book))]
        return [(Deed(one.deed), one.author.name, one.reason, one.words) for one in lines]
