"""The tables of the inbox and how they are made; PostgreSQL partitions ``inbox`` by the id (ingest/months.py)."""

from __future__ import annotations

import sqlalchemy as sa

from ingest.store import BIG, METADATA, Store

APART = sa.MetaData()  # made by ``prepare``: the two databases need it in different forms
INBOX = sa.Table(
    "inbox",
    APART,
    sa.Column("seq", BIG, primary_key=True, autoincrement=True),
    sa.Column("message_id", sa.Uuid(), nullable=False, unique=True),
    sa.Column("county", sa.String(6), nullable=False),
    sa.Column("village", sa.String(12), nullable=False),
    sa.Column("device", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("at_us", BIG, nullable=False),
    sa.Column("received_us", BIG, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
LATE = sa.Table(
    "inbox_late",
    METADATA,
    *(sa.Column(column.name, column.type, nullable=False) for column in INBOX.columns if column.name != "seq"),
    sa.PrimaryKeyConstraint("message_id"),
)
CURSORS = sa.Table(
    "cursors",
    METADATA,
    sa.Column("county", sa.String(6), primary_key=True),
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("seq", BIG, nullable=False),
)

_PARTITIONED = (
    "CREATE SEQUENCE inbox_numbers",
    """CREATE TABLE inbox (
        seq BIGINT NOT NULL DEFAULT nextval('inbox_numbers'), message_id UUID NOT NULL UNIQUE,
        county VARCHAR(6) NOT NULL, village VARCHAR(12) NOT NULL, device VARCHAR(64) NOT NULL,
        kind VARCHAR(16) NOT NULL, at_us BIGINT NOT NULL, received_us BIGINT NOT NULL, payload BYTEA NOT NULL
    ) PARTITION BY RANGE (message_id)""",
    "CREATE INDEX inbox_in_order ON inbox (county, seq)",
    "CREATE TABLE inbox_stray PARTITION OF inbox DEFAULT",
)
# An inbox of the time before it was partitioned: its rows move in under their old numbers.
_MOVE_IN = (
    "INSERT INTO inbox SELECT seq, message_id, county, village, device, kind, at_us, received_us, payload"
    " FROM inbox_before",
    "SELECT setval('inbox_numbers', (SELECT coalesce(max(seq), 0) + 1 FROM inbox_before), false)",
    "DROP TABLE inbox_before",
)


def prepare(store: Store) -> None:
    """Make the inbox's table unless it is there."""
    if not store.postgres:
        with store.read() as conn:
            if sa.inspect(conn).has_table("inbox"):
                return
        with store.write() as conn:
            APART.create_all(conn)
        return
    kind = sa.text("SELECT relkind FROM pg_class WHERE oid = to_regclass('inbox')")
    with store.read() as conn:
        if conn.scalar(kind) == "p":
            return
    with store.write() as conn:
        store.lock(conn, "schema")
        was = conn.scalar(kind)
        if was != "p":
            _partition(conn, move=was is not None)


def _partition(conn: sa.Connection, *, move: bool) -> None:
    if move:
        conn.execute(sa.text("ALTER TABLE inbox RENAME TO inbox_before"))
        conn.execute(sa.text("ALTER INDEX IF EXISTS inbox_message_id_key RENAME TO inbox_before_message_id_key"))
    for words in (*_PARTITIONED, *(_MOVE_IN if move else ())):
        conn.execute(sa.text(words))
