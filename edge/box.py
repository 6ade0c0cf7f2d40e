"""The box: one program that looks (in a child), reads bins, carries the outbox to the county and does its commands.

One loop on one thread owns every decision; connections and the looking process only put what they heard into its
queue. Start with ``run``. It ends by ``stop``; killed at any moment it goes on where the outbox file stands.
"""

from __future__ import annotations

import fcntl
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from broker import topics
from broker.downward import Config
from broker.identity import new_id
from broker.link import Delivery, Link, LinkError, Will
from broker.messages import ConfigState, Message, Status
from broker.metrics import Sample, serving
from broker.parse import dump
from edge.bins import open_bins
from edge.clock import clock_source
from edge.commands import CommandBook
from edge.courier import Courier, Crash, no_crash
from edge.desired import TRYING, Desired, Life, fares, judge
from edge.frames import Network, open_networks
from edge.health import Vitals, coverage
from edge.looking import Looking
from edge.metrics import box_samples
from edge.outbox import Lane, Outbox
from edge.reports import Put, Report, Shown, SpotReport
from edge.salvage import open_outbox
from edge.settings import BoxSettings
from edge.showing import Showcase
from edge.sources import utc_now
from edge.wires import link_settings, metrics_at, network_link

log = logging.getLogger(__name__)

SECOND = 1.0
MOST_WAITING = 2_000  # messages of network servers that wait to be stored


class AlreadyRunning(RuntimeError):
    """Another box works on this folder; the text names it and the cure."""


@dataclass(frozen=True, slots=True)
class Turned:
    """A connection came up or broke."""

    lane: Lane
    up: bool
    words: str


@dataclass(frozen=True, slots=True)
class FromNetwork:
    """A network server published something."""

    network: Network
    delivery: Delivery


Heard = Delivery | Turned | Put | Report | Shown | FromNetwork


