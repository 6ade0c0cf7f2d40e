"""What the alerts program opens: the county, the book, the door's stores, the channels. Closed last in, first out."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from alerts.channels import Channel, catalog, named
from alerts.channels.console import Console
from alerts.channels.file import File
from alerts.channels.heartbeat import Heartbeat
from alerts.devices.hearing import Hearing
from alerts.reports.report_facts import reported_with
from alerts.settings import AlertsSettings
from alerts.store.book import Book
from alerts.store.relay import Outbound, Relay
from alerts.world import World
from county.book import BookAway, CountyBook
from county.snapshot import County
from ingest.commands import CommandBook
from ingest.evidence.holds import HoldBook
from ingest.inbox import Inbox
from ingest.latest import Latest

log = logging.getLogger(__name__)


class FreshCounty:
    """The county's newest revision, asked for at most every two seconds."""

    def __init__(self, book: CountyBook, code: str | None) -> None:
        """Load the first one now; ``NoCounty`` or ``BookAway`` when there is none."""
        self._book = book
        self._code = code
        self._county = book.current(code)
        self._asked = time.monotonic()

    def __call__(self) -> County:
        """Give the snapshot; while the county book is away the last one holds."""
        if time.monotonic() - self._asked > 2:
            self._asked = time.monotonic()
            try:
                self._county = self._book.current(self._code)
            except BookAway as fault:
                log.warning("revision %d holds on: %s", self._county.revision, fault)
        return self._county


@dataclass(frozen=True, slots=True)
class Opened:
    """What the parts of the program work with."""

    book: Book
    world: World
    inbox: Inbox
    channels: Mapping[str, Channel]
    relay: Relay
    hearing: Hearing
    heartbeat: Heartbeat | None


def opened(settings: AlertsSettings, crash: Callable[[str], None] | None, stack: ExitStack) -> Opened:
    """Open everything on ``stack``. ``NoCounty`` where none is loaded; what is away raises."""
    county = FreshCounty(stack.enter_context(CountyBook(settings.county_url)), settings.county)
    world = _world(settings, county, crash)
    book = stack.enter_context(closing(Book(settings.book_url, county().code, county().calendar.zone)))
    inbox = stack.enter_context(closing(Inbox(settings.inbox_url, book.county)))
    commands = stack.enter_context(closing(CommandBook(settings.inbox_url)))
    channels = opened_channels(settings, world, stack)
    named.warn(county(), channels)
    holds = stack.enter_context(closing(HoldBook(settings.inbox_url, book.county)))
    relay = Relay(book, Outbound(commands, holds), inbox, world.crash)
    heartbeat = stack.enter_context(closing(Heartbeat(settings.heartbeat_url))) if settings.heartbeat_url else None
    latest = stack.enter_context(closing(Latest(settings.inbox_url)))
    return Opened(book, world, inbox, channels, relay, Hearing(latest, book.county), heartbeat)


def _world(settings: AlertsSettings, county: FreshCounty, crash: Callable[[str], None] | None) -> World:
    world = World(county, lambda: datetime.now(UTC), groups=catalog.groups_of(settings.channels))
    if crash is not None:
        world = replace(world, crash=crash)
    if settings.secrets is not None:
        world = replace(world, reported=reported_with(settings.secrets, county))
    return world


def opened_channels(settings: AlertsSettings, world: World, stack: ExitStack) -> dict[str, Channel]:
    """The same as ``channels_of``, closed when ``stack`` ends."""
    channels = channels_of(settings, world)
    for channel in channels.values():
        stack.callback(channel.close)
    return channels


def channels_of(settings: AlertsSettings, world: World) -> dict[str, Channel]:
    """The channels by the names that policy.toml uses. ``BadChannel`` where one cannot be made."""
    channels: dict[str, Channel] = {}
    if settings.console:
        channels["console"] = Console(sys.stdout)
    if settings.notices_file is not None:
        channels["file"] = File(settings.notices_file)
    return channels | {one.name: catalog.opened(one, world.now) for one in settings.channels}
