"""The one MQTT client file: a link that reconnects by itself and keeps nothing.

The durable sides are the edge's outbox and the server's books, so every connection is a fresh client with a clean
start: what was not acknowledged when a connection broke is forgotten here and resent by its owner. An oversized
message is refused before it is queued, for a broker only answers it by cutting the connection.
"""

from __future__ import annotations

import logging
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, cast

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from broker.acks import Acks
from broker.link_terms import (
    Delivery,
    LinkError,
    LinkSettings,
    NotConnected,
    TlsSettings,
    TooLarge,
    Will,
    packet_size,
)
from broker.patience import pause
from broker.sockets import Bell, Buffered

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike

__all__ = [
    "Delivery", "Link", "LinkError", "LinkSettings", "NotConnected", "TlsSettings", "TooLarge", "Will", "packet_size",
]  # fmt: skip

log = logging.getLogger(__name__)

CLOSE_S = 3.0  # how long a polite goodbye may take
ROUND_S = 0.5  # how often an idle connection looks at its keepalive
TURN_S = 0.05  # how long packets are read before what waits to be written, and the keepalive, get their turn


OnDelivery = Callable[[Delivery], None]
OnState = Callable[[bool, str], None]


class Link:
    """A connection that comes back by itself.

    ``on_delivery`` and ``on_state`` run on the network thread: return soon. One that raises is logged and counted in
    ``.faults``; its message is acknowledged, for the sender waits for a receipt and not for the PUBACK.
    ``on_state(True, "")`` comes after the subscriptions are answered, so a receipt of what is sent then arrives.
    """

    def __init__(
        self,
        settings: LinkSettings,
        on_delivery: OnDelivery,
        on_state: OnState,
        subscriptions: Sequence[tuple[str, int]] = (),
    ) -> None:
        self._settings = settings
        self._on_delivery = on_delivery
        self._on_state = on_state
        self._subscriptions = tuple(subscriptions)
        self._stop = threading.Event()
        self._client: mqtt.Client | None = None
        self._thread: threading.Thread | None = None
        self._attempt = 0
        self._words = ""
        self.connected = False
        self.limit = settings.max_packet
        self.faults = 0

    def start(self) -> None:
        """Connect in the background and keep trying until ``stop``."""
        if self._thread is not None:
            return
        self._stop.clear()
        self._thread = threading.Thread(target=self._keep, name=f"link-{self._settings.client_id}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye and end; the last will is not sent."""
        self._stop.set()
        client = self._client
        if client is not None:
            client.disconnect()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._thread = None

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, correlation: bytes | None = None
    ) -> None:
        """Hand one message to the network thread, without waiting. ``NotConnected`` or ``TooLarge`` if refused."""
        size = packet_size(topic, payload, correlation)
        if size > self.limit:
            raise TooLarge(size, self.limit)
        client = self._client
        if client is None or not self.connected:
            raise NotConnected(f"no connection to {self._settings.host}:{self._settings.port}")
        properties = None  # making one costs as much as sending the message
        if correlation is not None:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.CorrelationData = correlation
        info = client.publish(topic, payload, qos=qos, retain=retain, properties=properties)
        if info.rc is not mqtt.MQTT_ERR_SUCCESS:
            raise NotConnected(f"connection to {self._settings.host}:{self._settings.port} broke")

    @property
    def clear(self) -> bool:
        """Whether nothing waits to be written here: what may be left out (QoS 0) is left out while something does."""
        client = self._client
        if client is None or not self.connected or client.want_write():
            return False
        transport = client.socket()
        return not (isinstance(transport, Buffered) and transport.unsent)

    def _keep(self) -> None:
        while not self._stop.is_set():
            words = self._one_connection()
            was, self.connected, self._client = self.connected, False, None
            if self._stop.is_set():
                words = "stopped"
            if was or words != self._words:  # the hundredth identical refusal is no news
                self._tell(False, words)
            self._words = words
            self._attempt += 1
            self._stop.wait(pause(self._attempt, self._settings.retry_min_s, self._settings.retry_max_s))

    def _one_connection(self) -> str:
        """Live through one connection; return in plain words why it ended."""
        try:
            with closing(_Session(self)) as session:
                client = session.open(self._settings)
                self._client = client
                if self._stop.is_set():
                    client.disconnect()
                session.live(self._stop)
                return session.words
        except (OSError, ValueError) as problem:  # no free descriptor for the bell or the selector, too
            return f"cannot connect to {self._settings.host}:{self._settings.port}: {problem}"

    def _up(self, limit: int | None) -> None:
        self.limit = min(self._settings.max_packet, limit or self._settings.max_packet)
        self.connected = True
        self._attempt = 0
        self._tell(True, "")

    def _tell(self, connected: bool, words: str) -> None:
        try:
            self._on_state(connected, words)
        except Exception:  # the door of the network thread: a caller's fault must not stop the reader
            self.faults += 1
            log.exception("%s: on_state raised", self._settings.client_id)

    def _deliver(self, delivery: Delivery) -> None:
        try:
            self._on_delivery(delivery)
        except Exception:  # same door
            self.faults += 1
            log.exception("%s: on_delivery raised on %s", self._settings.client_id, delivery.topic[:200])
            delivery.ack()


class _Client(mqtt.Client):
    """paho's client on a buffered socket (paho offers no other place to put one in)."""

    def _create_socket(self) -> SocketLike:
        return cast("SocketLike", Buffered(cast(socket.socket, super()._create_socket())))


