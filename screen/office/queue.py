"""The routes of the office page's queue: its pages and tabs, what its form offers, and to whom a ticket may go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from alerts.asks.receivers import receivers
from alerts.mutes import mute_book
from alerts.store.queue_book import Mine, Page, Queue, Sift, Tab
from alerts.tickets.entitled import NotEntitled, acting
from alerts.tickets.moves import local_day
from county.values import Person, Region
from screen.access.reach import sees_region
from screen.access.roles import Right
from screen.access.viewer import Viewer, must_see, needs
from screen.desk.ticket import rooms_of
from screen.next_page import tell_next
from screen.office.acts import line_shown
from screen.office.queue_shapes import Named, QueueFilter, QueueForm, QueuePage, ReceiverFilter, ReceiverShown, Tabs
from screen.office.silences import grants
from screen.rooms import Rooms
from screen.wall.composed import what_names

MOST_SHOWN, MOST_MUTES, MOST_CHOICES = 60, 10_000, 2_000
Reads = Annotated[Viewer, needs(Right.TICKETS)]
router = APIRouter(prefix="/api/v1", tags=["office"])


@router.get("/queue", summary="One page of the queue, the number of tickets in each tab, and what waits for oneself")
def page(request: Request, response: Response, viewer: Reads, which: Annotated[QueueFilter, Query()]) -> QueuePage:
    rooms = rooms_of(request)
    queue, waiting = queue_of(rooms, viewer, which)
    found: Page = queue.page(Tab(which.tab), which.after, which.limit)
    tell_next(request, response, after=found.after)
    names = what_names(viewer.county)
    return QueuePage(
        now=rooms.now(), tickets=[line_shown(line, names) for line in found.lines], after=found.after,
        tabs=Tabs(**asdict(queue.counts())), asks=waiting, mutes=_mutes(rooms, viewer),
    )  # fmt: skip


def queue_of(rooms: Rooms, viewer: Viewer, which: QueueFilter) -> tuple[Queue, int]:
    """The queue that a viewer sees through a filter, and how many asks wait for their answer."""
    asked = [one for one in rooms.office.waiting(viewer.person) if viewer.sees(one.ticket)] if viewer.person else []
    mine = Mine(viewer.person.id if viewer.person else "", tuple({one.ticket.id for one in asked}))
    sift = Sift(viewer.parts, which.scope, which.severity, which.what, which.person, which.words, which.overdue)
    return Queue(rooms.book, sift, mine), len(asked)


@router.get("/queue/form", summary="What the queue may be sifted by: categories, and the own villages and people")
def form(request: Request, viewer: Reads) -> QueueForm:
    county = viewer.county
    own = [one for one in county.villages if sees_region(viewer, one.code)]
    spots = [spot for spot in county.spots if sees_region(viewer, spot.region)]
    people = _people(viewer, rooms_of(request))
    return QueueForm(
        county=county.name, categories=[Named(code=one.code, name=one.name) for one in county.policy.categories],
        villages=[Named(code=one.code, name=_full(viewer, one)) for one in own[:MOST_CHOICES]],
        spots=[Named(code=one.id, name=f"{county.place_name(one.region)} {one.name}") for one in spots[:MOST_CHOICES]],
        people=[Named(code=one.id, name=one.name) for one in islice(people, MOST_CHOICES)],
    )  # fmt: skip


@router.get("/tickets/{ticket}/receivers", summary="To whom one may transfer a ticket, who is near to it first")
def to_whom(
    ticket: UUID, request: Request, viewer: Reads, which: Annotated[ReceiverFilter, Query()]
) -> list[ReceiverShown]:
    rooms, county = rooms_of(request), viewer.county
    found = must_see(rooms, viewer, ticket)
    try:
        who = acting(county, viewer.must_be_person(), found, rooms.now())
    except NotEntitled:
        return []
    shown = islice(receivers(found, who, county, rooms.now(), which.words), MOST_SHOWN)
    return [
        ReceiverShown(
            person=one.person.id, name=one.person.name, unit=one.person.unit, duty=one.duty, level=one.level.value,
            level_name=county.policy.levels.rung(one.level), near=one.near,
        )
        for one in shown
    ]  # fmt: skip


def _mutes(rooms: Rooms, viewer: Viewer) -> int:
    """How many mutes wait for this person's grant."""
    if viewer.person is None:
        return 0
    with rooms.book.store.read() as conn:
        waiting = mute_book.newest(conn, rooms.book.county, MOST_MUTES, only_open=True)
    return sum(grants(viewer, one, rooms.now()) for one in waiting)


def _full(viewer: Viewer, village: Region) -> str:
    township = viewer.county.regions.get(village.parent)
    return f"{township.name} {village.name}" if township else village.name


def _people(viewer: Viewer, rooms: Rooms) -> Iterator[Person]:
    """Who has a duty today in the part of the county that somebody sees, each once, as the files list them."""
    county, day = viewer.county, local_day(viewer.county, rooms.now())
    held = {duty.person for duty in county.content.duties if duty.holds(day) and _near(viewer, duty.area)}
    return (person for person in county.people.values() if person.id in held)


def _near(viewer: Viewer, area: str) -> bool:
    """Whether a duty is about something in this person's part, or about a region that holds it."""
    if sees_region(viewer, area):
        return True
    return area.isdigit() and any(duty.area.startswith(area) for duty in viewer.duties)
