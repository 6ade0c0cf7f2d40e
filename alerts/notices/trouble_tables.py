"""The table of what is wrong with the accounts of channels, from the first letter that did not go to the end of it."""

from __future__ import annotations

import sqlalchemy as sa

from alerts.store.tables import METADATA
from ingest.store import BIG

TROUBLES = sa.Table(
    "channel_troubles", METADATA,
    sa.Column("county", sa.String(6), primary_key=True), sa.Column("channel", sa.String(32), primary_key=True),
    sa.Column("cause", sa.String(16), primary_key=True), sa.Column("since_us", BIG, primary_key=True),
    sa.Column("last_us", BIG, nullable=False), sa.Column("letters", sa.Integer, nullable=False),
    sa.Column("words", sa.String(300), nullable=False), sa.Column("good_us", BIG), sa.Column("told_us", BIG),
    sa.Column("tried_us", BIG), sa.Column("over_us", BIG), sa.Column("ended", sa.Boolean, nullable=False),
    sa.Index("channel_troubles_open", "county", "ended"),
)  # fmt: skip
