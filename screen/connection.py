"""A connection of the web server, which does not wait for ever: a request must come, and go on coming, at a least pace.

Without it a thousand half-sent requests, which cost a stranger nothing, shut the server for everybody. What a phone
sends over a bad line passes; who only listens (the walls' streams) has sent its request long ago and is left alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from ipaddress import ip_address
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from screen.access.forwarded import Network, networks
from screen.access.patience import counted_as

GRACE_S = 30.0  # what every request may take on its way
LEAST = 500.0  # bytes a second after that: a tenth of the worst line that a village has
MOST_EACH = 400  # connections of one address; proxies of ours, and this machine, come for many
_COMING = (h11.IDLE, h11.SEND_BODY)


class Connection(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, with an end to every wait for the other side's words."""

    grace_s: ClassVar[float] = GRACE_S
    most_each: ClassVar[int] = MOST_EACH
    trusted: ClassVar[tuple[Network, ...]] = ()
    _waits: asyncio.TimerHandle | None = None
    _since, _came = 0.0, 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self._crowds():
            transport.abort()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._came += len(data)
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def _watch(self) -> None:
        """Wait for the rest of a request, as long as there is one."""
        if self.conn.their_state not in _COMING:
            self._rest()
        elif self._waits is None:
            self._since, self._came = self.loop.time(), 0
            self._waits = self.loop.call_later(self.grace_s, self._look)

    def _rest(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def _look(self) -> None:
        now, self._waits = self.loop.time(), None
        left = self._since + self.grace_s + self._came / LEAST - now
        if self.flow.read_paused:  # it is we who are slow
            left = self.grace_s
        if left > 0:
            self._waits = self.loop.call_later(left, self._look)
        elif not self.transport.is_closing():
            self.transport.abort()

    def _crowds(self) -> bool:
        """Whether one address holds so many connections that others might find none."""
        host = self.client[0] if self.client else ""
        if not host or _comes_for_many(host, self.trusted):
            return False
        mine = counted_as(host)
        beside = (getattr(one, "client", None) for one in self.connections)
        return sum(known is not None and counted_as(known[0]) == mine for known in beside) > self.most_each


def connection(proxies: Iterable[str]) -> type[Connection]:
    """The connections of a server with these proxies (addresses or networks) in front."""

    class Known(Connection):
        trusted = networks(proxies)

    return Known


def _comes_for_many(host: str, trusted: tuple[Network, ...]) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return True
    return address.is_loopback or any(address in one for one in trusted)
