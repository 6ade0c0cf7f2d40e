"""The accounts, for who keeps them (安全管理员): made, reset, ended; each deed asks for one's own proof again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request

from screen.access.account import NAME
from screen.access.entering import Proof, must_prove
from screen.access.gate import Gate, gate_of
from screen.access.happened import What
from screen.access.named import NoAccount
from screen.access.own_shapes import AccountDone, AccountLine, AccountsShown, NewAccountBody, ProofBody
from screen.access.roles import NAMES, Right, Role
from screen.access.viewer import Viewer, administers, needs, viewer_named
from screen.problems import Problem
from screen.rooms import Rooms

router = APIRouter(prefix="/api/v1/accounts", tags=["accounts"])
Keeper = Annotated[Viewer, needs(Right.ACCOUNTS)]
AccountName = Annotated[str, Path(max_length=64, description="the user name: an id of people.csv, or admin")]
Deed = Literal["reset", "factor-off", "end-sessions", "remove"]


@router.get("", summary="Every account: whose, what it may do today, when it was last used, its second factor")
def listed(viewer: Keeper, request: Request) -> AccountsShown:
    gate, rooms = gate_of(request), _rooms(request)
    known = [one.person for one in gate.account.named.listed()]
    people = [
        {"id": one.id, "name": one.name}
        for one in viewer.county.content.people if one.id not in known and one.id != NAME
    ]  # fmt: skip
    return AccountsShown(accounts=[_line(gate, rooms, name) for name in (NAME, *known)], people=people)


@router.post("", summary="Make an account for a person of the county; its first password is shown once")
def make(viewer: Keeper, body: NewAccountBody, request: Request) -> AccountDone:
    """404 for nobody of the county, 409 where there is one already, 403 without one's own proof."""
    gate = gate_of(request)
    if body.person not in viewer.county.people or body.person == NAME:
        raise Problem(404, "县里没有这个人；账号只给人员表里的人开")
    must_prove(request, gate.session_of(request), Proof(body.password, body.code))
    try:
        password = gate.account.named.add(body.person, gate.now())
    except NoAccount as fault:
        raise Problem(409, "这个人已经有账号了；忘了口令请用“重置口令”") from fault
    gate.happened(request, What.ACCOUNT_MADE, body.person, by=viewer.name)
    return AccountDone(name=body.person, password=password)


@router.post("/{name}/{deed}", summary="Reset an account, end its second factor, its sessions or itself")
def change(viewer: Keeper, name: AccountName, deed: Deed, body: ProofBody, request: Request) -> AccountDone:
    """``password`` of the answer is the new first password after a reset, shown once; empty otherwise."""
    gate = gate_of(request)
    if name != NAME and gate.account.named.get(name) is None:
        raise Problem(404, "没有这个账号")
    _may(viewer, name, deed)
    must_prove(request, gate.session_of(request), Proof(body.password, body.code))
    password = ""
    try:
        password = _done(request, (name, deed), viewer.name)
    except NoAccount as fault:
        raise Problem(404, "没有这个账号") from fault
    return AccountDone(name=name, password=password)


def _may(viewer: Viewer, name: str, deed: Deed) -> None:
    if name == viewer.name:
        raise Problem(409, "自己的账号请在“我的账号”里改")
    if name == NAME and deed in ("reset", "remove"):
        raise Problem(409, "admin 的口令只能在服务器上重置：jingcun screen --new-password")


def _done(request: Request, deed: tuple[str, Deed], by: str) -> str:
    gate, (name, what) = gate_of(request), deed
    password, told = "", What.SESSIONS_ENDED
    if what == "reset":
        password, told = gate.account.named.reset(name, gate.now()), What.ACCOUNT_RESET
    elif what == "factor-off":
        told = What.FACTOR_ENDED
        if not gate.factors.off(name):
            raise Problem(409, "这个账号没有第二验证")
    elif what == "remove":
        gate.account.named.remove(name)
        gate.factors.forget(name)
        told = What.ACCOUNT_REMOVED
    gate.sessions.end(name)
    gate.happened(request, told, name, by=by)
    return password


def _line(gate: Gate, rooms: Rooms, name: str) -> AccountLine:
    person = rooms.county().people.get(name)
    roles, areas = _today(gate, rooms, name)
    return AccountLine(
        name=name, person=person.name if person else ("" if name != NAME else "管理员"), roles=roles, areas=areas,
        made_at=_made(gate, name), last_entry=gate.sessions.last_entry(name), factor=gate.factors.of(name).on,
        must=gate.must_have_factor(name), sessions=len(gate.sessions.of(name, gate.now())),
    )  # fmt: skip


def _today(gate: Gate, rooms: Rooms, name: str) -> tuple[list[str], list[str]]:
    """The roles of an account today, and the areas of its duties, by name; nothing for a person without a duty."""
    county = rooms.county()
    try:
        viewer = viewer_named(name, county, rooms.now(), administers(gate.account, name))
    except Problem:
        return [], []
    areas = dict.fromkeys(duty.area for duty in viewer.duties)
    named = [county.regions[code].name if code in county.regions else code for code in areas]
    return [NAMES[role] for role in Role if role in viewer.roles], named


def _made(gate: Gate, name: str) -> datetime | None:
    known = gate.account.named.get(name)
    return known.made_at if known else None


def _rooms(request: Request) -> Rooms:
    rooms: Rooms = request.app.state.rooms
    return rooms
