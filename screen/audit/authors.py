"""Who somebody is in the register: account, name, unit and role in Chinese, and the address they come from."""

from __future__ import annotations

from fastapi import Request

from alerts.register.deeds import Author
from county.snapshot import County
from screen.access.account import NAME
from screen.access.roles import NAMES, Role
from screen.access.session import VISITOR, source_of
from screen.access.viewer import Viewer, viewer_named
from screen.problems import Problem
from screen.rooms import Rooms

_SPOKEN = {NAME: "管理员", VISITOR: VISITOR}


def named(county: County, account: str, source: str, role: str = "") -> Author:
    """The author of an account, with the name and unit of its person."""
    person = county.people.get(account)
    name = person.name if person else _SPOKEN.get(account, account)
    return Author(account, name, person.unit if person else "", role, source)


def of_viewer(viewer: Viewer, request: Request) -> Author:
    """The author who is signed in, as what they are today."""
    role = "、".join(NAMES[one] for one in Role if one in viewer.roles)
    return named(viewer.county, viewer.name, source_of(request), role)


def of_account(rooms: Rooms, account: str, request: Request) -> Author:
    """The same by account; somebody without a duty today has no role, but a name."""
    try:
        return of_viewer(viewer_named(account, rooms.county(), rooms.now()), request)
    except Problem:
        return named(rooms.county(), account, source_of(request))
