"""Connections of a load: MQTT 5 over non-blocking sockets, all of them turned by one thread.

A line holds at most ``INFLIGHT`` messages that the broker has not acknowledged; the rest wait here, and their clock
runs. It does not reconnect: a load whose broker goes away has nothing to measure, and says so.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bench import packets
from bench.packets import BadPacket

INFLIGHT = 200
LAZY = 16  # bytes of acknowledgements, four of them: less than any broker lets be under way
CHUNK = 1 << 15  # more would be memory mapped anew for each read


@dataclass(slots=True, eq=False)
class Line:
    """One connection that publishes to one topic and listens to another.

    ``hear`` gets each payload that comes, ``told`` the key of each message that the broker has acknowledged.
    """

    client_id: str
    listen: str
    hear: Callable[[bytes], None]
    told: Callable[[str], None]
    ready: bool = False
    wire: socket.socket = field(init=False)
    _out: bytearray = field(default_factory=bytearray)
    _urgent: bool = True  # whether there is more than acknowledgements in ``_out``
    _in: bytearray = field(default_factory=bytearray)
    _room: int = 0
    _packet_id: int = 0
    _flying: dict[int, str] = field(default_factory=dict)
    _waiting: deque[tuple[bytes, str, bytes, bytes]] = field(default_factory=deque)

    def connect(self, port: int) -> None:
        """Begin to connect to 127.0.0.1; ``ready`` turns true when the broker has granted everything."""
        self.wire = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.wire.setblocking(False)
        self.wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._out += packets.connect(self.client_id)

    def publish(self, topic: bytes, key: str, correlation: bytes, payload: bytes) -> None:
        """Place one message, or let it wait until the broker takes one more; ``flush`` sends it."""
        if len(self._flying) < self._room:
            self._place(topic, key, correlation, payload)
        else:
            self._waiting.append((topic, key, correlation, payload))

    def flush(self) -> bool:
        """Send what can be sent now; returns whether something is left for want of room.

        A few acknowledgements alone wait for the next message: each ``send`` costs more than all that we do for it.
        """
        if not self._urgent and len(self._out) < LAZY:
            return False
        while self._out:
            try:
                del self._out[: self.wire.send(self._out)]
            except BlockingIOError:
                return True
        self._urgent = False
        return False

    def read(self) -> None:
        """Take what has come; ``ConnectionError`` when the broker has hung up, ``BadPacket`` when it is no MQTT."""
        try:
            came = self.wire.recv(CHUNK)
        except BlockingIOError:
            return
        if not came:
            raise ConnectionError(f"the broker closed the connection of {self.client_id}")
        self._in += came
        for first, body in packets.split(self._in):
            self._take(first, body)

    def close(self) -> None:
        """Say goodbye and close the socket."""
        self._out += b"\xe0\x00"
        self._urgent = True
        with contextlib.suppress(OSError):  # the broker was quicker
            self.flush()
        self.wire.close()

    def _take(self, first: int, body: bytes) -> None:
        kind = first >> 4
        if kind == packets.PUBACK:
            self.told(self._flying.pop(packets.acknowledged(body), ""))
            if self._waiting:
                self._place(*self._waiting.popleft())
        elif kind == packets.PUBLISH:
            delivered = packets.delivered(first, body)
            if delivered.packet_id:
                self._out += packets.puback(delivered.packet_id)
            self.hear(delivered.payload)
        elif kind == packets.CONNACK:
            self._room = min(INFLIGHT, packets.receive_maximum(body))
            self._out += packets.subscribe(1, self.listen)
            self._urgent = True
        elif kind == packets.SUBACK:
            packets.granted(body)
            self.ready = True
        else:
            code = f"0x{body[0]:02x}" if body else "0x00"
            raise BadPacket(f"{self.client_id} got a packet of kind {kind} (14: the broker says goodbye), code {code}")

    def _place(self, topic: bytes, key: str, correlation: bytes, payload: bytes) -> None:
        self._packet_id = self._packet_id % 65_535 + 1  # at most INFLIGHT fly, so the same number is long free
        self._flying[self._packet_id] = key
        self._out += packets.publish(topic, self._packet_id, correlation, payload)
        self._urgent = True


class Lines:
    """All lines of a load under one selector; a context manager that closes them."""

    def __init__(self, lines: Iterable[Line] = ()) -> None:
        self._selector = selectors.DefaultSelector()
        self._lines: list[Line] = []
        self._full: set[Line] = set()
        for line in lines:
            self.add(line)

    def add(self, line: Line) -> None:
        """Turn one more line, which has begun to connect."""
        self._selector.register(line.wire, selectors.EVENT_READ, line)
        self._lines.append(line)

    def turn(self, patience_s: float) -> None:
        """Send what waits, then wait at most so long for something to come, and take it."""
        for line in self._lines:
            self._send(line)
        for key, events in self._selector.select(max(0.0, patience_s)):
            if events & selectors.EVENT_READ:
                key.data.read()

    def wait_until_ready(self, patience_s: float = 60.0) -> None:
        """Let the broker grant every line; ``TimeoutError`` when it does not in time."""
        end = time.monotonic() + patience_s
        while not all(line.ready for line in self._lines):
            now = time.monotonic()
            if now > end:
                raise TimeoutError(f"the broker did not grant every connection within {patience_s:.0f} s")
            self.turn(end - now)

    def _send(self, line: Line) -> None:
        left = line.flush()
        if left != (line in self._full):
            (self._full.add if left else self._full.discard)(line)
            more = selectors.EVENT_WRITE if left else 0
            self._selector.modify(line.wire, selectors.EVENT_READ | more, line)

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        for line in self._lines:
            line.close()
        self._selector.close()
