"""``python -m bench.chaos``: every process of the loop is killed, again and again, and then everything is counted.

Real programs on a real broker (Mosquitto where it is installed). Killed at random and at named points, each started
again at once; afterwards they run undisturbed until the outboxes are empty. The last line is one JSON object; exit
status 0 only when nothing was lost or doubled and every program and every named point was really hit.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from alerts.book import Book
from alerts.engine import KINDS
from alerts.proof import delivered, loop_figures, open_twice, tickets_by_place, unfinished
from alerts.queries import Reader
from bench.ground import broker_argv
from bench.ledger import (
    Mail,
    MailVerdict,
    NoJournal,
    beyond_truth,
    judge_mail,
    open_journal,
    read_journal,
    read_told,
    told_twice,
    untold,
)
from bench.town import ALL_BINS, BINS, CAMERA_BOX, Town, write_boxes, write_quiet_boxes
from bench.troupe import ALERTS, EDGE, INGEST, Actor, Deaths, Troupe
from broker.embedded import free_port
from broker.messages import Event
from county.qingluan import folder as qingluan_files
from ingest.evidence import Evidence
from ingest.inbox import Inbox, NotAMessage
from ingest.store import StoreAway
from jingcun.demo.stage import Stage, set_stage, to_toml
from jingcun.demo.tally import all_rows
from jingcun.supervise import python

TICK_S = 0.25
BETWEEN_KILLS_S = (0.5, 3.0)
READY_S = 120.0  # for everybody to be at work before the first blow
MORE_S = 180.0  # at most so much longer, until everybody was killed and every named point was hit
SETTLE_S = 60.0  # after the chaos: the time for open tickets to end
DRAIN_S = 120.0  # and for outboxes, engine and post office to have nothing left
CLAIM_LEASE_S = 4.0


@dataclass(slots=True)
class Findings:
    """What was found wrong; empty words mean that all is well."""

    mail: MailVerdict
    duplicate_tickets: int = 0
    duplicate_notices: int = 0
    maybe_doubled: int = 0
    words: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing at all is wrong."""
        return self.mail.ok and not (self.duplicate_tickets or self.duplicate_notices or self.words)


def facts(found: Findings, deaths: Deaths, seconds: float) -> dict[str, object]:
    """The last line. ``lost`` counts messages that did not arrive or did not arrive exactly once."""
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
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the chaos and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description="Kill every part of the loop and count")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long things are killed, at least")
    parser.add_argument("--seed", type=int, default=None, help="repeat the same dice (timing still differs)")
    parser.add_argument("--keep", type=Path, default=None, help="keep everything in this folder")
    given = parser.parse_args(arguments)
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(1_000_000)
    folder = given.keep or Path(tempfile.mkdtemp(prefix="jingcun-chaos-"))
    _say(f"seed {seed}, files and logs in {folder}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no child is left behind
    found, deaths, seconds = Chaos(folder, random.Random(seed), given.seconds).run()
    for words in found.words:
        _say(f"WRONG: {words}")
    if found.ok and given.keep is None:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(facts(found, deaths, seconds)), flush=True)
    return 0 if found.ok else 1


