"""我的待办: what the link of a digest opens: the open tickets of one person, and those of others that it told of.

``UnknownCode`` for any other code; a code that came in a letter about one ticket opens that ticket only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from alerts.desk import LINK_LASTS, UnknownCode
from alerts.store.book import Book, Link
from alerts.store.tables import NOTICES, TICKETS, ticket_of
from alerts.tickets.entitled import still
from alerts.tickets.moves import category
from alerts.values import Purpose, Ticket, Who
from alerts.world import World
from county.policy.base import RANK

MOST = 200  # lines of a list; more open tickets of one person are another trouble


@dataclass(frozen=True, slots=True)
class TodoLine:
    """One ticket in the list; ``own``: they have it; else it is another's that they were asked or told about."""

    number: str
    what: str
    severity: str
    severity_name: str
    place: str
    state: str
    due_at: datetime | None
    late: bool
    own: bool


@dataclass(frozen=True, slots=True)
class TodoView:
    """Whose list it is, and its lines: their own first, the most urgent first."""

    person: Who
    lines: tuple[TodoLine, ...]
    zone: str


class Todo:
    """The lists of one county's people."""

    def __init__(self, book: Book, world: World) -> None:
        """Look by the world's county and clock."""
        self._book = book
        self._world = world

    def open_code(self, code: str) -> TodoView:
        """Show the list that a code opens."""
        link = self._link(code)
        county, now = self._world.county(), self._world.now()
        lines = tuple(
            TodoLine(
                one.number, category(county, one.what)[0], one.severity,
                county.policy.severities.get(one.severity, ""), f"{one.scene.place_name} {one.scene.spot_name}".strip(),
                one.status.words, one.due_at, one.overdue or (one.due_at is not None and one.due_at < now),
                one.person.id == link.person.id,
            )
            for one in self._tickets(link)
        )  # fmt: skip
        return TodoView(link.person, lines, county.calendar.zone)

    def desk_code(self, code: str, number: str) -> str:
        """Make a code for the desk of one ticket of the list."""
        link = self._link(code)
        found = next((one for one in self._tickets(link) if one.number == number), None)
        if found is None:
            raise UnknownCode("这张工单已经办结,或者已不归您办理")
        with self._book.writing() as pen:
            return pen.mint_link(found.id, _who(found, link), self._world.now(), LINK_LASTS)

    def _link(self, code: str) -> Link:
        link = self._book.link(code, self._world.now())
        if link is None or link.digest is None or not self._still(link.person):
            raise UnknownCode("链接无效或已过期,请用最新通知里的链接")
        return link

    def _still(self, who: Who) -> bool:
        """The next holder of the same row of ``people.csv`` has tickets of their own, which are not for this phone."""
        return still(self._world.county(), who) is not None

    def _tickets(self, link: Link) -> list[Ticket]:
        aside = (NOTICES.c.ask != "") | NOTICES.c.purpose.in_([Purpose.COPY.value, Purpose.SUPERVISE.value])
        told = sa.select(NOTICES.c.ticket).where((NOTICES.c.digest == link.digest) & aside)  # of others' tickets
        mine = (TICKETS.c.person_id == link.person.id) | TICKETS.c.id.in_(told)
        open_here = TICKETS.c.is_open & (TICKETS.c.county == self._book.county)
        query = sa.select(TICKETS).where(open_here & mine).order_by(TICKETS.c.opened_us, TICKETS.c.number).limit(MOST)
        with self._book.store.read() as conn:
            found = [ticket_of(row) for row in conn.execute(query)]
        return sorted(found, key=lambda one: _urgency(one, link.person.id))


def _urgency(ticket: Ticket, person: str) -> tuple[bool, int, float]:
    due = ticket.due_at.timestamp() if ticket.due_at is not None else float("inf")
    return ticket.person.id != person, -RANK.get(ticket.severity, 0), due


def _who(ticket: Ticket, link: Link) -> Who:
    """Who acts: on the rung on which the ticket is theirs."""
    return ticket.person if ticket.person.id == link.person.id else link.person
