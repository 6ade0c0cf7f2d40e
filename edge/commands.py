"""Commands from the county: done once, in time, and answered.

``judge`` is the pure decision. The book of commands lives in the outbox's memory, so that a replayed command is known
after a restart, a command under way is taken up again, and its answer is stored in the same transaction that closes it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import ValidationError

from broker.downward import Command
from broker.identity import new_id
from broker.journal import about
from broker.messages import Answer, ClockSource
from broker.topics import Address
from edge.outbox import Closing, Outbox, row
from edge.switches import wrong_with

log = logging.getLogger(__name__)

PREFIX = "command/"
KEPT = timedelta(days=1)  # how long past its expiry a command's id is remembered; later it is refused as expired anyway
DONE = "done "
Outcome = Literal["done", "refused", "expired", "failed"]
DONE_HERE = {
    "recheck": "a camera looks again", "switch": "a camera is switched", "relearn": "a camera learns its view anew",
    "confirm": "the spots of a camera are confirmed", "live": "a camera is watched",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a command: pass it to the camera of its spot, read a bin, refuse it, or nothing at all."""

    act: Literal["look", "read", "refuse", "expire", "ignore"]
    reason: str


def judge(command: Command, now: datetime, device: str, spots: Collection[str], bins: Collection[str]) -> Verdict:
    """Decide about a command that is not known yet."""
    if command.device != device:
        return Verdict("ignore", f"it is for {command.device}")
    if command.expires_at <= now:
        return Verdict("expire", f"expired at {command.expires_at.isoformat()}")
    wrong = _wrong_with(command, spots, bins)
    if wrong:
        return Verdict("refuse", wrong)
    if command.spot in spots:
        return Verdict("look", DONE_HERE[command.name])
    return Verdict("read", "a fresh reading was sent")


def _wrong_with(command: Command, spots: Collection[str], bins: Collection[str]) -> str:
    if command.name not in DONE_HERE:
        return f"this box does not do {command.name!r}"
    if command.spot not in spots and command.spot not in bins:
        return f"no spot or bin {command.spot!r} at this box"
    if command.spot not in spots and command.name != "recheck":
        return f"{command.spot!r} is a bin; {command.name!r} is for cameras"
    return wrong_with(command.switch) if command.name == "switch" else ""


@dataclass(slots=True)
class CommandCounts:
    """What came in besides good commands."""

    replayed: int = 0
    garbled: int = 0
    foreign: int = 0


class CommandBook:
    """The commands this box has seen; safe between threads and processes, like the outbox below it."""

    def __init__(self, outbox: Outbox, address: Address, clock: ClockSource) -> None:
        self._outbox = outbox
        self._address = address
        self._clock = clock
        self.counts = CommandCounts()

    def receive(
        self, payload: bytes, now: datetime, spots: Collection[str], bins: Collection[str]
    ) -> tuple[Command, Verdict] | None:
        """Take a command off the wire: known after this even over a kill. None when there is nothing to do."""
        try:
            command = Command.model_validate_json(payload)
        except ValidationError as problem:
            self.counts.garbled += 1
            log.warning("ignored a garbled command: %s", str(problem).splitlines()[0])
            return None
        if self._outbox.recall(_name(command)) is not None:
            self.counts.replayed += 1
            return None
        verdict = judge(command, now, self._address.device, spots, bins)
        log.info("command %s %s at %s: %s", command.name, command.command_id, command.spot, verdict.reason)
        if verdict.act == "ignore":
            self.counts.foreign += 1
            return None
        self._outbox.put(remember={_name(command): command.model_dump_json(by_alias=True)})
        if verdict.act == "refuse":
            self.answer(command, "refused", verdict.reason, now)
        elif verdict.act == "expire":
            self.answer(command, "expired", verdict.reason, now)
        return command, verdict

    def answer(self, command: Command, outcome: Outcome, reason: str, now: datetime) -> bool:
        """Close a command with its one answer; False when it was closed already."""
        one = closing(self._address, command, outcome, reason, (now, self._clock))
        if self._outbox.put(closings=[one]) != 1:
            return False
        extra = about(device=command.device, message_id=one.row.message_id)
        log.info("command %s at %s: %s: %s", command.command_id, command.spot, outcome, reason, extra=extra)
        return True

    def open(self) -> list[Command]:
        """Return the commands still under way, oldest first."""
        kept = self._outbox.recall_all(PREFIX).values()
        commands = [Command.model_validate_json(one) for one in kept if not one.startswith(DONE)]
        return sorted(commands, key=lambda one: one.issued_at)

    def sweep(self, now: datetime) -> int:
        """Answer what has expired, and forget ids that are refused as expired anyway; return how many expired."""
        late = [one for one in self.open() if one.expires_at <= now]
        answered = sum(self.answer(one, "expired", "nothing was seen in time", now) for one in late)
        old = {
            name: None
            for name, value in self._outbox.recall_all(PREFIX).items()
            if value.startswith(DONE) and datetime.fromisoformat(value.removeprefix(DONE)) + KEPT < now
        }
        if old:
            self._outbox.put(remember=old)
        return answered


def recall_open(outbox: Outbox, command_id: str) -> Command | None:
    """Return a command that still waits for its answer; None when it was closed or never seen."""
    kept = outbox.recall(PREFIX + command_id)
    return Command.model_validate_json(kept) if kept is not None and not kept.startswith(DONE) else None


def closing(
    address: Address, command: Command, outcome: Outcome, reason: str, when: tuple[datetime, ClockSource]
) -> Closing:
    """Return the answer that closes a command in the book, once."""
    answer = Answer(
        message_id=new_id(), device=address.device, at=when[0], clock=when[1], command_id=command.command_id,
        outcome=outcome, reason=reason[:500],
    )  # fmt: skip
    return Closing(_name(command), DONE + command.expires_at.isoformat(), row(address, answer))


def _name(command: Command) -> str:
    return f"{PREFIX}{command.command_id}"
