"""Who asks through a proxy: the address that a trusted proxy has written, and nobody else's word for it.

Only the last entry of ``X-Forwarded-For`` is the proxy's own; what stands before it a client may have written.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

HEADER = "x-forwarded-for"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Forwarded:
    """ASGI wrapper around everything that asks for an address. ``proxies``: addresses or networks of those in front."""

    def __init__(self, app: ASGIApp, *, proxies: Iterable[str]) -> None:
        self._app = app
        self._proxies = networks(proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (peer := scope.get("client")) and _within(peer[0], self._proxies):
            told = told_by(Headers(scope=scope).getlist(HEADER))
            scope = {**scope, "client": (told, 0)} if told else scope
        await self._app(scope, receive, send)


def networks(proxies: Iterable[str]) -> tuple[Network, ...]:
    """The networks of a list of addresses and networks; ``ValueError`` for what is neither."""
    return tuple(ipaddress.ip_network(one, strict=False) for one in proxies)


def told_by(lines: list[str]) -> str:
    """The address that the nearest proxy has added, "" where it has added none."""
    last = lines[-1].rsplit(",", 1)[-1].strip() if lines else ""
    bare = last[1:].partition("]")[0] if last.startswith("[") else last
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]  # with a port, as some proxies write it
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return ""


def _within(host: str, proxies: tuple[Network, ...]) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in one for one in proxies)
