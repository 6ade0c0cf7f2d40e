"""After a chaos run: everything is read from the stores, by their own readers, and judged."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from alerts.engine import KINDS
from alerts.store.book import Book
from alerts.store.proof import LoopFigures, delivered, loop_figures, tickets_by_place, unfinished
from bench.attic import Attic
from bench.curves import Key, found_in, missing, told_by
from bench.ledger import (
    Mail,
    MailVerdict,
    NoJournal,
    beyond_truth,
    judge_mail,
    read_journal,
    read_told,
    still_waiting,
    told_twice,
    untold,
)
from bench.town import ALL_BINS, BINS, Town
from bench.troupe import Deaths
from broker.messages import Event
from ingest.evidence import Evidence
from ingest.inbox import Inbox, Row
from ingest.series.opening import open_series
from ingest.series.writer import KINDS as CURVES
from ingest.series.writer import NAME as SERIES
from jingcun import wiring
from jingcun.demo.stage import Stage
from jingcun.demo.tally import all_rows


@dataclass(frozen=True, slots=True)
class Stores:
    """What chaos reads of the server: its book, its inbox, and the attic of its evidence."""

    stage: Stage
    book: Book
    inbox: Inbox
    attic: Attic

    @staticmethod
    def open(stage: Stage, attic: Attic, stack: ExitStack) -> Stores:
        """Open book and inbox until the stack ends."""
        county = stage.county
        book = Book(stage.server.store("book"), county.code, county.calendar.zone)
        stack.callback(book.close)
        inbox = Inbox(stage.server.store("inbox"), county.code)
        stack.callback(inbox.close)
        return Stores(stage, book, inbox, attic)


@dataclass(slots=True)
class Findings:
    """What was found wrong; empty words mean that all is well."""

    mail: MailVerdict
    duplicate_tickets: int = 0
    duplicate_notices: int = 0
    maybe_doubled: int = 0
    series_missing: int = 0
    held_deleted: int = 0
    evidence_deleted: int = 0
    words: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing at all is wrong."""
        wrong = self.duplicate_tickets + self.duplicate_notices + self.series_missing + self.held_deleted
        return self.mail.ok and not wrong and not self.words


def facts(found: Findings, deaths: Deaths, seconds: float) -> dict[str, object]:
    """The figures of the last line. ``lost`` counts messages that did not arrive or did not arrive exactly once."""
    mail = found.mail
    return {
        "ok": found.ok,
        "seconds": round(seconds, 1),
        "kills": deaths.kills,
        "messages": mail.messages,
        "lost": mail.lost + mail.minted_twice + mail.stored_twice + mail.strangers,
        "duplicate_tickets": found.duplicate_tickets,
        "duplicate_notices": found.duplicate_notices,
        "maybe_doubled": found.maybe_doubled,
        "series_missing": found.series_missing,
        "held_deleted": found.held_deleted,
        "evidence_deleted": found.evidence_deleted,
        "killed": dict(sorted((deaths.at_random + deaths.at_point).items())),
    }


@dataclass(slots=True)
class Survey:
    """What one walk through the inbox gives; payloads are not kept, for a soak is long."""

    stored: list[UUID] = field(default_factory=list)
    readings: dict[Key, set[float]] = field(default_factory=dict)
    pictures: set[str] = field(default_factory=set)
    moments: list[datetime] = field(default_factory=list)  # the first and the last that a reading names

    def take(self, row: Row) -> None:
        """Note one row."""
        self.stored.append(row.message_id)
        told = told_by(row)
        if told is not None:
            self.readings.setdefault(told[0], set()).add(told[1])
            moments = [*self.moments, row.at]
            self.moments = [min(moments), max(moments)]
        message = row.message() if row.kind == Event.kind else None
        if isinstance(message, Event) and message.picture:
            self.pictures.add(message.picture)


def idle(stores: Stores) -> bool:
    """Whether nobody has anything left to do: boxes, series writer, engine, post office, attic."""
    waiting = any(still_waiting(stores.stage.box_folder(box) / "outbox.db") for box in BINS)
    inbox = stores.inbox
    unwritten = inbox.read(inbox.cursor(SERIES), 1, CURVES)
    return (
        not waiting and not unwritten and not _undecided(stores) and not unfinished(stores.book)
        and stores.attic.finished
    )  # fmt: skip


def reckon(stores: Stores, town: Town, worst_open_twice: int) -> tuple[Findings, LoopFigures]:
    """Count and judge; the programs have ended, the stores still answer."""
    words: list[str] = []
    survey = Survey()
    for row in all_rows(stores.inbox):
        survey.take(row)
    loop, lines = loop_figures(stores.book), read_told(stores.stage.notices)
    found = Findings(judge_mail(_mail(stores.stage, survey, words)), words=words)
    per_bin = {place: count for place, count in tickets_by_place(stores.book).items() if place in ALL_BINS}
    found.duplicate_tickets = max(loop.duplicate_tickets, worst_open_twice, beyond_truth(per_bin, town.emptied))
    found.duplicate_notices = told_twice(lines)
    found.maybe_doubled = loop.maybe_doubled
    found.series_missing = _series_missing(stores.stage, survey)
    for count, what in (
        (found.mail.waiting, "messages still wait in an outbox"),
        (untold(delivered(stores.book, "file"), lines), "notices are called delivered and were not written"),
        (_pictures_missing(stores.stage, survey), "pictures that arrived whole are not in the evidence store"),
        (_undecided(stores), "messages in the inbox were never decided about"),
    ):
        if count:
            words.append(f"{count} {what}")
    _evidence(stores.attic, found)
    if loop.tickets <= len(ALL_BINS) or not loop.closed + loop.closed_unaided or not found.mail.messages:
        words.append("hardly anything happened: the run proves nothing")
    return found, loop


def _mail(stage: Stage, survey: Survey, words: list[str]) -> Mail:
    minted, waiting = [], set()
    for box in BINS:
        try:
            born, here = read_journal(stage.box_folder(box) / "outbox.db")
        except NoJournal as fault:
            words.append(str(fault))
            continue
        minted += born
        waiting |= here
    return Mail(tuple(minted), tuple(survey.stored), frozenset(waiting))


def _series_missing(stage: Stage, survey: Survey) -> int:
    """How many readings of the inbox the series store does not hold."""
    if not survey.readings:
        return 0
    begin, end = survey.moments
    with closing(open_series(wiring.series(stage.server))) as series:
        return missing(survey.readings, found_in(series, begin, end + timedelta(seconds=1)))


def _pictures_missing(stage: Stage, survey: Survey) -> int:
    """How many pictures that an event names are not there with the right bytes' name."""
    with closing(Evidence(stage.server.folder / "evidence")) as evidence:
        return sum(evidence.path(sha256) is None for sha256 in survey.pictures)


def _evidence(attic: Attic, found: Findings) -> None:
    """What became of the evidence: nothing held is gone, and chain, rows and files say the same."""
    verdict = attic.verify()
    found.held_deleted, found.evidence_deleted = attic.held_deleted(), verdict.deleted
    if verdict.broken is not None:
        found.words.append(f"the chain of the evidence breaks at link {verdict.broken.n}: {verdict.broken.reason}")
    if verdict.findings:
        first = verdict.findings[0]
        found.words.append(f"{len(verdict.findings)} pieces of evidence are not as the chain says: {first}")
    if not verdict.deleted or not attic.must_stay:
        found.words.append("no evidence was deleted, or none was held: the run proves nothing about it")


def _undecided(stores: Stores) -> int:
    return len(stores.inbox.read(stores.book.cursor(), 1000, KINDS))
