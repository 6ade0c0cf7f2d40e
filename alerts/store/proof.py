"""What the loop has done, counted from the book: the figures that the demo, the chaos run and the bench print."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from alerts.store.book import Book
from alerts.store.tables import ALARMS, NOTICES, RELAY, TICKETS
from alerts.values import Check, Purpose, Status


@dataclass(frozen=True, slots=True)
class LoopFigures:
    """Counts since the book was begun; ``delays_ms`` is frame to first notice, one per ticket that told somebody.

    A duplicate ticket is a second one for the same look at the same spot, or one that overlaps another in time.
    """

    alarms: int
    tickets: int
    open: int
    closed: int
    closed_by_camera: int
    closed_unaided: int
    climbed: int
    notices: int
    maybe_doubled: int
    duplicate_tickets: int
    delays_ms: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Life:
    """One ticket's place and time; times in microseconds, ``end`` None while it is open."""

    place: str
    spot: str
    seen: int
    opened: int
    end: int | None


def loop_figures(book: Book) -> LoopFigures:
    """Count everything in one reading transaction."""
    with book.store.read() as conn:
        alarms = conn.execute(sa.select(sa.func.count()).select_from(ALARMS)).scalar_one()
        tickets = conn.execute(sa.select(TICKETS)).all()
        notices = conn.execute(sa.select(NOTICES).where(NOTICES.c.sent_us.is_not(None) & (NOTICES.c.mute == 0))).all()
    states = Counter(row.status for row in tickets)
    seen = {row.id: row.seen_us for row in tickets}
    first: dict[UUID, int] = {}
    for row in notices:
        first[row.ticket] = min(row.sent_us, first.get(row.ticket, row.sent_us))
    return LoopFigures(
        alarms=alarms,
        tickets=len(tickets),
        open=sum(row.is_open for row in tickets),
        closed=states[Status.CLOSED.value],
        closed_by_camera=sum(row.status == Status.CLOSED and row.check_by == Check.CAMERA for row in tickets),
        closed_unaided=states[Status.CLOSED_UNAIDED.value],
        climbed=len({row.ticket for row in notices if row.purpose == Purpose.CLIMB}),
        notices=len(notices),
        maybe_doubled=sum(row.maybe_doubled for row in notices),
        duplicate_tickets=duplicates(
            [Life(row.place, row.spot, row.seen_us, row.opened_us, row.closed_us) for row in tickets]
        ),
        delays_ms=tuple(sorted((sent - seen[ticket]) / 1000 for ticket, sent in first.items())),
    )


def duplicates(lives: list[Life]) -> int:
    """How many tickets stand where another already stands: same look twice, or two lives that overlap."""
    count = 0
    before: dict[tuple[str, str], Life] = {}
    for life in sorted(lives, key=lambda one: (one.place, one.spot, one.opened)):
        last = before.get((life.place, life.spot))
        if last is not None and (last.seen == life.seen or last.end is None or life.opened < last.end):
            count += 1
        before[life.place, life.spot] = life
    return count


def percentile(values: tuple[float, ...], share: float) -> float | None:
    """The value below which ``share`` (0..1) of the sorted values lie; None without values."""
    return values[min(len(values) - 1, int(len(values) * share))] if values else None


def open_twice(book: Book) -> int:
    """How many tickets are open at this moment beside another open one for the same spot."""
    per_spot = (
        sa.select((sa.func.count() - 1).label("extra"))
        .where(TICKETS.c.is_open)
        .group_by(TICKETS.c.place, TICKETS.c.spot)
    ).subquery()
    with book.store.read() as conn:
        return int(conn.execute(sa.select(sa.func.coalesce(sa.func.sum(per_spot.c.extra), 0))).scalar_one())


def tickets_by_place(book: Book) -> dict[str, int]:
    """How many tickets each camera or bin has ever had."""
    query = sa.select(TICKETS.c.place, sa.func.count()).group_by(TICKETS.c.place)
    with book.store.read() as conn:
        return {str(place): int(count) for place, count in conn.execute(query)}


def delivered(book: Book, channel: str) -> set[str]:
    """The ids of the notices that the book calls delivered on one channel."""
    query = sa.select(NOTICES.c.id).where((NOTICES.c.state == "delivered") & (NOTICES.c.channel == channel))
    with book.store.read() as conn:
        return {str(one) for one in conn.execute(query).scalars()}


def unfinished(book: Book) -> int:
    """How much the programs still have in hand: notices to send for open tickets, and commands to hand over."""
    wanted = sa.exists().where((TICKETS.c.id == NOTICES.c.ticket) & TICKETS.c.is_open)
    notices = sa.select(sa.func.count()).where(NOTICES.c.state.in_(["waiting", "claimed"]) & wanted)
    relay = sa.select(sa.func.count()).where(~RELAY.c.done)
    with book.store.read() as conn:
        return int(conn.execute(notices).scalar_one()) + int(conn.execute(relay).scalar_one())
