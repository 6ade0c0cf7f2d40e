"""Glimpses on their way out, within a day's bytes. No picture is opened here: this is the process that talks."""

from __future__ import annotations

import base64
import logging
from datetime import date, datetime

from broker.identity import new_id
from broker.link import Link, LinkError
from broker.messages import ClockSource, Live
from broker.parse import dump
from broker.topics import Address
from edge.reports import Shown
from edge.sources import utc_now

log = logging.getLogger(__name__)


class Allowance:
    """The bytes of glimpses that one day (UTC) may take; what was used is forgotten with a new process."""

    def __init__(self, day_bytes: int) -> None:
        self._most = day_bytes
        self._day: date | None = None
        self.used = 0

    def take(self, size: int, now: datetime) -> bool:
        """Use so many bytes; False when the day has not as many left."""
        if self._day != now.date():
            self._day, self.used = now.date(), 0
        if self.used + size > self._most:
            return False
        self.used += size
        return True


class Showcase:
    """What a box shows of its cameras when nothing else is under way."""

    def __init__(self, address: Address, clock: ClockSource, mb_a_day: float) -> None:
        self._address, self._clock, self._mb = address, clock, mb_a_day
        self._allowance = Allowance(int(mb_a_day * 1_000_000))

    def send(self, shown: Shown, link: Link) -> None:
        """Send a still or a live picture, or leave it out: it is never sent again."""
        live = Live(
            message_id=new_id(), device=self._address.device, at=shown.at, clock=self._clock, spot=shown.spot,
            data=base64.b64decode(shown.jpeg), asked=shown.asked, blurred=shown.blurred, rendered=shown.rendered,
        )  # fmt: skip
        payload = dump(live)
        if not self._allowance.take(len(payload), utc_now()):
            log.info("%s: no glimpse: the day's %.0f MB are used up", shown.spot, self._mb)
            return
        try:
            link.publish(self._address.topic("live"), payload, qos=0)
        except LinkError as problem:
            log.debug("glimpse of %s left out: %s", shown.spot, problem)
