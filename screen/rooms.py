"""What the surfaces read and act on: the stores of the other rooms, opened once and closed last-in-first-out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError

from alerts import bin_book
from alerts.book import Book
from alerts.desk import Desk
from alerts.figures import Figures
from alerts.queries import Reader
from alerts.world import World
from broker.messages import Coverage, Health, Status
from county.book import CountyBook
from county.snapshot import County
from ingest.dead_letters import DeadLetters
from ingest.door import DoorHealth
from ingest.evidence import Evidence
from ingest.latest import Latest
from ingest.series import Series
from ingest.series.sqlite import SqliteSeries
from ingest.store import Store
from screen.equipment import Heard, M, News
from screen.settings import ScreenSettings
from screen.uploads import Uploads

log = logging.getLogger(__name__)

QUIET_DOOR = timedelta(minutes=2)  # the door says how it is every few seconds


@dataclass(frozen=True, slots=True)
class Rooms:
    """Everything that a route may need; ``county`` and ``now`` give the present ones."""

    settings: ScreenSettings
    now: Callable[[], datetime]
    county: Callable[[], County]
    book: Book
    reader: Reader
    figures: Figures
    desk: Desk
    latest: Latest
    letters: DeadLetters
    evidence: Evidence
    series: Series
    uploads: Uploads
    registry: CountyBook


def open_rooms(settings: ScreenSettings, now: Callable[[], datetime], stack: ExitStack) -> Rooms:
    """Open every store; ``stack`` closes them. ``StoreAway`` or ``BookAway`` when one cannot be reached."""
    registry = stack.enter_context(CountyBook(settings.county_url))
    inbox = Store(settings.inbox_url)
    stack.callback(inbox.close)
    book = Book(settings.book_url, settings.county, settings.zone)
    stack.callback(book.close)
    evidence = settings.evidence() if settings.evidence else Evidence(settings.folder / "evidence")
    stack.callback(evidence.close)
    series = settings.series() if settings.series else SqliteSeries(settings.folder / "series.db")
    stack.callback(series.close)
    uploads = Uploads(settings.folder / "screen.db")
    stack.callback(uploads.close)

    def county() -> County:
        return registry.current(settings.county)

    return Rooms(
        settings, now, county, book, Reader(book), Figures(book), Desk(book, World(county, now)), Latest(inbox),
        DeadLetters(inbox), evidence, series, uploads, registry,
    )  # fmt: skip


def news(rooms: Rooms) -> News:
    """Read what the devices last said."""
    return News(
        health=_heard(rooms.latest, Health),
        status=_heard(rooms.latest, Status),
        coverage=_heard(rooms.latest, Coverage),
        bins=bin_book.states(rooms.book),
        door_open=_door_open(rooms),
        dead_letters=rooms.letters.by_device(),
    )


def _heard(latest: Latest, model: type[M]) -> dict[str, Heard[M]]:
    found: dict[str, Heard[M]] = {}
    for value in latest.all(model.kind):
        try:
            found[value.device] = Heard(model.model_validate_json(value.payload), value.received_at)
        except ValidationError:  # an older box during an upgrade
            log.warning("the latest %s of %s cannot be read", model.kind, value.device)
    return found


def _door_open(rooms: Rooms) -> bool:
    value = rooms.latest.get("ingest", "door")
    if value is None or rooms.now() - value.received_at > QUIET_DOOR:
        return False
    try:
        door = DoorHealth.model_validate_json(value.payload)
    except ValidationError:
        return False
    return door.open and door.connected
