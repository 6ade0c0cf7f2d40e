"""A demo as a child process: its lines as they come, and nothing of it left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

PATIENCE_S = 150.0


@dataclass
class Running:
    """A demo as a child; its lines as they come."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def line(self, pattern: str) -> re.Match[str]:
        """Wait for a line; the whole output is the error if it never comes."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self.process.poll() is None:
            for line in list(self.lines):
                if found := re.search(pattern, line):
                    return found
            time.sleep(0.2)
        raise AssertionError(f"no line like {pattern!r} in:\n" + "\n".join(self.lines))


@contextmanager
def demo(*arguments: str) -> Iterator[Running]:
    child = subprocess.Popen(
        [sys.executable, "-m", "jingcun", "demo", "--no-browser", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    running = Running(child)
    assert child.stdout is not None
    reader = threading.Thread(target=lambda: running.lines.extend(line.rstrip() for line in child.stdout or []))
    reader.start()
    family = psutil.Process(child.pid)
    try:
        yield running
    finally:
        members = family.children(recursive=True) if family.is_running() else []
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(60)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        reader.join(30)
        child.stdout.close()
        psutil.wait_procs(members, timeout=20)
        left = [one for one in members if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
        assert left == [], "a program outlived the demo"
