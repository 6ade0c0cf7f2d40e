"""What ``jingcun report`` works on: the county, its book and the offices of reports; who acts, and on what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from jingcun.commands.shared import one_line_errors, person_named
from jingcun.commands.ticket_acts import ticket_at
from jingcun.settings import ServerSettings, load

if TYPE_CHECKING:
    from alerts.reports.report_book import Told
    from alerts.reports.report_office import ReportOffice
    from alerts.reports.reports import Reports
    from alerts.reports.reward_office import RewardOffice
    from alerts.store.book import Book
    from alerts.values import Ticket, Who
    from county.snapshot import County

By = Annotated[str, typer.Option("--by", help="Who does it: an id of people.csv that answers for the place today.")]


@dataclass(frozen=True)
class Room:
    """The stores and offices of one server."""

    settings: ServerSettings
    county: County
    book: Book
    reports: Reports
    office: ReportOffice
    rewards: RewardOffice

    @property
    def zone(self) -> ZoneInfo:
        """The county's own time."""
        return ZoneInfo(self.county.calendar.zone)

    def acting(self, person: str, ticket: Ticket) -> Who:
        """Somebody of people.csv as who acts at the place of a ticket, on their highest level over it today."""
        from alerts.tickets.entitled import acting

        return acting(self.county, person_named(self.county, person), ticket, datetime.now(UTC))

    def ticket(self, number: str | UUID) -> Ticket:
        """A ticket by its number (the newest such) or id."""
        return ticket_at(self.book, str(number))

    def report(self, name: str) -> Told:
        """A report by its id, or the only one of a ticket by the ticket's number."""
        known = _id(name)
        if known is not None:
            return self.office.one(known)[0]
        found = self.office.of_ticket(self.ticket(name).id)
        if len(found) != 1:
            which = "、".join(str(one.id) for one in found)
            raise ValueError(f"{name} 有 {len(found)} 条反映,请写明是哪一条:{which}" if found else f"{name} 没有反映")
        return found[0]


@contextmanager
def opened(config: Path) -> Iterator[Room]:
    """The stores of a server; what the offices refuse ends in one line."""
    from alerts.reports.key_book import open_seal
    from alerts.reports.report_office import NoReport, ReportOffice
    from alerts.reports.reports import Reports
    from alerts.reports.reward_office import RewardOffice
    from alerts.reports.seal import BadSeal
    from alerts.store.book import Book, Conflict
    from alerts.world import World
    from county.book import BookAway, CountyBook, NoCounty
    from ingest.evidence import EvidenceAway
    from ingest.store import StoreAway

    settings = load(config)
    known = (StoreAway, BookAway, NoCounty, EvidenceAway, BadSeal, NoReport, Conflict, ValueError)
    with one_line_errors(*known), ExitStack() as stack:
        county = stack.enter_context(CountyBook(settings.store("county"))).current(settings.county)
        book = Book(settings.store("book"), county.code, county.calendar.zone)
        stack.callback(book.close)
        inside = (book, World(lambda: county, lambda: datetime.now(UTC)), open_seal(settings.folder / "secrets", book))
        yield Room(settings, county, book, Reports(*inside), ReportOffice(*inside), RewardOffice(*inside))


def _id(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
