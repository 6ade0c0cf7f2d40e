"""Work that waits its turn for one slow thing, beside the threads that answer everybody else.

Pictures are read one after the other. Forty that wait would hold every thread of the server: nobody could log in, act
or look until the last was read. So they wait here, and hold nothing but their own connection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Request

from screen.problems import Problem

T = TypeVar("T")
AT_ONCE = 2  # one is read while another is fetched and kept
MOST = 100  # that wait; a phone tries again by itself


class Turns:
    """A queue of work: two at a time, and no more waiting than ``most``."""

    def __init__(self, most: int = MOST) -> None:
        self._limiter = CapacityLimiter(AT_ONCE)
        self._most = most
        self._there = 0

    async def take(self, do: Callable[[], T]) -> T:
        """Do something in a thread when its turn has come; ``Problem`` 503 where too many wait."""
        if self._there >= self._most:
            raise Problem(503, "正在处理的照片太多，请稍后再传", 10)
        self._there += 1
        try:
            return await to_thread.run_sync(do, limiter=self._limiter)
        finally:
            self._there -= 1


def of_staff(request: Request) -> Turns:
    """The queue of those who work with a link or an account: citizens' photos do not stand before theirs."""
    turns: Turns = request.app.state.staff_turns
    return turns


def of_citizens(request: Request) -> Turns:
    """The queue of those whom nobody knows."""
    turns: Turns = request.app.state.citizen_turns
    return turns
