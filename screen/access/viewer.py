"""Who asks: the admin, who sees everything, or a named person, who sees what the duties of the day are about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Depends, Request

from alerts.asks.fairness import below
from alerts.tickets.areas import Part, parts_today, sees
from alerts.tickets.entitled import duties_today, is_helper
from alerts.tickets.moves import rank
from alerts.values import Ticket
from county.snapshot import County
from county.staff import UnitKind
from county.values import Duty, Level, Person
from screen.access import roles
from screen.access.account import NAME, Account
from screen.access.gate import Standing
from screen.access.roles import NAMES, Right, Role
from screen.access.session import VISITOR, gate_of
from screen.problems import Problem
from screen.rooms import Rooms


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who is signed in, at this moment.

    Without ``person`` it is an administrator of some kind (``administers``), or a visitor of an open wall.
    """

    name: str
    county: County
    person: Person | None = None
    duties: tuple[Duty, ...] = ()
    parts: tuple[Part, ...] | None = None
    administers: frozenset[Role] = frozenset()

    def sees(self, ticket: Ticket) -> bool:
        """Whether a ticket lies in this person's part of the county, or was given to them from outside it."""
        if self.person is None or ticket.person.id == self.person.id:
            return True
        return sees(self.county, self.duties, ticket)

    @property
    def roles(self) -> frozenset[Role]:
        """As what this viewer is here: by the account, or by the duties of today."""
        if self.person is None:
            return frozenset({Role.VISITOR}) if self.name == VISITOR else self.administers
        if self.helps:
            return frozenset({Role.HELPER})
        if works_by_contract(self.county, self.person):
            return frozenset({Role.CONTRACTOR})
        return roles.of_levels(self.levels)

    def may(self, right: Right) -> bool:
        """Whether one of the roles gives this right; where it reaches, the part of the county says."""
        return right in roles.rights_of(self.roles)

    @property
    def sees_all(self) -> bool:
        """Whether the whole county is this person's to see."""
        return self.person is None or any(duty.area == self.county.code for duty in self.duties)

    @property
    def helps(self) -> bool:
        """Whether this is a helper (协管员): who reports and confirms, and ends nothing."""
        return self.person is not None and is_helper(self.county, self.person.id)

    @property
    def levels(self) -> tuple[Level, ...]:
        """On which levels this person answers for something today."""
        return tuple(sorted({duty.level for duty in self.duties}, key=rank))

    @property
    def readable(self) -> tuple[tuple[str, tuple[Level, ...]], ...] | None:
        """Whose deeds this person reads in the fairness log: those of the levels below, in the own areas."""
        if self.person is None:
            return None
        if self.helps:
            return ()
        return tuple((duty.area, below(duty.level)) for duty in self.duties if duty.area.isdigit())

    def must_be_person(self) -> Person:
        """The person who acts; ``Problem`` 403 for the admin, for an act has a name and a face."""
        if self.person is None:
            raise Problem(403, "管理员账号只能看，不能办理工单；请用本人的账号")
        return self.person


def works_by_contract(county: County, person: Person) -> bool:
    """Whether somebody belongs to a contracted unit."""
    return any(one.kind is UnitKind.CONTRACTOR and person.unit in (one.id, one.name) for one in county.content.units)


def viewer_named(name: str, county: County, now: datetime, administers: frozenset[Role] = frozenset()) -> Viewer:
    """The viewer of an account; ``Problem`` 403 for a person without any duty today."""
    if name in (NAME, VISITOR) or administers:
        return Viewer(name, county, administers=administers)
    person = county.people.get(name)
    duties = duties_today(county, name, now) if person is not None else ()
    if person is None or not duties:
        raise Problem(403, "您今天没有登记职责（可能已卸任或在请假），看不到工单；请找县里管理员")
    return Viewer(name, county, person, duties, parts_today(county, name, now))


def seen(rooms: Rooms, viewer: Viewer, ticket: UUID) -> Ticket | None:
    """A ticket that lies in this person's part of the county; None for any other, as if it were not there."""
    found = rooms.reader.ticket(ticket)
    return found if found is not None and viewer.sees(found) else None


def must_see(rooms: Rooms, viewer: Viewer, ticket: UUID) -> Ticket:
    """The same; ``Problem`` 404 for any other."""
    found = seen(rooms, viewer, ticket)
    if found is None:
        raise Problem(404, "没有这张工单")
    return found


def standing(rooms: Rooms, accounts: Account, name: str) -> Standing:
    """How grave it is when somebody else gets into an account: an administrator's, one of the county, another."""
    try:
        viewer = _of_account(rooms, accounts, name)
    except Problem:
        return ""
    if name == NAME or viewer.administers:
        return "admin"
    return "county" if viewer.sees_all else ""


def administers(accounts: Account, name: str) -> frozenset[Role]:
    """The administrative roles of an account: its own, or for the first one each that nobody else holds."""
    if name != NAME:
        known = accounts.named.get(name)
        return frozenset({Role(known.role)} if known is not None and known.role else ())
    return frozenset(roles.ADMINISTRATIVE) - {Role(one.role) for one in accounts.named.listed() if one.role}


def staff(request: Request) -> Viewer:
    """Whoever is signed in; ``Problem`` 401 without a session."""
    return _viewer(request, gate_of(request).account_of(request))


def anybody(request: Request) -> Viewer:
    """Whoever is signed in, or a visitor where the wall is open."""
    return _viewer(request, gate_of(request).seen_as(request))


def over_all(request: Request) -> Viewer:
    """Who may see the figures of the whole county; ``Problem`` 401 or 403 for all others."""
    return _whole(must_have(anybody(request), Right.WALL))


def _viewer(request: Request, name: str) -> Viewer:
    return _of_account(request.app.state.rooms, gate_of(request).account, name)


def _of_account(rooms: Rooms, accounts: Account, name: str) -> Viewer:
    return viewer_named(name, rooms.county(), rooms.now(), administers(accounts, name))


def must_have(viewer: Viewer, right: Right) -> Viewer:
    """The viewer who has a right; ``Problem`` 401 for a visitor without it, 403 for everybody else."""
    if viewer.may(right):
        return viewer
    if viewer.roles == {Role.VISITOR}:
        raise Problem(401, "请先登录")
    said = "、".join(NAMES[role] for role in Role if role in viewer.roles) or "各管理角色已由别的账号担任"
    raise Problem(403, f"您的身份（{said}）没有这一项的权限")


def _whole(viewer: Viewer) -> Viewer:
    if not viewer.sees_all:
        raise Problem(403, "这一项是全县的，只给管全县的账号看")
    return viewer


def needs(right: Right, *, whole: bool = False) -> Any:
    """The dependency of a route that is about a right: the viewer who has it; ``Problem`` 401 or 403 for all others.

    ``whole``: only for who is over the whole county. Both are written on the dependency, so that the matrix of roles
    and routes is read from the app itself.
    """

    def allowed(request: Request) -> Viewer:
        viewer = must_have(anybody(request), right)
        return _whole(viewer) if whole else viewer

    allowed.right, allowed.whole = right, whole  # type: ignore[attr-defined]
    return Depends(allowed)