class _Session:
    """One paho client, from CONNECT to its end."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._ended = threading.Event()
        self._limit: int | None = None
        self._bell = Bell()
        self.words = "connection lost"

    def open(self, settings: LinkSettings) -> mqtt.Client:
        client = self._client = _made(settings)
        _identify(client, settings)
        self._acks = Acks(client.ack)
        client.on_socket_open = self._on_open
        client.on_socket_register_write = lambda *_: self._bell.ring()
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        _connect(client, settings)
        return client

    def live(self, stop: threading.Event) -> None:
        """Read and write until the connection ended; after ``stop``, cut it when the goodbye takes too long."""
        cut_at = float("inf")
        with selectors.DefaultSelector() as ready:
            ready.register(self._bell, selectors.EVENT_READ)
            ready.register(self._transport, selectors.EVENT_READ)
            while not self._ended.is_set() and time.monotonic() < cut_at:
                self._round(ready)
                if stop.is_set():
                    cut_at = min(cut_at, time.monotonic() + CLOSE_S)

    def close(self) -> None:
        """Let go of the socket, however the connection ended."""
        transport = self._client.socket()
        if transport is not None:
            transport.close()
        self._bell.close()

    def _round(self, ready: selectors.BaseSelector) -> None:
        """Write what waits, then wait for bytes, for room or for the bell, and read."""
        client, transport = self._client, self._transport
        client.loop_write()  # even when nothing waits: it takes back paho's mark that the bell has been rung
        if self._ended.is_set():
            return
        transport.flush()
        ready.modify(transport, selectors.EVENT_READ | (selectors.EVENT_WRITE if transport.unsent else 0))
        busy = transport.pending() or client.want_write()
        heard = [key.fileobj for key, _ in ready.select(0.0 if busy else ROUND_S)]
        if self._bell in heard:
            self._bell.hush()
        if transport in heard or transport.pending():
            self._read()
        client.loop_misc()

    def _read(self) -> None:
        """Read the packets that have come, but let what waits to be written have its turn."""
        until = time.monotonic() + TURN_S  # not a number of packets: a full lane holds each of them for seconds
        while not self._client.loop_read() and self._transport.pending() and time.monotonic() < until:
            continue

    def _on_open(self, _client: mqtt.Client, _data: object, transport: SocketLike) -> None:
        self._transport = cast(Buffered, transport)

    def _on_connect(
        self, client: mqtt.Client, _data: object, _flags: object, code: ReasonCode, properties: Properties | None
    ) -> None:
        if code.is_failure:
            self.words = f"broker refused the connection: {code} (check user name and password)"
            return
        self._limit = getattr(properties, "MaximumPacketSize", None)
        subscriptions = self._link._subscriptions
        if subscriptions:
            if self._link._settings.mqtt_5:
                client.subscribe([(name, SubscribeOptions(qos=qos)) for name, qos in subscriptions])
            else:
                client.subscribe(list(subscriptions))
        else:
            self._link._up(self._limit)

    def _on_subscribe(
        self, _client: object, _data: object, _mid: int, codes: list[ReasonCode], _properties: object
    ) -> None:
        for (name, _), code in zip(self._link._subscriptions, codes, strict=False):
            if code.is_failure:
                log.error("subscription to %s refused: %s; check the ACL of this user", name, code)
        self._link._up(self._limit)

    def _on_message(self, client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        ack = self._acks.expect(message.mid, message.qos)
        try:
            topic = message.topic
        except UnicodeDecodeError:  # no topic of ours; keep the reader alive
            ack()
            return
        correlation = getattr(message.properties, "CorrelationData", None)
        self._link._deliver(Delivery(topic, bytes(message.payload), correlation, message.retain, ack))

    def _on_disconnect(
        self, _client: object, _data: object, _flags: object, code: ReasonCode, _properties: object
    ) -> None:
        if code.is_failure and self.words == "connection lost":
            self.words = f"connection lost: {code}"
        self._ended.set()


def _made(settings: LinkSettings) -> mqtt.Client:
    """A client that acknowledges only what it is told to, and leaves coming back to the link."""
    client = _Client(
        CallbackAPIVersion.VERSION2,
        client_id=settings.client_id,
        clean_session=None if settings.mqtt_5 else settings.clean,
        protocol=mqtt.MQTTv5 if settings.mqtt_5 else mqtt.MQTTv311,
        manual_ack=True,
        reconnect_on_failure=False,
    )
    client.max_inflight_messages_set(settings.inflight)
    return client


def _connect(client: mqtt.Client, settings: LinkSettings) -> None:
    where = (settings.host, settings.port, settings.keepalive)
    if settings.mqtt_5:
        client.connect(*where, clean_start=settings.clean, properties=_session_of(settings))
    else:
        client.connect(*where)


def _identify(client: mqtt.Client, settings: LinkSettings) -> None:
    if settings.username is not None:
        client.username_pw_set(settings.username, settings.secret())
    if settings.will is not None:
        will = settings.will
        client.will_set(will.topic, will.payload, will.qos, will.retain)
    if settings.tls is not None:
        context = ssl.create_default_context(cafile=settings.tls.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.tls.cert is not None:
            context.load_cert_chain(settings.tls.cert, settings.tls.key)
        client.tls_set_context(context)


def _session_of(settings: LinkSettings) -> Properties | None:
    if not settings.session_s:
        return None
    wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    wishes.SessionExpiryInterval = settings.session_s
    return wishes
