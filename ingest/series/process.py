"""The ingest program's side of its series process: start it, hear it, start it anew when it dies."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from ingest.series.wire import Plan, Reached, Said, Standing

log = logging.getLogger(__name__)

ARGV = ("-X", "utf8", "-P", "-m", "ingest.series.child")
STOP_S = 6.0
AGAIN_S = 2.0


class SeriesProcess:
    """A child that writes the series. ``away`` says why the series store is, "" while it answers."""

    def __init__(self, plan: Plan, crash: Callable[[str], None]) -> None:
        """``crash`` is asked at the child's named points, so that the whole program dies there and not a part of it."""
        self.away = ""
        self._plan = plan
        self._crash = crash

    def run(self, stop: threading.Event) -> None:
        """Keep the child at work until ``stop``."""
        while not stop.is_set():
            try:
                child = self._start()
            except OSError as fault:  # no memory, process or descriptor to spare just now: the door goes on
                self.away = f"the series process cannot be started: {fault}"
                log.error("%s; it is tried again", self.away)
                stop.wait(AGAIN_S)
                continue
            ears = threading.Thread(target=self._hear, args=(child,), name="series-ears", daemon=True)
            ears.start()
            while child.poll() is None and not stop.wait(0.2):
                continue
            status = _end(child)
            ears.join()
            if not stop.is_set():
                self.away = f"the series process ended with status {status}"
                log.error("%s; it is started anew", self.away)
                stop.wait(AGAIN_S)

    def _start(self) -> subprocess.Popen[str]:
        home = str(Path(__file__).resolve().parent.parent.parent)
        path = os.pathsep.join(part for part in (home, os.environ.get("PYTHONPATH", "")) if part)
        child = subprocess.Popen(
            [sys.executable, *ARGV],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"},  # whatever tongue this machine speaks
            process_group=0,  # Ctrl-C is for the program, which ends us in order
        )
        _say(child, self._plan.model_dump_json())
        return child

    def _hear(self, child: subprocess.Popen[str]) -> None:
        assert child.stdout is not None
        lines: IO[str] = child.stdout
        with lines:
            self._understand(child, lines)

    def _understand(self, child: subprocess.Popen[str], lines: IO[str]) -> None:
        for line in lines:
            try:
                heard = Said.validate_json(line)
            except ValidationError as problem:
                log.warning("the series process said %r: %s", line[:200], problem)
                continue
            if isinstance(heard, Standing):
                self.away = heard.away
            elif isinstance(heard, Reached):
                self._crash(heard.point)
                _say(child, "go")
            else:
                logging.getLogger(heard.name).log(heard.level, "%s", heard.text)


def _say(child: subprocess.Popen[str], line: str) -> None:
    assert child.stdin is not None
    with contextlib.suppress(OSError, ValueError):  # it died, or is being ended
        child.stdin.write(line + "\n")
        child.stdin.flush()


def _end(child: subprocess.Popen[str]) -> int:
    assert child.stdin is not None
    with contextlib.suppress(OSError):
        child.stdin.close()
    try:
        child.wait(STOP_S)
    except subprocess.TimeoutExpired:
        child.kill()
    return child.wait()
