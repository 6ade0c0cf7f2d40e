"""What the surfaces read and act on: the stores of the other rooms, opened once and closed last-in-first-out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.bindings.accounts import accounts_of
from alerts.bindings.binder import Binder
from alerts.channels.catalog import groups_of
from alerts.desk import Desk
from alerts.devices.hearing import Hearing
from alerts.notices.receipt_book import ReceiptBook
from alerts.notices.receipt_doors import Door, doors_of
from alerts.office import Office
from alerts.papers.pdf import Press, press_of
from alerts.papers.shelf import Shelf
from alerts.register.register import Register
from alerts.reports.key_book import open_seal
from alerts.reports.report_facts import reported_by
from alerts.reports.report_office import ReportOffice
from alerts.reports.reports import Reports
from alerts.reports.reward_office import RewardOffice
from alerts.sensors import bin_book
from alerts.store.book import Book
from alerts.store.figures import Figures
from alerts.store.queries import Reader
from alerts.todo import Todo
from alerts.world import World
from county.book import CountyBook
from county.snapshot import County
from ingest.commands import CommandBook
from ingest.dead_letters import DeadLetters
from ingest.evidence import Evidence
from ingest.latest import Latest
from ingest.series import Series
from ingest.series.sqlite import SqliteSeries
from ingest.store import Store
from ingest.wishes import WishBook
from screen.desk.uploads import Uploads
from screen.settings import ScreenSettings
from screen.wall.equipment import News


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
    office: Office
    latest: Latest
    hearing: Hearing
    letters: DeadLetters
    evidence: Evidence
    series: Series
    uploads: Uploads
    registry: CountyBook
    shelf: Shelf
    press: Press
    reports: Reports
    report_office: ReportOffice
    reward_office: RewardOffice
    receipts: ReceiptBook
    receipt_doors: Mapping[str, Door]
    binder: Binder
    todo: Todo
    wishes: WishBook
    register: Register
    commands: CommandBook


def open_rooms(settings: ScreenSettings, now: Callable[[], datetime], stack: ExitStack) -> Rooms:
    """Open every store; ``stack`` closes them.

    ``StoreAway`` or ``BookAway`` when one cannot be reached, ``BadFont`` when a font of the settings is none,
    ``BadSeal`` when the key of the reporters is missing or another.
    """
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

    seal = open_seal(settings.folder / "secrets", book)
    world = World(county, now, reported=lambda conn, ticket, who: reported_by(conn, ticket, who, county(), seal))
    if settings.crash is not None:
        world = replace(world, crash=settings.crash)
    world = replace(world, groups=groups_of(settings.channels))
    doors = doors_of(settings.channels, now)
    for door in doors.values():
        stack.callback(door.channel.close)
    accounts = accounts_of(settings.channels, settings.base_url, now)
    stack.callback(accounts.close)
    latest = Latest(inbox)
    told = (book, world, seal)
    return Rooms(
        settings, now, county, book, Reader(book), Figures(book), Desk(book, world),
        Office(book, world), latest, Hearing(latest), DeadLetters(inbox), evidence, series, uploads, registry,
        Shelf(book), press_of(settings.fonts), Reports(*told), ReportOffice(*told), RewardOffice(*told),
        ReceiptBook(book, world), doors, Binder(book, world, accounts), Todo(book, world), WishBook(inbox),
        Register(book.store, settings.county), CommandBook(inbox),
    )  # fmt: skip


def news(rooms: Rooms) -> News:
    """Read what the devices last said."""
    told = rooms.hearing.told(rooms.now())
    return News(
        told.health, told.status, told.coverage, told.door_open, bins=bin_book.states(rooms.book),
        dead_letters=rooms.letters.by_device(),
    )  # fmt: skip
