"""What devices say, on its way to the county: at once, late, twice, or after a village's link is up again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush

from broker.messages import Message
from ingest.inbox import Row
from jingcun.simulate.chance import Dice
from jingcun.simulate.rates import Rates

AHEAD = timedelta(hours=7)  # how far a clock that is wrong runs ahead


_Way = tuple[datetime, int, Message, str]  # when it arrives, its turn, what is said, and in which village


@dataclass(frozen=True, slots=True)
class ReadyRow(Row):
    """A row of an inbox whose message needs no parsing: the door's work is not what is simulated."""

    ready: Message

    def message(self) -> Message:
        """The message as it was said."""
        return self.ready


class Link:
    """A village's power and network: up, and now and then down for a while."""

    def __init__(self, dice: Dice, rates: Rates, begin: datetime, lot: Dice | None = None) -> None:
        """``dice`` are for the outages, ``lot`` for what befalls single messages."""
        self.lot = lot or dice
        self._dice = dice
        self._rates = rates
        self._down = self._up = begin
        self._next()

    def open_at(self, at: datetime) -> datetime:
        """When what is said now gets through; moments must not lie before an outage that was asked about already."""
        while at >= self._up:
            self._next()
        return self._up if at >= self._down else at

    @property
    def down_at(self) -> datetime:
        """When the outage began that was asked about last, or the next one begins."""
        return self._down

    def _next(self) -> None:
        equipment = self._rates.equipment
        self._down = self._up + self._dice.wait(equipment.outages_per_link_day)
        self._up = self._down + self._dice.about(timedelta(minutes=equipment.outage_minutes), self._rates.spread)


class Wire:
    """Everything under way, given out in the order of arrival with the numbers that an inbox would give."""

    def __init__(self, rates: Rates, link_of: Callable[[str], Link], county: str) -> None:
        """``link_of`` gives the link of a device id on the wire."""
        self._noise = rates.noise
        self._late = timedelta(minutes=rates.noise_shapes.late_minutes)
        self._spread = rates.spread
        self._links: dict[str, Link] = {}
        self._link_of = link_of
        self._county = county
        self._fresh: list[_Way] = []
        self._heap: list[_Way] = []
        self._odd = rates.noise.late + rates.noise.ahead + rates.noise.doubled
        self.sent = 0
        self._seq = 0
        self.doubled = 0

    def say(self, message: Message, village: str, at: datetime) -> None:
        """Send a message that leaves its device at a moment."""
        link = self._link(message.device)
        arrives, dice = link.open_at(at), link.lot
        draw = dice.between(0, 1)
        if draw < self._odd:
            if draw < self._noise.late:
                arrives += dice.about(self._late, self._spread)
            elif draw < self._noise.late + self._noise.ahead:
                message = message.model_copy(update={"at": message.at + AHEAD})
            else:
                self.doubled += 1
                self._put(arrives + dice.about(self._late, self._spread), message, village)
        self._put(arrives, message, village)

    def open_at(self, device: str, at: datetime) -> datetime:
        """When what a device says gets through."""
        return self._link(device).open_at(at)

    def heard(self, device: str, at: datetime) -> tuple[bool, datetime]:
        """Whether a device gets through at a moment, and if not, since when."""
        link = self._link(device)
        return (True, at) if link.open_at(at) == at else (False, link.down_at)

    def _link(self, device: str) -> Link:
        if device not in self._links:
            self._links[device] = self._link_of(device)
        return self._links[device]

    def arrived(self, until: datetime) -> list[Row]:
        """What has arrived before a moment, numbered on."""
        here = [one for one in self._fresh if one[0] < until]
        for one in self._fresh:
            if one[0] >= until:
                heappush(self._heap, one)
        while self._heap and self._heap[0][0] < until:
            here.append(heappop(self._heap))
        self._fresh = []
        here.sort()
        rows = [self._row(number, *one) for number, one in enumerate(here, self._seq + 1)]
        self._seq += len(rows)
        return rows

    def _row(self, seq: int, arrives: datetime, _count: int, message: Message, village: str) -> Row:
        return ReadyRow(message.message_id, self._county, village, message.device, message.kind, message.at, arrives,
                        b"", seq, message)  # fmt: skip

    @property
    def under_way(self) -> int:
        """How many messages have not arrived yet."""
        return len(self._heap) + len(self._fresh)

    def _put(self, arrives: datetime, message: Message, village: str) -> None:
        self.sent += 1
        self._fresh.append((arrives, self.sent, message, village))


class Page:
    """An inbox that holds what has just arrived."""

    def __init__(self) -> None:
        self.rows: Sequence[Row] = ()

    def read(self, after: int, limit: int, _kinds: object = None) -> list[Row]:
        """Rows above a number; the first of them stands at the front when the ones before it were read."""
        begin = max(0, after + 1 - self.rows[0].seq) if self.rows else 0
        return list(self.rows[begin : begin + limit])
