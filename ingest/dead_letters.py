"""Dead letters: every message the door refused, with its reason, to be looked at, corrected and replayed.

The same refusal seen again raises a counter instead of adding a row. Of one device the newest ``KEEP_EACH`` letters
stay, of all ``KEEP``; over that the device with the most loses its oldest, so a broken one neither fills the disk nor
pushes out the letters of others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ingest.store import BIG, METADATA, Store, micros, moment_of, open_store

KEEP = 10_000
KEEP_EACH = 500
LETTERS = sa.Table(
    "dead_letters",
    METADATA,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("digest", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("device", sa.String(64), nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("correlation", sa.LargeBinary),
    sa.Column("at_us", BIG, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("wanted_us", BIG),
    sa.Column("wanted_payload", sa.LargeBinary),
    sa.Column("replayed_us", BIG),
    sa.Column("replay_result", sa.String(500)),
    sa.Index("dead_letters_by_device", "device", "id"),
    sqlite_autoincrement=True,
)
_WAITING = LETTERS.c.replay_result.is_(None) | (LETTERS.c.replay_result != "")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that was not let in: ``device`` is empty where the topic names none; ``at`` is the arrival."""

    reason: str
    device: str
    topic: str
    payload: bytes
    at: datetime
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter(Refusal):
    """A kept refusal: its number, how often it came, and what the last replay gave."""

    id: int = 0
    times: int = 1
    replayed_at: datetime | None = None
    replay_result: str | None = None


@dataclass(frozen=True, slots=True)
class Sift:
    """Which letters; empty means all. ``words`` stand in reason or topic, ``waiting`` leaves out what was let in since.

    ``before`` is where the page before ended: arrival (µs since 1970) and number of its last letter.
    """

    device: str = ""
    words: str = ""
    waiting: bool = False
    before: tuple[int, int] | None = None


class NoSuchLetter(LookupError):
    """There is no dead letter with this number; list them to see which there are."""


# The door's own judgement, called with (topic, payload, correlation): None when stored, else the reason.
Again = Callable[[str, bytes, bytes | None], str | None]


