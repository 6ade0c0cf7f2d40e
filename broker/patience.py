"""How long a client waits before it tries again."""

from __future__ import annotations

import random
from collections.abc import Callable

SPREAD = 5  # a thousand boxes with the usual second come back at 220 a second


def pause(
    attempt: int, shortest: float, longest: float, draw: Callable[[float, float], float] = random.uniform
) -> float:
    """Full jitter: seconds to wait before attempt ``attempt`` (1, 2, …), never a step that all clients share.

    The first one already spreads over ``SPREAD`` times the shortest: when a broker dies every client of a county loses
    it in the same moment, and each of them costs the new one a handshake and a password hash.
    """
    ceiling = min(longest, shortest * SPREAD * 2 ** min(attempt - 1, 16))
    return draw(shortest / 2, max(shortest, ceiling))
