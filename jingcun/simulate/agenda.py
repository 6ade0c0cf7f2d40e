"""What is going to happen, in the order of time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from heapq import heappop, heappush

Do = Callable[[datetime], None]


class Agenda:
    """Things to do at moments; what is put down for the same moment is done in the order in which it was put."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Do]] = []
        self._count = 0

    def put(self, at: datetime, do: Do) -> None:
        """Let something happen at a moment."""
        self._count += 1
        heappush(self._heap, (at, self._count, do))

    def run(self, until: datetime) -> None:
        """Do all that falls before ``until``, also what is put down meanwhile."""
        while self._heap and self._heap[0][0] < until:
            at, _, do = heappop(self._heap)
            do(at)
