"""The little town of a chaos run: bins that fill within seconds, a rendered camera, and people who take care of them.

Every ticket is real: it opens because a bin was full, and ends because somebody emptied it. Half of the tickets are
dealt with at the desk over HTTP, with retries as a phone does them; the other places are cleaned without a word.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import numpy as np

from alerts.store.queries import Filters, Reader
from detect.blur import encode
from edge.scenes.scene import HOME, load_scene
from ingest.store import StoreAway
from jingcun.demo.stage import Stage, write_box
from jingcun.demo.villagers import TO_BE_TAKEN, Letter, letters

log = logging.getLogger("bench.town")

CAMERA, CAMERA_BOX, SCENE = "qx-cam-01", "qx-box-01", "lane"
BINS = {
    "qx-box-01": ("qx-bin-01", "qx-bin-02"),
    "qx-box-02": ("qx-bin-03", "qx-bin-04", "qx-bin-262", "qx-bin-263"),
    "qx-box-03": ("qx-bin-05", "qx-bin-06", "qx-bin-264", "qx-bin-265"),
}
ALL_BINS = tuple(name for names in BINS.values() for name in names)
LOOK_EVERY_S = 0.1
ACTS = ("accept", "done", "verify_ok")  # what somebody at the desk does as soon as it is offered
TO_BE_CHECKED = {"verify", "rework"}
MOST_LETTERS = 4  # in one hand; the other places are cleaned without a word
AGAIN_S = 8.0  # a place whose ticket is still open so long after it was cleaned is cleaned again
PATIENCE_S = 40.0  # how long the desk is tried for one press


def write_boxes(stage: Stage, dice: random.Random) -> None:
    """Boxes in a busy town: a bin is full 8 to 14 s after it was emptied, the camera's place is dirty half the time."""
    for box, names in BINS.items():
        bins = [_bin(stage, name, 90 / dice.uniform(8, 14) * 3600) for name in names]
        write_box(stage, box, _pace() | {"bins": bins} | ({"cameras": [_camera(stage)]} if box == CAMERA_BOX else {}))


def write_quiet_boxes(stage: Stage) -> None:
    """The same boxes without anything to look at: they only carry what their outboxes still hold."""
    for box in BINS:
        write_box(stage, box, _pace())


def _pace() -> dict[str, Any]:
    return {"health_s": 5, "coverage_s": 10, "threads": 1}


def _bin(stage: Stage, name: str, percent_per_hour: float) -> dict[str, Any]:
    return {
        "name": name,
        "source": {
            "type": "simulated",
            "start_percent": 60,
            "percent_per_hour": percent_per_hour,
            "every_s": LOOK_EVERY_S,
            "world": stage.world(name),
        },
    }


def _camera(stage: Stage) -> dict[str, Any]:
    scene = load_scene(Path(HOME) / SCENE)
    script = {"length": 30, "step": [{"at": 0, "state": "clean"}, {"at": 8, "state": "bags"}]}
    return {
        "name": CAMERA,
        "source": {
            "type": "rendered", "scene": SCENE, "fps": 1.0, "script": script, "world": stage.world(CAMERA),
        },
        "spots": [{"name": f"{CAMERA}.spot-1", "polygon": scene.spot}],
        "look_at_least_s": 2.0,
    }  # fmt: skip


