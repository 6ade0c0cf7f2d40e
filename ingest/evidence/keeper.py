"""The keeper: lets evidence go when its time is over or room is needed, and writes down the chain's head now and then.

A file goes in two steps: its row is marked going; then, in one transaction, holds and policy are asked once more, the
file is deleted and the link that says so is written. A hold that came in between, or a longer period, spares it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ingest.evidence.chain import Fact, Head, head_of
from ingest.evidence.files import Files, Stored, disk
from ingest.evidence.ledger import Kept, Ledger
from ingest.evidence.periods import CLASSES, Policy, Standing, why_go

log = logging.getLogger(__name__)

AT_ONCE = 200  # files a round: each is a transaction, and the door must come in between
NOTED_EVERY = timedelta(hours=1)
SETTLED = timedelta(days=1)  # a file without a row that nobody is just bringing in
BEGINNINGS = ((b"\xff\xd8\xff", "picture"),)


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did: files deleted, their bytes, and files whose deletion was called off."""

    gone: int = 0
    freed: int = 0
    spared: int = 0

    def __add__(self, other: Round) -> Round:
        """Add two rounds up."""
        return Round(self.gone + other.gone, self.freed + other.freed, self.spared + other.spared)


class Keeper:
    """Looks after the evidence of one county."""

    def __init__(
        self, ledger: Ledger, files: Files, policy: Policy, heads: Path,
        crash: Callable[[str], None] = lambda _point: None,
    ) -> None:  # fmt: skip
        """``heads`` is the file in which the chain's head is noted."""
        self._ledger = ledger
        self._files = files
        self._policy = policy
        self.heads = Heads(heads)
        self._crash = crash

    def round(self, now: datetime) -> Round:
        """End what was begun, let go what is over, make room; at most ``AT_ONCE`` files of each class."""
        used = self._ledger.used()
        crowded = self._policy.crowded(used)
        done = sum((self._end(name, now, crowded) for name in self._ledger.going()), Round())
        for kind in CLASSES:
            over = now - self._policy.periods[kind].most
            done = sum((self._let_go(name, now) for name in self._ledger.loose(kind, over, AT_ONCE)), done)
        done += self._make_room(used - done.freed, now)
        self.heads.note(self._ledger.head(), now)
        return done

    def adopt(self, now: datetime) -> int:
        """Give a row to every file that has none (from before there was a ledger); returns how many."""
        count = 0
        for page in _pages(self._files.list()):
            known = self._ledger.known([one.sha256 for one in page])
            for one in page:
                if one.sha256 not in known and one.at < now - SETTLED:
                    count += self._adopt(one, now)
        return count

    def _make_room(self, used: int, now: datetime) -> Round:
        """Classes in their order, in each what nothing ever held first, then the oldest, until there is room."""
        done = Round()
        for kind in CLASSES:
            least = now - self._policy.periods[kind].least
            while self._policy.crowded(used - done.freed):
                names = self._ledger.loose(kind, least, AT_ONCE)
                part = self._until_room(names, used - done.freed, now)
                done += part
                if part.gone == 0:
                    break
        if self._policy.crowded(used - done.freed):
            log.warning("the evidence store is nearly full, and all of it is held or too young to go")
        return done

    def _until_room(self, names: Sequence[str], used: int, now: datetime) -> Round:
        done = Round()
        for name in names:
            if not self._policy.crowded(used - done.freed):
                break
            done += self._let_go(name, now, crowded=True)
        return done

    def _let_go(self, sha256: str, now: datetime, crowded: bool = False) -> Round:
        return self._end(sha256, now, crowded) if self._ledger.begin(sha256) else Round()

    def _end(self, sha256: str, now: datetime, crowded: bool) -> Round:
        self._crash("evidence.before_delete")
        with self._ledger.ending(sha256) as ending:
            if ending is None:
                return Round()
            file = ending.file
            why = why_go(Standing(file.kind, file.kept_at, ending.holding), self._policy, now, crowded)
            if not why and self._files.has(sha256):
                ending.spare()
                log.info("evidence %s stays after all", sha256)
                return Round(spared=1)
            self._files.delete(sha256)
            self._crash("evidence.after_delete")
            ending.gone(why or "its deletion had begun before it was held", now)
        log.info("evidence %s (%s, %d bytes, kept since %s) is deleted: %s", sha256, file.kind, file.size,
                 file.kept_at.isoformat(), why)  # fmt: skip
        return Round(gone=1, freed=file.size)

    def _adopt(self, one: Stored, now: datetime) -> bool:
        place = self._files.path(one.sha256)
        if place is None:
            return False
        with disk(), place.open("rb") as file:
            begins = file.read(12)
        kind = next((name for sign, name in BEGINNINGS if begins.startswith(sign)), "clip")
        facts: dict[str, Fact] = {"found": True, "at": one.at.isoformat(), "clock": "file"}
        return self._ledger.kept(Kept(one.sha256, kind, one.size, facts), now, lambda: self._files.has(one.sha256))


class Heads:
    """Where the chain stood, line by line in a file beside the evidence: outside the database that keeps the chain."""

    def __init__(self, path: Path) -> None:
        """Name the file; it is made with the first line."""
        self._path = path
        self._last: tuple[datetime, int] | None = None

    def note(self, head: Head, now: datetime) -> None:
        """Add a line when the chain has grown and the last line is an hour old."""
        if head.n == 0 or (self._last and (now - self._last[0] < NOTED_EVERY or self._last[1] == head.n)):
            return
        with disk():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="ascii") as file:
                file.write(f"{now.isoformat()} {head}\n")
        self._last = (now, head.n)

    def read(self) -> tuple[list[Head], int]:
        """Every head noted, and how many lines cannot be read."""
        with disk():
            text = self._path.read_text(encoding="ascii", errors="replace") if self._path.exists() else ""
        found, damaged = list[Head](), 0
        for line in text.splitlines():
            try:
                found.append(head_of(line.split(" ", 1)[-1]))
            except ValueError:
                damaged += 1
        return found, damaged


def _pages(files: Iterator[Stored], size: int = 500) -> Iterator[list[Stored]]:
    page: list[Stored] = []
    for one in files:
        page.append(one)
        if len(page) == size:
            yield page
            page = []
    if page:
        yield page
