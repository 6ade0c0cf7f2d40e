"""A narrow line between a box and its broker: a TCP proxy that lets so many bytes a second through, all together."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from types import TracebackType

PIECE = 512


class NarrowProxy:
    """Listens on ``port`` of this machine; what clients send shares ``rate`` bytes a second, answers pass freely."""

    def __init__(self, target: int, rate: float) -> None:
        self.carried = 0
        self._target, self._rate = target, rate
        self._server = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._free_at = 0.0
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    @property
    def port(self) -> int:
        """Where to connect."""
        return int(self._server.getsockname()[1])

    def __enter__(self) -> NarrowProxy:
        self._run(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for one in self._sockets:
            one.close()

    def _run(self, task: object, *given: object) -> None:
        thread = threading.Thread(target=task, args=given, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # else the kernel takes what the line cannot
            server = socket.create_connection(("127.0.0.1", self._target))
            self._sockets += [client, server]
            self._run(self._carry, client, server, True)
            self._run(self._carry, server, client, False)

    def _carry(self, source: socket.socket, target: socket.socket, narrow: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(PIECE):
                if narrow:
                    self._wait_for(len(data))
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def _wait_for(self, size: int) -> None:
        with self._lock:
            self.carried += size
            now = time.monotonic()
            self._free_at = max(self._free_at, now) + size / self._rate
            wait = self._free_at - now
        time.sleep(wait)
