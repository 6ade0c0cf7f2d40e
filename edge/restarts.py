"""How often something that keeps failing may be started again: at once, but at most five times a minute."""

from __future__ import annotations

from collections.abc import Sequence

MOST = 5
SPAN_S = 60.0
SHORTEST_S = 1.0


def wait_before(starts: Sequence[float], now: float) -> float:
    """Return the seconds to wait before the next start; ``starts`` are the monotonic times of earlier restarts."""
    recent = sorted(one for one in starts if now - one < SPAN_S)
    if len(recent) < MOST:
        return SHORTEST_S
    return max(SHORTEST_S, recent[-MOST] + SPAN_S - now)
