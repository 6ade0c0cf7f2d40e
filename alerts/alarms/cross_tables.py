"""The table of what camera and sensor of one site said about each other last."""

from __future__ import annotations

import sqlalchemy as sa

from alerts.store.tables import METADATA

CROSSINGS = sa.Table(
    "crossings", METADATA,
    sa.Column("county", sa.String(6), primary_key=True), sa.Column("site", sa.String(130), primary_key=True),
    sa.Column("says", sa.String(16), nullable=False), sa.Column("times", sa.Integer, nullable=False),
    sa.Column("evidence", sa.String(80), nullable=False), sa.Column("noted_in", sa.Uuid()),
)  # fmt: skip
