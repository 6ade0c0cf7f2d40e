"""From a box's settings to its connections. Apart, so that the looking process loads no MQTT and no server."""

from __future__ import annotations

from broker.link import LinkSettings, TlsSettings, Will
from broker.metrics import Listen
from edge.sensors import NetworkSettings
from edge.settings import BoxSettings


def link_settings(settings: BoxSettings, *, bulk: bool, will: Will | None) -> LinkSettings:
    """Return the connection ``X`` or ``X-bulk`` of a box."""
    broker = settings.broker
    return LinkSettings(
        host=broker.host, port=broker.port, client_id=f"{settings.device}-bulk" if bulk else settings.device,
        username=broker.username or settings.device, password_file=broker.password_file,
        tls=TlsSettings(broker.ca, broker.cert, broker.key) if broker.tls else None, will=will,
        max_packet=broker.max_packet, keepalive=broker.keepalive, retry_min_s=broker.retry_min_s,
        retry_max_s=broker.retry_max_s,
    )  # fmt: skip


def network_link(network: NetworkSettings, device: str) -> LinkSettings:
    """Return the connection of a box to a network server."""
    old = network.mqtt == "3.1.1" or (network.mqtt is None and network.speaks == "the-things-stack")
    tls = TlsSettings(network.ca, network.cert, network.key) if network.tls else None
    return LinkSettings(
        host=network.host, port=network.port, client_id=f"{device}-{network.name}", username=network.username,
        password_file=network.password_file, tls=tls, clean=network.keep_s == 0, mqtt_5=not old,
        session_s=0 if old else network.keep_s,
    )  # fmt: skip


def metrics_at(settings: BoxSettings) -> Listen | None:
    """Where Prometheus is answered, None where nobody asks."""
    return Listen(settings.metrics.port, settings.metrics.host) if settings.metrics is not None else None