class Town:
    """Who empties bins and sweeps up; ``emptied`` counts how often each place was made clean."""

    def __init__(self, stage: Stage, reader: Reader, dice: random.Random) -> None:
        self.emptied: Counter[str] = Counter()
        self.desk = Counter[str]()  # what became of each visit at the desk
        self._stage = stage
        self._reader = reader
        self._dice = dice
        self._lock = threading.Lock()
        self._due: dict[UUID, float] = {}
        self._taken: dict[str, bool] = {}
        self._read = 0
        self._stop = threading.Event()
        self._phone = threading.Thread(target=self._work, name="phone", daemon=True)
        self._letters: list[Letter] = []
        self._wake = threading.Event()

    def start(self) -> None:
        """Let somebody wait at the phone."""
        self._phone.start()

    def stop(self) -> None:
        """Everybody goes home."""
        self._stop.set()
        self._wake.set()
        self._phone.join(PATIENCE_S)

    def step(self) -> None:
        """Read new letters; clean the places of open tickets that nobody deals with at the desk."""
        for letter, after in letters(self._stage.notices, self._read):
            self._sort(letter)
            self._read = after  # behind it: while the book is away it is sorted again
        now = time.monotonic()
        for line in self._reader.queue(Filters(limit=100)):
            due = self._due.setdefault(line.id, now + self._dice.uniform(1, 4) + self._grace(line.number))
            if now >= due:
                self._due[line.id] = now + AGAIN_S
                self._clean_at(line.id)

    def _sort(self, letter: Letter) -> None:
        """Take up what must be checked or done again, half of what is new, and all that only the camera sees."""
        if letter.purpose in TO_BE_TAKEN and letter.number not in self._taken:
            wanted = self._dice.random() < 0.5 or self._place_of(letter.number) == CAMERA
            self._taken[letter.number] = wanted and len(self._letters) < MOST_LETTERS
        elif letter.purpose not in TO_BE_CHECKED or len(self._letters) >= MOST_LETTERS:
            return
        if letter.purpose in TO_BE_CHECKED or self._taken[letter.number]:
            self._letters.append(letter)
            self._wake.set()

    def _grace(self, number: str) -> float:
        """Somebody is on the way to this one: leave it to them for a while."""
        return PATIENCE_S / 2 if self._taken.get(number) else 0.0

    def _clean_at(self, ticket: UUID) -> None:
        known = self._reader.ticket(ticket)
        if known is not None:
            self._clean(known.scene.place)

    def _clean(self, place: str) -> None:
        with self._lock:
            self.emptied[place] += 1
            self._stage.clean(place)

    def _work(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(1)
            self._wake.clear()
            while self._letters and not self._stop.is_set():
                letter = self._letters.pop(0)
                self.desk[self._deal(letter)] += 1

    def _deal(self, letter: Letter) -> str:
        """Do what the desk offers, as long as it offers something, at the place itself; returns how it ended."""
        place = self._patiently(lambda: self._place_of(letter.number))
        if place is None:
            return "unknown ticket"
        ended = "nothing to do"
        with httpx.Client(base_url=f"{self._stage.url}/api/v1/desk", timeout=15) as phone:
            for _ in ACTS:
                shown = self._ask(lambda: phone.get(letter.code))
                offered = shown.json()["acts"] if shown is not None and shown.is_success else []
                act = next((one for one in ACTS if one in offered), None)
                if act is None:
                    return ended
                if act != "accept":
                    self._clean(place)
                ended = self._do(phone, letter.code, act)
        return ended

    def _do(self, phone: httpx.Client, code: str, act: str) -> str:
        body: dict[str, Any] = {}
        if act == "done":
            photo = encode(np.full((120, 160, 3), self._dice.randrange(60, 200), np.uint8), 80)
            answer = self._press(phone, f"{code}/photo", files={"file": ("photo.jpg", photo, "image/jpeg")})
            if answer is None or answer.is_error:
                return "no photo"
            body = {"photos": [answer.json()["sha256"]], "words": "已清理"}
        answer = self._press(phone, f"{code}/{act}", json=body)
        return f"not {act}" if answer is None or answer.is_error else act

    def _place_of(self, number: str) -> str | None:
        ticket = next((line.id for line in self._reader.recent(200) if line.number == number), None)
        known = self._reader.ticket(ticket) if ticket else None
        return known.scene.place if known else None

    def _patiently(self, ask: Callable[[], str | None]) -> str | None:
        """Ask the book, again while it is away; None when patience ran out."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and not self._stop.is_set():
            try:
                return ask()
            except StoreAway as fault:
                log.debug("the book is away: %s", fault)
            self._stop.wait(0.5)
        return None

    def _press(self, phone: httpx.Client, path: str, **what: Any) -> httpx.Response | None:
        key = uuid4().hex
        return self._ask(lambda: phone.post(path, headers={"Idempotency-Key": key}, **what))

    def _ask(self, send: Callable[[], httpx.Response]) -> httpx.Response | None:
        """Send until there is an answer that a repetition would not change; None when patience ran out."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and not self._stop.is_set():
            try:
                answer = send()
                if answer.status_code < 500 and answer.status_code != 429:
                    return answer
            except httpx.HTTPError as fault:
                log.debug("the desk: %s", fault)
            self._stop.wait(0.5)
        return None
