"""The door for reports: a patrol's, a citizen's, an order from above become the same ticket; the reporter stays hidden.

``Reports.take(report, key) -> Receipt`` and ``progress(code) -> Progress``. ``alerts.doing.Refused`` carries Chinese
words; ``UsedKey`` that a key was used for something else; ``alerts.book.Conflict`` that it shall be tried again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from alerts import report_book, reporting
from alerts.book import Book, Pen
from alerts.doing import Refused
from alerts.grounds import ground_of
from alerts.moves import category
from alerts.report_book import Told
from alerts.reporting import Report
from alerts.seal import Seal
from alerts.values import Decision
from alerts.world import World
from county.snapshot import County


class UsedKey(Refused):
    """The idempotency key was used for another report."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What who reported gets: ``code`` to ask with, whether the problem was new, and words of thanks."""

    report: UUID
    code: str
    ticket: UUID
    number: str
    new: bool
    words: str


class Reports:
    """Takes reports into the book of one county, each in one transaction."""

    def __init__(self, book: Book, world: World, seal: Seal) -> None:
        """Decide by the world's county and clock; ``seal`` hides who reported."""
        self._book = book
        self._world = world
        self._seal = seal

    def take(self, report: Report, key: str) -> Receipt:
        """Take a report; the same ``key`` with the same report again changes nothing and gives the same receipt."""
        now, county = self._world.now(), self._world.county()
        digest = self._seal.mark("report", repr(report))  # with the key, for it covers who reported
        code = self._seal.code(county.code, key, digest)
        with self._book.writing() as pen:
            told = report_book.by_key(pen, key)
            if told is None:
                told = self._take(pen, reporting.checked(report, county), (key, digest, code), county, now)
                self._world.crash("alerts.before_commit")
            elif told.digest != digest:
                raise UsedKey("这个提交编号已经用过,请刷新页面后重新提交")
        self._world.crash("alerts.after_commit")
        return self._receipt(told, code, county)

    def _take(self, pen: Pen, report: Report, names: tuple[str, str, str], county: County, now: datetime) -> Told:
        key, digest, code = names
        known_category = county.policy.category(report.what)
        radius = known_category.merge_m if known_category else 0
        spot = ground_of(report.where, report.what, county, report_book.near(pen, report.where, radius))
        known = pen.known(spot, report.what, report.source.place)
        report_id = uuid4()
        decisions = reporting.decide(known, report, spot, county, (report_id, now))
        if not county.on_ground(spot.ground):
            report_book.keep_place(pen, spot, now)
        pen.apply(decisions, f"report {report_id}", now)
        told = Told(
            report_id, now, report.source, report.what, _ticket(decisions), known.ticket is None, spot.region,
            report.words, report.origin, report_book.seal_reporter(pen, report.reporter, self._seal, now), digest,
        )  # fmt: skip
        report_book.add(pen, told, report, key, code)
        return told

    def _receipt(self, told: Told, code: str, county: County) -> Receipt:
        name = category(county, told.what)[0]
        words = f"已收到您反映的{name},谢谢!" if told.opened else f"您反映的{name}已有人反映,正在处理,谢谢您的关心!"
        with self._book.store.read() as conn:
            number = report_book.number_of(conn, told.ticket)
        return Receipt(told.id, code, told.ticket, number, told.opened, words)


def _ticket(decisions: list[Decision]) -> UUID:
    return next(one.ticket.id for one in decisions if one.ticket is not None)
