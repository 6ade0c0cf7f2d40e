"""The table of the voice notes that came in with an act; the sound itself lies with the evidence."""

import sqlalchemy as sa

from alerts.store.tables import METADATA

VOICES = sa.Table(
    "voices", METADATA,
    sa.Column("ticket", sa.Uuid(), primary_key=True), sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("at_us", sa.BigInteger, nullable=False), sa.Column("person", sa.Text, nullable=False),
    sa.Column("kind", sa.String(32), nullable=False), sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("act", sa.String(32), nullable=False),
)  # fmt: skip
