"""The load: boxes that only publish readings and wait for receipts, as fast as their windows let them or at a rate.

A process of its own (``python -m bench.load``), so that the programs under test do not share its interpreter. Cheap on
purpose, for it runs on the cores that it measures: one thread, bare sockets, payloads filled into a template.
The last line is JSON: rate, publish-to-receipt times in ms, and what the load itself cost.
At a rate the clock of a message starts when it was due, so waiting because the door is slow counts as delay.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from struct import Struct
from typing import Literal, get_args

from bench.line import Line, Lines
from bench.packets import text
from bench.result import percentile
from broker.topics import Address

RESEND_S = 3.0
Until = Literal["receipt", "puback"]

_TWO_HALVES = Struct(">QQ").pack
_TEMPLATE = (
    '{"schema":1,"message_id":"%s","device":"%s","at":"%s","clock":"ntp","spot":"%s",'
    '"fill_percent":%d,"battery_percent":90,"simulated":true}'
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load came to: messages per second receipted after the warm-up, and the delays' percentiles in ms.

    ``cpu_us`` is the load's own CPU time in microseconds for each message sent; ``begun_us`` the Unix time in
    microseconds when shooting began: every reading that counts is of a later ``at``.
    """

    sent: int
    receipted: int
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float = 0.0
    begun_us: int = 0


@dataclass(frozen=True, slots=True)
class Shots:
    """How to shoot: a rate in messages a second over all boxes (0: as fast as ``window`` a box lets), and how long.

    Only what is receipted after ``warm`` seconds counts. ``until`` says what ends a message's way: the receipt after
    the commit, or the broker's acknowledgement.
    """

    rate: float = 0.0
    window: int = 32
    seconds: float = 5.0
    warm: float = 2.0
    until: Until = "receipt"


