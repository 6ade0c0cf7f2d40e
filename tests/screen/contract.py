"""The OpenAPI document for the tests that go by it: composed once in a process, which takes most of a second."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from screen.app import openapi


def told() -> dict[str, Any]:
    """The document, for the caller alone."""
    found: dict[str, Any] = json.loads(_text())
    return found


@cache
def _text() -> str:
    return json.dumps(openapi())
