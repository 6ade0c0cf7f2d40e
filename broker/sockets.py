"""What the loop of a link waits on: a socket with a buffer on each side, and a bell that wakes it.

paho 2 asks its socket for a header byte at a time and sends every packet by itself. Each of these system calls lets go
of the interpreter and has to win it back from whoever computes meanwhile; a busy door spent most of its time so.
"""

from __future__ import annotations

import contextlib
import socket
import ssl

PIECE = 65_536  # bytes asked of the kernel at once
GOODBYE_S = 3.0  # how long a closing socket tries to get rid of what waits

_AGAIN = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Buffered:
    """A connected socket, plain or TLS, as paho uses one. For one thread; only ``unsent`` may be read by others."""

    def __init__(self, inner: socket.socket) -> None:
        """``inner`` belongs to this object from now on. Nothing waits in the kernel to be sent together."""
        inner.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._inner = inner
        self._come = memoryview(b"")
        self._waits = bytearray()

    def recv(self, size: int) -> bytes:
        """Return up to ``size`` bytes, b"" at the end; raises like the socket when nothing has come."""
        if not self._come:
            self._come = memoryview(self._inner.recv(PIECE))
        taken, self._come = bytes(self._come[:size]), self._come[size:]
        return taken

    def send(self, data: bytes | bytearray) -> int:
        """Keep the bytes for the next ``flush``."""
        self._waits += data
        return len(data)

    def flush(self) -> None:
        """Give the kernel what it takes; the rest stays. A broken connection is found by the next ``recv``."""
        try:
            while self._waits:
                del self._waits[: self._inner.send(self._waits)]
        except _AGAIN:
            return
        except OSError:
            self._waits.clear()

    @property
    def unsent(self) -> bool:
        """Whether bytes wait for the kernel."""
        return bool(self._waits)

    def pending(self) -> int:
        """How many bytes can be had without asking the kernel."""
        behind = self._inner.pending() if isinstance(self._inner, ssl.SSLSocket) else 0
        return len(self._come) + behind

    def fileno(self) -> int:
        """The socket's number, for a selector; -1 once closed."""
        return self._inner.fileno()

    def setblocking(self, flag: bool) -> None:
        """As of the socket."""
        self._inner.setblocking(flag)

    def close(self) -> None:
        """Send what waits, a goodbye perhaps, and close."""
        try:
            if self._waits:
                self._inner.settimeout(GOODBYE_S)
                self._inner.sendall(self._waits)
        except OSError:
            self._waits.clear()
        finally:
            self._inner.close()


class Bell:
    """Wakes a selector from any thread."""

    def __init__(self) -> None:
        self._rope, self._clapper = socket.socketpair()
        for end in (self._rope, self._clapper):
            end.setblocking(False)

    def ring(self) -> None:
        """Wake who waits, now or at its next turn; nothing happens once it is taken down."""
        with contextlib.suppress(OSError):
            self._rope.send(b"!")

    def hush(self) -> None:
        """Forget the rings so far."""
        with contextlib.suppress(BlockingIOError):
            self._clapper.recv(4096)

    def fileno(self) -> int:
        """What to select on."""
        return self._clapper.fileno()

    def close(self) -> None:
        """Take it down."""
        self._rope.close()
        self._clapper.close()
