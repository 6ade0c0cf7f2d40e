"""A short id of what decided a look besides the model: two events of one id were judged by the same rules. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

Plain = Mapping[str, "Plain"] | Sequence["Plain"] | str | float | bool | None


def fingerprint(values: Plain) -> str:
    """The first 12 hex digits of the SHA-256 of JSON values; the order of keys does not matter, that of lists does."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
