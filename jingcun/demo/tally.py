"""What a run has shown, counted from the stores and the boxes' outboxes after everything has ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from alerts.store.book import Book
from alerts.store.proof import LoopFigures, loop_figures, percentile
from broker.messages import Event, Health
from edge.outbox import Counts, Outbox
from ingest.inbox import Inbox, Row
from ingest.latest import Latest
from jingcun.demo.stage import Stage


@dataclass(frozen=True, slots=True)
class Tally:
    """Frames looked at, events in the inbox, messages minted by boxes and lost, and the book's figures."""

    frames: int
    messages: int
    events: int
    lost: int
    loop: LoopFigures

    def facts(self) -> dict[str, Any]:
        """The figures as ``make demo-once`` prints them."""
        loop = self.loop
        return {
            "frames": self.frames,
            "events": self.events,
            "alarms": loop.alarms,
            "tickets": loop.tickets,
            "closed": loop.closed,
            "closed_by_camera": loop.closed_by_camera,
            "climbed": loop.climbed,
            "notices": loop.notices,
            "lost": self.lost,
            "duplicate_tickets": loop.duplicate_tickets,
            "frame_to_notice_ms": {
                "p50": _rounded(percentile(loop.delays_ms, 0.5)),
                "p99": _rounded(percentile(loop.delays_ms, 0.99)),
            },
        }


def tally(stage: Stage, boxes: list[str]) -> Tally:
    """Count. Every message that a box minted is stored, still waiting, dropped or refused; what is missing is lost."""
    with closing(Inbox(stage.server.store("inbox"))) as inbox:
        received = list(all_rows(inbox))
    with closing(Latest(stage.server.store("inbox"))) as latest:
        healths = [value.message() for value in latest.all("health")]
    with closing(Book(stage.server.store("book"), stage.county.code)) as book:
        loop = loop_figures(book)
    minted = [_counts(stage, box) for box in boxes]
    # Waiting rows may be stored already (their receipt was lost), so what is missing can only be less than this.
    accounted = len(received) + sum(one.waiting + one.dropped + one.oversize + one.refused for one in minted)
    return Tally(
        frames=sum(camera.frames for one in healths if isinstance(one, Health) for camera in one.cameras),
        messages=sum(one.minted for one in minted),
        events=sum(_is_event(row) for row in received),
        lost=max(0, sum(one.minted for one in minted) - accounted) + sum(one.dropped for one in minted),
        loop=loop,
    )


def waiting(stage: Stage, boxes: list[str]) -> int:
    """How many messages still lie in the boxes' outboxes."""
    return sum(_counts(stage, box).waiting for box in boxes)


def _is_event(row: Row) -> bool:
    """Whether a row tells something new; an event told again with its picture does not."""
    if row.kind != Event.kind:
        return False
    message = row.message()
    return isinstance(message, Event) and not message.tells_again


def _counts(stage: Stage, box: str) -> Counts:
    path = stage.box_folder(box) / "outbox.db"
    if not path.exists():
        return Counts(0, 0, 0, 0, 0, 0)
    with closing(Outbox(path)) as outbox:
        return outbox.counts()


def all_rows(inbox: Inbox) -> Iterator[Row]:
    """Every message of an inbox, in its order, read a thousand at a time."""
    after = 0
    while rows := inbox.read(after, 1000):
        yield from rows
        after = rows[-1].seq


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
