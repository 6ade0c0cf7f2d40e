"""Who somebody is in the register: account, name, unit and role in Chinese, and the address they come from."""

from __future__ import annotations

from fastapi import Request

from alerts.register.deeds import Author
from county.snapshot import County
from screen.access.account import NAME
from screen.access.roles import NAMES, Role
from screen.access.session import VISITOR, gate_of, source_of
from screen.access.viewer import Viewer, administers, viewer_named
from screen.problems import Problem
from screen.rooms import Rooms

_SPOKEN = {NAME: "管理员", VISITOR: VISITOR}


def named(county: County, account: str, source: str, role: str = "", name: str = "") -> Author:
    """The author of an account, with the name and unit of its person; ``name`` is that of an account without one."""
    person = county.people.get(account)
    known = person.name if person else name or _SPOKEN.get(account, account)
    return Author(account, known, person.unit if person else "", role, source)


def of_viewer(viewer: Viewer, request: Request) -> Author:
    """The author who is signed in, as what they are today."""
    role = "、".join(NAMES[one] for one in Role if one in viewer.roles)
    account = gate_of(request).account.named.get(viewer.name)
    return named(viewer.county, viewer.name, source_of(request), role, account.name if account is not None else "")


def of_account(rooms: Rooms, account: str, request: Request) -> Author:
    """The same by account; somebody without a duty today has no role, but a name."""
    held = administers(gate_of(request).account, account)
    try:
        return of_viewer(viewer_named(account, rooms.county(), rooms.now(), held), request)
    except Problem:
        return named(rooms.county(), account, source_of(request))