class Box:
    """The parts of a box and the loop that drives them."""

    def __init__(self, life: Life, outbox: Outbox, *, crash: Crash = no_crash, note: str = "") -> None:
        settings = self._settings = life.running
        self._life = life
        self._desired = Desired(settings.folder)
        self._trial = life.trial
        self._began = time.monotonic()
        self.anew = False  # another configuration is to be tried, or one was taken back
        self._address = settings.address
        self._outbox = outbox
        self._clock = clock_source()
        self._heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()
        self._topics = {kind: self._address.topic(kind) for kind in topics.DOWN}
        self._topics["door"] = topics.door(self._address.county)
        self.links = {
            Lane.MAIN: self._link(Lane.MAIN, [(name, 1) for name in self._topics.values()]),
            Lane.BULK: self._link(Lane.BULK, []),
        }
        self.courier = Courier(outbox, dict(self.links), crash=crash)
        self.commands = CommandBook(outbox, self._address, self._clock)
        self.bins = open_bins(settings.bins, outbox, settings.device, self._clock, lambda _s: False)
        self.networks = open_networks(settings.networks, settings.framed, self._address, self._clock)
        self.listeners = [self._listener(one) for one in self.networks.values()]
        self.looking = Looking(settings, self._heard.put, self.commands.open) if settings.cameras else None
        self.storage_faults = 0
        self._showcase = Showcase(self._address, self._clock, settings.glimpse_mb_a_day)
        self._vitals = Vitals(settings.folder)
        self._note = note
        self._report = Report(cameras=())
        self._covered: dict[str, SpotReport] = {}
        self._due = {"second": 0.0, "health": 0.0, "coverage": time.monotonic() + settings.coverage_s}

    def start(self) -> None:
        """Connect and begin to look."""
        for link in (*self.links.values(), *self.listeners):
            link.start()
        if self.looking is not None:
            self.looking.start()

    def loop(self, stop: threading.Event) -> None:
        """Work until ``stop`` or ``anew``. ``sqlite3.DatabaseError``: the file is corrupt, the next start cures it."""
        wait = 0.0
        while not stop.is_set() and not self.anew:
            heard = self._next(min(wait, 0.2))
            try:
                while heard is not None:
                    self._take(heard)
                    heard = self._next(0)
                self._pass_time()
                wait = self.courier.step(time.monotonic(), utc_now())
            except sqlite3.OperationalError as problem:
                # A full or busy disk: what is not stored is asked for again, by the sender or by the next look.
                self.storage_faults += 1
                log.error("outbox: %s (free space on the disk of %s?)", problem, self._settings.folder)
                stop.wait(SECOND)

    def samples(self) -> list[Sample]:
        """What Prometheus is told."""
        restarts = self.looking.restarts if self.looking is not None else 0
        return box_samples(self._outbox.counts(), self.courier.tally, self._report, restarts, self.storage_faults)

    def stop(self) -> None:
        """Stop looking, say goodbye, disconnect."""
        for listener in self.listeners:
            listener.stop()
        if self.looking is not None:
            self.looking.stop()
        self._say(self._status(online=False, reason="stopped"), retain=True)
        for link in self.links.values():
            link.stop()

    def _link(self, lane: Lane, subscriptions: list[tuple[str, int]]) -> Link:
        will = None
        if lane is Lane.MAIN:
            gone = dump(self._status(online=False, reason="connection lost"))
            will = Will(self._address.topic("status"), gone)
        settings = link_settings(self._settings, bulk=lane is Lane.BULK, will=will)
        return Link(
            settings, self._heard.put, lambda up, words: self._heard.put(Turned(lane, up, words)), subscriptions
        )

    def _listener(self, network: Network) -> Link:
        """Hear a network server. In a flood its messages are dropped and counted: they must not fill the memory."""
        name = network.settings.name

        def hear(delivery: Delivery) -> None:
            if self._heard.qsize() < MOST_WAITING:
                self._heard.put(FromNetwork(network, delivery))
                return
            network.overrun += 1
            delivery.ack()

        def turn(up: bool, words: str) -> None:
            log.info("network server %s %s %s", name, "up" if up else "down", words)

        wanted = [(topic, 1) for topic in network.settings.topics]
        return Link(network_link(network.settings, self._settings.device), hear, turn, wanted)

    def _next(self, wait: float) -> Heard | None:
        try:
            return self._heard.get(timeout=wait) if wait > 0 else self._heard.get_nowait()
        except queue.Empty:
            return None

    def _take(self, heard: Heard) -> None:
        match heard:
            case Delivery():
                try:
                    self._deliver(heard)
                finally:
                    # Even if it could not be stored: acknowledgements go in order, and the sender repeats itself.
                    heard.ack()
            case FromNetwork():
                self._take_frame(heard)
            case Turned():
                self._turn(heard)
            case Report():
                self._report = heard
            case Shown():
                if self.courier.idle and self.links[Lane.BULK].clear:  # a glimpse goes last of all
                    self._showcase.send(heard, self.links[Lane.BULK])
            case Put():
                pass  # the courier looks into the outbox after every turn of the loop

    def _take_frame(self, heard: FromNetwork) -> None:
        try:
            heard.network.take(heard.delivery.payload, utc_now(), self._outbox)
        except sqlite3.OperationalError:
            self._heard.put(heard)  # nobody says it again: it waits here until the disk takes it
            raise
        heard.delivery.ack()

    def _deliver(self, delivery: Delivery) -> None:
        kind = next((kind for kind, topic in self._topics.items() if topic == delivery.topic), None)
        if kind == "receipt":
            self.courier.take_receipt(delivery.payload, utc_now())
        elif kind == "door":
            self.courier.see_door(delivery.payload)
        elif kind == "command":
            self._command(delivery.payload)
        elif kind == "config":
            self._config(delivery.payload)

    def _turn(self, turned: Turned) -> None:
        log.info("%s connection %s %s", turned.lane, "up" if turned.up else "down", turned.words)
        if not turned.up:
            self.courier.broke(turned.lane)
            return
        self.courier.rose(turned.lane, time.monotonic())
        if turned.lane is Lane.MAIN:
            self._say(self._status(online=True, reason=""), retain=True)
            self._tell_configuration()
            self._due["health"] = 0.0

    def _command(self, payload: bytes) -> None:
        spots = {spot.name for camera in self._settings.cameras for spot in camera.watched}
        taken = self.commands.receive(payload, utc_now(), spots, self.bins.keys())
        if taken is None:
            return
        command, verdict = taken
        if verdict.act == "look" and self.looking is not None:
            self.looking.ask(command)
        elif verdict.act == "read":
            self._read_for(command.spot)
            self.commands.answer(command, "done", verdict.reason, utc_now())

    def _read_for(self, name: str) -> None:
        self.bins[name].read(self._outbox, self._address)

    def _config(self, payload: bytes) -> None:
        """Take a desired configuration: try it, or say why it is not taken."""
        try:
            wanted = Config.model_validate_json(payload) if payload else None
        except ValidationError as problem:
            self._say(self._config_state(ok=False, reason=f"garbled: {str(problem)[:200]}"), retain=True)
            return
        if wanted is None:
            return
        verdict = judge(wanted, self._life.file, self._settings, self._desired.known())
        if verdict.act == "try":
            log.info("configuration %d is tried", wanted.version)
            self._desired.start(wanted, [one.name for one in self._report.cameras if one.online or one.finished])
            self.anew = True
        elif verdict.act == "refuse":
            self._desired.refuse(wanted.version, verdict.reason)
            self._tell_configuration()

    def _watch_trial(self, clock: float) -> None:
        """Keep a configuration with which the box is well; begin again without it when it is not."""
        trial = self._trial
        if trial is None:
            return
        outcome = fares(clock - self._began, self._report, trial.online, self._settings)
        if outcome is None:
            return
        self._trial = None
        if outcome:
            self._desired.give_up(trial, outcome)
            self.anew = True
            return
        log.info("configuration %d is kept", trial.version)
        self._desired.keep(trial)
        self._tell_configuration()

    def _tell_configuration(self) -> None:
        """Say which configuration runs, whether it is on trial, and why a newer one does not run."""
        refused = self._desired.known().get("refused")
        if self._trial is not None:
            said = self._config_state(ok=False, reason=TRYING)
        elif refused is not None and refused.version > self._settings.config_version:
            said = self._config_state(ok=False, reason=f"version {refused.version}: {refused.reason}")
        else:
            said = self._config_state(ok=True, reason="")
        self._say(said, retain=True)

    def _pass_time(self) -> None:
        clock = time.monotonic()
        for one in self.bins.values():
            if clock >= one.due:
                one.due = clock + one.source.every_s
                one.read(self._outbox, self._address)
        if self._is_due("second", clock, SECOND):
            self.commands.sweep(utc_now())
            if self.looking is not None:
                self.looking.watch()
            self._watch_trial(clock)
        if self._is_due("health", clock, self._settings.health_s):
            self._say(self._health())
        if self._is_due("coverage", clock, self._settings.coverage_s):
            self._tell_coverage()

    def _is_due(self, what: str, clock: float, every_s: float) -> bool:
        if clock < self._due[what]:
            return False
        self._due[what] = clock + every_s
        return True

    def _tell_coverage(self) -> None:
        spots = [spot for camera in self._report.cameras for spot in camera.spots]
        when = (utc_now(), self._clock)
        # Only what was really said is taken off: a report that found no connection is told with the next one.
        if spots and self._say(coverage(self._settings.device, when, spots, self._covered)):
            self._covered = {one.spot: one for one in spots}

    def _health(self) -> Message:
        notes = [self._note]
        if self.looking is not None:
            notes += [self.looking.note, f"looking restarts {self.looking.restarts}" if self.looking.restarts else ""]
        notes += [f"{name}: {one.bad} readings unusable" for name, one in self.bins.items() if one.bad]
        notes += [one.weakness for one in self.networks.values() if one.weakness]
        notes += [f"storage faults {self.storage_faults}"] if self.storage_faults else []
        dropped = ", ".join(f"{count} {kind}" for kind, count in sorted(self._outbox.dropped().items()))
        notes += [f"gave way unsent: {dropped}"] if dropped else []
        notes += [f"{one.kind} refused by {one.by}: {one.reason}" for one in self._outbox.refused(1)]
        notes += [self.looking.weakness] if self.looking is not None else []
        when = (utc_now(), self._clock)
        note = "; ".join(one for one in notes if one)
        return self._vitals.health(self._settings.device, when, self._outbox.counts(), self._report.cameras, note)

    def _status(self, *, online: bool, reason: str) -> Status:
        return Status(
            message_id=new_id(), device=self._settings.device, at=utc_now(), clock=self._clock, online=online,
            reason=reason,
        )  # fmt: skip

    def _config_state(self, *, ok: bool, reason: str) -> ConfigState:
        return ConfigState(
            message_id=new_id(), device=self._settings.device, at=utc_now(), clock=self._clock,
            version=self._settings.config_version, ok=ok, reason=reason,
        )  # fmt: skip

    def _say(self, message: Message, *, retain: bool = False) -> bool:
        """Publish something of which only the latest value counts; without a connection it is left out."""
        topic = self._address.topic(message.kind)
        try:
            self.links[Lane.MAIN].publish(topic, dump(message), retain=retain, correlation=message.message_id.bytes)
        except LinkError as problem:
            log.debug("%s not told: %s", message.kind, problem)
            return False
        return True


