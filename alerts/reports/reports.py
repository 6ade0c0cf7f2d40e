"""The door for reports: a patrol's, a citizen's, an order from above become the same ticket; the reporter stays hidden.

``Reports.take(report, key) -> Receipt``, ``progress(code) -> Progress``, ``forget(code)``. Errors carry Chinese words:
``Refused`` and its ``NotEntitled``, ``UnknownCode``; ``Conflict``: try again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from alerts.alarms.grounds import ground_of
from alerts.desk import UnknownCode
from alerts.reports import report_book, reporting, reward_book
from alerts.reports.progress import Outcome, Progress, progress
from alerts.reports.report_book import Told
from alerts.reports.report_facts import Sealed
from alerts.reports.reporters import Reporter, digits_of
from alerts.reports.reporting import Report
from alerts.reports.rewards import state_of
from alerts.store.book import Pen
from alerts.tickets.moves import category
from alerts.values import Decision, Source
from county.snapshot import County


@dataclass(frozen=True, slots=True)
class Receipt:
    """What who reported gets: ``code`` to ask with, whether the problem was new, and words of thanks."""

    report: UUID
    code: str
    ticket: UUID
    number: str
    new: bool
    words: str


class Reports(Sealed):
    """Takes reports into the book of one county, each in one transaction."""

    def take(self, report: Report, key: str) -> Receipt:
        """Take a report; the same ``key`` again changes nothing and gives the same code.

        Whoever sends other words under it has missed the answer to the first ones: the receipt says that those hold.
        ``key`` is known to who reports alone, for it opens the progress of the report.
        """
        now, county = self._world.now(), self._world.county()
        digest = self._seal.mark("report", repr(report))  # with the key, for it covers who reported
        with self._book.writing() as pen:
            told = report_book.by_key(pen, key)
            if told is None:
                told = self._take(pen, reporting.checked(report, county), (key, digest), county, now)
                self._world.crash("alerts.before_commit")
        self._world.crash("alerts.after_commit")
        return self._receipt(told, key, digest, county)

    def progress(self, code: str) -> Progress:
        """How the report stands that a code opens; ``UnknownCode`` for any other."""
        told = self._opened(code)
        with self._book.store.read() as conn:
            facts = self._facts(conn)
            ticket = facts.ticket(told.ticket)
            if ticket is None:
                raise UnknownCode("这条反映的工单已不存在")
            judged = facts.judged(told, ticket)
            deed = state_of(reward_book.of_ticket(conn, ticket.id))
            outcome = Outcome(judged.verdict if judged else None, facts.award(ticket.id), deed)
        return progress(told, ticket, outcome, self._world.county())

    def forget(self, code: str) -> None:
        """Forget who made the report that a code opens, as its reporter asks; the report itself stays."""
        told = self._opened(code)
        with self._book.writing() as pen:
            staff = self._facts(pen.conn).staff_marks()
            report_book.erase(pen, told, staff, self._world.now(), everywhere=False)

    def _opened(self, code: str) -> Told:
        told = report_book.by_code(self._book, code)
        if told is None:
            raise UnknownCode("查询码不对,请核对后再试")
        return told

    def _take(self, pen: Pen, report: Report, names: tuple[str, str], county: County, now: datetime) -> Told:
        key, digest = names
        known_category = county.policy.category(report.what)
        radius = known_category.merge_m if known_category else 0
        spot = ground_of(report.where, report.what, county, report_book.near(pen, report.where, radius))
        report = reporting.entered(report, spot, county, now)
        known = pen.known(spot, report.what, report.source.place)
        known = replace(known, kept_from=self._keeps_out(report))
        report_id = uuid4()
        decisions = reporting.decide(known, report, spot, county, (report_id, now))
        if not county.on_ground(spot.ground):
            report_book.keep_place(pen, spot, now)
        pen.apply(decisions, f"report {report_id}", now)
        told = Told(
            report_id, now, report.source, report.what, _ticket(decisions), known.ticket is None, spot.region,
            report.words, report.origin, self._sealed(pen, report.reporter, now), digest,
        )  # fmt: skip
        report_book.add(pen, told, report, key, self._seal.code(county.code, key, digest))
        return told

    def _keeps_out(self, report: Report) -> frozenset[str]:
        """Who of the staff reports it as a citizen does: they are not asked whether it is true."""
        who = report.reporter
        if who is None or report.source is not Source.REPORT:
            return frozenset()
        people = self._world.county().people.values()
        same = {one.id for one in people if who.digits and digits_of(one.phone) == who.digits}
        return frozenset(same | ({who.person} - {""}))

    def _sealed(self, pen: Pen, reporter: Reporter | None, now: datetime) -> UUID | None:
        same_phone = self._facts(pen.conn).staff_with(reporter.digits) if reporter else ()
        return report_book.seal_reporter(pen, reporter, self._seal, now, same_phone)

    def _receipt(self, told: Told, key: str, digest: str, county: County) -> Receipt:
        name = category(county, told.what)[0]
        words = f"已收到您反映的{name},谢谢!" if told.opened else f"您反映的{name}已有人反映,正在处理,谢谢您的关心!"
        if told.digest != digest:
            words = f"您反映的{name}上一次提交时已经收到,按那一次的内容办理;后来改动的没有记入,要补充请再反映一次。"
        with self._book.store.read() as conn:
            number = report_book.number_of(conn, told.ticket)
        code = self._seal.code(county.code, key, told.digest)
        return Receipt(told.id, code, told.ticket, number, told.opened, words)


def _ticket(decisions: list[Decision]) -> UUID:
    return next(one.ticket.id for one in decisions if one.ticket is not None)
