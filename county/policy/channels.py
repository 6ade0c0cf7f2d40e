"""[channels]: by which ways the people of a level are told, and which comes next where one fails.

An entry is a route: ``"wechat > sms"`` is WeChat, and SMS where WeChat failed for good or took too long. Several
entries are told side by side. The names are those of ``[[channel]]`` in server.toml, besides ``console`` and ``file``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import StringConstraints

_NAME = r"[a-z][a-z0-9_-]{0,31}"
ROUTE = rf"^{_NAME}( ?> ?{_NAME}){{0,7}}$"
Route = Annotated[str, StringConstraints(pattern=ROUTE, max_length=200)]
Routes = tuple[Route, ...]
BUILT_IN = ("console", "file")  # there without a [[channel]]; they reach nobody in person
OTHERWISE = ("console",)  # where neither the person nor the level says anything


def names_of(routes: Iterable[str]) -> tuple[str, ...]:
    """The channels of several routes in their order, each once."""
    return tuple(dict.fromkeys(name for route in routes for name in split(route)))


def split(route: str) -> tuple[str, ...]:
    """The channels of a route in their order, each once."""
    return tuple(dict.fromkeys(name for part in route.split(">") if (name := part.strip())))
