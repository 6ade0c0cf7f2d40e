"""The tables of the side moves: what was asked for, and the fairness log.

An index holds that at most one ask for a move of a ticket waits. The log may be added to; the database itself refuses
to change or delete a line.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from alerts.store.tables import METADATA
from ingest.store import BIG

FAIRNESS = sa.Table(
    "fairness", METADATA,
    sa.Column("n", BIG, primary_key=True, autoincrement=True), sa.Column("county", sa.String(6), nullable=False),
    sa.Column("deed", sa.String(16), nullable=False), sa.Column("area", sa.String(24), nullable=False),
    sa.Column("place", sa.Text, nullable=False), sa.Column("ticket", sa.Uuid()),
    sa.Column("number", sa.String(32), nullable=False), sa.Column("author_id", sa.String(64), nullable=False),
    sa.Column("author_name", sa.Text, nullable=False), sa.Column("level", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False), sa.Column("words", sa.Text, nullable=False),
    sa.Column("at_us", BIG, nullable=False), sa.Index("fairness_area", "county", "area"),
    sa.Index("fairness_ticket", "ticket"), sqlite_autoincrement=True,
)  # fmt: skip
ASKS = sa.Table(
    "asks", METADATA,
    sa.Column("n", BIG, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(36), nullable=False, unique=True), sa.Column("county", sa.String(6), nullable=False),
    sa.Column("ticket", sa.Uuid(), nullable=False), sa.Column("move", sa.String(16), nullable=False),
    sa.Column("asker", sa.Text, nullable=False), sa.Column("level_of_asker", sa.String(16), nullable=False),
    sa.Column("at_us", BIG, nullable=False), sa.Column("reason", sa.Text, nullable=False),
    sa.Column("wanted", sa.Text, nullable=False), sa.Column("level", sa.String(16), nullable=False),
    sa.Column("decider", sa.Text, nullable=False), sa.Column("due_us", BIG, nullable=False),
    sa.Column("state", sa.String(16), nullable=False), sa.Column("round", sa.Integer, nullable=False),
    sa.Column("overdue", sa.Boolean, nullable=False), sa.Column("decided_by", sa.Text),
    sa.Column("decided_us", BIG), sa.Column("words", sa.Text, nullable=False),
    sa.Index("asks_ticket", "ticket", "n"), sa.Index("asks_state", "county", "state", "due_us"),
    sqlite_autoincrement=True,
)  # fmt: skip
_WAITS = ASKS.c.state == "waiting"
sa.Index(
    "asks_one_waiting", ASKS.c.ticket, ASKS.c.move, unique=True, sqlite_where=_WAITS, postgresql_where=_WAITS,
)  # fmt: skip

_REFUSAL = "the fairness log is only added to"
_SQLITE = [
    f"CREATE TRIGGER fairness_no_{verb} BEFORE {verb} ON fairness BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    for verb in ("UPDATE", "DELETE")
]
_POSTGRES = [
    "CREATE OR REPLACE FUNCTION fairness_stays() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
    "CREATE TRIGGER fairness_no_change BEFORE UPDATE OR DELETE ON fairness FOR EACH ROW "
    "EXECUTE FUNCTION fairness_stays()",
    "CREATE TRIGGER fairness_no_emptying BEFORE TRUNCATE ON fairness FOR EACH STATEMENT "
    "EXECUTE FUNCTION fairness_stays()",
]


def _guard(_table: sa.Table, conn: sa.Connection, **_more: Any) -> None:
    for statement in _POSTGRES if conn.dialect.name == "postgresql" else _SQLITE:
        conn.exec_driver_sql(statement)


sa.event.listen(FAIRNESS, "after_create", _guard)
