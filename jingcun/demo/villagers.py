"""The villagers of the demo: they read their notices and use the desk's own HTTP doors, like a person with a phone.

Nothing is short-cut: the link comes out of the notice, the photo is uploaded, and the place is really clean (in the
rendered world) before "done" is pressed. Tickets that nobody of the cast takes are left to climb, or to you.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import httpx

from alerts.store.book import Book
from alerts.store.queries import Reader
from alerts.values import Status, Ticket
from county.values import Level
from detect.blur import encode
from edge.scenes.compose import View, compose
from edge.scenes.scene import HOME, load_scene
from jingcun.demo.day import Day, Pause
from jingcun.demo.stage import Stage

log = logging.getLogger("jingcun.demo")
TO_BE_TAKEN = {"dispatch", "climb", "remind"}


@dataclass(frozen=True, slots=True)
class Letter:
    """What a notice says to who reads it."""

    number: str
    purpose: str
    level: str
    person: str
    link: str

    @property
    def code(self) -> str:
        """The short code at the end of the link."""
        return self.link.rstrip("/").rsplit("/", 1)[-1]


def letters(path: Path, start: int = 0) -> Iterator[tuple[Letter, int]]:
    """The notices in the file from a byte offset on, each with the offset behind it; a torn last line waits."""
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(start)
        for line in file:
            if not line.endswith(b"\n"):
                return
            start += len(line)
            raw = json.loads(line)
            yield Letter(raw["number"], raw["purpose"], raw["level"], raw["person"], raw["link"]), start


class Villagers:
    """Threads that act for the cast; ``yours`` collects the letters of tickets that wait for you."""

    def __init__(self, stage: Stage, day: Day, book: Book, pause: Pause) -> None:
        self._stage = stage
        self._day = day
        self._reader = Reader(book)
        self._pause = pause
        self._read = 0
        self._taken: set[UUID] = set()
        self._cleaned: set[UUID] = set()
        self._threads: list[threading.Thread] = []
        self._stop = threading.Event()
        self.yours: list[Letter] = []
        self.faults = 0

    def step(self) -> None:
        """Read new notices, let the cast act on them, and clean what you have reported as done."""
        for letter, after in letters(self._stage.notices, self._read):
            self._read = after
            self._hear(letter)
        for line in self._reader.recent(30):
            ticket = self._reader.ticket(line.id)
            if ticket and ticket.status is Status.TO_CHECK and line.id not in self._cleaned:
                self._clean(ticket)

    def stop(self) -> None:
        """Let everybody go home."""
        self._stop.set()
        for thread in self._threads:
            thread.join(20)

    def _hear(self, letter: Letter) -> None:
        ticket = next(
            (self._reader.ticket(line.id) for line in self._reader.recent(100) if line.number == letter.number), None
        )
        if ticket is None or letter.purpose not in TO_BE_TAKEN or ticket.id in self._taken:
            return
        if ticket.status is not Status.DISPATCHED:  # an old letter: a kept folder brings those of earlier runs
            return
        by = self._day.by(ticket.scene.place)
        if by == "you":
            if not any((one.number, one.person) == (letter.number, letter.person) for one in self.yours):
                self.yours.append(letter)
        elif letter.level == by or (by == "nobody" and letter.level == Level.TOWNSHIP):
            self._taken.add(ticket.id)
            thread = threading.Thread(target=self._deal, args=(letter, ticket), name=f"villager-{letter.number}")
            thread.start()
            self._threads.append(thread)

    def _deal(self, letter: Letter, ticket: Ticket) -> None:
        pause = self._pause
        try:
            with httpx.Client(base_url=f"{self._stage.url}/api/v1/desk/{letter.code}", timeout=30) as phone:
                self._wait(pause.accept)
                self._press(phone, "accept", {})
                self._wait(pause.arrive)
                self._press(phone, "arrive", {})
                self._wait(pause.clean)
                self._clean(ticket)
                sha256 = self._photograph(phone, ticket.scene.place)
                self._wait(pause.done)
                self._press(phone, "done", {"photos": [sha256], "words": "已清理"})
        except httpx.HTTPError as problem:
            self.faults += 1
            log.error("%s could not deal with %s: %s", letter.person, letter.number, problem)

    def _press(self, phone: httpx.Client, act: str, body: dict[str, object]) -> None:
        phone.post(f"/{act}", json=body, headers={"Idempotency-Key": uuid4().hex}).raise_for_status()

    def _photograph(self, phone: httpx.Client, place: str) -> str:
        answer = phone.post(
            "/photo", files={"file": ("photo.jpg", self._photo(place), "image/jpeg")},
            headers={"Idempotency-Key": uuid4().hex},
        )  # fmt: skip
        answer.raise_for_status()
        return str(answer.json()["sha256"])

    def _photo(self, place: str) -> bytes:
        """A picture of the cleaned place: the rendered scene of the camera, or of the first one for a bin."""
        scenes = {one.camera: one.scene for one in self._day.cameras}
        scene = load_scene(Path(HOME) / scenes.get(place, self._day.cameras[0].scene))
        return encode(compose(scene, View(state="clean"), seed=1), 85)

    def _clean(self, ticket: Ticket) -> None:
        self._cleaned.add(ticket.id)
        self._stage.clean(ticket.scene.place)

    def _wait(self, seconds: float) -> None:
        self._stop.wait(seconds)
