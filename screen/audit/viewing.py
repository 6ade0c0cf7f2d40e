"""Who looked at which evidence: the own work once a day and ticket, the wall once an hour, all else with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from fastapi import Request

from alerts.register.deeds import Author, Deed, Entry, Subject
from alerts.register.register import Row
from alerts.store.book import Link
from alerts.values import Ticket
from screen import problem_kinds as kinds
from screen.access.session import source_of
from screen.access.viewer import Viewer
from screen.audit.authors import of_viewer
from screen.audit.need import LASTS, Glance, Looking, looking, work_of
from screen.problems import Problem
from screen.rooms import Rooms

REASON = kinds.REASON.uri  # the ``type`` of the refusal that a page answers with its dialog


def seen_by_code(rooms: Rooms, request: Request, link: Link) -> None:
    """Pictures of a ticket over its link: told under the name of whom the link was sent to."""
    who, now = link.person, rooms.now()
    unit = rooms.county().people.get(who.id)
    author = Author(f"link:{who.id}", who.name, unit.unit if unit else "", "工单链接", source_of(request))
    once = f"work/{author.account}/{link.ticket}/{_day(rooms)}"
    _once(rooms, Entry(now, author, Deed.PICTURES_AT_WORK, Subject("ticket", str(link.ticket)), once=once))


def seen(rooms: Rooms, request: Request, viewer: Viewer, sha256: str, glance: Glance) -> Looking:
    """Evidence was asked for; returns as what. ``Problem`` 403 of type ``REASON`` where nobody has said why yet.

    ``StoreAway`` where it cannot be told: then it is not shown.
    """
    how = looking(viewer, glance)
    if how is Looking.WATCH:
        glanced(rooms, request, viewer)
        return how
    author, now, own = of_viewer(viewer, request), rooms.now(), work_of(viewer, glance.tickets)
    if how is Looking.WORK and own is not None:
        subject = Subject("ticket", str(own.id))
        entry = Entry(now, author, Deed.PICTURES_AT_WORK, subject, once=f"work/{viewer.name}/{own.id}/{_day(rooms)}")
    else:
        grant = granted(rooms, viewer, glance.tickets)
        if grant is None:
            raise Problem(403, "查看这些画面和语音要先登记事由", kind=kinds.REASON)
        numbers = "、".join(one.number for one in glance.tickets if viewer.sees(one))
        more = {"content": f"工单 {numbers} 的{'语音' if glance.moving else '画面'}", "grant": str(grant.n)}
        subject = Subject("voice" if glance.moving else "picture", sha256)
        once = f"seen/{grant.n}/{sha256}"  # a page asks again when it is redrawn
        entry = Entry(now, author, Deed.EVIDENCE_SEEN, subject, grant.said("reason"), more, once)
    _once(rooms, entry)
    return how


def glanced(rooms: Rooms, request: Request, viewer: Viewer) -> None:
    """What the wall shows was looked at, as it is all day: told once an hour."""
    author, now = of_viewer(viewer, request), rooms.now()
    once = f"wall/{viewer.name}/{author.source}/{int(now.timestamp()) // 3600}"
    _once(rooms, Entry(now, author, Deed.PICTURES_WATCHED, once=once))


def granted(rooms: Rooms, viewer: Viewer, tickets: Sequence[Ticket]) -> Row | None:
    """The reason that this account has given within the half hour, for one of these tickets or their cameras."""
    since, now = rooms.now() - LASTS, rooms.now()
    subjects = {subject for one in tickets if viewer.sees(one) for subject in (str(one.id), one.scene.place)}
    found = (rooms.register.granted(viewer.name, subject, since) for subject in sorted(subjects))
    return next((row for row in found if row is not None and row.at + LASTS > now), None)


def _once(rooms: Rooms, entry: Entry) -> None:
    if entry.once is None or not rooms.register.has(entry.once):  # a read, where most pictures cost no commit
        rooms.register.add(entry)


def _day(rooms: Rooms) -> str:
    return f"{rooms.now().astimezone(ZoneInfo(rooms.county().calendar.zone)):%Y-%m-%d}"
