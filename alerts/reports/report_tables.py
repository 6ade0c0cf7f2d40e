"""The tables of what people report: the reports, the places they made, who reported (sealed), verdicts and rewards.

Nothing but ``REPORTERS`` holds anything of who reported, and there it is sealed. To verdicts and rewards is only added.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from alerts.store.tables import METADATA
from ingest.store import BIG


def _text(name: str, size: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(size), nullable=False)


def _words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _at(name: str = "at_us") -> sa.Column[int]:
    return sa.Column(name, BIG, nullable=False)


def _n() -> sa.Column[Any]:
    return sa.Column("n", BIG, primary_key=True, autoincrement=True)


REPORTS = sa.Table(
    "reports", METADATA,
    sa.Column("id", sa.Uuid(), primary_key=True), _text("county", 6), _text("key", 64), _text("digest", 64),
    _text("code_hash", 64), _text("source", 16), _text("what", 32), _at(),
    sa.Column("ticket", sa.Uuid(), nullable=False), sa.Column("opened", sa.Boolean, nullable=False),
    _text("region", 24), sa.Column("longitude", sa.Float), sa.Column("latitude", sa.Float), _words("words"),
    _words("origin"), sa.Column("reporter", sa.Uuid()),
    sa.UniqueConstraint("county", "key", name="reports_once"), sa.Index("reports_code", "code_hash", unique=True),
    sa.Index("reports_ticket", "ticket"), sa.Index("reports_at", "county", "at_us"),
)  # fmt: skip
REPORTERS = sa.Table(
    "reporters", METADATA,
    sa.Column("id", sa.Uuid(), primary_key=True), _text("county", 6), sa.Column("sealed", sa.Text),
    sa.Column("mark", sa.String(64)), sa.Column("staff", sa.String(64)), _at(), sa.Column("erased_us", BIG),
    sa.Index("reporters_mark", "county", "mark"),
)  # fmt: skip
BARRED = sa.Table(
    "report_barred", METADATA,
    sa.Column("reporter", sa.Uuid(), primary_key=True), sa.Column("mark", sa.String(64), primary_key=True),
    _text("county", 6),
)  # fmt: skip
"""Marks of members of the staff who reported: they outlive the name and the phone, so that who is forgotten, or has
another phone by now, judges nothing of their own."""

REPORT_KEYS = sa.Table(
    "report_keys", METADATA,
    _n(), _text("county", 6), _text("mark", 64), _at(), sa.Column("given_up_us", BIG),
    sqlite_autoincrement=True,
)  # fmt: skip
_IN_FORCE = REPORT_KEYS.c.given_up_us.is_(None)
sa.Index("report_keys_one", REPORT_KEYS.c.county, unique=True, sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE)

PLACES = sa.Table(
    "report_places", METADATA,
    sa.Column("county", sa.String(6), primary_key=True), sa.Column("id", sa.String(64), primary_key=True),
    _text("region", 24), _words("name"), sa.Column("longitude", sa.Float), sa.Column("latitude", sa.Float), _at(),
    sa.Index("report_places_near", "county", "latitude", "longitude"), sa.Index("report_places_in", "county", "region"),
)  # fmt: skip
VERDICTS = sa.Table(
    "report_verdicts", METADATA, _n(), sa.Column("report", sa.Uuid(), nullable=False), _text("verdict", 16),
    _text("by_id", 64), _words("by_name"), _words("words"), _at(), sa.Index("report_verdicts_of", "report", "n"),
    sqlite_autoincrement=True,
)  # fmt: skip
REWARDS = sa.Table(
    "rewards", METADATA, _n(), _text("county", 6), sa.Column("ticket", sa.Uuid(), nullable=False),
    sa.Column("report", sa.Uuid(), nullable=False), sa.Column("reporter", sa.Uuid(), nullable=False),
    _text("deed", 16), _text("amount", 24), _text("month", 7), _text("by_id", 64), _words("by_name"), _words("words"),
    _at(), sa.UniqueConstraint("ticket", "deed", name="rewards_once"), sa.Index("rewards_month", "county", "month"),
    sqlite_autoincrement=True,
)  # fmt: skip
REWARDED = sa.Table(
    "rewarded", METADATA, sa.Column("ticket", sa.Uuid(), primary_key=True), _text("county", 6), _text("mark", 64),
    sa.Index("rewarded_mark", "county", "mark"),
)  # fmt: skip
"""By which mark a person was granted a reward: it outlives their name, so that who is forgotten stays capped."""

_ONLY_ADDED = (VERDICTS, REWARDS)


def _guard(table: sa.Table, conn: sa.Connection, **_more: Any) -> None:
    """Let the database itself refuse to change what was once said or granted."""
    name, refusal = table.name, f"{table.name} is only added to"
    if conn.dialect.name != "postgresql":
        for verb in ("UPDATE", "DELETE"):
            conn.exec_driver_sql(
                f"CREATE TRIGGER {name}_no_{verb} BEFORE {verb} ON {name} BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
            )
        return
    conn.exec_driver_sql(
        f"CREATE OR REPLACE FUNCTION {name}_stays() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{refusal}'; END $$"
    )
    for when, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        conn.exec_driver_sql(
            f"CREATE TRIGGER {name}_no_{each} BEFORE {when} ON {name} FOR EACH {each} EXECUTE FUNCTION {name}_stays()"
        )


for _table in _ONLY_ADDED:
    sa.event.listen(_table, "after_create", _guard)
