"""Die at a named point, as a power cut would: only ``--crash-at`` asks for it, and only the chaos run uses that."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable

Crash = Callable[[str], None]
WORDS = "killed by --crash-at"


def never(point: str) -> None:
    """Do nothing: what every program runs with unless it is told otherwise."""


def crash_at(wanted: str) -> Crash:
    """Return a hook that kills this process at a point, e.g. ``ingest.after_commit:0.01`` (probability, default 1)."""
    point, _, chance = wanted.partition(":")
    probability = float(chance or 1)
    if not 0 < probability <= 1:
        raise ValueError(f"--crash-at {wanted!r}: the probability must lie above 0 and up to 1")
    dice = random.Random()

    def crash(here: str) -> None:
        if here == point and dice.random() < probability:
            os.write(2, f"{WORDS} {point}\n".encode())  # who counts cannot ask a dead child of a child
            os.kill(os.getpid(), signal.SIGKILL)

    return crash
