"""Who looked at which picture: the own work once a day and ticket, the wall once an hour, all else by picture."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from fastapi import Request

from alerts.register.deeds import Author, Deed, Entry, Subject
from alerts.store.book import Link
from alerts.values import Ticket
from screen.access.roles import Role
from screen.access.session import source_of
from screen.access.viewer import Viewer
from screen.audit.authors import of_viewer
from screen.rooms import Rooms


def seen_by_code(rooms: Rooms, request: Request, link: Link) -> None:
    """Pictures of a ticket over its link: told under the name of whom the link was sent to."""
    who, now = link.person, rooms.now()
    unit = rooms.county().people.get(who.id)
    author = Author(f"link:{who.id}", who.name, unit.unit if unit else "", "工单链接", source_of(request))
    once = f"work/{author.account}/{link.ticket}/{_day(rooms)}"
    _once(rooms, Entry(now, author, Deed.PICTURES_AT_WORK, Subject("ticket", str(link.ticket)), once=once))


def seen(rooms: Rooms, request: Request, viewer: Viewer, what: tuple[str, bool, Sequence[Ticket]]) -> None:
    """A picture was asked for: its hash, whether the wall shows it now, and the tickets to which it belongs.

    ``StoreAway`` where it cannot be told: then it is not shown.
    """
    sha256, on_wall, tickets = what
    author, own = of_viewer(viewer, request), work_of(viewer, tickets)
    now = rooms.now()
    if own is not None:
        subject = Subject("ticket", str(own.id))
        entry = Entry(now, author, Deed.PICTURES_AT_WORK, subject, once=f"work/{viewer.name}/{own.id}/{_day(rooms)}")
    elif on_wall or Role.VISITOR in viewer.roles:
        once = f"wall/{viewer.name}/{author.source}/{int(now.timestamp()) // 3600}"
        entry = Entry(now, author, Deed.PICTURES_WATCHED, once=once)
    else:
        numbers = "、".join(one.number for one in tickets if viewer.sees(one))
        once = f"seen/{viewer.name}/{sha256}/{int(now.timestamp()) // 1800}"  # a page asks again when it is redrawn
        entry = Entry(now, author, Deed.EVIDENCE_SEEN, Subject("picture", sha256), "", {"tickets": numbers}, once)
    _once(rooms, entry)


def glanced(rooms: Rooms, request: Request, viewer: Viewer) -> None:
    """A still of a camera was looked at, as the wall does all day: told once an hour."""
    author, now = of_viewer(viewer, request), rooms.now()
    once = f"wall/{viewer.name}/{author.source}/{int(now.timestamp()) // 3600}"
    _once(rooms, Entry(now, author, Deed.PICTURES_WATCHED, once=once))


def work_of(viewer: Viewer, tickets: Sequence[Ticket]) -> Ticket | None:
    """The open ticket of a picture that this person answers for today; looking at it is the work itself."""
    if viewer.person is None:
        return None
    return next((one for one in tickets if one.is_open and viewer.sees(one)), None)


def _once(rooms: Rooms, entry: Entry) -> None:
    if entry.once is None or not rooms.register.has(entry.once):  # a read, where most pictures cost no commit
        rooms.register.add(entry)


def _day(rooms: Rooms) -> str:
    return f"{rooms.now().astimezone(ZoneInfo(rooms.county().calendar.zone)):%Y-%m-%d}"
