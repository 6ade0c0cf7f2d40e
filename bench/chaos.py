"""``python -m bench.chaos``: every process of the loop is killed, again and again, and then everything is counted.

Real programs on a real broker, PostgreSQL and InfluxDB (where they are installed), killed at random and at named
points, each started again; afterwards they run undisturbed until the outboxes are empty. The last line is one JSON
object; exit status 0 only when nothing was lost or doubled and every program and every named point was really hit.
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
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from alerts.store.proof import open_twice
from alerts.store.queries import Reader
from bench.attic import Attic
from bench.cast import LIMBS, broker_name, cast
from bench.ledger import minted_so_far, open_journal
from bench.post_reckoning import reckon_post
from bench.post_verdict import PostVerdict
from bench.posting import Posting, told_by_providers
from bench.props import props_in
from bench.reckoning import Findings, Stores, facts, idle, reckon
from bench.stores import Missing
from bench.town import BINS, Town, write_boxes, write_quiet_boxes
from bench.troupe import Deaths, Troupe
from broker.embedded import free_port
from county.qingluan import folder as qingluan_files
from ingest.store import StoreAway
from jingcun.demo.stage import Stage, set_stage
from jingcun.supervise import Family

TICK_S = 0.25
ASKED_EVERY_S = 2.0  # how often it is asked how many messages there are by now
BETWEEN_KILLS_S = (0.5, 4.0)
MORE_S = 530.0  # a run takes at most so much longer than it was to kill at least
READY_S = 90.0  # for everybody to be at work before the first blow
SETTLE_S = 15.0  # after the chaos: the time for open tickets to end
DRAIN_S = 120.0  # and for outboxes, series, engine and post office to have nothing left
COUNT_S = 25.0  # and to count


@dataclass(frozen=True, slots=True)
class Plan:
    """How long things are killed: at least ``seconds`` and until ``messages``; ``limit_s`` bounds the whole run.

    ``pace`` stretches the time between two kills: what is killed must have time to come back on a busy machine.
    """

    seconds: float
    messages: int
    limit_s: float
    pace: float = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run; ``seconds`` are those of the chaos, ``parts`` the engines that played."""

    found: Findings
    post: PostVerdict
    deaths: Deaths
    seconds: float
    parts: dict[str, str]


