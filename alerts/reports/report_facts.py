"""What is known of a report beside itself: what others said of it, who its reporter is by mark, how its ticket stands.

Whoever reported never judges it: neither in words of their own nor by what they did with the ticket.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from alerts.reports import report_book, reward_book
from alerts.reports.report_book import Told
from alerts.reports.report_tables import REPORTERS, VERDICTS
from alerts.reports.reporters import digits_of
from alerts.reports.rewards import Award, Claim, Problem, award, first_claim, granted
from alerts.reports.seal import FILE, BadSeal, Seal
from alerts.store.book import Book
from alerts.store.tables import HISTORY, TICKETS, ticket_of
from alerts.tickets.verdicts import Act, Judged, Verdict, judge, statements
from alerts.values import Source, Ticket
from alerts.world import World
from county.snapshot import County
from ingest.store import moment_of


@dataclass(frozen=True, slots=True)
class Marks:
    """By what a reporter is known again: the mark of their phone, and of their person if they are staff."""

    phone: str = ""
    staff: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Reads what concerns a report, in one transaction."""

    conn: sa.Connection
    county: County
    seal: Seal

    def ticket(self, ticket: UUID) -> Ticket | None:
        """The ticket as it stands."""
        row = self.conn.execute(sa.select(TICKETS).where(TICKETS.c.id == ticket)).one_or_none()
        return ticket_of(row) if row else None

    def marks(self, told: Told) -> Marks:
        """The marks of who reported; empty ones where nobody said, or it was erased."""
        query = sa.select(REPORTERS.c.mark, REPORTERS.c.staff).where(REPORTERS.c.id == told.reporter)
        row = self.conn.execute(query).one_or_none() if told.reporter else None
        return Marks(row.mark or "", row.staff or "") if row else Marks()

    def is_reporter(self, told: Told, person: str, phone: str = "") -> bool:
        """Whether somebody of the staff is who reported: by their id or phone, and also where that was forgotten."""
        mark = self.seal.mark("person", person)
        if report_book.is_barred(self.conn, told, mark):
            return True
        marks = self.marks(told)
        known = self.county.people.get(person)
        digits = {digits_of(number) for number in (phone, known.phone if known else "")} - {""}
        same_phone = marks.phone in {self.seal.mark("phone", number) for number in digits}
        return bool(marks.staff and marks.staff == mark) or bool(marks.phone and same_phone)

    def staff_marks(self) -> dict[str, set[str]]:
        """The marks of the county's people by those of their phones."""
        found: dict[str, set[str]] = {}
        for person in self.county.people.values():
            if digits := digits_of(person.phone):
                found.setdefault(self.seal.mark("phone", digits), set()).add(self.seal.mark("person", person.id))
        return found

    def staff_with(self, digits: str) -> set[str]:
        """The marks of the county's people whose phone this is."""
        same = (one.id for one in self.county.people.values() if digits and digits_of(one.phone) == digits)
        return {self.seal.mark("person", person) for person in same}

    def judged(self, told: Told, ticket: Ticket | None = None, but: str = "") -> Judged | None:
        """What others said of a report last; None where nobody has. Who corrects themselves is heard once.

        ``but`` is a person whose word is left out.
        """
        ticket = ticket or self.ticket(told.ticket)
        said = self._said(told, but)
        if ticket is not None:
            acts = [(act, who) for act, who in self._acts(ticket.id) if not but or who != but]
            said += statements(ticket, [act for act, who in acts if not self.is_reporter(told, who)])
        return judge(told.at, sorted(said, key=lambda one: one.at))

    def problem(self, ticket: UUID) -> Problem | None:
        """A ticket with the claims of its reports."""
        known = self.ticket(ticket)
        if known is None:
            return None
        claims = tuple(self._claim(told, known) for told in report_book.of_ticket(self.conn, ticket))
        return Problem(ticket, known.source, claims, reward_book.unsolved_before(self.conn, known))

    def award(self, ticket: UUID) -> Award | None:
        """What the reports of a ticket are worth now; None for an unknown ticket."""
        problem = self.problem(ticket)
        if problem is None:
            return None
        first = first_claim(problem)
        before = reward_book.of_person(self.conn, self.county.code, first.mark, first.month) if first else []
        return award(problem, granted(before), self.county.policy.reward)

    def _claim(self, told: Told, ticket: Ticket) -> Claim:
        judged, marks = self.judged(told, ticket), self.marks(told)
        month = f"{told.at.astimezone(ZoneInfo(self.county.calendar.zone)):%Y-%m}"
        payee = told.reporter if marks.phone else None
        verdict = judged.verdict if judged else None
        return Claim(told.id, told.at, told.source, told.what, month, payee, marks.phone, verdict)

    def _said(self, told: Told, but: str) -> list[Judged]:
        query = sa.select(VERDICTS).where(VERDICTS.c.report == told.id).order_by(VERDICTS.c.n)
        last = {row.by_id: row for row in self.conn.execute(query) if not but or row.by_id != but}
        return [Judged(Verdict(row.verdict), moment_of(row.at_us), row.by_name, "verify") for row in last.values()]

    def _acts(self, ticket: UUID) -> list[tuple[Act, str]]:
        query = (
            sa.select(HISTORY.c.at_us, HISTORY.c.caused_by, HISTORY.c.why)
            .where((HISTORY.c.ticket == ticket) & HISTORY.c.caused_by.startswith("act ")).order_by(HISTORY.c.n)
        )  # fmt: skip
        return [_act(moment_of(row.at_us), row.caused_by, row.why) for row in self.conn.execute(query)]


@dataclass(frozen=True)
class Sealed:
    """What the doors of this room stand on: the book of one county, its world, and the seal that hides who reported."""

    _book: Book
    _world: World
    _seal: Seal

    def _facts(self, conn: sa.Connection) -> Facts:
        return Facts(conn, self._world.county(), self._seal)


def reported_by(conn: sa.Connection, ticket: UUID, person: str, county: County, seal: Seal) -> bool:
    """Whether somebody of the staff reported a ticket as a citizen does (随手拍): by their id, or by their phone."""
    facts = Facts(conn, county, seal)
    mine = (told for told in report_book.of_ticket(conn, ticket) if told.source is Source.REPORT)
    return any(facts.is_reporter(told, person) for told in mine)


def reported_with(folder: Path, county: Callable[[], County]) -> Callable[[sa.Connection, UUID, str], bool]:
    """The same by the key in a server's folder; without one, or with a damaged one, nobody is known. It makes none."""

    def reported(conn: sa.Connection, ticket: UUID, person: str) -> bool:
        try:
            seal = Seal((folder / FILE).read_bytes().strip())
        except (OSError, BadSeal):
            return False
        return reported_by(conn, ticket, person, county(), seal)

    return reported


def _act(at: datetime, caused_by: str, words: str) -> tuple[Act, str]:
    _, name, person = caused_by.split(" ", 2)
    return Act(at, name, "", words), person
