"""How deep a test looks for a case that breaks a promise: CI takes a third of a developer's examples, always the same.

A run in CI judges one change within twenty minutes; developers' runs are random and find new cases, `LIVES=…` digs.
"""

from __future__ import annotations

import os

LEAST = 6


def depth(examples: int) -> int:
    """How many examples to take where a developer takes so many; ``LIVES`` says it outright."""
    told = os.environ.get("LIVES")
    if told:
        return int(told)
    return max(LEAST, examples // 3) if os.environ.get("CI") else examples
