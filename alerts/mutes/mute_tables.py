"""The tables of mutes, and of what was found while one held."""

from __future__ import annotations

import sqlalchemy as sa

from alerts.store.tables import METADATA
from ingest.store import BIG

MUTES = sa.Table(
    "mutes", METADATA,
    sa.Column("n", BIG, primary_key=True, autoincrement=True), sa.Column("county", sa.String(6), nullable=False),
    sa.Column("device", sa.String(64), nullable=False), sa.Column("spot", sa.String(64), nullable=False),
    sa.Column("area", sa.String(24), nullable=False), sa.Column("categories", sa.Text, nullable=False),
    sa.Column("begin_us", BIG, nullable=False), sa.Column("end_us", BIG, nullable=False),
    sa.Column("daily", sa.String(20), nullable=False), sa.Column("works", sa.Boolean, nullable=False),
    sa.Column("reason", sa.Text, nullable=False), sa.Column("author_id", sa.String(64), nullable=False),
    sa.Column("author_name", sa.Text, nullable=False), sa.Column("author_level", sa.String(16), nullable=False),
    sa.Column("hold", sa.String(16), nullable=False), sa.Column("place", sa.Text, nullable=False),
    sa.Column("region", sa.String(24), nullable=False), sa.Column("granted_by", sa.Text, nullable=False),
    sa.Column("ended_us", BIG), sa.Column("round", sa.Integer, nullable=False, default=0), sa.Column("next_us", BIG),
    sa.Index("mutes_hold", "county", "hold", "end_us"), sqlite_autoincrement=True,
)  # fmt: skip
SUPPRESSED = sa.Table(
    "suppressed", METADATA,
    sa.Column("n", BIG, primary_key=True, autoincrement=True), sa.Column("county", sa.String(6), nullable=False),
    sa.Column("place", sa.String(64), nullable=False), sa.Column("spot", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False), sa.Column("mute", BIG, nullable=False),
    sa.Column("first_us", BIG, nullable=False), sa.Column("last_us", BIG, nullable=False),
    sa.Column("reason", sa.Text, nullable=False), sa.Column("score", sa.Float, nullable=False),
    sa.Column("looks", sa.Integer, nullable=False), sa.Column("merged", sa.Integer, nullable=False),
    sa.Column("event_id", sa.Uuid(), nullable=False), sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("picture", sa.String(64)), sa.Column("boxes", sa.Text, nullable=False),
    sa.Column("source", sa.String(16), nullable=False), sa.Column("rendered", sa.Boolean, nullable=False),
    sa.Column("severity", sa.String(8)),
    sa.Column("state", sa.String(8), nullable=False), sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Index("suppressed_mute", "mute"), sqlite_autoincrement=True,
)  # fmt: skip
sa.Index(
    "suppressed_one_open", SUPPRESSED.c.county, SUPPRESSED.c.place, SUPPRESSED.c.spot, SUPPRESSED.c.kind, unique=True,
    sqlite_where=SUPPRESSED.c.is_open, postgresql_where=SUPPRESSED.c.is_open,
)  # fmt: skip
