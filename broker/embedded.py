"""The broker that needs no installation: rumqttd in a child process that never outlives its parent.

It speaks MQTT 5 on the loopback address only, asks nobody for a password and keeps nothing on disk: right for a
demo, a test, or box and server on one machine. Everything else uses Mosquitto. Alone: ``python -m broker.embedded``.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from iotcore import IotCoreBroker

HOST = "127.0.0.1"
START_S = 20.0
LOOK_S = 0.2  # how often the child looks whether its parent still lives

# rumqttd reads MQTT 5 only from a table named v5.<n>; without max_payload_size it cuts at 20 kB.
_CONFIG = """\
id = 0
[router]
id = 0
max_connections = 10010
max_outgoing_packet_count = 200
max_segment_size = 16777216
max_segment_count = 4
[v5.1]
name = "v5-1"
listen = "{host}:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = {max_packet}
max_inflight_count = 500
"""


class BrokerFailed(RuntimeError):
    """The embedded broker did not start; the text says why."""


class EmbeddedBroker:
    """A broker on 127.0.0.1. ``port=0`` takes a free one and keeps it over ``stop`` and ``start``."""

    def __init__(self, folder: Path, port: int = 0, *, max_packet: int = 1_048_576) -> None:
        self._folder = folder
        self._port = port
        self._max_packet = max_packet
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the child, None while stopped."""
        return self._child.pid if self._child is not None else None

    def start(self) -> tuple[str, int]:
        """Start the child and wait until it accepts connections; return host and port. ``BrokerFailed`` if not."""
        if self._child is not None and self._child.poll() is None:
            return HOST, self._port
        port = self._port or free_port()
        if _accepts(port):
            raise BrokerFailed(f"port {port} of {HOST} is already in use: stop that program or choose another port")
        arguments = ["--port", str(port), "--folder", str(self._folder), "--max-packet", str(self._max_packet)]
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", "broker.embedded", *arguments, "--parent", str(os.getpid())],
            stdin=subprocess.DEVNULL,
            cwd=Path(__file__).resolve().parent.parent,
        )
        self._wait(port)
        self._port = port
        return HOST, port

    def stop(self) -> None:
        """End the child and free the port; twice is fine."""
        child, self._child = self._child, None
        if child is None:
            return
        child.terminate()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _wait(self, port: int) -> None:
        assert self._child is not None
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            code = self._child.poll()
            if code is not None:
                self._child = None
                raise BrokerFailed(f"embedded broker ended with code {code} before it listened on {port}")
            if _accepts(port):
                return
            time.sleep(0.05)
        self.stop()
        raise BrokerFailed(f"embedded broker did not listen on {HOST}:{port} within {START_S:.0f} s")


def serve(port: int, folder: Path, max_packet: int, parent: int | None) -> None:
    """Run the broker in this process until it is killed, or until ``parent`` is gone."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / f"rumqttd-{port}.toml"
    config.write_text(_CONFIG.format(host=HOST, port=port, max_packet=max_packet), encoding="utf-8")
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    # rumqttd reports each of its spans as an error record.
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)
    broker = IotCoreBroker(config_path=str(config))
    broker.check_ports()
    broker.run_forever()


def _end_with(parent: int) -> None:
    # Not PR_SET_PDEATHSIG: it fires when the *thread* that started us ends, and programs start us from any thread.
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(0)


def free_port() -> int:
    """Return a port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=0.5):
        return True
    return False


def main() -> None:
    """Command line of the broker alone."""
    parser = argparse.ArgumentParser(prog="python -m broker.embedded", description="A small MQTT 5 broker on loopback")
    parser.add_argument("--port", type=int, default=1883)
    parser.add_argument("--folder", type=Path, required=True, help="where its configuration is written")
    parser.add_argument("--max-packet", type=int, default=1_048_576, help="bytes of the largest message")
    parser.add_argument("--parent", type=int, help="end when this process is gone")
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        serve(given.port, given.folder, given.max_packet, given.parent)


if __name__ == "__main__":
    main()
