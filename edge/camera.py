"""One camera: a frame in; what changed at its spots into the outbox, and its picture to the darkroom.

What the camera knows (the spots' states, the usual view, open events) is stored in the same transaction as the
messages that follow from it, and is taken back in memory when that transaction fails: a kill or a full disk at any
moment neither loses an event nor tells it twice. Times are those of the box's clock as long as it goes forward
(``edge.pace``). What is switched off is not looked for, reads unknown, and shows no picture.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from broker.downward import Command
from broker.messages import ClockSource, Event, State
from broker.topics import Address
from detect.blur import blackened
from detect.eye import Eye, Seen
from detect.finder import Finder
from detect.gate import GateMemory, GateRule, consider
from detect.memory import Change, Rules, Track
from edge.clock import synchronised
from edge.commands import closing, recall_open
from edge.darkroom import Exposure
from edge.glimpse import Glimpse, Glimpses
from edge.outbox import Closing, Outbox, row
from edge.pace import Pace
from edge.settings import CameraSettings
from edge.sources import Frame
from edge.switches import Switches
from edge.telling import Teller, When, freeze, tell, thaw

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
    synchronised: Callable[[], bool] = synchronised
    still_minutes: float = 0.0


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
        self._settings, self._rendered = settings, rendered
        self._bench = bench
        config = settings.config_id(bench.config_version)
        self._plain = self._teller = Teller(bench.address, bench.finder.model_id, config, rendered)
        self._eye = Eye(bench.finder, settings.watched)
        self._switches = Switches()
        self._frames, self._pace = Pace(), Pace()  # of pictures, and of the box
        self._gate = GateMemory()
        self._rule = GateRule(at_least_s=settings.look_at_least_s)
        self._events: dict[str, tuple[UUID, int]] = {}
        self._asked: list[Command] = []
        self._exposed: list[Exposure] = []
        self._glimpses = Glimpses(timedelta(minutes=bench.still_minutes))
        self._glimpsed: Glimpse | None = None
        self._stored: datetime | None = None
        self._accounted: datetime | None = None
        self._heard: datetime | None = None
        self._blind_at: datetime | None = None
        self._recorded = False
        self._quality: str | None = None
        self._lock = threading.Lock()

    @property
    def _memory_name(self) -> str:
        return f"camera/{self.name}"

    @property
    def _switches_name(self) -> str:
        return f"switches/{self.name}"

    @property
    def _mask_corners(self) -> list[list[list[float]]]:
        return [[list(corner) for corner in mask] for mask in self._settings.masks]

    @property
    def switches(self) -> Switches:
        """How this camera is switched."""
        return self._switches

    def restore(self, now: datetime) -> None:
        """Take up what an earlier process of this camera stored."""
        switched = self._bench.outbox.recall(self._switches_name)
        if switched is not None:
            try:
                self._switch(Switches.model_validate_json(switched))
            except ValueError as problem:  # sends no picture that somebody may have forbidden
                log.error(
                    "%s: its switches cannot be read; no picture is sent until told anew (%s)", self.name, problem
                )
                self._switch(Switches(pictures=False))
        kept = self._bench.outbox.recall(self._memory_name)
        if kept is None:
            return
        try:
            state = json.loads(kept)
            events = thaw(state["events"])
            masked_alike = state.get("masks", []) == self._mask_corners
            self._eye.restore(state["eye"] if masked_alike else {"spots": state["eye"]["spots"]}, now)
            last = datetime.fromisoformat(state["last"]) if state.get("last") else None
            self._frames, self._pace = Pace(last), Pace(last)
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            log.warning("%s: what was remembered cannot be read and is learnt anew (%s)", self.name, problem)
            return
        self._events = events

    def ask(self, command: Command) -> None:
        """Do a command at the next look or tick; one that is under way or waiting already is not done twice."""
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
            frame, now = self._paced(self._masked(frame), now)
            self._heard = None  # silence is reckoned from the first tick after this look
            self._start_asked(now)
            self._glance(frame, now)
            self._gate, passes = consider(self._gate, frame.image, frame.at, self._rule)
            if not passes and self._settings.gate and not undecided(self._eye):
                self._account(now, self._quality)
                return 0
            return self._look(frame, now)

    def exposed(self) -> list[Exposure]:
        """Hand over, once, the pictures of looks that led to events; for ``take``'s thread, when it has told them."""
        handed, self._exposed = self._exposed, []
        return handed

    def glimpsed(self) -> Glimpse | None:
        """Hand over, once, the frame of which a still or a live picture is wanted; for ``take``'s thread."""
        handed, self._glimpsed = self._glimpsed, None
        return handed

    def tick(self, now: datetime, silent_s: float) -> int:
        """Note the passing of time while no frame comes: late re-checks end, a silent camera becomes unknown.

        Does nothing while a look is under way: it notes the time itself, and a long one must not hold up the others.
        """
        if not self._lock.acquire(blocking=False):
            return 0
        try:
            return self._tick(now, silent_s)
        finally:
            self._lock.release()

    def states(self) -> dict[str, State]:
        """Return every spot's state in one word."""
        return {name: State(memory.state()) for name, memory in self._eye.memories.items()}

    def _tick(self, now: datetime, silent_s: float) -> int:
        self._pace, now = self._pace.take(now, self._bench.synchronised())
        self._heard = self._heard or now
        silent = (now - self._heard).total_seconds() >= silent_s
        if silent:
            self._account(now, OFFLINE)
        self._start_asked(now, looking=silent)  # a re-check of a silent camera ends as unknown
        with self._undone_on_failure():
            changes = (self._blind(now, silent_s) if silent else []) + self._eye.idle(now)
            return len(self._keep(changes, When(now, self._clock(self._bench.clock)))) if changes else 0

    def _look(self, frame: Frame, now: datetime) -> int:
        with self._undone_on_failure():
            with self._bench.turn:
                seen = self._eye.look(frame.image, frame.at, now)
            self.looks += 1
            self._quality = seen.quality
            self._account(now, seen.quality)
            if seen.changes:
                events = self._keep(seen.changes, When(frame.at, self._clock(frame.clock)))
                self._expose(frame, seen, events)
                return len(events)
            if self._stored is None or (now - self._stored).total_seconds() >= STORE_S:
                self._bench.outbox.put(remember=self._remembered(self._events))
                self._stored = now
            return 0

    @contextmanager
    def _undone_on_failure(self) -> Iterator[None]:
        kept = self._eye.kept()
        try:
            yield
        except BaseException:
            self._eye.undo(kept)
            raise

    def _paced(self, frame: Frame, now: datetime) -> tuple[Frame, datetime]:
        """A frame and its now in times that never go back; a recording keeps its own."""
        trusted = self._bench.synchronised()
        if not self._recorded:
            self._frames, at = self._frames.take(frame.at, trusted)
            frame = replace(frame, at=at)
        self._pace, now = self._pace.take(now, trusted)
        return frame, now

    def _masked(self, frame: Frame) -> Frame:
        """The frame without what nobody may see: nothing looks at it, remembers it or sends it on."""
        masks = self._settings.masks
        return replace(frame, image=blackened(frame.image, masks)) if masks else frame

    def _clock(self, usual: ClockSource) -> ClockSource:
        return ClockSource.MAPPED if self._pace.carried and not self._recorded else usual

    def _expose(self, frame: Frame, seen: Seen, events: Sequence[Event]) -> None:
        if self._switches.pictures and not self._eye.looks_for_nothing:  # else nobody was found to be made unreadable
            masks = self._settings.masks
            taken = Exposure(self.name, frame.image, seen.found, masks, events, lambda: self._switches.pictures)
            self._exposed.append(taken)

    def _glance(self, frame: Frame, now: datetime) -> None:
        if not self._switches.pictures:
            return
        due, asked = self._glimpses.due(now)
        if due:
            spot = self._settings.watched[0].name
            self._glimpsed = Glimpse(
                self.name,
                spot,
                frame.image,
                self._settings.masks,
                frame.at,
                asked,
                self._rendered,
                lambda: self._switches.pictures,
            )

    def _keep(self, changes: Sequence[tuple[str, Change]], when: When) -> list[Event]:
        events, open_events = tell(self._teller, self._events, changes, when)
        rows = [row(self._bench.address, one) for one in events]
        self._bench.outbox.put(rows, remember=self._remembered(open_events), closings=self._answers(events))
        self._events = open_events
        for one in events:
            log.info("%s %s %s: %s %s (%s)", self.name, one.spot, one.what, one.state, one.phase, one.reason)
        return events

    def _answers(self, events: Sequence[Event]) -> list[Closing]:
        made = []
        for one in events:
            asked = recall_open(self._bench.outbox, str(one.command_id)) if one.command_id else None
            if asked is not None:
                when = (one.at, one.clock)
                made.append(closing(self._bench.address, asked, "done", f"{one.state}: {one.reason}", when))
        return made

    def _remembered(self, open_events: dict[str, tuple[UUID, int]]) -> dict[str, str | None]:
        last = max((one.last for one in (self._frames, self._pace) if one.last), default=None)
        state = {
            "eye": self._eye.state(), "events": freeze(open_events), "last": last.isoformat() if last else None,
            "masks": self._mask_corners,  # under other masks the usual view is another one, and is learnt anew
        }  # fmt: skip
        return {self._memory_name: json.dumps(state, ensure_ascii=False)}

    def _start_asked(self, now: datetime, *, looking: bool = True) -> None:
        """Begin the re-checks that wait, unless the next frame is to; do the other commands at once."""
        for command in list(self._asked):
            if command.name != "recheck":
                self._obey(command, now)
                self._asked.remove(command)
            elif looking and self._eye.memories[command.spot].asked is None:
                what = command.what.value if command.what is not None else None
                kinds = next(spot.kinds for spot in self._settings.watched if spot.name == command.spot)
                self._eye.ask(command.spot, str(command.command_id), now, next((k for k in kinds if k == what), None))
                self._asked.remove(command)
                self._stored = None  # so that a restart still knows it

    def _obey(self, command: Command, now: datetime) -> None:
        """Do a command for the whole camera; it is kept, and answered, in one transaction or not at all."""
        if recall_open(self._bench.outbox, str(command.command_id)) is None:
            return
        kept, flagged, switches = self._eye.kept(), self._eye.flagged, self._switches
        try:
            words = self._done(command, now)
            answer = closing(self._bench.address, command, "done", words, (now, self._clock(self._bench.clock)))
            remember = self._remembered(self._events) | {self._switches_name: self._switches.model_dump_json()}
            self._bench.outbox.put(remember=remember, closings=[answer])
        except BaseException:
            self._eye.undo(kept)
            self._eye.flagged = flagged
            self._switch(switches)
            raise
        log.info("%s: %s", self.name, words)

    def _done(self, command: Command, now: datetime) -> str:
        if command.name == "relearn":
            self._eye.relearn()
            self._gate = GateMemory()
            return "现在的画面作为新的参照；点位待确认，确认前按未知处理"
        if command.name == "confirm":
            self._eye.confirm()
            return "点位已确认"
        if command.name == "live":
            if not self._switches.pictures:
                return "这台摄像机的画面已关闭，不传现场画面"
            self._glimpses.watch(command, now)
            return "开始传现场画面"
        if command.switch is not None:
            self._switch(self._switches.after(command.switch))
        return self._switches.words or "全部打开"

    def _switch(self, switches: Switches) -> None:
        """What scores count is a part of what decided an event: its configuration id says so."""
        self._switches, self._eye.switched = switches, switches.for_the_eye
        suffix = f"+{switches.min_score:g}" if switches.min_score else ""
        self._teller = replace(self._plain, config=self._plain.config + suffix)

    def _blind(self, now: datetime, silent_s: float) -> list[tuple[str, Change]]:
        """Tell the spots that nothing can be seen; a recording that ended says nothing about now."""
        if self._recorded or (self._blind_at is not None and (now - self._blind_at).total_seconds() < silent_s):
            return []
        self._blind_at = now
        return self._eye.blind(OFFLINE, now)

    def _account(self, now: datetime, why: str | None) -> None:
        """Add the time since the last call to what each spot was observed, or was not because of ``why``."""
        passed = max(0.0, (now - (self._accounted or now)).total_seconds())
        self._accounted = now
        for covered in self.covered.values():
            covered.reason = why or self._switches.words
            if why:
                covered.unknown_s += passed
            else:
                covered.observed_s += passed


def undecided(eye: Eye) -> bool:
    """Whether a state may turn, a dumping is to be decided or a re-check is under way: then every frame counts."""
    return any(
        memory.asked is not None
        or memory.dumping.waiting
        or any(_turning(track, spot.rules) for track in memory.tracks)
        for spot, memory in ((spot, eye.memories[spot.name]) for spot in eye.spots)
    )


def _turning(track: Track, rules: Rules) -> bool:
    """Whether the last look spoke against the state. Dumping is left out: a pile that just lies there is none."""
    if track.what == "dumped" or not track.scores:
        return False
    last = track.scores[-1]
    if track.low_since is not None and track.leaning is None:
        return False  # not seen where nothing changed: the next looks in their usual time are enough
    says = "dirty" if last >= rules.enter else "clean" if last < rules.leave else None
    return says is not None and says != (track.state or "clean")
