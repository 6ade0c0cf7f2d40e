"""A box for tests: an outbox of message ids, at most 32 under way, sent again until a receipt names them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from broker.downward import Command, Config, Door, Outcome, Receipt
from broker.link import Delivery, Link, LinkError, LinkSettings
from broker.messages import Message
from broker.parse import dump
from broker.topics import door
from tests.county.small import BOX, COUNTY
from tests.ingest.makes import topic

WINDOW, PATIENCE_S = 32, 0.6


@dataclass
class Box:
    """What it has to say, and what it was told."""

    port: int
    outbox: dict[UUID, Message] = field(default_factory=dict)
    outcomes: dict[UUID, list[Outcome]] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)
    configs: list[Config] = field(default_factory=list)
    doors: list[Door] = field(default_factory=list)

    def __post_init__(self) -> None:
        wanted = [(topic("receipt"), 1), (topic("command"), 1), (topic("config"), 1), (door(COUNTY), 1)]
        settings = LinkSettings("127.0.0.1", self.port, BOX, retry_min_s=0.1, retry_max_s=0.5)
        self.link = Link(settings, self._hear, lambda *_: None, wanted)
        self._lock = threading.Lock()
        self._sent: dict[UUID, float] = {}

    def put(self, *messages: Message) -> None:
        with self._lock:
            self.outbox.update({message.message_id: message for message in messages})

    @property
    def open(self) -> bool:
        return bool(self.doors) and self.doors[-1].open

    def step(self) -> None:
        """Send what is new or overdue."""
        now = time.monotonic()
        with self._lock:
            window = list(self.outbox.values())[:WINDOW] if self.open else []
        for message in window:
            if now - self._sent.get(message.message_id, -PATIENCE_S) < PATIENCE_S:
                continue
            try:
                self.link.publish(topic(message.kind), dump(message), correlation=message.message_id.bytes)
                self._sent[message.message_id] = now
            except LinkError:
                return

    def _hear(self, delivery: Delivery) -> None:
        delivery.ack()
        kind = delivery.topic.rsplit("/", 1)[-1]
        if kind == "receipt":
            for line in Receipt.model_validate_json(delivery.payload).lines:
                self.outcomes.setdefault(line.message_id, []).append(line.outcome)
                with self._lock:
                    self.outbox.pop(line.message_id, None)
        elif kind == "command":
            self.commands.append(Command.model_validate_json(delivery.payload))
        elif kind == "config":
            self.configs.append(Config.model_validate_json(delivery.payload))
        else:
            self.doors.append(Door.model_validate_json(delivery.payload))


@contextmanager
def box_on(port: int) -> Iterator[Box]:
    """A box on a running broker, sending by itself."""
    box, over = Box(port), threading.Event()

    def loop() -> None:
        while not over.is_set():
            box.step()
            over.wait(0.02)

    box.link.start()
    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield box
    finally:
        over.set()
        thread.join(20)
        box.link.stop()
