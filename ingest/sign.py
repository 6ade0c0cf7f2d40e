"""The sign at the door: the retained open or shut state of one county, and why.

It is published after every connect and whenever it changes. A last will that the broker publishes late (an ingest that
hung and was replaced) is put right as soon as it is seen.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from pydantic import ValidationError

from broker import topics
from broker.downward import Door as DoorState
from broker.link import Delivery, LinkError
from broker.parse import dump

log = logging.getLogger(__name__)

STOPPING = "stopping"  # an ordinary end is no error


class _Sender(Protocol):
    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, correlation: bytes | None = None
    ) -> None: ...


class Sign:
    """Says open unless somebody has shut the door for a reason of theirs; safe from any thread."""

    def __init__(self, county: str, now: Callable[[], datetime]) -> None:
        """Begin open, unpublished; ``county`` has 6 digits."""
        self.topic = topics.door(county)
        self._now = now
        self._reasons: dict[str, str] = {}
        self._lock = threading.Lock()
        self._sender: _Sender | None = None

    @property
    def open(self) -> bool:
        """Whether nobody holds the door shut."""
        return not self._reasons

    @property
    def reason(self) -> str:
        """Why it is shut, "" when open."""
        return "; ".join(self._reasons.copy().values())[:400]

    def use(self, sender: _Sender) -> None:
        """Publish over this link from now on."""
        self._sender = sender

    def shut(self, who: str, reason: str) -> None:
        """Shut the door for a reason; ``who`` opens it again with ``reopen``."""
        with self._lock:
            new = who not in self._reasons
            self._reasons[who] = reason
        if new:
            log.log(logging.INFO if who == STOPPING else logging.ERROR, "door shut: %s", reason)
            self.publish()

    def reopen(self, who: str) -> None:
        """Take back one reason; the door opens with the last."""
        if who not in self._reasons:
            return
        with self._lock:
            self._reasons.pop(who, None)
        log.warning("door %s", "open again" if self.open else f"still shut: {self.reason}")
        self.publish()

    def publish(self) -> None:
        """Say the state; without a connection it is said after the next connect."""
        if self._sender is None:
            return
        try:
            self._sender.publish(self.topic, dump(self.state()), retain=True)
        except LinkError as fault:
            log.info("door state not sent: %s", fault)

    def state(self) -> DoorState:
        """Return the message as it would be published now."""
        return DoorState(open=self.open, reason=self.reason, at=self._now())

    def will(self) -> bytes:
        """Return what the broker says when this process vanishes."""
        return dump(DoorState(open=False, reason="the county's server vanished; it will be back", at=self._now()))

    def sees(self, delivery: Delivery) -> bool:
        """Take a delivery on the door topic; False when it is on another one."""
        if delivery.topic != self.topic:
            return False
        delivery.ack()
        try:
            said: bool | None = DoorState.model_validate_json(delivery.payload).open
        except ValidationError:
            said = None
        if said is not self.open:
            self.publish()
        return True