class Chaos:
    """One run in one folder."""

    def __init__(self, folder: Path, dice: random.Random, seconds: float) -> None:
        self._folder = folder
        self._dice = dice
        self._seconds = seconds
        self._worst_open_twice = 0

    def run(self) -> tuple[Findings, Deaths, float]:
        """Chaos, calm, count. Returns what was found, who died, and how long the chaos lasted."""
        self._folder.mkdir(parents=True, exist_ok=True)
        stage = set_stage(self._folder, qingluan_files(demo=True), free_port())
        _shorten_claims(stage)
        write_boxes(stage, self._dice)
        for box in BINS:
            open_journal(stage.box_folder(box) / "outbox.db")
        with ExitStack() as stack:
            book = stack.enter_context(
                closing(Book(stage.server.store("book"), stage.county.code, stage.county.calendar.zone))
            )
            inbox = stack.enter_context(closing(Inbox(stage.server.store("inbox"))))
            troupe = stack.enter_context(Troupe(self._dice))
            for actor in _cast(stage):
                troupe.add(actor)
            town = Town(stage, Reader(book), self._dice)
            stack.callback(town.stop)
            town.start()
            seconds = self._storm(troupe, town, book)
            _say(_summary(troupe.deaths))
            missed = troupe.missed()
            self._calm(stage, troupe, town, (book, inbox))
            troupe.stop()
            found = self._count(stage, town, book, inbox)
            if missed:
                found.words.append(f"nobody was ever killed at or as: {', '.join(missed)}")
            return found, troupe.deaths, seconds

    def _storm(self, troupe: Troupe, town: Town, book: Book) -> float:
        if not self._wait(READY_S, lambda: all(one.ready for one in troupe.actors), troupe, town, book):
            _say("not everybody is at work yet; the machine is slow")
        begin = strike_at = told_at = time.monotonic()
        while True:
            now = time.monotonic()
            if now - begin >= self._seconds and (not troupe.missed() or now - begin >= self._seconds + MORE_S):
                return now - begin
            if now >= strike_at:
                struck = troupe.strike(CAMERA_BOX, spare_armed=now - begin >= self._seconds)
                strike_at = now + (self._dice.uniform(*BETWEEN_KILLS_S) if struck else TICK_S)
            if now >= told_at:
                _say(f"{now - begin:4.0f} s  {_summary(troupe.deaths)}; tickets {len(town.emptied)} places busy")
                told_at = now + 10
            self._tick(troupe, town, book, armed=True)

    def _calm(self, stage: Stage, troupe: Troupe, town: Town, stores: tuple[Book, Inbox]) -> None:
        """Nobody is killed any more: let the tickets end, then take away what fills, then wait for empty hands."""
        book, inbox = stores
        troupe.disarm()
        _say("calm: everything runs undisturbed")
        self._wait(SETTLE_S / 4, lambda: False, troupe, town, book)
        write_quiet_boxes(stage)
        for actor in troupe.actors:
            if actor.name in BINS:
                actor.child.stop()
                actor.start()
        drained = self._wait(DRAIN_S, lambda: _idle(stage, book, inbox), troupe, None, book)
        _say("outboxes, engine and post office have nothing left" if drained else "NOT drained in time")

    def _wait(self, limit_s: float, done: Callable[[], bool], troupe: Troupe, town: Town | None, book: Book) -> bool:
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            if done():
                return True
            self._tick(troupe, town, book, armed=False)
        return done()

    def _tick(self, troupe: Troupe, town: Town | None, book: Book, *, armed: bool) -> None:
        troupe.tend(armed=armed)
        try:
            self._worst_open_twice = max(self._worst_open_twice, open_twice(book))
            if town is not None:
                town.step()
        except StoreAway as fault:
            _say(f"the book is busy: {fault}")
        time.sleep(TICK_S)

    def _count(self, stage: Stage, town: Town, book: Book, inbox: Inbox) -> Findings:
        words: list[str] = []
        loop, lines = loop_figures(book), read_told(stage.notices)
        found = Findings(judge_mail(_mail(stage, inbox, words)), words=words)
        per_bin = {place: count for place, count in tickets_by_place(book).items() if place in ALL_BINS}
        found.duplicate_tickets = max(
            loop.duplicate_tickets, self._worst_open_twice, beyond_truth(per_bin, town.emptied)
        )
        found.duplicate_notices = told_twice(lines)
        found.maybe_doubled = loop.maybe_doubled
        for count, what in (
            (found.mail.waiting, "messages still wait in an outbox"),
            (untold(delivered(book, "file"), lines), "notices are called delivered and were not written"),
            (_pictures_missing(stage, inbox), "pictures that arrived whole are not in the evidence store"),
            (_undecided(book, inbox), "messages in the inbox were never decided about"),
        ):
            if count:
                words.append(f"{count} {what}")
        _say(
            f"tickets {loop.tickets} ({loop.closed} checked and closed, {loop.closed_unaided} clean by themselves, "
            f"{loop.open} open), notices {loop.notices}, desk {dict(town.desk)}, emptied {town.emptied.total()}"
        )
        if loop.tickets <= len(ALL_BINS) or not loop.closed + loop.closed_unaided or not found.mail.messages:
            words.append("hardly anything happened: the run proves nothing")
        return found


def _cast(stage: Stage) -> list[Actor]:
    logs = stage.folder / "logs"
    logs.mkdir(exist_ok=True)
    server = ("--config", str(stage.server_toml))

    def actor(name: str, argv: list[str], ready: bytes, points: tuple[str, ...] = ()) -> Actor:
        return Actor(name, argv, logs / f"{name}.log", points, ready)

    return [
        actor("broker", broker_argv(stage), b""),
        actor("ingest", python("-v", "ingest", *server), b"broker connected", INGEST),
        actor("alerts", python("-v", "alerts", *server), b"alerts: ready", ALERTS),
        actor("screen", python("screen", *server), stage.url.encode()),
        *(
            actor(box, python("-v", "edge", "--config", str(stage.box_toml(box))), b"main connection up", EDGE)
            for box in BINS
        ),
    ]


def _shorten_claims(stage: Stage) -> None:
    """A notice whose sender was killed is sent again while its ticket still wants it, not a minute later."""
    table = tomllib.loads(stage.server_toml.read_text(encoding="utf-8"))
    table["notices"]["claim_lease_s"] = CLAIM_LEASE_S
    stage.server_toml.write_text(to_toml(table), encoding="utf-8")


def _mail(stage: Stage, inbox: Inbox, words: list[str]) -> Mail:
    minted, waiting = [], set()
    for box in BINS:
        try:
            born, here = read_journal(stage.box_folder(box) / "outbox.db")
        except NoJournal as fault:
            words.append(str(fault))
            continue
        minted += born
        waiting |= here
    return Mail(tuple(minted), tuple(row.message_id for row in all_rows(inbox)), frozenset(waiting))


def _pictures_missing(stage: Stage, inbox: Inbox) -> int:
    """How many pictures that an event names are not there with the right bytes' name."""
    named = set()
    for row in all_rows(inbox):
        try:
            message = row.message()
        except NotAMessage:
            continue
        if isinstance(message, Event) and message.picture:
            named.add(message.picture)
    with closing(Evidence(stage.server.folder / "evidence")) as evidence:
        return sum(evidence.path(sha256) is None for sha256 in named)


def _undecided(book: Book, inbox: Inbox) -> int:
    return len(inbox.read(book.cursor(), 1000, KINDS))


def _idle(stage: Stage, book: Book, inbox: Inbox) -> bool:
    waiting = any(read_journal(stage.box_folder(box) / "outbox.db")[1] for box in BINS)
    return not waiting and not _undecided(book, inbox) and not unfinished(book)


def _summary(deaths: Deaths) -> str:
    at_random, at_point = dict(sorted(deaths.at_random.items())), dict(sorted(deaths.at_point.items()))
    unasked = f"; ended by themselves {dict(deaths.unasked)}" if deaths.unasked else ""
    return f"kills {deaths.kills}: at random {at_random}, at points {at_point}{unasked}"


def _say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main())
