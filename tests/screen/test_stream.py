"""One page's frames on the wire: the head through every layer, the frames straight, and an end for every reason."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from starlette.types import Message

from screen.wall import mailbox
from screen.wall.mailbox import Mailbox
from screen.wall.stream import STRAIGHT, Stream

HEAD = "http.response.start"


class Browser:
    """What one browser gets, through the layers of the app and straight, and when it goes."""

    def __init__(self) -> None:
        self.layered: list[Message] = []
        self.straight: list[Message] = []
        self.gone, self.free = asyncio.Event(), asyncio.Event()
        self.free.set()
        self.left = False

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.layered.append(message)

    async def send_straight(self, message: Message) -> None:
        await self.free.wait()
        self.straight.append(message)

    def leave(self) -> None:
        self.left = True

    def opens(self, page: Mailbox, still: Callable[[], bool] = lambda: True) -> asyncio.Task[None]:
        stream = Stream(page, still, self.leave)
        return asyncio.create_task(stream({"type": "http", STRAIGHT: self.send_straight}, self.receive, self.send))

    @property
    def frames(self) -> list[bytes]:
        return [message["body"] for message in self.straight]


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def rung(page: Mailbox, frame: bytes) -> None:
    page.put(None, [frame])
    page.ring()


def test_the_head_passes_every_layer_and_the_frames_pass_by_them_until_the_browser_goes() -> None:
    async def scene() -> Browser:
        browser, page = Browser(), Mailbox()
        stream = browser.opens(page)
        await settled()
        for frame in (b"one", b"two"):
            rung(page, frame)
            await settled()
        browser.gone.set()
        await asyncio.wait_for(stream, 20)
        return browser

    browser = asyncio.run(scene())
    assert [message["type"] for message in browser.layered] == [HEAD]
    assert (b"content-type", b"text/event-stream; charset=utf-8") in browser.layered[0]["headers"]
    assert browser.frames == [b"retry: 3000\n\n", b"one", b"two", b""]
    assert [message["more_body"] for message in browser.straight] == [True, True, True, False]
    assert browser.left


def test_a_stream_ends_with_its_mailbox_and_is_forgotten_when_the_server_breaks_it_off() -> None:
    async def scene() -> tuple[Browser, Browser]:
        ended, broken = Browser(), Browser()
        pages = Mailbox(), Mailbox()
        first, second = ended.opens(pages[0]), broken.opens(pages[1])
        await settled()
        pages[0].over()
        second.cancel()
        await asyncio.wait_for(asyncio.gather(first, second, return_exceptions=True), 20)
        return ended, broken

    ended, broken = asyncio.run(scene())
    assert (ended.left, ended.straight[-1]["more_body"]) == (True, False)
    assert (broken.left, broken.frames) == (True, [b"retry: 3000\n\n"])


def test_a_browser_that_does_not_read_misses_old_alarms_and_holds_up_nobody() -> None:
    async def scene() -> tuple[Browser, Browser]:
        slow, quick = Browser(), Browser()
        pages = Mailbox(), Mailbox()
        streams = [slow.opens(pages[0]), quick.opens(pages[1])]
        await settled()
        slow.free.clear()
        for number in range(100):
            for page in pages:
                rung(page, b"%d," % number)
            await settled()
        slow.free.set()
        await settled()
        for browser in (slow, quick):
            browser.gone.set()
        await asyncio.wait_for(asyncio.gather(*streams), 20)
        return slow, quick

    slow, quick = asyncio.run(scene())
    assert quick.frames[1:-1] == [b"%d," % number for number in range(100)]
    assert slow.frames[1:-1] == [b"0,", b"".join(b"%d," % number for number in range(50, 100))]


class Wire(asyncio.WriteTransport):
    """A connection with ``waiting`` bytes that the browser has not taken."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.waiting = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        return self.waiting


def test_where_the_connection_is_known_a_ring_writes_a_chunk_there_unless_older_bytes_wait_in_it() -> None:
    async def scene() -> tuple[Wire, Browser]:
        browser, page, wire = Browser(), Mailbox(), Wire()
        stream = browser.opens(page)
        await settled()
        page.wire = wire
        rung(page, b"a frame of 22 bytes...")
        wire.waiting = 1
        rung(page, b"the page takes this")
        wire.waiting = 0
        rung(page, b" and this, in order")  # rung while the page wakes: not past what it is about to take
        await settled()
        rung(page, b"calm again")
        page.over()
        rung(page, b"after the end")
        await asyncio.wait_for(stream, 20)
        return wire, browser

    wire, browser = asyncio.run(scene())
    assert wire.written == [b"16\r\na frame of 22 bytes...\r\n", b"a\r\ncalm again\r\n"]
    assert browser.frames == [b"retry: 3000\n\n", b"the page takes this and this, in order", b""]


def test_a_session_that_has_ended_is_not_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> Wire:
        browser, page, wire = Browser(), Mailbox(), Wire()
        monkeypatch.setattr(mailbox, "PING_S", 0.0)
        stream = browser.opens(page, lambda: False)
        await settled()
        page.wire = wire
        rung(page, b"not for this one")
        await asyncio.wait_for(stream, 20)
        return wire

    assert asyncio.run(scene()).written == []
