"""Real server programs for tests: started on a free port of 127.0.0.1, ended by their own pid."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

HOST = "127.0.0.1"


def _ports() -> Iterator[int]:
    """Ports below those that the system gives to clients, each process from a place of its own on."""
    first, many = 10_000, 22_000
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    begin = (os.getppid() * 7919 + worker * 2_500) % many
    return (first + (begin + step) % many for step in itertools.count())


_PORTS = _ports()


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens; no other test is given it, and no client connects from it."""
    while True:
        port = next(_PORTS)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind((HOST, port))
            return port


def accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=0.5):
        return True
    return False


class Mosquitto:
    """A real Mosquitto on ``host:port`` that can be stopped and started again on the same port."""

    def __init__(self, folder: Path, conf: str, port: int) -> None:
        self.host = HOST
        self.port = port
        self._folder = folder
        self._config = folder / "mosquitto.conf"
        self._config.write_text(f"listener {port} {HOST}\nlog_dest none\n{conf}\n", encoding="utf-8")
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._child = subprocess.Popen(
            [_program(), "-c", str(self._config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
        )
        wait_until(lambda: accepts(self.port) or self._ended(), "Mosquitto listens")
        if self._ended():
            raise RuntimeError(f"Mosquitto ended at once: {self._config.read_text(encoding='utf-8')}")

    def stop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()

    def _ended(self) -> bool:
        return self._child is not None and self._child.poll() is not None


@contextlib.contextmanager
def real_mosquitto(folder: Path, conf: str = "allow_anonymous true") -> Iterator[Mosquitto]:
    """Start a real Mosquitto in ``folder`` with these further lines of configuration (no ``listener`` line)."""
    folder.mkdir(parents=True, exist_ok=True)
    server = Mosquitto(folder, conf, free_port())
    server.start()
    try:
        yield server
    finally:
        server.stop()


def end(child: subprocess.Popen[bytes] | None) -> None:
    """End a server politely, or after twenty seconds not."""
    if child is None:
        return
    child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(timeout=20)
    child.kill()
    child.wait()


def wait_until(true: object, what: str, seconds: float = 20.0) -> None:
    """Poll ``true()`` until it holds; fail naming ``what`` when it does not in time."""
    assert callable(true)
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.02)


def _program() -> str:
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise RuntimeError("Mosquitto is not installed: apt-get install mosquitto")
    return found
