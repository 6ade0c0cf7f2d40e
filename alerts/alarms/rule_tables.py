"""What the book keeps of rules: how far each is at each place where something is under way, and the rules' own words.

``next_us`` is when the passing of time alone may change it; the words are kept once for each digest, so that an edit
can be told from what a condition was counted by.
"""

from __future__ import annotations

import sqlalchemy as sa

from alerts.store.tables import METADATA
from ingest.store import BIG

CONDITIONS = sa.Table(
    "conditions", METADATA,
    sa.Column("county", sa.String(6), primary_key=True), sa.Column("place", sa.String(64), primary_key=True),
    sa.Column("spot", sa.String(64), primary_key=True), sa.Column("rule", sa.String(40), primary_key=True),
    sa.Column("category", sa.String(32), nullable=False), sa.Column("digest", sa.String(16), nullable=False),
    sa.Column("raised", sa.String(8)), sa.Column("next_us", BIG), sa.Column("state", sa.Text, nullable=False),
    sa.Column("seen", sa.Text), sa.Index("conditions_next", "county", "next_us"),
)  # fmt: skip
RULE_TEXTS = sa.Table(
    "rule_texts", METADATA,
    sa.Column("county", sa.String(6), primary_key=True), sa.Column("digest", sa.String(16), primary_key=True),
    sa.Column("definition", sa.Text, nullable=False),
)  # fmt: skip
