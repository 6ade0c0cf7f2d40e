"""Hypothesis for the whole suite: no deadlines on noisy machines; the same examples on every run in CI. One PostgreSQL.

A developer's runs stay random and find new cases; CI judges a change, and must say the same twice.
"""

from __future__ import annotations

import os

from hypothesis import settings

from tests.servers_postgres import postgres_cluster, real_postgres

__all__ = ["postgres_cluster", "real_postgres"]

settings.register_profile("developer", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, max_examples=30)  # it has twenty minutes in all
settings.load_profile("ci" if os.environ.get("CI") else "developer")
