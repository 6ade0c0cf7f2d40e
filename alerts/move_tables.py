"""The fairness log's table. Whatever opens the book may add to it; the database itself refuses to change or delete."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from alerts.tables import METADATA
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
