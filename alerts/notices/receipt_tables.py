"""The table of receipts, each once by the channel's own name for the letter and the phone."""

from __future__ import annotations

import sqlalchemy as sa

from alerts.store.tables import METADATA

RECEIPTS = sa.Table(
    "receipts", METADATA,
    sa.Column("county", sa.String(6), primary_key=True), sa.Column("channel", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(200), primary_key=True), sa.Column("phone", sa.String(32), primary_key=True),
    sa.Column("delivered", sa.Boolean, primary_key=True), sa.Column("notice", sa.String(64), nullable=False),
    sa.Column("provider_id", sa.String(200), nullable=False), sa.Column("code", sa.String(64), nullable=False),
    sa.Column("words", sa.String(200), nullable=False), sa.Column("heard_us", sa.BigInteger, nullable=False),
    sa.Index("receipts_provider", "county", "channel", "provider_id"),
)  # fmt: skip
