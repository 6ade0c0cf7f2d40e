"""The table of red and black lists: each whole in one row, at most one of an area and month that is not withdrawn."""

from __future__ import annotations

import sqlalchemy as sa

from alerts.store.tables import METADATA
from ingest.store import BIG

VILLAGE_LISTS = sa.Table(
    "village_lists", METADATA,
    sa.Column("n", BIG, primary_key=True, autoincrement=True), sa.Column("county", sa.String(6), nullable=False),
    sa.Column("area", sa.String(12), nullable=False), sa.Column("month", sa.String(7), nullable=False),
    sa.Column("state", sa.String(16), nullable=False), sa.Column("published_us", BIG),
    sa.Column("body", sa.Text, nullable=False), sa.Index("village_lists_published", "county", "published_us"),
    sqlite_autoincrement=True,
)  # fmt: skip
STANDS = VILLAGE_LISTS.c.state != "withdrawn"
sa.Index(
    "village_lists_one", VILLAGE_LISTS.c.county, VILLAGE_LISTS.c.area, VILLAGE_LISTS.c.month, unique=True,
    sqlite_where=STANDS, postgresql_where=STANDS,
)  # fmt: skip