class DeadLetters:
    """The dead letters of one database."""

    def __init__(self, where: str | Store, keep: int = KEEP, keep_each: int = KEEP_EACH) -> None:
        """Open the table at a database address or in an open store; the rows are bounded in all and for a device."""
        self._store = open_store(where)
        self._keep = keep
        self._keep_each = keep_each

    def put(self, refusals: Sequence[Refusal]) -> None:
        """Keep these refusals; a known one is counted again and its time renewed."""
        if not refusals:
            return
        insert = self._store.insert(LETTERS)
        known = {"times": LETTERS.c.times + insert.excluded.times, "at_us": insert.excluded.at_us}
        upsert = insert.on_conflict_do_update(index_elements=["digest"], set_=known)
        rows: dict[object, dict[str, Any]] = {}
        for refusal in refusals:  # a batch may hold the same refusal twice
            row = _values(refusal)
            row["times"] += rows.get(row["digest"], {"times": 0})["times"]
            rows[row["digest"]] = row
        with self._store.write() as conn:
            self._store.lock(conn, "dead letters")
            conn.execute(upsert, list(rows.values()))
            for device in {row["device"] for row in rows.values()}:
                self._trim(conn, device, self._keep_each)
            while (device := self._fullest(conn)) is not None:
                self._trim(conn, *device)

    def _fullest(self, conn: sa.Connection) -> tuple[str, int] | None:
        """While there are too many letters: the device with the most, and how many it may keep for now."""
        if conn.execute(sa.select(sa.func.count()).select_from(LETTERS)).scalar_one() <= self._keep:
            return None
        count = sa.func.count()
        query = sa.select(LETTERS.c.device, count).group_by(LETTERS.c.device).order_by(count.desc()).limit(1)
        device, letters = conn.execute(query).one()
        return device, int(letters) - max(1, int(letters) // 20)  # a few at once, so that this is rare

    def _trim(self, conn: sa.Connection, device: str, keep: int) -> None:
        mine = LETTERS.c.device == device
        oldest = sa.select(LETTERS.c.id).where(mine).order_by(LETTERS.c.id.desc()).limit(1).offset(keep)
        conn.execute(LETTERS.delete().where(mine & (LETTERS.c.id <= oldest.scalar_subquery())))

    def list(self, limit: int = 100, sift: Sift = Sift()) -> list[DeadLetter]:
        """Return the newest letters first."""
        query = sa.select(LETTERS).where(*_sifted(sift))
        with self._store.read() as conn:
            rows = conn.execute(query.order_by(LETTERS.c.at_us.desc(), LETTERS.c.id.desc()).limit(limit))
            return [_letter(row) for row in rows]

    def count(self) -> int:
        """Return how many letters were not replayed successfully."""
        with self._store.read() as conn:
            return int(conn.execute(sa.select(sa.func.count()).select_from(LETTERS).where(_WAITING)).scalar_one())

    def by_device(self) -> dict[str, int]:
        """Return how many of them each device has, by its id ("" where the topic names none)."""
        query = sa.select(LETTERS.c.device, sa.func.count()).where(_WAITING).group_by(LETTERS.c.device)
        with self._store.read() as conn:
            return {device: int(count) for device, count in conn.execute(query)}

    def get(self, number: int) -> DeadLetter:
        """Return one letter; ``NoSuchLetter`` when there is none with this number."""
        with self._store.read() as conn:
            row = conn.execute(sa.select(LETTERS).where(LETTERS.c.id == number)).one_or_none()
        if row is None:
            raise NoSuchLetter(f"no dead letter {number}; `jingcun dead-letters list` shows the ones there are")
        return _letter(row)

    def replay(self, number: int, now: datetime, payload: bytes | None = None) -> None:
        """Ask the running ingest to judge a letter again, with a corrected payload if given.

        ``get(number).replay_result`` is None until it has, then "" for stored, or the reason why not.
        """
        self.get(number)
        asked = {"wanted_us": micros(now), "wanted_payload": payload, "replayed_us": None, "replay_result": None}
        self._update(number, asked)

    def answer(self, again: Again, now: datetime) -> int:
        """Do the replays that were asked for; returns how many. What ``again`` raises leaves its letter waiting."""
        query = sa.select(LETTERS).where(LETTERS.c.wanted_us.is_not(None)).order_by(LETTERS.c.wanted_us).limit(50)
        with self._store.read() as conn:
            wanted = conn.execute(query).all()
        for row in wanted:
            payload = row.payload if row.wanted_payload is None else row.wanted_payload
            correlation = None if row.wanted_payload is not None else row.correlation
            result = again(row.topic, bytes(payload), correlation)
            done = {"wanted_us": None, "replayed_us": micros(now), "replay_result": _clean(result or "")}
            self._update(row.id, done)
        return len(wanted)

    def _update(self, number: int, values: Mapping[str, object]) -> None:
        with self._store.write() as conn:
            conn.execute(LETTERS.update().where(LETTERS.c.id == number).values(values))

    def close(self) -> None:
        """Close the database connections."""
        self._store.close()


def _sifted(sift: Sift) -> list[sa.ColumnElement[bool]]:
    of = LETTERS.c
    found = [of.device == sift.device] if sift.device else []
    if sift.words:
        found.append(sa.or_(*(one.icontains(sift.words, autoescape=True) for one in (of.reason, of.topic))))
    if sift.waiting:
        found.append(_WAITING)
    if sift.before is not None:
        at_us, number = sift.before
        found.append(sa.or_(of.at_us < at_us, (of.at_us == at_us) & (of.id < number)))
    return found


def _clean(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:500]


def _values(refusal: Refusal) -> dict[str, Any]:
    reason = _clean(refusal.reason)
    digest = hashlib.sha256(b"\x00".join((reason.encode(), refusal.topic.encode("utf-8", "replace"), refusal.payload)))
    return {
        "digest": digest.digest(),
        "reason": reason,
        "device": _clean(refusal.device)[:64],
        "topic": _clean(refusal.topic),
        "payload": refusal.payload,
        "correlation": refusal.correlation,
        "at_us": micros(refusal.at),
        "times": 1,
    }


def _letter(row: sa.Row[Any]) -> DeadLetter:
    return DeadLetter(
        reason=row.reason,
        device=row.device,
        topic=row.topic,
        payload=bytes(row.payload),
        at=moment_of(row.at_us),
        correlation=None if row.correlation is None else bytes(row.correlation),
        id=row.id,
        times=row.times,
        replayed_at=None if row.replayed_us is None else moment_of(row.replayed_us),
        replay_result=row.replay_result,
    )
