"""The programs of a chaos run: each with the named points where it can be told to die, and the counting of deaths."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from jingcun.crash import WORDS
from jingcun.supervise import Child

INGEST = (
    "ingest.before_commit", "ingest.after_commit", "ingest.after_puback",
    "evidence.before_delete", "evidence.after_delete", "series.after_write",
)  # fmt: skip
ALERTS = (
    "alerts.before_commit", "alerts.after_commit",
    "alerts.before_claim_commit", "alerts.after_claim", "alerts.after_send", "alerts.before_mark_commit",
    "alerts.before_relay_mark", "alerts.before_hold_mark",
)  # fmt: skip
SCREEN = ("alerts.before_receipt_commit", "alerts.after_receipt_commit")
EDGE = ("edge.before_send", "edge.after_send", "edge.before_drop")
POINTS = INGEST + ALERTS + SCREEN + EDGE
# How often each point is passed differs: the chance makes a program live for some seconds before it dies there.
CHANCE: Mapping[str, float] = {
    **dict.fromkeys(("ingest.before_commit", "ingest.after_commit", "ingest.after_puback"), 0.01),
    **dict.fromkeys(("evidence.before_delete", "evidence.after_delete"), 0.5),
    "series.after_write": 0.1,
    **dict.fromkeys(("alerts.before_commit", "alerts.after_commit"), 0.03),
    **dict.fromkeys(("alerts.before_claim_commit", "alerts.after_claim", "alerts.before_mark_commit"), 0.3),
    **dict.fromkeys(SCREEN, 0.2),
    **dict.fromkeys(("alerts.after_send", "alerts.before_hold_mark"), 0.5),
    "alerts.before_relay_mark": 1.0,
    **dict.fromkeys(("edge.before_send", "edge.after_send"), 0.003),
    "edge.before_drop": 0.006,
}
EAGER = 5.0  # times the chance, at a point where nobody has died yet: each is met in each run
BACK_S = (0.0, 1.5)  # how long a killed program stays away
TOO_YOUNG = 0.15  # the share of strikes that also hit a program that is only just starting
_FALL = re.compile(WORDS.encode() + rb" ([a-z_.]+)\n")


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
    away_s: tuple[float, float] = BACK_S
    armed: str = ""
    back_at: float | None = None
    fell: bool = False  # whether it, or a child of it, died at a point in this life
    child: Child = field(init=False)
    _heard: int = 0
    _ready: bool = False
    _falls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Prepare the child; nothing runs yet, and what an older run has logged is not heard."""
        self._heard = self.log.stat().st_size if self.log.exists() else 0
        self.child = Child(self.name, list(self.argv), output=self.log)

    def start(self, armed: str = "", eager: float = 1.0) -> None:
        """Start the program, armed with a point or with none; ``eager`` times as likely to die there."""
        self._listen()
        self.armed, self.back_at = armed, None
        self._ready = self.fell = False
        chance = min(CHANCE[armed] * eager, 1.0) if armed else 0.0
        self.child.argv = [*self.argv, *(("--crash-at", f"{armed}:{chance:g}") if armed else ())]
        self.child.start()

    @property
    def ready(self) -> bool:
        """Whether the program runs and has said that it is at work."""
        self._listen()
        return self.child.alive and (self._ready or not self.ready_words)

    def falls(self) -> list[str]:
        """The points where it or a child of it has died since this was last asked."""
        self._listen()
        falls, self._falls = self._falls, []
        return falls

    def _listen(self) -> None:
        """Read what is new in its log, by whole lines."""
        if not self.log.exists():
            return
        with self.log.open("rb") as file:
            file.seek(self._heard)
            news = file.read()
        news = news[: news.rfind(b"\n") + 1]
        self._heard += len(news)
        self._ready = self._ready or self.ready_words in news
        fallen = [point.decode() for point in _FALL.findall(news)]
        self._falls += fallen
        self.fell = self.fell or bool(fallen)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        assert self.child.process is not None
        self.child.process.kill()
        self.child.process.wait()


@dataclass(frozen=True, slots=True)
class Limb:
    """A child process of a program that is killed alone: whose it is, and a word of its command line."""

    of: str
    word: str


class Troupe:
    """All programs, started in order; a context manager that ends them in the opposite order."""

    def __init__(self, dice: random.Random, limbs: Mapping[str, Limb] | None = None) -> None:
        """``limbs`` by the name under which their deaths are counted; those of absent programs do not count."""
        self.actors: list[Actor] = []
        self._limbs = dict(limbs or {})
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

    def stop(self, but: Collection[str] = ()) -> None:
        """Ask everybody to end, last one first, ``but`` these."""
        for actor in reversed(self.actors):
            if actor.name not in but:
                actor.child.stop()

    def tend(self, *, armed: bool) -> None:
        """Note who has died and start those whose time has come, armed with a point that was met seldom so far."""
        now = time.monotonic()
        for actor in self.actors:
            self.deaths.at_point.update(actor.falls())
            if actor.child.alive:
                continue
            if actor.back_at is None:
                self._note(actor)
                actor.back_at = now + self._dice.uniform(*actor.away_s)
            elif now >= actor.back_at:
                point = self._point(actor) if armed else ""
                actor.start(point, 1.0 if self.deaths.at_point[point] else EAGER)

    def strike(self, *, spare_armed: bool = False) -> str:
        """Kill one program, or one limb, at random, everybody once before anybody twice.

        A program that is still starting is mostly spared, or nothing would ever be at work on a busy machine;
        ``spare_armed`` also spares one that waits to die at a point where nobody died yet. Returns who was killed.
        """
        if not self._deck:
            self._deck = self._names()
            self._dice.shuffle(self._deck)
        name = self._deck.pop()
        if name in self._limbs:
            return name if self._strike_limb(name) else self._put_back(name)
        actor = self._actor(name)
        young = not actor.ready and self._dice.random() >= TOO_YOUNG
        spared = spare_armed and actor.armed and not self.deaths.at_point[actor.armed]
        if not actor.child.alive or young or spared:
            return self._put_back(name)
        actor.kill()
        self.deaths.at_random[name] += 1
        actor.back_at = time.monotonic() + self._dice.uniform(*actor.away_s)
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
        missed = [point for point in dict.fromkeys(points) if not self.deaths.at_point[point]]
        return missed + [name for name in self._names() if not self.deaths.at_random[name]]

    def _names(self) -> list[str]:
        here = [actor.name for actor in self.actors]
        return here + [name for name, limb in self._limbs.items() if limb.of in here]

    def _put_back(self, name: str) -> str:
        self._deck.insert(0, name)
        return ""

    def _actor(self, name: str) -> Actor:
        return next(actor for actor in self.actors if actor.name == name)

    def _note(self, actor: Actor) -> None:
        assert actor.child.process is not None
        if not actor.fell:
            self.deaths.unasked[f"{actor.name} ({actor.child.process.returncode})"] += 1

    def _point(self, actor: Actor) -> str:
        if not actor.points:
            return ""
        return min(actor.points, key=lambda point: (self.deaths.at_point[point], self._dice.random()))

    def _strike_limb(self, name: str) -> bool:
        """Kill one such child of a program; False when there is none now."""
        limb = self._limbs[name]
        body = self._actor(limb.of).child
        if body.process is None or not body.alive:
            return False
        try:
            children = psutil.Process(body.process.pid).children()
            found = [one for one in children if any(limb.word in part for part in one.cmdline())]
            if not found:
                return False
            self._dice.choice(found).kill()
        except psutil.Error:  # it went away while we looked
            return False
        self.deaths.at_random[name] += 1
        return True
