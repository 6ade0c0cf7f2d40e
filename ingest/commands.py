"""The durable command outbox: a command is published again and again until it is answered or has expired."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from broker.downward import Command
from broker.journal import about
from ingest.store import BIG, METADATA, Store, micros, moment_of, open_store

log = logging.getLogger(__name__)

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=1)

COMMANDS = sa.Table(
    "commands",
    METADATA,
    sa.Column("command_id", sa.Uuid(), primary_key=True),
    sa.Column("device", sa.String(64), nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("sent", sa.Integer, nullable=False),
    sa.Column("due_us", BIG, nullable=False),
    sa.Column("expires_us", BIG, nullable=False),
    sa.Index("commands_due", "state", "due_us"),
)


class Fate(StrEnum):
    """What has become of a command."""

    WAITING = "waiting"  # published any number of times, not answered
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class CommandState:
    """One command as it stands: how often it was published, when it expires, and why it ended."""

    command_id: UUID
    device: str
    fate: Fate
    reason: str
    sent: int
    expires_at: datetime


class CommandBook:
    """The commands of one database."""

    def __init__(self, where: str | Store) -> None:
        """Open the table at a database address or in an open store."""
        self._store = open_store(where)

    def put(self, command: Command) -> bool:
        """Keep a command; False when its id is known already (nothing changes then)."""
        row = {
            "command_id": command.command_id,
            "device": command.device,
            "payload": command.model_dump_json(by_alias=True).encode(),
            "state": Fate.WAITING.value,
            "reason": "",
            "sent": 0,
            "due_us": micros(command.issued_at),
            "expires_us": micros(command.expires_at),
        }
        with self._store.write() as conn:
            insert = self._store.insert(COMMANDS).on_conflict_do_nothing().returning(COMMANDS.c.command_id)
            return conn.execute(insert.values(row)).first() is not None

    def due(self, now: datetime, limit: int = 100) -> list[Command]:
        """Return the commands to publish now, longest waiting first; what has expired is marked so."""
        waiting = COMMANDS.c.state == Fate.WAITING.value
        late = waiting & (COMMANDS.c.expires_us <= micros(now))
        ready = waiting & (COMMANDS.c.due_us <= micros(now))
        query = sa.select(COMMANDS.c.payload).where(ready).order_by(COMMANDS.c.due_us).limit(limit)
        with self._store.read() as conn:
            if conn.execute(sa.select(COMMANDS.c.command_id).where(late | ready).limit(1)).first() is None:
                return []
        with self._store.write() as conn:
            ended = {"state": Fate.EXPIRED.value, "reason": "no answer before it expired"}
            done = COMMANDS.update().where(late).values(ended).returning(COMMANDS.c.command_id, COMMANDS.c.device)
            expired = conn.execute(done).all()
            found = [Command.model_validate_json(payload) for payload in conn.execute(query).scalars()]
        for row in expired:
            log.warning("command %s expired without an answer", row.command_id, extra=about(device=row.device))
        return found

    def sent(self, command_ids: Sequence[UUID], now: datetime) -> None:
        """Note that these were published; the wait before the next time doubles up to a minute."""
        with self._store.write() as conn:
            for row in conn.execute(sa.select(COMMANDS).where(COMMANDS.c.command_id.in_(command_ids))).all():
                wait = min(FIRST_WAIT * 2 ** min(row.sent, 10), LONGEST_WAIT)
                noted = {"sent": row.sent + 1, "due_us": micros(now + wait)}
                conn.execute(COMMANDS.update().where(COMMANDS.c.command_id == row.command_id).values(noted))

    def answered(self, command_id: UUID, device: str, fate: Fate, reason: str = "") -> bool:
        """Note an answer of the device that was asked; False when nothing waits for it. The first answer stays."""
        mine = (COMMANDS.c.command_id == command_id) & (COMMANDS.c.device == device)
        open_one = mine & COMMANDS.c.state.in_([Fate.WAITING.value, Fate.EXPIRED.value])
        with self._store.write() as conn:
            noted = {"state": fate.value, "reason": reason.replace("\x00", "")[:500]}
            return conn.execute(COMMANDS.update().where(open_one).values(noted)).rowcount == 1

    def state(self, command_id: UUID) -> CommandState | None:
        """Return how a command stands, None when its id is unknown."""
        with self._store.read() as conn:
            row = conn.execute(sa.select(COMMANDS).where(COMMANDS.c.command_id == command_id)).one_or_none()
        if row is None:
            return None
        return CommandState(
            row.command_id, row.device, Fate(row.state), row.reason, row.sent, moment_of(row.expires_us)
        )

    def close(self) -> None:
        """Close the database connections."""
        self._store.close()
