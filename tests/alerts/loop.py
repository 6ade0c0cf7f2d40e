"""The whole room around one book, with a clock that the test turns and a channel that remembers."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from alerts.channels import Answer, By, Letter, Result
from alerts.desk import Desk
from alerts.engine import Engine, Sweep
from alerts.post import Post, PostSettings
from alerts.store.book import Book
from alerts.store.figures import Figures
from alerts.store.queries import Reader
from alerts.store.relay import Outbound, Relay
from alerts.store.tables import TICKETS, ticket_of
from alerts.values import Ticket
from alerts.world import World
from broker.downward import Command
from broker.messages import Message
from county.snapshot import County
from ingest.evidence.holds import Hold, Release
from tests.alerts.makes import FakeInbox, at


class Killed(BaseException):
    """The process was killed at a named point."""


class Recorder:
    """A channel that keeps its letters and gives the answers it was told to give."""

    by = By.PHONE

    def __init__(self, *results: Result) -> None:
        self.letters: list[Letter] = []
        self.results = list(results)

    def send(self, letter: Letter) -> Answer:
        self.letters.append(letter)
        return Answer(self.results.pop(0) if self.results else Result.DELIVERED, "p-1", "记下了")

    def close(self) -> None:
        """Hold nothing."""


class FakeCommands:
    def __init__(self) -> None:
        self.taken: dict[str, Command] = {}

    def put(self, command: Command) -> bool:
        fresh = str(command.command_id) not in self.taken
        self.taken[str(command.command_id)] = command
        return fresh


class FakeHolds:
    """The door's holds: known ids change nothing, a release ends what stands for its ticket."""

    def __init__(self) -> None:
        self.known: dict[UUID, Hold] = {}
        self.released: set[UUID] = set()

    def hold(self, hold: Hold) -> bool:
        fresh = hold.id not in self.known
        self.known.setdefault(hold.id, hold)
        return fresh

    def release(self, release: Release) -> int:
        ended = {one.id for one in self.known.values() if one.ticket == release.ticket} - self.released
        self.released |= ended
        return len(ended)

    def held(self) -> set[str | UUID | None]:
        return {one.sha256 or one.event_id for one in self.known.values() if one.id not in self.released}


class Room:
    """Turn ``minutes``, feed messages, and step each part by hand; ``kill_at`` raises ``Killed`` at a named point."""

    def __init__(self, book: Book, county: County, *results: Result) -> None:
        self.book = book
        self.county = county
        self.minutes = 0.0
        self.kill_at = ""
        self.inbox = FakeInbox()
        self.channel = Recorder(*results)
        self.commands = FakeCommands()
        self.world = World(lambda: self.county, lambda: at(self.minutes), self._crash)
        self.engine = Engine(book, self.inbox, self.world)
        self.sweep = Sweep(book, self.world)
        self.post = Post(book, {"console": self.channel}, PostSettings("https://desk.example/"), self.world)
        self.holds = FakeHolds()
        self.relay = Relay(book, Outbound(self.commands, self.holds), self.inbox, self._crash)
        self.desk = Desk(book, self.world)
        self.reader = Reader(book)
        self.figures = Figures(book)

    def feed(self, *messages: Message) -> None:
        self.inbox.add(*messages)
        self.engine.step()

    def tickets(self) -> list[Ticket]:
        with self.book.store.read() as conn:
            return [ticket_of(row) for row in conn.execute(sa.select(TICKETS).order_by(TICKETS.c.opened_us))]

    def code(self) -> str:
        """The desk code in the newest letter."""
        return self.channel.letters[-1].link.rpartition("/")[2]

    def _crash(self, point: str) -> None:
        if point == self.kill_at:
            self.kill_at = ""
            raise Killed(point)
