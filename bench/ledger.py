"""The chaos run's own book-keeping, and the judgement: what was minted, what arrived, who was told twice.

Ids are collected where they are born and not by the code under test: a trigger beside the outbox writes every new row's
id into a table of its own, in the same transaction. The judgement itself is pure.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from edge.outbox import Outbox

_JOURNAL = (
    "CREATE TABLE IF NOT EXISTS journal(n INTEGER PRIMARY KEY, message_id TEXT NOT NULL)",
    "CREATE TRIGGER IF NOT EXISTS journal_in AFTER INSERT ON rows BEGIN"
    " INSERT INTO journal(message_id) VALUES(NEW.message_id); END",
)


class NoJournal(RuntimeError):
    """The outbox file is not the one that the journal was opened in: nothing can be said about its messages."""


@dataclass(frozen=True, slots=True)
class Mail:
    """Ids of the run: minted by boxes (once per minting), in the inbox (once per row), and still in an outbox."""

    minted: tuple[UUID, ...]
    stored: tuple[UUID, ...]
    waiting: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the file channel. ``about``: whose loss it tells of, beside what it tells of its own step."""

    id: str
    number: str
    level: str
    round: int
    phone: str
    maybe_doubled: bool
    about: str = ""


@dataclass(frozen=True, slots=True)
class MailVerdict:
    """What became of the messages."""

    messages: int
    lost: int
    minted_twice: int
    stored_twice: int
    strangers: int
    waiting: int

    @property
    def ok(self) -> bool:
        """Whether every message minted is in the inbox exactly once, and nothing else is."""
        return not (self.lost or self.minted_twice or self.stored_twice or self.strangers or self.waiting)


def judge_mail(mail: Mail) -> MailVerdict:
    """Compare id by id. An id that neither arrived nor waits is lost; a stored id that no box minted is a stranger."""
    minted, stored = Counter(mail.minted), Counter(mail.stored)
    return MailVerdict(
        messages=len(minted),
        lost=len(minted.keys() - stored.keys() - mail.waiting),
        minted_twice=sum(count - 1 for count in minted.values()),
        stored_twice=sum(count - 1 for count in stored.values()),
        strangers=len(stored.keys() - minted.keys()),
        waiting=len(mail.waiting - stored.keys()),
    )


def told_twice(lines: Sequence[Told]) -> int:
    """How often somebody was told the same again without being warned that it may be a repetition."""
    count, ids, told = 0, set[str](), dict[tuple[str, str, int, str, str], str]()
    for line in lines:
        what = (line.number, line.level, line.round, line.phone, line.about)
        again = line.id in ids or told.get(what, line.id) != line.id
        count += again and not line.maybe_doubled
        ids.add(line.id)
        told[what] = line.id
    return count


def beyond_truth(tickets: Mapping[str, int], emptied: Mapping[str, int]) -> int:
    """How many tickets no full bin stands behind: a bin emptied n times was full at most n + 1 times."""
    return sum(max(0, count - emptied.get(place, 0) - 1) for place, count in tickets.items())


def open_journal(outbox: Path) -> None:
    """Prepare an outbox file, before its box first starts, to note every id that is ever put into it."""
    outbox.parent.mkdir(parents=True, exist_ok=True)
    Outbox(outbox).close()
    with closing(sqlite3.connect(outbox, timeout=10)) as db, db:
        for statement in _JOURNAL:
            db.execute(statement)


def read_journal(outbox: Path) -> tuple[list[UUID], set[UUID]]:
    """Return every id minted and those still waiting; ``NoJournal`` when the file was replaced meanwhile."""
    with closing(sqlite3.connect(outbox, timeout=10)) as db:
        try:
            minted = [UUID(one) for (one,) in db.execute("SELECT message_id FROM journal ORDER BY n")]
        except sqlite3.OperationalError as fault:
            raise NoJournal(f"{outbox}: {fault}; the box set its outbox aside, see its log") from fault
        waiting = {UUID(one) for (one,) in db.execute("SELECT message_id FROM rows")}
    return minted, waiting


def minted_so_far(outbox: Path) -> int:
    """How many ids were minted in an outbox until now; 0 where nothing can be read at this moment."""
    with closing(sqlite3.connect(outbox, timeout=10)) as db:
        try:
            return int(db.execute("SELECT coalesce(max(n), 0) FROM journal").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


def still_waiting(outbox: Path) -> int:
    """How many messages an outbox holds."""
    with closing(sqlite3.connect(outbox, timeout=10)) as db:
        return int(db.execute("SELECT count(*) FROM rows").fetchone()[0])


def read_told(path: Path) -> list[Told]:
    """Read the file channel's lines; a torn last one (a kill while writing) was never called delivered."""
    lines: Iterable[bytes] = path.read_bytes().splitlines(keepends=True) if path.exists() else ()
    raw = [json.loads(line) for line in lines if line.endswith(b"\n") and _whole(line)]
    return [
        Told(
            one["id"], one["number"], one["level"], one["round"], one["phone"], one["maybe_doubled"],
            one["id"] if one["purpose"] == "unreached" else "",
        )
        for one in raw
    ]  # fmt: skip


def untold(delivered: Collection[str], lines: Sequence[Told]) -> int:
    """How many notices the book calls delivered that the file does not hold."""
    return len(set(delivered) - {line.id for line in lines})


def _whole(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
