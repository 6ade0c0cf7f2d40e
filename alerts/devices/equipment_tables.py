"""The tables of what is known about equipment: the memory of each fault, and who was covered by what, for how long."""

from __future__ import annotations

import sqlalchemy as sa

from alerts.store.tables import METADATA
from ingest.store import BIG

EQUIPMENT = sa.Table(
    "equipment", METADATA,
    sa.Column("county", sa.String(6), primary_key=True), sa.Column("place", sa.String(64), primary_key=True),
    sa.Column("fault", sa.String(32), primary_key=True), sa.Column("bad_us", BIG), sa.Column("freed_us", BIG),
    sa.Column("seen_us", BIG), sa.Column("good", sa.Integer, nullable=False),
    sa.Column("covered_by", sa.String(100), nullable=False),
)  # fmt: skip
INHIBITED = sa.Table(
    "inhibited", METADATA,
    sa.Column("n", BIG, primary_key=True, autoincrement=True), sa.Column("county", sa.String(6), nullable=False),
    sa.Column("place", sa.String(64), nullable=False), sa.Column("fault", sa.String(32), nullable=False),
    sa.Column("covered_by", sa.String(100), nullable=False), sa.Column("from_us", BIG, nullable=False),
    sa.Column("until_us", BIG), sa.Index("inhibited_open", "county", "until_us", "place"), sqlite_autoincrement=True,
)  # fmt: skip
