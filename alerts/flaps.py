"""How often a place has turned dirty or clean lately, before anybody took its ticket. A value; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Flaps:
    """``changes`` lately, with those of the tickets before this one; ``clean_at``: clean since then, not settled."""

    changes: int = 0
    clean_at: datetime | None = None


NO_FLAPS = Flaps()