def main(arguments: list[str] | None = None) -> int:
    """Run the chaos and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description="Kill every part of the loop and count")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long things are killed, at least")
    parser.add_argument("--hours", type=float, default=0.0, help="the same in hours, for a soak")
    parser.add_argument("--messages", type=int, default=10_000, help="and until so many messages were minted")
    parser.add_argument("--limit", type=float, default=0.0, help=f"bound of the whole run, s (seconds + {MORE_S:.0f})")
    parser.add_argument("--pace", type=float, default=1.0, help="so many times longer between kills, on a busy machine")
    parser.add_argument("--seed", type=int, default=None, help="repeat the same dice (timing still differs)")
    parser.add_argument("--keep", type=Path, default=None, help="keep everything in this folder")
    given = parser.parse_args(arguments)
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(1_000_000)
    folder = given.keep or Path(tempfile.mkdtemp(prefix="jingcun-chaos-"))
    _say(f"seed {seed}, files and logs in {folder}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no child is left behind
    seconds = given.hours * 3600 or given.seconds
    plan = Plan(seconds, given.messages, given.limit or seconds + MORE_S * given.pace, given.pace)
    began = time.monotonic()
    try:
        outcome = Chaos(folder, random.Random(seed), plan).run()
    except Missing as fault:
        print(fault, file=sys.stderr)
        return 2
    for words in outcome.found.words:
        _say(f"WRONG: {words}")
    if outcome.found.ok and given.keep is None:
        shutil.rmtree(folder, ignore_errors=True)
    whole = round(time.monotonic() - began, 1)
    line = facts(outcome.found, outcome.deaths, outcome.seconds)
    line |= {"post": asdict(outcome.post), "parts": outcome.parts, "seed": seed, "whole_seconds": whole}
    print(json.dumps(line), flush=True)
    return 0 if outcome.found.ok else 1


class Chaos:
    """One run in one folder."""

    def __init__(self, folder: Path, dice: random.Random, plan: Plan) -> None:
        self._folder = folder
        self._dice = dice
        self._plan = plan
        self._began = time.monotonic()
        self._worst_open_twice = 0
        self._book_away = False

    def run(self) -> Outcome:
        """Chaos, calm, count."""
        logs = self._folder / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            props = stack.enter_context(props_in(self._folder))
            troupe = stack.enter_context(Troupe(self._dice, LIMBS))
            props.start(troupe, stack.enter_context(Family()), logs)
            files = told_by_providers(qingluan_files(demo=True))
            posting = Posting.begin(self._folder, self._dice.randrange(1_000_000))
            stage = posting.furnish(props.furnish(set_stage(self._folder, files, free_port()), files))
            write_boxes(stage, self._dice)
            for box in BINS:
                open_journal(stage.box_folder(box) / "outbox.db")
            server = stage.server
            attic = Attic(server.store("inbox"), stage.county.code, server.folder / "evidence", self._dice)
            stack.callback(attic.close)
            stores = Stores.open(stage, attic, stack)
            players = [*posting.actors(stage, logs), *cast(stage, logs)]
            for actor in players:
                troupe.add(actor)
            town = Town(stage, Reader(stores.book), self._dice)
            stack.callback(town.stop)
            town.start()
            seconds = self._storm(troupe, town, stores)
            missed = self._missed(troupe, stage)
            self._calm(troupe, town, stores)
            town.stop()
            troupe.stop(but=props.names)
            found, loop = reckon(stores, town, self._worst_open_twice)
            post = reckon_post(stores.book, posting)
            found.words += missed + [f"notices: {count} {what}" for what, count in post.wrong.items()]
            _say(
                f"tickets {loop.tickets} ({loop.closed} checked and closed, {loop.closed_unaided} clean by themselves, "
                f"{loop.open} open), notices {loop.notices}, desk {dict(town.desk)}, emptied {town.emptied.total()}"
            )
            return Outcome(found, post, troupe.deaths, seconds, {"broker": broker_name(players), **props.parts})

    def _storm(self, troupe: Troupe, town: Town, stores: Stores) -> float:
        if not self._wait(
            READY_S * self._plan.pace, lambda: all(one.ready for one in troupe.actors), troupe, (town, stores)
        ):
            _say("not everybody is at work yet; the machine is slow")
        begin = strike_at = told_at = asked_at = time.monotonic()
        end = self._began + self._plan.limit_s - SETTLE_S - DRAIN_S - COUNT_S
        minted = 0
        while True:
            now = time.monotonic()
            if now >= asked_at:
                minted, asked_at = _minted(stores.stage), now + ASKED_EVERY_S
            enough = now - begin >= self._plan.seconds and minted >= self._plan.messages
            if now >= end or (enough and not troupe.missed()):
                return now - begin
            if now >= strike_at:
                struck = troupe.strike(spare_armed=now - begin >= self._plan.seconds)
                strike_at = now + (self._dice.uniform(*BETWEEN_KILLS_S) * self._plan.pace if struck else TICK_S)
            if now >= told_at:
                _say(f"{now - begin:4.0f} s  {minted} messages; {_summary(troupe.deaths)}")
                told_at = now + 10
            self._tick(troupe, town, stores, armed=True)

    def _missed(self, troupe: Troupe, stage: Stage) -> list[str]:
        """What the storm did not bring about in its time, in words; each makes the run worthless."""
        _say(_summary(troupe.deaths))
        minted, wanted, missed = _minted(stage), self._plan.messages, troupe.missed()
        words = [f"only {minted} of {wanted} messages came together in time"] if minted < wanted else []
        return words + ([f"nobody was ever killed at or as: {', '.join(missed)}"] if missed else [])

    def _calm(self, troupe: Troupe, town: Town, stores: Stores) -> None:
        """Nobody is killed any more: let the tickets end, then take away what fills, then wait for empty hands."""
        troupe.disarm()
        _say("calm: everything runs undisturbed")
        self._wait(SETTLE_S, lambda: False, troupe, (town, stores))
        write_quiet_boxes(stores.stage)
        for actor in troupe.actors:
            if actor.name in BINS:
                actor.child.stop()
                actor.start()
        drained = self._wait(DRAIN_S, lambda: idle(stores), troupe, (None, stores))
        _say("outboxes, series, engine and post office have nothing left" if drained else "NOT drained in time")

    def _wait(
        self, limit_s: float, done: Callable[[], bool], troupe: Troupe, world: tuple[Town | None, Stores]
    ) -> bool:
        end = time.monotonic() + limit_s
        town, stores = world
        while time.monotonic() < end:
            if self._asked(done):
                return True
            self._tick(troupe, town, stores, armed=False)
        return self._asked(done)

    def _tick(self, troupe: Troupe, town: Town | None, stores: Stores, *, armed: bool) -> None:
        troupe.tend(armed=armed)

        def look() -> bool:
            self._worst_open_twice = max(self._worst_open_twice, open_twice(stores.book))
            if town is not None:
                town.step()
            stores.attic.step(time.monotonic(), more=armed)
            return True

        self._asked(look)
        time.sleep(TICK_S)

    def _asked(self, ask: Callable[[], bool]) -> bool:
        """Ask the stores; False while they are away, which is told once."""
        try:
            answer = ask()
        except StoreAway as fault:
            if not self._book_away:
                _say(f"the book is away: {fault}")
            self._book_away = True
            return False
        self._book_away = False
        return answer


def _minted(stage: Stage) -> int:
    return sum(minted_so_far(stage.box_folder(box) / "outbox.db") for box in BINS)


def _summary(deaths: Deaths) -> str:
    at_random, at_point = dict(sorted(deaths.at_random.items())), dict(sorted(deaths.at_point.items()))
    unasked = f"; ended by themselves {dict(deaths.unasked)}" if deaths.unasked else ""
    return f"kills {deaths.kills}: at random {at_random}, at points {at_point}{unasked}"


def _say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main())
