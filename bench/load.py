"""The load: boxes that only publish readings and wait for receipts, as fast as their windows let them or at a rate.

A process of its own (``python -m bench.load``), so that the programs under test do not share its interpreter. Cheap on
purpose: payloads are filled into a template. The last line is JSON: rate, and publish-to-receipt times in ms.
At a rate the clock of a message starts when it was due, so waiting because the door is slow counts as delay.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from bench.result import percentile
from broker.identity import new_id
from broker.link import Delivery, Link, LinkError, LinkSettings
from broker.topics import Address

_TEMPLATE = (
    '{{"schema":1,"message_id":"{id}","device":"{device}","at":"{at}","clock":"ntp","spot":"{spot}",'
    '"fill_percent":{fill},"battery_percent":90,"simulated":true}}'
)
RESEND_S = 3.0


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load came to: messages per second receipted after the warm-up, and the delays' percentiles in ms."""

    sent: int
    receipted: int
    per_second: float
    p50_ms: float
    p99_ms: float


def reading(device: str, spot: str, message_id: UUID, at: datetime, fill: int) -> bytes:
    """The bytes of a reading, as ``broker.parse.dump`` would give them but cheaper."""
    text = _TEMPLATE.format(id=message_id, device=device, at=at.isoformat(), spot=spot, fill=fill)
    return text.encode()


@dataclass(slots=True)
class Shooter:
    """One box: its connection, and when each message under way was due (monotonic)."""

    address: Address
    spot: str
    link: Link = field(init=False)
    under_way: dict[UUID, float] = field(default_factory=dict)
    delays: list[tuple[float, float]] = field(default_factory=list)  # (time of the receipt, delay in s)
    sent: int = 0

    def connect(self, port: int) -> None:
        """Connect and listen for receipts."""
        name = self.address.device
        settings = LinkSettings("127.0.0.1", port, name, inflight=200, retry_min_s=0.2, retry_max_s=1.0)
        self.link = Link(settings, self._hear, lambda *_: None, [(self.address.topic("receipt"), 1)])
        self.link.start()

    def shoot(self, due: float) -> bool:
        """Publish one reading that was due at ``due``; False when the connection takes none."""
        identity = new_id()
        payload = reading(self.address.device, self.spot, identity, datetime.now(UTC), self.sent % 60)
        self.under_way[identity] = due
        try:
            self.link.publish(self.address.topic("reading"), payload, correlation=identity.bytes)
        except LinkError:
            self.under_way.pop(identity, None)
            return False
        self.sent += 1
        return True

    def _hear(self, delivery: Delivery) -> None:
        delivery.ack()
        now = time.monotonic()
        for line in json.loads(delivery.payload)["lines"]:
            due = self.under_way.pop(UUID(line["message_id"]), None)
            if due is not None and line["outcome"] == "stored":
                self.delays.append((now, now - due))


def run(shooters: list[Shooter], window: int, rate: float, seconds: float, warm: float) -> Loaded:
    """Shoot for ``warm + seconds``; only what is receipted after the warm-up counts. ``rate`` 0: as fast as it goes."""
    _greet(shooters)
    begin = time.monotonic()
    end, turn = begin + warm + seconds, 0
    while (now := time.monotonic()) < end:
        if rate:
            due = begin + turn / rate
            if due > now:
                time.sleep(min(due - now, end - now))
                continue
            while not shooters[turn % len(shooters)].shoot(due) and time.monotonic() < end:
                time.sleep(0.01)
            turn += 1
        elif not sum(one.shoot(now) for one in shooters if len(one.under_way) < window):
            time.sleep(0.0005)
    if rate:
        _await_last(shooters)
    return _loaded(shooters, begin + warm, end, rate)


def _greet(shooters: list[Shooter], patience_s: float = 60.0) -> None:
    """One reading from each box to and fro: whoever stands at the door is awake. ``TimeoutError`` when nobody is."""
    end, again = time.monotonic() + patience_s, 0.0
    while not all(one.delays for one in shooters):
        now = time.monotonic()
        if now > end:
            raise TimeoutError("no receipt came back: is the door running, and are these boxes registered?")
        if now >= again:  # a message sent before anybody listened is gone
            again = now + RESEND_S
            for one in shooters:
                one.under_way.clear()
                one.shoot(now)
        time.sleep(0.02)
    for one in shooters:
        one.delays.clear()
        one.sent = 0


def _await_last(shooters: list[Shooter], patience_s: float = 30.0) -> None:
    """Wait for the receipts of what was sent: the slowest are the ones that matter."""
    end = time.monotonic() + patience_s
    while any(one.under_way for one in shooters) and time.monotonic() < end:
        time.sleep(0.05)


def _loaded(shooters: list[Shooter], warm_until: float, end: float, rate: float) -> Loaded:
    """Delays of messages due after the warm-up; what never came counts with all the time it had."""
    now = time.monotonic()
    delays = [(at, delay) for one in shooters for at, delay in one.delays if at - delay >= warm_until]
    counted = sum(warm_until <= at < end for one in shooters for at, _ in one.delays)
    missing = [now - due for one in shooters for due in one.under_way.values() if due >= warm_until] if rate else []
    ms = [delay * 1000 for _, delay in delays] + [one * 1000 for one in missing]
    if not ms:
        raise TimeoutError("nothing was receipted while it was measured: the machine is too busy")
    return Loaded(
        sent=sum(one.sent for one in shooters),
        receipted=sum(len(one.delays) for one in shooters),
        per_second=counted / (end - warm_until),
        p50_ms=percentile(ms, 0.5),
        p99_ms=percentile(ms, 0.99),
    )


def main() -> int:
    """Command line: ``--boxes village:device:spot,…``."""
    parser = argparse.ArgumentParser(prog="python -m bench.load")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--boxes", required=True, help="village:device:spot,…")
    parser.add_argument("--window", type=int, default=32)
    parser.add_argument(
        "--rate", type=float, default=0.0, help="messages a second over all boxes; 0: as fast as it goes"
    )
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--warm", type=float, default=2.0)
    given = parser.parse_args()
    shooters = []
    for one in given.boxes.split(","):
        village, device, spot = one.split(":")
        shooters.append(Shooter(Address.of_village(village, device), spot))
    for shooter in shooters:
        shooter.connect(given.port)
    deadline = time.monotonic() + 60
    while not all(one.link.connected for one in shooters):
        if time.monotonic() > deadline:
            raise TimeoutError(f"no connection to 127.0.0.1:{given.port} within 60 s")
        threading.Event().wait(0.05)
    try:
        print(json.dumps(asdict(run(shooters, given.window, given.rate, given.seconds, given.warm))), flush=True)
    finally:
        for shooter in shooters:
            shooter.link.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
