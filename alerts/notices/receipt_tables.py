"""The table of receipts, each once by the channel's own name for the letter and the phone, and of what is asked for."""

from __future__ import annotations

import sqlalchemy as sa

from alerts.store.tables import METADATA
from ingest.store import BIG

RECEIPTS = sa.Table(
    "receipts", METADATA,
    sa.Column("county", sa.String(6), primary_key=True), sa.Column("channel", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(200), primary_key=True), sa.Column("phone", sa.String(32), primary_key=True),
    sa.Column("delivered", sa.Boolean, primary_key=True), sa.Column("notice", sa.String(64), nullable=False),
    sa.Column("provider_id", sa.String(200), nullable=False), sa.Column("code", sa.String(64), nullable=False),
    sa.Column("words", sa.String(200), nullable=False), sa.Column("heard_us", sa.BigInteger, nullable=False),
    sa.Index("receipts_provider", "county", "channel", "provider_id"),
)  # fmt: skip
RECEIPT_ASKS = sa.Table(  # letters whose receipt a channel's provider was asked for, and how often
    "receipt_asks", METADATA,
    sa.Column("notice", sa.Uuid(), primary_key=True), sa.Column("channel", sa.String(32), primary_key=True),
    sa.Column("county", sa.String(6), nullable=False), sa.Column("asked", sa.Integer, nullable=False),
    sa.Column("last_us", BIG, nullable=False), sa.Column("over", sa.Boolean, nullable=False),
    sa.Index("receipt_asks_over", "county", "over"),
)  # fmt: skip
