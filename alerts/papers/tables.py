"""The table of issued papers. A row is never changed: what was signed stays as it was signed."""

from __future__ import annotations

import sqlalchemy as sa

from alerts.store.tables import METADATA
from ingest.store import BIG

PAPERS = sa.Table(
    "papers", METADATA,
    sa.Column("id", sa.Uuid(), primary_key=True), sa.Column("county", sa.String(6), nullable=False),
    sa.Column("ticket", sa.Uuid(), nullable=False), sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("number", sa.String(64), nullable=False), sa.Column("issued_by", sa.String(64), nullable=False),
    sa.Column("issuer_name", sa.Text, nullable=False), sa.Column("issued_us", BIG, nullable=False),
    sa.Column("due_us", BIG, nullable=False), sa.Column("person_id", sa.String(64), nullable=False),
    sa.Column("person_name", sa.Text, nullable=False), sa.Column("picture", sa.String(64)),
    sa.Column("sheet", sa.Text, nullable=False), sa.Column("sha256", sa.String(64), nullable=False),
    sa.UniqueConstraint("county", "number", name="papers_number"),
    sa.UniqueConstraint("ticket", "kind", "due_us", "person_id", name="papers_once"),
)  # fmt: skip
