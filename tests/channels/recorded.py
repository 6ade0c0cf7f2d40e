"""Requests of the vendors' own SDKs, recorded once; each file says with which versions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from tests.providers.standin import Heard

FOLDER = Path(__file__).parent / "vectors"


def vectors(name: str) -> dict[str, Any]:
    """The key, the secret and the requests of a provider."""
    told = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(told, dict)
    return told


def requests(told: dict[str, Any]) -> Iterator[Heard]:
    """Each request as a stand-in hears it."""
    for one in told["requests"]:
        path, _, query = one["path"].partition("?")
        yield Heard("POST", path, query, dict(parse_qsl(query)), one["headers"], one["body"].encode())
