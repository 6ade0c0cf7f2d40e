"""A whole server's stores on disk, filled through the doors of the rooms, and the app on top of them."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from argon2 import PasswordHasher

from alerts.desk import Desk
from alerts.engine import Engine
from alerts.store.book import Book
from alerts.store.queries import Reader
from alerts.world import World
from broker.messages import CameraHealth, Coverage, Health, Message, Reading, SpotCoverage, State, Status
from county.book import CountyBook
from county.snapshot import County
from ingest.dead_letters import DeadLetters
from ingest.door import DoorHealth
from ingest.latest import Latest, LatestValue
from ingest.series.sqlite import SqliteSeries
from screen.access.account import Account
from screen.app import create_app
from screen.settings import ScreenSettings
from tests.alerts.makes import T0, FakeInbox, event
from tests.county.small import BOX, CAMERA, COUNTY, SPOT, TOWNSHIP, VILLAGE, small_folder
from tests.screen.browser import TestClient

SQUARE = [[[106.0, 36.0], [106.4, 36.0], [106.4, 36.3], [106.0, 36.3], [106.0, 36.0]]]
OUTLINE = json.dumps({
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature", "properties": {"code": code, "name": name},
            "geometry": {"type": "Polygon", "coordinates": SQUARE},
        }
        for code, name in ((COUNTY, "青峦县"), (TOWNSHIP, "柳林镇"))
    ],
})  # fmt: skip
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # the real one takes a second on a busy machine
JPEG = b"\xff\xd8\xff" + b"0" * 100


@cache
def begun() -> Path:
    """A folder with a county, tables without rows and pages, made once in a process: a site begins as its copy."""
    folder = Path(tempfile.mkdtemp(prefix="jingcun-site-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with CountyBook(f"sqlite:///{folder}/county.db") as book:
        book.save(small_folder(outline_geojson=OUTLINE), "test", "first")
    Book(f"sqlite:///{folder}/book.db", COUNTY).close()
    for store in (Latest, DeadLetters):
        store(f"sqlite:///{folder}/inbox.db").close()
    SqliteSeries(folder / "series.db").close()
    (folder / "static" / "assets").mkdir(parents=True)
    for name in ("wall", "desk", "login"):
        (folder / "static" / f"{name}.html").write_text(f"<!doctype html><title>{name}</title>")
    (folder / "static" / "assets" / "a-1.js").write_text("1")
    (folder / "static" / "mark.svg").write_text("<svg/>")
    return folder


@dataclass
class Site:
    """The stores under ``folder``; ``now`` is the clock of everything."""

    folder: Path
    now: datetime = T0
    inbox: FakeInbox = field(default_factory=FakeInbox)

    def __post_init__(self) -> None:
        self.settings = ScreenSettings(
            COUNTY,
            self._url("county"),
            self._url("inbox"),
            self._url("book"),
            self.folder,
            static=self.folder / "static",
        )
        shutil.copytree(begun(), self.folder, dirs_exist_ok=True)
        with CountyBook(self.settings.county_url) as book:
            self.county: County = book.current(COUNTY)
        self.book = Book(self.settings.book_url, COUNTY)
        self.latest = Latest(self.settings.inbox_url)
        self.letters = DeadLetters(self.settings.inbox_url)
        self.series = SqliteSeries(self.folder / "series.db")
        self.reader = Reader(self.book)
        world = World(lambda: self.county, lambda: self.now)
        self.desk = Desk(self.book, world)
        self.engine = Engine(self.book, self.inbox, world)

    def _url(self, name: str) -> str:
        return f"sqlite:///{self.folder}/{name}.db"

    def close(self) -> None:
        for store in (self.book, self.latest, self.letters, self.series):
            store.close()

    def happen(self, *messages: Message) -> None:
        """Let the engine decide about these messages."""
        self.inbox.add(*messages)
        while self.engine.step():
            pass

    def later(self, minutes: float) -> None:
        """Turn the clock."""
        self.now += timedelta(minutes=minutes)

    def ticket(self, **more: Any) -> UUID:
        """Open one ticket and return its id."""
        self.happen(event(0, **more))
        return self.reader.recent(1)[0].id

    def code(self, **more: Any) -> str:
        return self.desk.mint(self.ticket(**more))

    def evidence(self, sha256: str, data: bytes = JPEG) -> None:
        path = self.folder / "evidence" / sha256[:2] / sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def alive(self) -> None:
        """Box, camera, door and auditor say that they are well; the camera cannot judge its spot."""
        head: dict[str, Any] = {"message_id": uuid4(), "device": BOX, "at": self.now - timedelta(seconds=2)}
        unknown = SpotCoverage(spot=SPOT, state=State.UNKNOWN, observed_s=0, unknown_s=60)
        said: list[Message] = [
            Status(**head, online=True),
            Health(**head, cameras=(CameraHealth(name=CAMERA, online=True),)),
            Coverage(**head, spots=(unknown,)),
        ]
        door = DoorHealth(
            at=self.now, open=True, reason="", connected=True, waiting=0, dead_letters=0, stored=1, duplicates=0,
            refused=0, overflowed=0,
        )  # fmt: skip
        values = [self._value(BOX, one.kind, one.model_dump_json(by_alias=True)) for one in said]
        self.latest.put([*values, self._value("ingest", "door", door.model_dump_json())])
        with self.book.writing() as pen:
            pen.audited(self.now)

    def _value(self, device: str, kind: str, payload: str) -> LatestValue:
        return LatestValue(COUNTY, VILLAGE, device, kind, self.now, self.now, payload.encode())

    def fill(self, *percents: float, spot: str = "bin-1") -> None:
        """Readings an hour apart, the last one now."""
        start = self.now - timedelta(hours=len(percents) - 1)
        self.happen(*(
            Reading(message_id=uuid4(), device=BOX, at=start + timedelta(hours=hour), spot=spot, fill_percent=value)
            for hour, value in enumerate(percents)
        ))  # fmt: skip

    @contextmanager
    def client(self, host: str = "192.0.2.1", **changed: Any) -> Iterator[TestClient]:
        """The app, asked from an address; ``changed`` are settings."""
        settings = replace(self.settings, **({"secure_cookies": False} | changed))
        app = create_app(settings, lambda: self.now, Account(self.folder / "secrets", CHEAP))
        with TestClient(app, base_url="http://127.0.0.1", client=(host, 40000)) as client:
            client.first_password, client.wired = app.state.first_password, app
            yield client

    @contextmanager
    def signed_in(self, person: str = "admin", **changed: Any) -> Iterator[TestClient]:
        """The same, as the admin or as a person of the county, whose account is made now."""
        with self.client(**changed) as client:
            password = client.first_password
            if person != "admin":
                password = client.wired.state.gate.account.named.add(person, self.now)
            assert client.post("/api/v1/login", json={"name": person, "password": password}).status_code == 200
            yield client
