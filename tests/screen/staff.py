"""A server whose people have accounts: the stores of one county, its engine and sweeps, and signed-in clients."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from alerts.asks.ask_sweep import AskSweep
from alerts.engine import Engine, Sweep
from alerts.store.book import Book
from alerts.store.queries import Reader
from alerts.world import World
from broker.messages import Message
from county.book import CountyBook
from county.files import dump
from county.snapshot import County
from screen.access.account import Account
from screen.app import create_app
from screen.settings import ScreenSettings
from tests.alerts.makes import FakeInbox, at
from tests.county.small import POLICY_TOML
from tests.screen.browser import TestClient
from tests.screen.site import CHEAP, begun


class Staffed:
    """One county's server under ``folder``; ``book`` may be another server's, for two counties in one database."""

    def __init__(self, folder: Path, county: County, book_url: str = "", policy: str = POLICY_TOML) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.minutes = folder, 0.0
        urls = {name: f"sqlite:///{folder}/{name}.db" for name in ("county", "inbox", "book")}
        self.settings = ScreenSettings(
            county.code, urls["county"], urls["inbox"], book_url or urls["book"], folder, static=folder / "static",
            secure_cookies=False,
        )  # fmt: skip
        for name in ("book.db", "inbox.db"):  # tables without rows: to make them anew takes longer than most tests
            if not (folder / name).exists():
                shutil.copy(begun() / name, folder)
        with CountyBook(self.settings.county_url) as registry:
            registry.save(dump(county.content, policy.encode()), "test", "first")
            self.county = registry.current(county.code)
        self.book = Book(self.settings.book_url, county.code)
        self.reader = Reader(self.book)
        self.inbox = FakeInbox()
        world = World(lambda: self.county, self.now)
        self.engine, self.sweep, self.asks = Engine(self.book, self.inbox, world), Sweep(self.book, world), AskSweep(
            self.book, world
        )  # fmt: skip
        self.accounts = Account(folder / "secrets", CHEAP)

    def now(self) -> datetime:
        return at(self.minutes)

    def happen(self, *messages: Message) -> UUID:
        """Let the engine decide; returns the newest ticket."""
        self.inbox.add(*messages)
        self.engine.step()
        return self.reader.recent(1)[0].id

    def load(self, county: County) -> None:
        """A new revision of the county."""
        with CountyBook(self.settings.county_url) as registry:
            registry.save(dump(county.content, POLICY_TOML.encode()), "test", "again")
            self.county = registry.current(county.code)

    def close(self) -> None:
        self.book.close()

    @contextmanager
    def signed_in(self, *people: str) -> Iterator[dict[str, TestClient]]:
        """One app, and a signed-in client for each of these people (made now); ``admin`` is the admin."""
        passwords = {one: self._password(one) for one in people}
        app = create_app(self.settings, self.now, self.accounts)
        clients: dict[str, TestClient] = {}
        with TestClient(app, base_url="http://127.0.0.1", client=("192.0.2.1", 40000)) as first:
            for number, one in enumerate(people):
                client = first if number == 0 else TestClient(app, base_url="http://127.0.0.1")
                client.wired = app
                answer = client.post("/api/v1/login", json={"name": one, "password": passwords[one]})
                assert answer.status_code == 200, answer.text
                clients[one] = client
            yield clients

    def _password(self, person: str) -> str:
        if person == "admin":
            return self.accounts.reset()
        if self.accounts.named.get(person):
            return self.accounts.named.reset(person, self.now())
        return self.accounts.named.add(person, self.now())


def do(client: TestClient, ticket: UUID | str, act: str, key: str = "", **body: Any) -> Any:
    headers = {"Idempotency-Key": key or f"key-{uuid4()}"}
    return client.post(f"/api/v1/tickets/{ticket}/acts/{act}", json=body, headers=headers)


def say_why(client: TestClient, ticket: UUID | str, **more: Any) -> Any:
    """Ask for the evidence of a ticket with a reason."""
    body = {"ticket": str(ticket), "cause": "inspection", "words": "抽查案卷"} | more
    return client.post("/api/v1/evidence/grants", json=body)
