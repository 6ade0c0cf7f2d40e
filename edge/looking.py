"""The box's side of its looking process (``edge.eyes``): start it, hear it, start it anew when it dies or is silent."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from broker.downward import Command
from edge.reports import ANEW, UNUSABLE, Ask, Fault, Put, Report, Said, Shown, Start
from edge.restarts import wait_before
from edge.settings import BoxSettings

log = logging.getLogger(__name__)

UNUSABLE_PAUSE_S = 60.0  # the model or the settings cannot be used: perhaps somebody puts them right
LOADING_S = 60.0  # a busy machine may take so long to load the detector
STOP_S = 3.0
# Two heaps for all camera threads, no BLAS threads, and pictures outside the heaps, so that their memory is given back
# at once and not kept for the next one: 60 to 100 MB less with four cameras.
LEAN = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "262144", "OPENBLAS_NUM_THREADS": "1"}

Heard = Callable[[Put | Report | Shown], None]


class Looking:
    """A child process that looks through all cameras of this box; ``watch`` once a second keeps it alive.

    ``open_commands`` gives the re-checks under way: a new process is asked them again.
    """

    def __init__(self, settings: BoxSettings, heard: Heard, open_commands: Callable[[], Sequence[Command]]) -> None:
        self.restarts = 0
        self.note = self.weakness = ""
        self._settings = settings
        self._heard = heard
        self._open_commands = open_commands
        self._child: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._last = 0.0
        self._silence = LOADING_S
        self._starts: deque[float] = deque(maxlen=10)
        self._not_before: float | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the child, None while there is none."""
        return self._child.pid if self._child is not None else None

    def start(self) -> None:
        """Start the child and tell it what to look at."""
        here = str(Path(__file__).resolve().parent.parent)
        path = os.pathsep.join(part for part in (here, os.environ.get("PYTHONPATH", "")) if part)
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "edge.eyes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, **LEAN, "PYTHONPATH": path},
            process_group=0,  # Ctrl-C is for the box, which ends us in order
        )
        assert child.stdout is not None
        self._child, self._last, self._silence, self._not_before = child, time.monotonic(), LOADING_S, None
        self._reader = threading.Thread(target=self._read, args=(child.stdout,), name="looking", daemon=True)
        self._reader.start()
        self._write(Start(settings=self._settings, log_level=log.getEffectiveLevel()).model_dump_json())
        for command in self._open_commands():
            self.ask(command)

    def ask(self, command: Command) -> None:
        """Pass a re-check on; when the child is gone the next one is asked it at its start."""
        self._write(Ask(ask=command).model_dump_json())

    def watch(self) -> None:
        """End a silent child; start a new one when its time has come."""
        clock = time.monotonic()
        child = self._child
        if child is not None and child.poll() is None:
            if clock - self._last <= self._silence:
                return
            self.note = f"the looking process was silent for {self._silence:.0f} s and was ended"
            log.error("%s", self.note)
        if child is not None:
            status = self._end(0)
            if status == ANEW:
                self.start()
                return
            if not self.note:
                self.note = f"the looking process ended with status {status}"
                log.error("%s", self.note)
            pause = UNUSABLE_PAUSE_S if status == UNUSABLE else wait_before(self._starts, clock)
            self._not_before = clock + pause
        if self._not_before is not None and clock >= self._not_before:
            self._starts.append(clock)
            self.restarts += 1
            self.start()

    def stop(self) -> None:
        """End the child: it stops when its input ends, or is killed."""
        self._end(STOP_S)
        self._not_before = None

    def _end(self, patience_s: float) -> int:
        child, self._child = self._child, None
        if child is None:
            return 0
        if child.stdin is not None:
            with contextlib.suppress(OSError):
                child.stdin.close()
        try:
            child.wait(patience_s)
        except subprocess.TimeoutExpired:
            child.kill()
        status = child.wait()
        if self._reader is not None:
            self._reader.join()
        if child.stdout is not None:
            child.stdout.close()
        return status

    def _write(self, line: str) -> None:
        child = self._child
        if child is None or child.stdin is None:
            return
        with contextlib.suppress(OSError):  # it died; ``watch`` sees to it
            child.stdin.write(line + "\n")
            child.stdin.flush()

    def _read(self, lines: IO[str]) -> None:
        for line in lines:
            self._last = time.monotonic()
            try:
                heard = Said.validate_json(line)
            except ValidationError as problem:
                log.warning("the looking process said %r: %s", line[:200], problem)
                continue
            if isinstance(heard, Fault):
                self.note = heard.fault
                log.error("%s", heard.fault)
                continue
            if isinstance(heard, Report):
                self._silence, self.note = max(10.0, self._settings.silent_s), heard.note
                self.weakness = heard.weakness
            self._heard(heard)
