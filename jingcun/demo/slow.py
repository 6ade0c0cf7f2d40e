"""Longer deadlines for the demo that a person looks at: every limit in seconds times a factor."""

from __future__ import annotations

import re

_VALUE = re.compile(r"^(value|reminder_s|expires_s) = (\d+(?:\.\d+)?)$", re.MULTILINE)


def slower(policy: bytes, factor: float) -> bytes:
    """Return the demo policy (limits in seconds) with its limits and reminders ``factor`` times as long."""
    text = policy.decode("utf-8")
    return _VALUE.sub(lambda found: f"{found[1]} = {float(found[2]) * factor:g}", text).encode("utf-8")
