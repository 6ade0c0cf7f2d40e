"""Binding, on the desk page (by the code of its link) and on the pages of an account. No answer holds an openid.

Everything is a POST: the code of a desk link, a token and what was typed stand in no address.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from fastapi import APIRouter, BackgroundTasks, Request

from alerts.bindings.attempts import Refused, Typed, scene_of
from alerts.bindings.binder import Page
from alerts.bindings.binding_book import Taken
from alerts.channels import By
from alerts.tickets.entitled import still
from county.values import Person
from screen.access.viewer import staff
from screen.bindings.qr import drawn
from screen.bindings.shapes import (
    AttemptBody,
    AttemptShown,
    BindingShown,
    Body,
    ConfirmBody,
    StandsShown,
    WayBody,
    WayShown,
)
from screen.desk.ticket import link_of, rooms_of
from screen.problems import Problem

T = TypeVar("T")
router = APIRouter(prefix="/api/v1/binding", tags=["binding"])


@router.post("", summary="By which ways one is bound, and could be")
def ways(body: Body, request: Request) -> BindingShown:
    rooms = rooms_of(request)
    person, zone = _who(request, body.code), ZoneInfo(rooms.county().calendar.zone)
    shown = [
        WayShown(
            way=one.by.value, name=one.name, since=_day(one.since.astimezone(zone)) if one.since else None,
            offered=one.offered,
        )
        for one in rooms.binder.ways(person)
    ]  # fmt: skip
    return BindingShown(ways=shown, phone_masked=person.phone_masked)


@router.post("/begin", summary="Begin to be bound: something to scan, for ten minutes")
def begin(body: WayBody, request: Request) -> AttemptShown:
    rooms, person = rooms_of(request), _who(request, body.code)
    return _shown(_allowed(lambda: rooms.binder.begin(person, By(body.way))))


@router.post("/unbind", summary="Begin to be unbound: a code goes to the phone")
def unbind(body: WayBody, request: Request, later: BackgroundTasks) -> AttemptShown:
    rooms, person = rooms_of(request), _who(request, body.code)
    page = _allowed(lambda: rooms.binder.begin_unbinding(person, By(body.way)))
    later.add_task(rooms.binder.text, scene_of(page.token))
    return _shown(page)


@router.post("/state", summary="How an attempt stands")
def state(body: AttemptBody, request: Request) -> StandsShown:
    stands = rooms_of(request).binder.stands(_who(request, body.code), body.attempt)
    return StandsShown(state=stands.state.value, words=stands.words)


@router.post("/confirm", summary="Confirm an attempt by what came to the phone and to whoever scanned")
def confirm(body: ConfirmBody, request: Request) -> BindingShown:
    """409 says what is wrong; after five wrong tries the attempt is over."""
    rooms, person = rooms_of(request), _who(request, body.code)
    _allowed(lambda: rooms.binder.confirm(person, body.attempt, Typed(body.sms, body.pair)))
    return ways(Body(code=body.code), request)


def _who(request: Request, code: str) -> Person:
    """Whom a desk link was sent to, or who is signed in; ``Problem`` where that is nobody of today's people."""
    if not code:
        return staff(request).must_be_person()
    person = still(rooms_of(request).county(), link_of(request, code).person)
    if person is None:
        raise Problem(403, "这个链接是发给从前的责任人的，不能用来绑定")
    return person


def _allowed(act: Callable[[], T]) -> T:
    try:
        return act()
    except (Refused, Taken) as fault:
        raise Problem(409, str(fault)) from fault


def _shown(page: Page) -> AttemptShown:
    invited = page.invitation
    return AttemptShown(
        attempt=page.token, until=page.until, picture=drawn(invited.scan) if invited else None,
        link=(invited.link or None) if invited else None,
    )  # fmt: skip


def _day(at: datetime) -> str:
    return f"{at.month}月{at.day}日"
