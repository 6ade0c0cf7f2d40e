"""One camera: a frame in; what changed at its spots, with a picture, into the outbox.

What the camera knows (the spots' states, the usual view, open events) is stored in the same transaction as the
messages that follow from it, and is taken back in memory when that transaction fails: a kill or a full disk at any
moment neither loses an event nor tells it twice.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from broker.messages import ClockSource, Command, Event, State
from broker.topics import Address
from detect.blur import blur, encode
from detect.boxes import Found
from detect.eye import Eye
from detect.finder import Finder
from detect.gate import GateMemory, GateRule, consider
from detect.quality import Sight
from detect.watch import Change, Look, Rules, SpotMemory, Track, step
from edge.commands import closing, recall_open
from edge.outbox import Closing, Outbox
from edge.settings import CameraSettings
from edge.sources import Frame
from edge.telling import Shown, Teller, When, freeze, rows, tell, thaw

log = logging.getLogger(__name__)

STORE_S = 60.0  # how often the usual view is stored when nothing happens
OFFLINE = "摄像机离线"


@dataclass(frozen=True, slots=True)
class Bench:
    """What the cameras of a box share. A finder is for one thread: ``turn`` lets one camera look at a time."""

    address: Address
    outbox: Outbox
    finder: Finder
    clock: ClockSource
    config_version: int = 0
    turn: threading.Lock = field(default_factory=threading.Lock)


@dataclass(slots=True)
class Covered:
    """How long a spot was observed and not, in seconds since this process started, and why not."""

    observed_s: float = 0.0
    unknown_s: float = 0.0
    reason: str = ""


class Camera:
    """The looking side of one camera; ``take``, ``tick`` and ``ask`` may come from different threads."""

    def __init__(self, settings: CameraSettings, bench: Bench, *, rendered: bool) -> None:
        self.name = settings.name
        self.covered = {spot.name: Covered() for spot in settings.watched}
        self.frames = self.looks = 0
        self.last_frame: datetime | None = None
        self._settings = settings
        self._bench = bench
        config = settings.config_id(bench.config_version)
        self._teller = Teller(bench.address, bench.finder.model_id, config, rendered)
        self._eye = Eye(bench.finder, settings.watched)
        self._gate = GateMemory()
        self._rule = GateRule(at_least_s=settings.look_at_least_s)
        self._events: dict[str, tuple[UUID, int]] = {}
        self._asked: list[Command] = []
        self._stored: datetime | None = None
        self._accounted: datetime | None = None
        self._since: datetime | None = None
        self._blind_at: datetime | None = None
        self._recorded = False
        self._quality: str | None = None
        self._lock = threading.Lock()

    @property
    def _memory_name(self) -> str:
        return f"camera/{self.name}"

    def restore(self, now: datetime) -> None:
        """Take up what an earlier process of this camera stored."""
        kept = self._bench.outbox.recall(self._memory_name)
        if kept is None:
            return
        try:
            state = json.loads(kept)
            events = thaw(state["events"])
            self._eye.restore(state["eye"], now)
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            log.warning("%s: what was remembered cannot be read and is learnt anew (%s)", self.name, problem)
            return
        self._events = events

    def ask(self, command: Command) -> None:
        """Look again for a command; one that is under way or waiting already is not asked twice."""
        with self._lock:
            identity = str(command.command_id)
            under_way = {memory.asked.command for memory in self._eye.memories.values() if memory.asked}
            if identity not in under_way and command not in self._asked:
                self._asked.append(command)

    def take(self, frame: Frame, now: datetime) -> int:
        """Look at a frame; return how many events it led to. They are on disk when this returns.

        ``sqlite3.Error`` means that nothing was stored; the same frame's change is then found again later.
        """
        with self._lock:
            self.frames += 1
            self.last_frame, self._recorded = now, frame.clock is ClockSource.FILE
            self._start_asked(now)
            self._gate, passes = consider(self._gate, frame.image, frame.at, self._rule)
            if not passes and self._settings.gate and not self._undecided():
                self._account(now, self._quality)
                return 0
            return self._look(frame, now)

    def tick(self, now: datetime, silent_s: float) -> int:
        """Note the passing of time while no frame comes: late re-checks end, a silent camera becomes unknown."""
        with self._lock:
            self._since = self._since or now
            silent = (now - (self.last_frame or self._since)).total_seconds() >= silent_s
            if silent:
                self._account(now, OFFLINE)
                self._start_asked(now)  # a re-check of a silent camera ends as unknown
            with self._undone_on_failure(self._eye.sight, dict(self._eye.memories)):
                changes = (self._blind(now, silent_s) if silent else []) + self._eye.idle(now)
                return self._keep(changes, When(now, self._bench.clock), None) if changes else 0

    def states(self) -> dict[str, State]:
        """Return every spot's state in one word."""
        return {name: State(memory.state()) for name, memory in self._eye.memories.items()}

    def _look(self, frame: Frame, now: datetime) -> int:
        sight, memories = self._eye.sight, dict(self._eye.memories)
        with self._undone_on_failure(sight, memories):
            with self._bench.turn:
                seen = self._eye.look(frame.image, frame.at, now)
            self.looks += 1
            self._quality = seen.quality
            self._account(now, seen.quality)
            if seen.changes:
                return self._keep(seen.changes, When(frame.at, frame.clock), self._show(frame, seen.found))
            if self._stored is None or (now - self._stored).total_seconds() >= STORE_S:
                self._bench.outbox.put(remember=self._remembered(self._events))
                self._stored = now
            return 0

    @contextmanager
    def _undone_on_failure(self, sight: Sight, memories: dict[str, SpotMemory]) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._eye.sight, self._eye.memories = sight, memories
            raise

    def _show(self, frame: Frame, found: Sequence[Found]) -> Shown:
        image, count = blur(frame.image, found, self._settings.masks)
        return Shown(encode(image), count)

    def _keep(self, changes: Sequence[tuple[str, Change]], when: When, shown: Shown | None) -> int:
        events, open_events = tell(self._teller, self._events, changes, when, shown)
        self._bench.outbox.put(
            rows(self._teller, events, shown), remember=self._remembered(open_events), closings=self._answers(events)
        )
        self._events = open_events
        for one in events:
            log.info("%s %s %s: %s %s (%s)", self.name, one.spot, one.what, one.state, one.phase, one.reason)
        return len(events)

    def _answers(self, events: Sequence[Event]) -> list[Closing]:
        made = []
        for one in events:
            asked = recall_open(self._bench.outbox, str(one.command_id)) if one.command_id else None
            if asked is not None:
                when = (one.at, one.clock)
                made.append(closing(self._bench.address, asked, "done", f"{one.state}: {one.reason}", when))
        return made

    def _remembered(self, open_events: dict[str, tuple[UUID, int]]) -> dict[str, str | None]:
        state = {"eye": self._eye.state(), "events": freeze(open_events)}
        return {self._memory_name: json.dumps(state, ensure_ascii=False)}

    def _start_asked(self, now: datetime) -> None:
        for command in list(self._asked):
            if self._eye.memories[command.spot].asked is None:
                what = command.what.value if command.what is not None else None
                kinds = next(spot.kinds for spot in self._settings.watched if spot.name == command.spot)
                self._eye.ask(command.spot, str(command.command_id), now, next((k for k in kinds if k == what), None))
                self._asked.remove(command)
                self._stored = None  # so that a restart still knows it

    def _undecided(self) -> bool:
        """Whether a state may turn, a dumping is to be decided or a re-check is under way: then every frame counts."""
        return any(
            memory.asked is not None
            or memory.dumping.waiting
            or any(_turning(track, spot.rules) for track in memory.tracks)
            for spot, memory in ((spot, self._eye.memories[spot.name]) for spot in self._settings.watched)
        )

    def _blind(self, now: datetime, silent_s: float) -> list[tuple[str, Change]]:
        """Tell the spots that nothing can be seen; a recording that ended says nothing about now."""
        if self._recorded or (self._blind_at is not None and (now - self._blind_at).total_seconds() < silent_s):
            return []
        self._blind_at = now
        changes: list[tuple[str, Change]] = []
        for spot in self._settings.watched:
            memory, told = step(self._eye.memories[spot.name], Look((), OFFLINE, now), now, spot.rules)
            self._eye.memories[spot.name] = memory
            changes += [(spot.name, one) for one in told]
        return changes

    def _account(self, now: datetime, why: str | None) -> None:
        passed = max(0.0, (now - (self._accounted or now)).total_seconds())
        self._accounted = now
        for covered in self.covered.values():
            covered.reason = why or ""
            if why:
                covered.unknown_s += passed
            else:
                covered.observed_s += passed


def _turning(track: Track, rules: Rules) -> bool:
    """Whether the last look spoke against the state. Dumping is left out: a pile that just lies there is none."""
    if track.what == "dumped" or not track.scores:
        return False
    last = track.scores[-1]
    says = "dirty" if last >= rules.enter else "clean" if last < rules.leave else None
    return says is not None and says != (track.state or "clean")
