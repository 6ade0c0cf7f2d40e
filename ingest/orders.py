"""Commands on their way: published to the box that speaks for a device until it answers, marked when it has.

Answers are found in the inbox behind a cursor of their own, so a crash between commit and mark forgets none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from broker.downward import Command
from broker.journal import about
from broker.link import LinkError
from broker.messages import Answer, Event
from broker.parse import dump
from broker.topics import Address
from county.snapshot import County
from ingest.commands import CommandBook, Fate
from ingest.inbox import Inbox, Row

log = logging.getLogger(__name__)

NAME = "commands"
KINDS = ("answer", "event")
AT_ONCE = 1000
_FATES = {"done": Fate.DONE, "refused": Fate.REFUSED, "failed": Fate.FAILED, "expired": Fate.EXPIRED}


class _Sender(Protocol):
    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, correlation: bytes | None = None
    ) -> None: ...


class Orders:
    """Carries the command outbox to the boxes and their answers back into it."""

    def __init__(self, book: CommandBook, inbox: Inbox, registry: Callable[[], County]) -> None:
        """``registry`` gives the county as it is known now."""
        self._book = book
        self._inbox = inbox
        self._registry = registry

    def send(self, sender: _Sender, now: datetime) -> int:
        """Publish what is due; returns how many left. Without a connection everything stays due."""
        left: list[UUID] = []
        for command in self._book.due(now):
            topic = _topic(self._registry(), command)
            if topic is None:
                reason = f"device {command.device} is not registered in a village; nobody can carry the command out"
                self._book.answered(command.command_id, command.device, Fate.FAILED, reason)
                log.warning("command %s failed: %s", command.command_id, reason, extra=about(device=command.device))
                continue
            try:
                sender.publish(topic, dump(command))
            except LinkError as fault:
                log.info("command %s waits: %s", command.command_id, fault, extra=about(device=command.device))
                break
            left.append(command.command_id)
        if left:
            self._book.sent(left, now)
        return len(left)

    def mark(self) -> int:
        """Read what came in since the last time; returns how many commands found their answer."""
        start = self._inbox.cursor(NAME)
        rows = self._inbox.read(start, AT_ONCE, KINDS)
        if not rows:
            return 0
        marked = sum(self._mark(row) for row in rows if row.kind == "answer" or b'"command_id"' in row.payload)
        self._inbox.move(NAME, start, rows[-1].seq)
        return marked

    def _mark(self, row: Row) -> bool:
        message = row.message()
        if isinstance(message, Answer):
            return self._answered(row, message.command_id, _FATES[message.outcome], message.reason)
        if isinstance(message, Event) and message.command_id is not None:
            return self._answered(row, message.command_id, Fate.DONE, message.reason)
        return False

    def _answered(self, row: Row, command_id: UUID, fate: Fate, reason: str) -> bool:
        state = self._book.state(command_id)
        if state is None:
            return False
        asked, speaker = self._registry().device(state.device), row.device
        extra = about(device=speaker, village=row.village, message_id=row.message_id)
        if speaker not in {state.device, asked.speaker if asked is not None else state.device}:
            log.warning("device %s answered command %s, which was not for it", speaker, command_id, extra=extra)
            return False
        if not self._book.answered(command_id, state.device, fate, reason):
            return False
        log.info("command %s for %s is %s: %s", command_id, state.device, fate, reason, extra=extra)
        return True


def _topic(county: County, command: Command) -> str | None:
    """Return where the box listens that speaks for the command's device, None when none does."""
    asked = county.device(command.device)
    box = county.device(asked.speaker) if asked is not None else None
    if box is None:
        return None
    address = Address.of_village(box.village, box.id) if box.village else Address(county.code, "-", "-", box.id)
    return address.topic("command")
