"""The tables of bindings: who is bound, the row for each time that changed (without the id), and attempts under way."""

from __future__ import annotations

import sqlalchemy as sa

from alerts.store.tables import METADATA
from ingest.store import BIG

BINDINGS = sa.Table(
    "bindings", METADATA,
    sa.Column("county", sa.String(6), primary_key=True), sa.Column("person", sa.String(64), primary_key=True),
    sa.Column("by", sa.String(8), primary_key=True), sa.Column("address", sa.String(128), nullable=False),
    sa.Column("same", sa.String(128), nullable=False), sa.Column("how", sa.String(8), nullable=False),
    sa.Column("mark", sa.String(64), nullable=False), sa.Column("at_us", BIG, nullable=False),
    sa.Column("gone_us", BIG), sa.UniqueConstraint("county", "by", "same", name="bindings_one_person"),
)  # fmt: skip
BINDING_MOVES = sa.Table(
    "binding_moves", METADATA,
    sa.Column("n", BIG, primary_key=True, autoincrement=True), sa.Column("county", sa.String(6), nullable=False),
    sa.Column("person", sa.String(64), nullable=False), sa.Column("by", sa.String(8), nullable=False),
    sa.Column("bound", sa.Boolean, nullable=False), sa.Column("at_us", BIG, nullable=False),
    sa.Column("who", sa.String(64), nullable=False), sa.Column("why", sa.String(200), nullable=False),
    sa.Index("binding_moves_person", "county", "person", "n"), sqlite_autoincrement=True,
)  # fmt: skip
BINDING_ATTEMPTS = sa.Table(
    "binding_attempts", METADATA,
    sa.Column("county", sa.String(6), primary_key=True), sa.Column("scene", sa.String(64), primary_key=True),
    sa.Column("person", sa.String(64), nullable=False), sa.Column("by", sa.String(8), nullable=False),
    sa.Column("channel", sa.String(32), nullable=False), sa.Column("state", sa.String(8), nullable=False),
    sa.Column("unbinds", sa.Boolean, nullable=False), sa.Column("phone", sa.String(64), nullable=False),
    sa.Column("mark", sa.String(64), nullable=False), sa.Column("begun_us", BIG, nullable=False),
    sa.Column("until_us", BIG, nullable=False), sa.Column("address", sa.String(128), nullable=False),
    sa.Column("pair", sa.String(2), nullable=False), sa.Column("code", sa.String(64), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False), sa.Column("texted_us", BIG), sa.Column("told", sa.String(100)),
    sa.Index("binding_attempts_person", "county", "person", "begun_us"),
    sa.Index("binding_attempts_phone", "county", "phone", "texted_us"),
)  # fmt: skip
