"""The relay: tells the door what the book has decided. The door's cursor may lag behind the book's, never lead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from alerts.engine import CURSOR
from alerts.store.book import Book
from broker.downward import Command
from ingest.evidence.holds import Hold, Release


class Commands(Protocol):
    """The door's command outbox; putting a known id changes nothing."""

    def put(self, command: Command) -> bool:
        """Keep a command to be published."""
        ...


class Holds(Protocol):
    """What keeps evidence from being deleted; a known id changes nothing."""

    def hold(self, hold: Hold) -> bool:
        """Keep what a ticket rests on."""
        ...

    def release(self, release: Release) -> int:
        """Let go of what was held for a ticket."""
        ...


@dataclass(frozen=True, slots=True)
class Outbound:
    """Where the relay hands over: the door's command outbox and its holds."""

    commands: Commands
    holds: Holds


class Cursors(Protocol):
    """The cursors that the door knows."""

    def cursor(self, name: str) -> int:
        """Where a reader stands."""
        ...

    def move(self, name: str, old: int, new: int) -> bool:
        """Move it by compare-and-set."""
        ...


class Relay:
    """Hands over, then marks; killed in between it hands over again, which the door ignores by id."""

    def __init__(self, book: Book, door: Outbound, cursors: Cursors, crash: Callable[[str], None]) -> None:
        """``crash`` is called between handing over and marking."""
        self._book = book
        self._door = door
        self._cursors = cursors
        self._crash = crash

    def step(self) -> int:
        """Hand over what waits; returns how many commands went."""
        waiting = self._book.relay()
        for _, command in waiting:
            self._door.commands.put(command)
        if waiting:
            self._crash("alerts.before_relay_mark")
            self._book.relayed([relay_id for relay_id, _ in waiting])
        return len(waiting)

    def step_holds(self) -> int:
        """Hand over what evidence must be kept and what need not be any more, in order; returns how many went."""
        waiting = self._book.relay_holds()
        for _, wish in waiting:
            if isinstance(wish, Hold):
                self._door.holds.hold(wish)
            else:
                self._door.holds.release(wish)
        if waiting:
            self._crash("alerts.before_hold_mark")
            self._book.relayed([relay_id for relay_id, _ in waiting])
        return len(waiting)

    def tell_cursor(self) -> None:
        """Let the door know how far the book is, so that its retention may go on."""
        known, done = self._cursors.cursor(CURSOR), self._book.cursor()
        if done > known:
            self._cursors.move(CURSOR, known, done)
