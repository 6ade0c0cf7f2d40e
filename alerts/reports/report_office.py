"""What the staff does with reports: verify them, see who reported where they must, and forget it when asked.

Errors carry Chinese words: ``NoReport`` (404), ``Barred`` (403), ``alerts.tickets.doing.Refused`` (409).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from alerts.asks import fairness_book
from alerts.asks.fairness import Deed as Logged
from alerts.asks.fairness import Entry as Line
from alerts.reports import report_book
from alerts.reports.report_book import Told
from alerts.reports.report_facts import Sealed
from alerts.reports.reporters import Reporter
from alerts.store.book import Pen
from alerts.tickets.doing import Refused
from alerts.tickets.moves import plain
from alerts.tickets.verdicts import Judged, Verdict
from alerts.values import Who
from county.values import Level, PersonKind

MAY_SEE = (Level.COUNTY, Level.LEADER)  # who may know a reporter, and grants rewards


class NoReport(LookupError):
    """No such report, or no reward of it."""


class Barred(Refused):
    """Somebody may not, whenever they try; the text says why, in Chinese."""


def need_county(by: Who, words: str) -> None:
    """Refuse with these words who does not act for the county."""
    if by.level not in MAY_SEE:
        raise Barred(words)


class ReportOffice(Sealed):
    """The acts of staff on reports, each in one transaction; whoever reported judges nothing of their own."""

    def verify(self, report: UUID, verdict: Verdict, by: Who, words: str = "") -> Judged | None:
        """Say whether a report is true; returns what is then held of it. It changes nothing about the ticket."""
        now, said = self._world.now(), plain(words)[:300]
        if verdict is Verdict.FALSE and not said:
            raise Refused("请写明为什么不属实")
        with self._book.writing() as pen:
            told, facts = self._told(pen, report), self._facts(pen.conn)
            if facts.is_reporter(told, by.id, by.phone):
                raise Barred("不能核实自己的反映,请由别人核实")
            person = facts.county.people.get(by.id)
            if verdict is Verdict.FALSE and person is not None and person.kind is PersonKind.VOLUNTEER:
                raise Barred("协管员可以确认属实,不属实请由干部核实")
            report_book.add_verdict(pen, told, verdict, by, (said, now))
            return facts.judged(told)

    def reveal(self, report: UUID, by: Who, reason: str) -> Reporter | None:
        """Show who reported to the county level, for a reason; that it was shown stands in the fairness log."""
        need_county(by, "只有县级可以查看反映人")
        with self._book.writing() as pen:
            told = self._told(pen, report)
            self._log(pen, Logged.REVEALED, told, by, reason)
            sealed = report_book.sealed_of(pen.conn, told)
        return self._seal.open(sealed) if sealed else None

    def erase(self, report: UUID, by: Who, reason: str) -> int:
        """Forget who reported, here and in every other report from the same phone; returns how many were forgotten."""
        need_county(by, "只有县级可以删除反映人的信息")
        with self._book.writing() as pen:
            told = self._told(pen, report)
            self._log(pen, Logged.ERASED, told, by, reason)
            return report_book.erase(pen, told, self._facts(pen.conn).staff_marks(), self._world.now(), everywhere=True)

    def listed(self, limit: int = 100, before: datetime | None = None) -> list[tuple[Told, Judged | None]]:
        """Reports, the newest first, with what is held of them."""
        told = report_book.newest(self._book, limit, before)
        with self._book.store.read() as conn:
            facts = self._facts(conn)
            return [(one, facts.judged(one)) for one in told]

    def one(self, report: UUID) -> tuple[Told, Judged | None]:
        """One report with what is held of it."""
        with self._book.store.read() as conn:
            told = report_book.by_id(conn, self._book.county, report)
            if told is None:
                raise NoReport("没有这条反映")
            return told, self._facts(conn).judged(told)

    def of_ticket(self, ticket: UUID) -> list[Told]:
        """The reports of a ticket in the order in which they came in."""
        with self._book.store.read() as conn:
            return report_book.of_ticket(conn, ticket)

    def numbers(self, tickets: Iterable[UUID]) -> dict[UUID, str]:
        """The numbers of tickets, GD-…, for who reads of them."""
        with self._book.store.read() as conn:
            return report_book.numbers_of(conn, tickets)

    def _told(self, pen: Pen, report: UUID) -> Told:
        told = report_book.by_id(pen.conn, pen.county, report)
        if told is None:
            raise NoReport("没有这条反映")
        return told

    def _log(self, pen: Pen, deed: Logged, told: Told, by: Who, reason: str) -> None:
        if not plain(reason):
            raise Refused("请写明原因")
        county = self._world.county()
        number = report_book.number_of(pen.conn, told.ticket)
        entry = Line(deed, by, plain(reason)[:300], self._world.now(), told.region, county.place_name(told.region),
                     told.ticket, number, f"反映 {told.id}")  # fmt: skip
        fairness_book.note(pen, entry)