def run(settings: BoxSettings, stop: threading.Event, crash: Callable[[str], None] = no_crash) -> None:
    """Run a box until ``stop`` is set. ``AlreadyRunning`` when another one works on its folder, ``NoRoom`` on a
    full disk.

    ``crash`` is called at ``edge.before_send``, ``edge.after_send`` and ``edge.before_drop`` (chaos runs end it there).
    """
    settings.folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as closing:
        closing.enter_context(_alone(settings.folder))
        path = settings.folder / "outbox.db"
        outbox, note = open_outbox(path, settings.outbox_mb * 1_000_000, utc_now())
        closing.callback(outbox.close)
        boxes: list[Box] = []
        read = _latest(boxes)
        closing.enter_context(serving(metrics_at(settings), read, (sqlite3.Error,)))
        while not stop.is_set():
            life = Desired(settings.folder).begin(settings)
            box = Box(life, outbox, crash=crash, note="; ".join(one for one in (note, life.note) if one))
            boxes[:] = [box]
            with ExitStack() as one_life:
                one_life.callback(box.stop)
                box.start()
                box.loop(stop)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "box.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise AlreadyRunning(
                f"{folder}: another box runs on this folder. Cure: stop it, or give this one its own `folder`"
            ) from problem
        yield


def _latest(boxes: Sequence[Box]) -> Callable[[], list[Sample]]:
    """Read the box that runs now: another one takes its place with another configuration."""
    return lambda: boxes[-1].samples() if boxes else []
