"""The ground that chaos and benches stand on: a broker, a stage, and programs started in order and ended in reverse."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from broker.embedded import free_port
from county.files import Folder
from jingcun.demo.stage import Stage, set_stage
from jingcun.supervise import Child, Family

# max_inflight_messages 0: how many unacknowledged messages the door may hold is the door's affair, for us and the peer.
CONF = "listener {port} 127.0.0.1\nallow_anonymous true\nlog_dest none\nmax_packet_size 1048576\n"
FAST = "max_inflight_messages 0\nmax_queued_messages 0\nset_tcp_nodelay true\n"
START_S = 120.0


@dataclass(frozen=True, slots=True)
class Ground:
    """A stage whose broker runs; ``start`` adds programs."""

    stage: Stage
    family: Family

    def start(self, name: str, argv: list[str], ready: bytes) -> Child:
        """Start a program and wait until its log says that it is at work; ``TimeoutError`` with the log's name."""
        log = self.stage.folder / f"{name}.log"
        before = log.stat().st_size if log.exists() else 0
        child = self.family.add(Child(name, argv, output=log))
        wait_until(lambda: ready in log.read_bytes()[before:] or not child.alive, f"{name} to start (see {log})")
        if not child.alive:
            raise RuntimeError(f"{name} ended at once: {log.read_text(encoding='utf-8', errors='replace')[-500:]}")
        return child


@contextmanager
def ground(files: Folder, *, broker: bool = True) -> Iterator[Ground]:
    """A stage in a folder of its own, gone afterwards; with a real broker, or none at its port."""
    with tempfile.TemporaryDirectory(prefix="jingcun-bench-") as folder, Family() as family:
        stage = set_stage(Path(folder), files, free_port())
        if broker:
            family.add(Child("broker", broker_argv(stage, FAST)))
            wait_until(lambda: accepts(stage.broker_port), "the broker to listen")
        yield Ground(stage, family)


def broker_argv(stage: Stage, more: str = "") -> list[str]:
    """The arguments of a real Mosquitto, or of the embedded broker where there is none."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        print("Mosquitto is not installed; the embedded broker stands in", file=sys.stderr, flush=True)
        where = [
            "--port",
            str(stage.broker_port),
            "--folder",
            str(stage.folder / "broker"),
            "--parent",
            str(os.getpid()),
        ]
        return [sys.executable, "-m", "broker.embedded", *where]
    conf = stage.folder / "mosquitto.conf"
    conf.write_text(CONF.format(port=stage.broker_port) + more, encoding="utf-8")
    return [program, "-c", str(conf)]


def accepts(port: int) -> bool:
    """Whether somebody listens on this port of 127.0.0.1."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5):
            return True
    except OSError:
        return False


def wait_until(true: Callable[[], bool], what: str, seconds: float = START_S) -> None:
    """Poll until it holds; ``TimeoutError`` names what was waited for."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.1)
