"""The buffered socket and the bell, on real sockets."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from broker.acks import Acks
from broker.sockets import PIECE, Bell, Buffered

Ends = tuple[Buffered, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """A buffered end that does not wait, and the plain one across."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        near = socket.create_connection(door.getsockname())
        far, _ = door.accept()
    with far, closing(Buffered(near)) as buffered:
        buffered.setblocking(False)
        far.settimeout(10)
        yield buffered, far


def readable(one: Buffered | Bell) -> bool:
    with selectors.DefaultSelector() as ready:
        ready.register(one, selectors.EVENT_READ)
        return bool(ready.select(0.05))


def test_bytes_come_in_any_portions_and_nothing_is_lost_between_them(ends: Ends) -> None:
    near, far = ends
    far.sendall(b"abcdefghij")
    assert readable(near)
    assert near.recv(1) == b"a"
    assert near.pending() == 9
    assert [near.recv(2), near.recv(100)] == [b"bc", b"defghij"]
    assert near.pending() == 0
    with pytest.raises(BlockingIOError):
        near.recv(1)
    far.close()
    assert readable(near)
    assert near.recv(1) == b""


def test_what_is_sent_leaves_together_and_at_once_with_the_flush(ends: Ends) -> None:
    near, far = ends
    assert [near.send(b"ab"), near.send(bytearray(b"cd"))] == [2, 2]
    near.flush()
    assert not near.unsent
    assert far.recv(100) == b"abcd"
    with socket.socket(fileno=near.fileno()) as line:
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
        line.detach()


def test_what_the_kernel_does_not_take_stays_in_order(ends: Ends) -> None:
    near, far = ends
    sent = b"".join(b"%07d " % number for number in range(PIECE * 16))
    near.send(sent)
    near.flush()
    assert near.unsent, "8 MB fit into no kernel's buffer"
    come = bytearray()
    while len(come) < len(sent):
        near.flush()
        come += far.recv(PIECE)
    assert bytes(come) == sent
    assert not near.unsent


def test_the_goodbye_leaves_before_the_line_is_closed(ends: Ends) -> None:
    near, far = ends
    near.send(b"goodbye")
    near.close()
    near.close()
    assert far.recv(100) == b"goodbye"
    assert far.recv(100) == b""


def test_a_broken_line_breaks_at_the_next_read_and_not_at_the_flush(ends: Ends) -> None:
    near, far = ends
    far.close()
    for _ in range(3):
        near.send(b"x" * 100)
        near.flush()
    with suppress(ConnectionError):
        assert near.recv(1) == b""
    near.close()


def test_a_bell_wakes_and_is_silent_after_it_was_heard() -> None:
    with closing(Bell()) as bell:
        assert not readable(bell)
        for _ in range(100_000):  # more than its rope holds
            bell.ring()
        while readable(bell):
            bell.hush()
        bell.hush()
        bell.ring()
        assert readable(bell)
    bell.ring()


def test_acknowledgements_leave_in_the_order_of_arrival() -> None:
    sent: list[int] = []
    acks = Acks(lambda mid, _qos: sent.append(mid))
    first, unasked, second, third = (acks.expect(mid, qos) for mid, qos in ((7, 1), (0, 0), (8, 1), (9, 1)))
    third()
    unasked()
    assert sent == []
    first()
    assert sent == [7]
    second()
    second()
    assert sent == [7, 8, 9]
