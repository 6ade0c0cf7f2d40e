"""Fixtures of the ingest tests: real servers where a test asks for them."""

from tests.servers_postgres import postgres_cluster, real_postgres

__all__ = ["postgres_cluster", "real_postgres"]
