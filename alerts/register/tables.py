"""The table of the register. The database itself refuses to change or delete a row; the hashes show it where it did."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from alerts.store.tables import METADATA
from ingest.store import BIG

# Number and row of one county: two writers cannot both make row N.
REGISTER = sa.Table(
    "register", METADATA,
    sa.Column("county", sa.String(6), primary_key=True), sa.Column("n", BIG, primary_key=True, autoincrement=False),
    sa.Column("at_us", BIG, nullable=False), sa.Column("account", sa.Text, nullable=False),
    sa.Column("deed", sa.String(32), nullable=False), sa.Column("subject", sa.Text, nullable=False),
    sa.Column("once", sa.Text), sa.Column("body", sa.Text, nullable=False),
    sa.Column("before", sa.String(64), nullable=False), sa.Column("hash", sa.String(64), nullable=False),
    sa.Index("register_account", "county", "account", "n"), sa.Index("register_subject", "county", "subject", "n"),
    sa.Index("register_deed", "county", "deed", "n"), sa.Index("register_at", "county", "at_us"),
    sa.UniqueConstraint("county", "once", name="register_once"),
)  # fmt: skip

_REFUSAL = "the register is only added to"
_SQLITE = [
    f"CREATE TRIGGER register_no_{verb} BEFORE {verb} ON register BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    for verb in ("UPDATE", "DELETE")
]
_POSTGRES = [
    "CREATE OR REPLACE FUNCTION register_stays() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
    "CREATE TRIGGER register_no_change BEFORE UPDATE OR DELETE ON register FOR EACH ROW "
    "EXECUTE FUNCTION register_stays()",
    "CREATE TRIGGER register_no_emptying BEFORE TRUNCATE ON register FOR EACH STATEMENT "
    "EXECUTE FUNCTION register_stays()",
]


def _guard(_table: sa.Table, conn: sa.Connection, **_more: Any) -> None:
    for statement in _POSTGRES if conn.dialect.name == "postgresql" else _SQLITE:
        conn.exec_driver_sql(statement)


sa.event.listen(REGISTER, "after_create", _guard)