class Mint:
    """Ids and times that never repeat: UUIDv7 whose chance is one random number that counts up."""

    def __init__(self) -> None:
        self._chance = secrets.randbits(61)
        self._last = 0
        self._second = 0
        self._stamp = ""

    def one(self) -> tuple[bytes, str, str]:
        """An id as 16 bytes and as text, and a time for it (ISO 8601 with microseconds, each later than the last)."""
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return self.of(self._last)

    def of(self, micros: int) -> tuple[bytes, str, str]:
        """The same for a moment in Unix microseconds."""
        self._chance += 1
        chance = self._chance
        raw = _TWO_HALVES(micros // 1000 << 16 | 0x7000 | chance & 0xFFF, 1 << 63 | chance)
        hexes = raw.hex()
        second, part = divmod(micros, 1_000_000)
        if second != self._second:
            self._second = second
            self._stamp = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        words = f"{hexes[:8]}-{hexes[8:12]}-{hexes[12:16]}-{hexes[16:20]}-{hexes[20:]}"
        return raw, words, f"{self._stamp}.{part:06d}+00:00"


def reading(device: str, spot: str, message_id: str, at: str, fill: int) -> bytes:
    """The bytes of a reading, as ``broker.parse.dump`` would give them but cheaper."""
    return (_TEMPLATE % (message_id, device, at, spot, fill)).encode()


@dataclass(slots=True)
class Shooter:
    """One box: its connection, and when each message under way was due (monotonic)."""

    address: Address
    spot: str
    mint: Mint
    until: Until = "receipt"
    line: Line = field(init=False)
    under_way: dict[str, float] = field(default_factory=dict)
    delays: list[tuple[float, float]] = field(default_factory=list)  # (time of the receipt, delay in s)
    sent: int = 0
    refused: str = ""
    _topic: bytes = field(init=False)

    def __post_init__(self) -> None:
        self._topic = text(self.address.topic("reading"))
        hear = self._hear if self.until == "receipt" else _heedless
        told = self._told if self.until == "puback" else _heedless
        self.line = Line(self.address.device, self.address.topic("receipt"), hear, told)

    def shoot(self, due: float) -> None:
        """Publish one reading that was due at ``due``."""
        raw, words, at = self.mint.one()
        self.under_way[words] = due
        self.line.publish(self._topic, words, raw, reading(self.address.device, self.spot, words, at, self.sent % 60))
        self.sent += 1

    def _hear(self, payload: bytes) -> None:
        now = time.monotonic()
        for line in json.loads(payload)["lines"]:
            due = self.under_way.pop(line["message_id"], None)
            if line["outcome"] == "refused":
                self.refused = self.refused or f"{self.address.device}: {line.get('reason', '')}"
            elif due is not None and line["outcome"] == "stored":
                self.delays.append((now, now - due))

    def _told(self, words: str) -> None:
        due, now = self.under_way.pop(words, None), time.monotonic()
        if due is not None:
            self.delays.append((now, now - due))


def _heedless(_: object) -> None:
    """Not what this load waits for."""


Turn = Callable[[float], None]


def run(shooters: Sequence[Shooter], turn: Turn, shots: Shots) -> Loaded:
    """Shoot for ``warm + seconds``; ``turn`` lets the lines work at most so many seconds."""
    _greet(shooters, turn)
    begun_us = time.time_ns() // 1000
    burnt, begin = time.process_time(), time.monotonic()
    warm_until, end = begin + shots.warm, begin + shots.warm + shots.seconds
    if shots.rate:
        _pace(shooters, turn, shots.rate, begin, end)
        _await_last(shooters, turn)
    else:
        _fill(shooters, turn, shots.window, end)
    cpu_s = time.process_time() - burnt
    loaded = _loaded(shooters, warm_until, end, shots.rate)
    return replace(loaded, cpu_us=cpu_s / max(1, loaded.sent) * 1e6, begun_us=begun_us)


def _fill(shooters: Sequence[Shooter], turn: Turn, window: int, end: float) -> None:
    """Keep every window full."""
    while (now := time.monotonic()) < end:
        for one in shooters:
            for _ in range(window - len(one.under_way)):
                one.shoot(now)
        turn(end - now)


def _pace(shooters: Sequence[Shooter], turn: Turn, rate: float, begin: float, end: float) -> None:
    """Shoot each message when it is due, in turn."""
    count = 0
    while (now := time.monotonic()) < end:
        while (due := begin + count / rate) <= now:
            shooters[count % len(shooters)].shoot(due)
            count += 1
        turn(min(due, end) - now)


def _greet(shooters: Sequence[Shooter], turn: Turn, patience_s: float = 60.0) -> None:
    """One reading from each box to and fro: whoever stands at the door is awake. ``TimeoutError`` when nobody is."""
    end, again = time.monotonic() + patience_s, 0.0
    while not all(one.delays for one in shooters):
        now = time.monotonic()
        if now > end:
            why = next((one.refused for one in shooters if one.refused), "is the door running, and does it know them?")
            raise TimeoutError(f"not every box got a receipt: {why}")
        if now >= again:  # a message sent before anybody listened is gone
            again = now + RESEND_S
            for one in shooters:
                one.under_way.clear()
                one.shoot(now)
        turn(min(end, again) - now)
    for one in shooters:
        one.delays.clear()
        one.sent = 0


def _await_last(shooters: Sequence[Shooter], turn: Turn, patience_s: float = 30.0) -> None:
    """Wait for the receipts of what was sent: the slowest are the ones that matter."""
    end = time.monotonic() + patience_s
    while any(one.under_way for one in shooters) and (now := time.monotonic()) < end:
        turn(end - now)


def _loaded(shooters: Sequence[Shooter], warm_until: float, end: float, rate: float) -> Loaded:
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


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.load")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--boxes", required=True, help="village:device:spot,…")
    usual = Shots()
    parser.add_argument("--window", type=int, default=usual.window, help="what a box may have under way")
    parser.add_argument(
        "--rate", type=float, default=usual.rate, help="messages a second over all boxes; 0: all it can"
    )
    parser.add_argument("--seconds", type=float, default=usual.seconds)
    parser.add_argument("--warm", type=float, default=usual.warm)
    parser.add_argument("--until", choices=get_args(Until), default=usual.until, help="what ends a message's way")
    return parser.parse_args()


def main() -> int:
    """Command line: ``--boxes village:device:spot,…``."""
    given, mint = _arguments(), Mint()
    shooters = []
    for one in given.boxes.split(","):
        village, device, spot = one.split(":")
        shooters.append(Shooter(Address.of_village(village, device), spot, mint, given.until))
    with Lines() as lines:
        for shooter in shooters:
            shooter.line.connect(given.port)
            lines.add(shooter.line)
        lines.wait_until_ready()
        shots = Shots(given.rate, given.window, given.seconds, given.warm, given.until)
        print(json.dumps(asdict(run(shooters, lines.turn, shots))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
