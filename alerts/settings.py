"""What the alerts program is told when it starts: frozen values, built in the wiring page."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from pathlib import Path

from alerts.channels.catalog import ChannelSettings
from broker.metrics import Listen


@dataclass(frozen=True, slots=True)
class AlertsSettings:
    """Database addresses as SQLAlchemy URLs; ``county`` may stay None where the county book holds one county.

    ``base_url`` is the desk's address as phones reach it. ``claim_lease_s`` must be longer than a channel's time-outs.
    ``alone``: what a killed process had in hand is sent again at once, and says that it may be double. ``holder`` names
    this installation in the lease of ``lease_s``: a restarted process takes up its own lease at once, a standby needs a
    name of its own. When the auditor was silent for ``silent_s``, whoever watches tells the top of the ladder; each
    audit that found the engine at work pings ``heartbeat_url``, for a watch outside the county's machines.
    ``keepers`` (ids of people) are told what is wrong with a channel's account. In
    ``secrets`` lies the key by which whoever of the staff reported a ticket is known, and not asked to judge it.
    """

    county_url: str
    inbox_url: str
    book_url: str
    base_url: str
    county: str | None = None
    console: bool = True
    notices_file: Path | None = None
    channels: tuple[ChannelSettings, ...] = ()
    keepers: tuple[str, ...] = ()
    poll_s: float = 0.2
    sweep_s: float = 1.0
    audit_s: float = 60.0
    silence_s: float = 60.0
    claim_lease_s: float = 60.0
    link_days: float = 14.0
    alone: bool = True
    holder: str = field(default_factory=socket.gethostname)
    lease_s: float = 15.0
    silent_s: float = 300.0
    heartbeat_url: str = ""
    metrics: Listen | None = None
    secrets: Path | None = None
