"""The accounts that people bind themselves to: what their page shows as a code, and by what the six digits go.

A channel of ``[[channel]]`` offers it by its settings: ``events_token_file`` of kind wechat, ``binds`` of kind wecom.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.bindings.wechat_account import ServiceAccount
from alerts.bindings.wecom_account import Application
from alerts.channels import By, Channel, catalog, wechat, wecom
from alerts.channels.catalog import BadChannel, ChannelSettings

Account = ServiceAccount | Application


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts by the names of their channels, and the channel by which the six digits go."""

    known: Mapping[str, Account]
    texts: Channel | None = None

    def name_of(self, by: By) -> str:
        """The first account of this way; empty where there is none, or where no phone can be written to."""
        return next((name for name, one in self.known.items() if one.by is by), "") if self.texts else ""

    def close(self) -> None:
        """Let go of connections."""
        for one in (*self.known.values(), *((self.texts,) if self.texts is not None else ())):
            one.close()


def accounts_of(channels: Sequence[ChannelSettings], base_url: str, now: Callable[[], datetime]) -> Accounts:
    """The accounts of these settings. ``BadChannel`` where one cannot be made, or has no way to write to a phone."""
    known = {one.name: made for one in channels if (made := _account(one, base_url, now)) is not None}
    if not known:
        return Accounts({})
    texts = _texting(channels, now)
    if texts is None:
        names = "、".join(known)
        raise BadChannel(f"channel {names}: people bind themselves there, but no channel writes to phones (SMS)")
    return Accounts(known, texts)


def _account(settings: ChannelSettings, base_url: str, now: Callable[[], datetime]) -> Account | None:
    try:
        if isinstance(settings, wechat.Settings) and settings.events_token_file is not None:
            return ServiceAccount.of(settings, now)
        if isinstance(settings, wecom.Settings) and settings.binds:
            return Application.of(settings, base_url, now)
    except (ValueError, OSError) as fault:
        raise BadChannel(f"channel {settings.name!r}: {fault}") from fault
    return None


def _texting(channels: Sequence[ChannelSettings], now: Callable[[], datetime]) -> Channel | None:
    """The channel that says ``codes``, or the first one that knows people by phone."""
    for one in sorted(channels, key=lambda settings: not settings.codes):
        channel = catalog.opened(one, now)
        if channel.by is By.PHONE:
            return channel
        channel.close()
    return None
