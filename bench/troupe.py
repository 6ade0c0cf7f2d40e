"""The programs of a chaos run: each with the named points where it can be told to die, and the counting of deaths."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from jingcun.supervise import Child

INGEST = ("ingest.before_commit", "ingest.after_commit", "ingest.after_puback")
ALERTS = ("alerts.before_commit", "alerts.after_commit", "alerts.after_send", "alerts.before_relay_mark")
EDGE = ("edge.before_send", "edge.after_send", "edge.before_drop")
POINTS = INGEST + ALERTS + EDGE
# How often each point is passed differs: the chance makes a program live for some seconds before it dies there.
CHANCE = dict.fromkeys(POINTS, 0.03) | {
    "alerts.after_send": 0.5,
    "alerts.before_relay_mark": 1.0,
    "edge.before_drop": 0.05,
}
BACK_S = (0.0, 1.5)  # how long a killed program stays away
TOO_YOUNG = 0.15  # the share of strikes that also hit a program that is only just starting
LOOKING = "edge.eyes"


@dataclass(slots=True)
class Deaths:
    """What was killed so far: by program at random, by named point, and who ended without being asked."""

    at_random: Counter[str] = field(default_factory=Counter)
    at_point: Counter[str] = field(default_factory=Counter)
    unasked: Counter[str] = field(default_factory=Counter)

    @property
    def kills(self) -> int:
        """All kills."""
        return self.at_random.total() + self.at_point.total()


@dataclass(slots=True)
class Actor:
    """One program; ``armed`` is the point where it dies by itself."""

    name: str
    argv: Sequence[str]
    log: Path
    points: tuple[str, ...] = ()
    ready_words: bytes = b""  # what its log says once it is at work
    armed: str = ""
    back_at: float | None = None
    child: Child = field(init=False)
    _log_from: int = 0
    _ready: bool = False

    def __post_init__(self) -> None:
        """Prepare the child; nothing runs yet."""
        self.child = Child(self.name, list(self.argv), output=self.log)

    def start(self, armed: str = "") -> None:
        """Start the program, armed with a point or with none."""
        self.armed, self.back_at = armed, None
        self._log_from = self.log.stat().st_size if self.log.exists() else 0
        self._ready = False
        self.child.argv = [*self.argv, *(("--crash-at", f"{armed}:{CHANCE[armed]}") if armed else ())]
        self.child.start()

    @property
    def ready(self) -> bool:
        """Whether the program runs and has said that it is at work."""
        if not self.child.alive:
            return False
        if not self._ready:
            with self.log.open("rb") as file:
                file.seek(self._log_from)
                self._ready = self.ready_words in file.read()
        return self._ready

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        assert self.child.process is not None
        self.child.process.kill()
        self.child.process.wait()


class Troupe:
    """All programs, started in order; a context manager that ends them in the opposite order."""

    def __init__(self, dice: random.Random) -> None:
        self.actors: list[Actor] = []
        self.deaths = Deaths()
        self._dice = dice
        self._deck: list[str] = []

    def __enter__(self) -> Troupe:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def add(self, actor: Actor) -> None:
        """Start one more program."""
        actor.start()
        self.actors.append(actor)

    def stop(self) -> None:
        """Ask everybody to end, last one first."""
        for actor in reversed(self.actors):
            actor.child.stop()

    def tend(self, *, armed: bool) -> None:
        """Note who has died and start those whose time has come, armed with a point that was met seldom so far."""
        now = time.monotonic()
        for actor in self.actors:
            if actor.child.alive:
                continue
            if actor.back_at is None:
                self._note(actor)
                actor.back_at = now + self._dice.uniform(*BACK_S)
            elif now >= actor.back_at:
                actor.start(self._point(actor) if armed else "")

    def strike(self, looking_of: str, *, spare_armed: bool = False) -> str:
        """Kill one program at random, everybody once before anybody twice; ``looking_of`` has a camera child.

        A program that is still starting is mostly spared, or nothing would ever be at work on a busy machine;
        ``spare_armed`` also spares one that waits to die at a point where nobody died yet. Returns who was killed.
        """
        if not self._deck:
            self._deck = [*(actor.name for actor in self.actors), LOOKING]
            self._dice.shuffle(self._deck)
        name = self._deck.pop()
        if name == LOOKING:
            if self._strike_child(self._actor(looking_of)):
                return name
            return self._put_back(name)
        actor = self._actor(name)
        young = not actor.ready and self._dice.random() >= TOO_YOUNG
        spared = spare_armed and actor.armed and not self.deaths.at_point[actor.armed]
        if not actor.child.alive or young or spared:
            return self._put_back(name)
        actor.kill()
        self.deaths.at_random[name] += 1
        actor.back_at = time.monotonic() + self._dice.uniform(*BACK_S)
        return name

    def disarm(self) -> None:
        """Replace every program that would still die at a point by one that does not."""
        for actor in self.actors:
            if actor.armed and actor.child.alive:
                actor.kill()
                self.deaths.at_random[actor.name] += 1
            if not actor.child.alive:
                actor.start()

    def missed(self) -> list[str]:
        """Which points and which programs nobody was killed at yet."""
        points = [point for actor in self.actors for point in actor.points]
        names = [*(actor.name for actor in self.actors), LOOKING]
        missed = [point for point in dict.fromkeys(points) if not self.deaths.at_point[point]]
        return missed + [name for name in names if not self.deaths.at_random[name]]

    def _put_back(self, name: str) -> str:
        self._deck.insert(0, name)
        return ""

    def _actor(self, name: str) -> Actor:
        return next(actor for actor in self.actors if actor.name == name)

    def _note(self, actor: Actor) -> None:
        assert actor.child.process is not None
        if actor.armed and actor.child.process.returncode == -signal.SIGKILL:
            self.deaths.at_point[actor.armed] += 1
        else:
            self.deaths.unasked[f"{actor.name} ({actor.child.process.returncode})"] += 1

    def _point(self, actor: Actor) -> str:
        if not actor.points:
            return ""
        return min(actor.points, key=lambda point: (self.deaths.at_point[point], self._dice.random()))

    def _strike_child(self, actor: Actor) -> bool:
        """Kill the looking process of a box; False when there is none now."""
        if actor.child.process is None or not actor.child.alive:
            return False
        try:
            for child in psutil.Process(actor.child.process.pid).children():
                if LOOKING in child.cmdline():
                    child.kill()
                    self.deaths.at_random[LOOKING] += 1
                    return True
        except psutil.Error:  # it went away while we looked
            return False
        return False
