"""A small stand-in for the county: stores what comes up and sends receipts; and a box as a real process."""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

from broker import topics
from broker.downward import Command, Door, Outcome, Receipt, ReceiptLine
from broker.link import Delivery, Link, LinkSettings, NotConnected
from broker.messages import Answer, Event, Message, Picture, Reading
from broker.parse import Parsed, dump, parse_up
from edge.sources import utc_now
from tests.edge.letters import BOX

PATIENCE_S = 90.0  # generous: the machine may be busy


class FakeCounty:
    """Everything that came up, every id once, and counts of what came twice."""

    def __init__(self, port: int, *, username: str | None = None, password: str | None = None) -> None:
        self.stored: dict[UUID, Message] = {}
        self.latest: dict[str, Message] = {}
        self.duplicates = 0
        self.faults: list[str] = []
        self.refuse: dict[str, str] = {}  # kind -> reason
        self.deaf = False  # stores, but sends no receipts
        self._heard = threading.Condition()
        self._up = threading.Event()
        subscriptions = [(one, 1) for one in topics.everything_up(BOX.county)]
        settings = LinkSettings("127.0.0.1", port, "county", username, password, retry_min_s=0.1, retry_max_s=0.5)
        self.link = Link(settings, self._on, lambda up, _words: self._up.set() if up else None, subscriptions)

    def __enter__(self) -> FakeCounty:
        self.link.start()
        assert self._up.wait(PATIENCE_S)
        return self

    def __exit__(self, *_problem: object) -> None:
        self.link.stop()

    def door(self, is_open: bool) -> None:
        self.link.publish(topics.door(BOX.county), dump(Door(open=is_open, at=utc_now())), retain=True)

    def recheck(self, command: Command) -> None:
        self.link.publish(BOX.topic("command"), dump(command))

    def wait(self, met: Callable[[], bool], what: str) -> None:
        with self._heard:
            if not self._heard.wait_for(met, PATIENCE_S):
                told = [f"{one.kind} {getattr(one, 'reason', '')}" for one in self.stored.values()]
                raise AssertionError(f"never came: {what}; came: {told}; latest: {self.latest}")

    def events(self) -> list[Event]:
        """What was told, each once: without what only brings its picture."""
        return [one for one in self.stored.values() if isinstance(one, Event) and not one.tells_again]

    def pictured(self) -> list[Event]:
        return [one for one in self.stored.values() if isinstance(one, Event) and one.tells_again]

    def answers(self) -> list[Answer]:
        return [one for one in self.stored.values() if isinstance(one, Answer)]

    def readings(self) -> list[Reading]:
        return [one for one in self.stored.values() if isinstance(one, Reading)]

    def picture(self, sha256: str) -> bytes | None:
        """The whole picture once all its chunks are here and its hash is right."""
        parts = {one.index: one for one in self.stored.values() if isinstance(one, Picture) and one.sha256 == sha256}
        if not parts or len(parts) < next(iter(parts.values())).chunks:
            return None
        whole = b"".join(parts[index].data for index in sorted(parts))
        assert hashlib.sha256(whole).hexdigest() == sha256
        return whole

    def _on(self, delivery: Delivery) -> None:
        parsed = parse_up(delivery.topic, delivery.payload, delivery.correlation)
        with self._heard:
            line = self._store(parsed)
            self._heard.notify_all()
        if line is not None and not self.deaf:
            with contextlib.suppress(NotConnected):  # the box will send it again
                self.link.publish(BOX.topic("receipt"), dump(Receipt(at=utc_now(), lines=(line,))))
        delivery.ack()

    def _store(self, parsed: Parsed) -> ReceiptLine | None:
        message = parsed.message
        if message is None or parsed.message_id is None:
            self.faults.append(parsed.refusal)
            return None
        if parsed.kind in topics.LATEST:
            self.latest[parsed.kind] = message
            return None
        if parsed.kind in self.refuse:
            return ReceiptLine(message_id=parsed.message_id, outcome=Outcome.REFUSED, reason=self.refuse[parsed.kind])
        if parsed.message_id in self.stored:
            self.duplicates += 1
            return ReceiptLine(message_id=parsed.message_id, outcome=Outcome.DUPLICATE)
        self.stored[parsed.message_id] = message
        return ReceiptLine(message_id=parsed.message_id, outcome=Outcome.STORED)


class BoxProcess:
    """A box as a process of its own, to be killed."""

    def __init__(self, settings: Path) -> None:
        self._settings = settings
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> BoxProcess:
        self.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    def start(self) -> None:
        root = Path(__file__).parents[2]
        self._child = subprocess.Popen([sys.executable, "-m", "edge", str(self._settings)], cwd=root)

    def stop(self) -> int:
        """End it politely; return its status."""
        assert self._child is not None
        self._child.terminate()
        return self._child.wait(PATIENCE_S)

    def kill(self) -> None:
        """End it as kill -9 does."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None


def recheck(spot: str, **changed: object) -> Command:
    """A re-check command that is good for ten minutes."""
    now = utc_now()
    given: dict[str, object] = {
        "command_id": uuid4(), "device": BOX.device, "name": "recheck", "spot": spot, "issued_at": now,
        "expires_at": now.replace(year=now.year + 1),
    }  # fmt: skip
    return Command.model_validate(given | changed)


def gone(pid: int) -> bool:
    """Whether a process has ended, within the patience of a busy machine."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(") ", 1)[1][0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False
