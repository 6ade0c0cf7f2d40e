"""Run programs as children: restart what dies within a budget, end everything last-in-first-out.

A child is always ended by its own process id. Each of our programs also watches its parent and ends when that dies, so
a killed supervisor leaves nothing behind.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

log = logging.getLogger("jingcun.supervise")

RESTARTS_PER_MINUTE = 5
PARENT = "JINGCUN_PARENT"


@dataclass
class Child:
    """One program: its name, its argument list, and where its output goes (None: ours)."""

    name: str
    argv: Sequence[str]
    output: Path | None = None
    restarts: int = 0
    process: subprocess.Popen[bytes] | None = None
    _starts: deque[float] = field(default_factory=deque)

    def start(self) -> None:
        """Start the program; it ends by itself when we die."""
        self._starts.append(time.monotonic())
        environment = {**os.environ, PARENT: str(os.getpid())}
        if self.output is None:
            self.process = subprocess.Popen(self.argv, env=environment)
            return
        with self.output.open("ab") as sink:
            self.process = subprocess.Popen(self.argv, stdout=sink, stderr=sink, env=environment)

    @property
    def alive(self) -> bool:
        """Whether the program runs now."""
        return self.process is not None and self.process.poll() is None

    def stop(self, patience_s: float = 8.0) -> None:
        """Ask with SIGTERM, wait, then SIGKILL."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(patience_s)
            except subprocess.TimeoutExpired:
                log.warning("%s did not end in %.0f s and is killed", self.name, patience_s)
                self.process.kill()
        self.process.wait()

    def revive(self) -> bool:
        """Start a dead program again, unless it died too often in the last minute; say whether it was started."""
        while self._starts and self._starts[0] < time.monotonic() - 60:
            self._starts.popleft()
        if len(self._starts) > RESTARTS_PER_MINUTE:
            return False
        self.restarts += 1
        self.start()
        return True


class Family:
    """Children in start order; a context manager that ends them in the opposite order."""

    def __init__(self) -> None:
        self.children: list[Child] = []

    def add(self, child: Child) -> Child:
        """Start one more child."""
        child.start()
        self.children.append(child)
        return child

    def __enter__(self) -> Family:
        return self

    def __exit__(self, *_: object) -> None:
        for child in reversed(self.children):
            child.stop()

    def watch(self, stopped: Callable[[], bool], every_s: float = 0.5) -> None:
        """Keep all children alive until ``stopped``; a child over its restart budget waits for the next minute."""
        while not stopped():
            for child in self.children:
                if not child.alive and child.revive():
                    log.error("%s ended and was started again (%d)", child.name, child.restarts)
            time.sleep(every_s)


def python(*arguments: str) -> list[str]:
    """Return the argument list of one of our own programs.

    ``-P``: a folder ``county`` or ``alerts`` where the operator happens to stand must not be taken for our package.
    """
    return [sys.executable, "-P", "-m", "jingcun", *arguments]


def end_with_parent() -> None:
    """In a child: watch the parent that started us, and ask ourselves to end when it is gone."""
    parent = os.environ.pop(PARENT, None)
    if parent is None:
        return

    def watch() -> None:
        while os.getppid() == int(parent):
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
