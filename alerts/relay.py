"""The relay: tells the door what the book has decided. The door's cursor may lag behind the book's, never lead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from alerts.book import Book
from alerts.engine import CURSOR
from broker.messages import Command


class Commands(Protocol):
    """The door's command outbox; putting a known id changes nothing."""

    def put(self, command: Command) -> bool:
        """Keep a command to be published."""
        ...


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

    def __init__(self, book: Book, commands: Commands, cursors: Cursors, crash: Callable[[str], None]) -> None:
        """``crash`` is called between handing over and marking."""
        self._book = book
        self._commands = commands
        self._cursors = cursors
        self._crash = crash

    def step(self) -> int:
        """Hand over what waits; returns how many commands went."""
        waiting = self._book.relay()
        for _, command in waiting:
            self._commands.put(command)
        if waiting:
            self._crash("alerts.before_relay_mark")
            self._book.relayed([relay_id for relay_id, _ in waiting])
        return len(waiting)

    def tell_cursor(self) -> None:
        """Let the door know how far the book is, so that its retention may go on."""
        known, done = self._cursors.cursor(CURSOR), self._book.cursor()
        if done > known:
            self._cursors.move(CURSOR, known, done)
