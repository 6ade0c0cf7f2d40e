"""The way to each provider account: whether it answers (circuit), and how fast it may be used (pace).

Channels of one account share both: the provider counts and refuses them together, and what is away for one is away for
the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.channels.catalog import ChannelSettings
from alerts.channels.pace import ARRIVES_S, Pace, Window
from alerts.notices.circuit import Circuit

ASLEEP = timedelta(minutes=1)  # who has not looked for so long was away itself
SECOND_S, MINUTE_S = 1.1, 61 + ARRIVES_S  # a little longer than what the channels count themselves


@dataclass(frozen=True, slots=True)
class Lane:
    """The way to one account; without windows it is as wide as its channel is quick."""

    circuit: Circuit = field(default_factory=Circuit)
    pace: Pace = field(default_factory=Pace)

    def open(self, now: datetime) -> bool:
        """Whether a letter may go now; nothing is taken."""
        return self.circuit.allows(now) and self.pace.wait_s(now) <= 0


class Lanes:
    """The lanes by channel; one that no settings name has a lane of its own without a limit."""

    def __init__(self, settings: Sequence[ChannelSettings] = ()) -> None:
        """Channels of one account get the tightest of their limits."""
        accounts: defaultdict[tuple[str, ...], list[ChannelSettings]] = defaultdict(list)
        for one in settings:
            accounts[one.kind, *one.account()].append(one)
        self._lanes: dict[str, Lane] = {}
        for shared in accounts.values():
            lane = Lane(pace=Pace(*windows_of(shared)))
            self._lanes.update(dict.fromkeys([one.name for one in shared], lane))

    def __getitem__(self, channel: str) -> Lane:
        """The lane of a channel."""
        return self._lanes.setdefault(channel, Lane())


def windows_of(shared: Sequence[ChannelSettings]) -> list[Window]:
    """The limits of an account's channels."""
    second = [one.per_second for one in shared if one.per_second is not None]
    minute = [one.per_minute for one in shared if one.per_minute is not None]
    return [Window(min(most), seconds) for most, seconds in ((second, SECOND_S), (minute, MINUTE_S)) if most]


class Looks:
    """Since when the post office has looked at what waits without a gap: what waited while it was away is not late."""

    def __init__(self, now: datetime) -> None:
        """Nobody has looked yet."""
        self.since = self._last = now

    def at(self, now: datetime) -> None:
        """Somebody looks."""
        if abs(now - self._last) > ASLEEP:  # or the clock was set
            self.since = now
        self._last = now
