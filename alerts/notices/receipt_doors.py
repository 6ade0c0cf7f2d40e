"""Where providers leave receipts: one address for each channel, whose end is a secret, for they sign nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

from alerts.channels import catalog
from alerts.channels.catalog import BadChannel, ChannelSettings, secret_of
from alerts.channels.receipts import Receipts

LEAST = 16  # characters of the secret


@dataclass(frozen=True, slots=True)
class Door:
    """A channel that reads receipts, and the secret end of its address."""

    channel: Receipts
    secret: str

    def opens(self, told: str) -> bool:
        """Whether this is the secret; takes as long for a wrong one."""
        return compare_digest(told.encode("utf-8", "replace"), self.secret.encode())


def doors_of(channels: Sequence[ChannelSettings], now: Callable[[], datetime]) -> Mapping[str, Door]:
    """The doors by the channels' names. ``BadChannel`` where a channel has none, or its secret is too short."""
    return {one.name: _door(one, now) for one in channels if one.receipts_file is not None}


def _door(settings: ChannelSettings, now: Callable[[], datetime]) -> Door:
    assert settings.receipts_file is not None
    channel = catalog.opened(settings, now)
    if not isinstance(channel, Receipts):
        raise BadChannel(f"channel {settings.name!r}: kind {settings.kind} has no receipts; leave receipts_file out")
    try:
        secret = secret_of(settings.receipts_file)
    except (OSError, ValueError) as fault:
        raise BadChannel(f"channel {settings.name!r}: {fault}") from fault
    if len(secret) < LEAST or not secret.isascii() or not secret.replace("-", "").replace("_", "").isalnum():
        raise BadChannel(f"channel {settings.name!r}: receipts_file needs {LEAST} letters, digits, _ or - at least")
    return Door(channel, secret)
