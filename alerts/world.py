"""What a program of this room is given from outside: the county, the clock, and where the kill tests may strike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa

from county.policy.channels import BUILT_IN
from county.snapshot import County


def _nowhere(point: str) -> None:
    """No crash point is armed."""


def _nobodys(conn: sa.Connection, ticket: UUID, person: str) -> bool:
    """Without the key of the reporters nobody is known to have reported."""
    return False


def _utc() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class World:
    """``county()`` gives the revision to decide by, ``now()`` an aware time; ``crash`` is called at named points.

    ``reported(conn, ticket, person)`` says whether a person of the staff reported a ticket as a citizen.
    ``groups`` are the channels, by name, that reach nobody in person: a group, a loudspeaker, a file.
    """

    county: Callable[[], County]
    now: Callable[[], datetime] = _utc
    crash: Callable[[str], None] = _nowhere
    reported: Callable[[sa.Connection, UUID, str], bool] = _nobodys
    groups: frozenset[str] = frozenset(BUILT_IN)
