"""The statements that every message runs, built once: building them anew cost more than running them."""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from alerts.store.tables import COUNTERS, TICKETS

EARLIER = 5  # ended tickets of a site that a new one may be a relapse of
COUNTER = sa.select(COUNTERS.c.value).where(
    (COUNTERS.c.county == sa.bindparam("county")) & (COUNTERS.c.name == sa.bindparam("name"))
)
ENDED_AT = (
    sa.select(TICKETS)
    .where((TICKETS.c.county == sa.bindparam("county")) & (TICKETS.c.site == sa.bindparam("site")) & ~TICKETS.c.is_open)
    .order_by(TICKETS.c.closed_us.desc())
    .limit(EARLIER)
)
Insert = postgresql.Insert | sqlite.Insert


@cache
def one(table: sa.Table, names: tuple[str, ...], asked: tuple[str, ...]) -> sa.Select[Any]:
    """The rows with these columns; those that are not ``asked`` must be true."""
    return sa.select(table).where(
        *(table.c[name] == sa.bindparam(name) if name in asked else table.c[name] for name in names)
    )


@cache
def replacing(table: sa.Table) -> sa.Update:
    """Put a row in place of its version ``_version``."""
    return table.update().where((table.c.id == sa.bindparam("_id")) & (table.c.version == sa.bindparam("_version")))


@cache
def once(table: sa.Table, postgres: bool) -> Insert:
    """Put a row in, unless it stands there already."""
    return _insert(table, postgres).on_conflict_do_nothing()


@cache
def newest(table: sa.Table, postgres: bool) -> Insert:
    """Put a row in, or in place of the one with its key."""
    insert = _insert(table, postgres)
    key = [column.name for column in table.primary_key]
    news = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in key}
    return insert.on_conflict_do_update(index_elements=key, set_=news)


def _insert(table: sa.Table, postgres: bool) -> Insert:
    return postgresql.insert(table) if postgres else sqlite.insert(table)
