"""What a link is told and what it tells: where to connect as whom, what comes, and what ``publish`` refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from broker.messages import MAX_PACKET

INFLIGHT = 20  # QoS 1 messages underway; no broker of ours announces a smaller Receive Maximum


class LinkError(Exception):
    """Base of what ``publish`` raises."""


class NotConnected(LinkError):
    """The broker cannot be reached now; keep the message and send it again after ``on_state(True, …)``."""


class TooLarge(LinkError):
    """The packet is larger than the broker takes. Resending never helps: refuse the message and say so."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"packet of {size} bytes, limit {limit}: send less, or raise max_packet on both sides")
        self.size = size
        self.limit = limit


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """Files of a TLS 1.2+ connection; ``cert`` and ``key`` only where the broker asks for a client certificate."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says for us when we vanish."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = True


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Where and as whom to connect; sizes in bytes, times in seconds.

    ``mqtt_5`` False speaks MQTT 3.1.1, for a foreign server that knows no more. ``session_s`` is how long such a server
    keeps for us what it took while we were away (MQTT 5, with ``clean`` False).
    """

    host: str
    port: int
    client_id: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    password_file: Path | None = None
    tls: TlsSettings | None = None
    will: Will | None = None
    max_packet: int = MAX_PACKET
    keepalive: int = 30
    clean: bool = True
    mqtt_5: bool = True
    session_s: int = 0
    inflight: int = INFLIGHT
    retry_min_s: float = 1.0
    retry_max_s: float = 60.0

    def secret(self) -> str | None:
        """The password, read anew for every connection, so that a changed file needs no restart."""
        if self.password_file is None:
            return self.password
        return self.password_file.read_text(encoding="utf-8").strip()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message from the broker. Call ``ack`` once it is safe, from any thread; a late ack of a broken
    connection does nothing.
    """

    topic: str
    payload: bytes
    correlation: bytes | None
    retained: bool
    ack: Callable[[], None]


def packet_size(topic: str, payload: bytes, correlation: bytes | None) -> int:
    """Return the upper bound, in bytes, of the PUBLISH packet that carries this message."""
    properties = 4 + (3 + len(correlation) if correlation is not None else 0)
    return 5 + 2 + len(topic.encode()) + 2 + properties + len(payload)
