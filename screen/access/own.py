"""One's own account: the password, the second factor, the open sessions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from screen.access import codes
from screen.access.entering import Proof, Way, begin, must_prove, young
from screen.access.gate import LACKS, Gate, Missing, gate_of
from screen.access.happened import What
from screen.access.own_shapes import (
    CodeBody,
    EndedShown,
    FactorBegun,
    LoginDone,
    OwnShown,
    PasswordBody,
    ProofBody,
    RecoveryShown,
    SessionLine,
)
from screen.access.passwords import why_not
from screen.access.session import Begun
from screen.access.sessions import Session
from screen.bindings.qr import drawn
from screen.problems import Problem
from screen.rooms import Rooms

router = APIRouter(prefix="/api/v1/own", tags=["own account"])


def mine(request: Request, begun: Begun) -> Session:
    """A session with its second factor; a first password may still have to be changed, a factor to be set."""
    return _lacking(request, begun, ("", "password", "factor"))


def entered(request: Request, begun: Begun) -> Session:
    """A session with its own password."""
    return _lacking(request, begun, ("", "factor"))


def _lacking(request: Request, session: Session, allowed: tuple[Missing, ...]) -> Session:
    missing = gate_of(request).missing(session)
    if missing not in allowed:
        raise Problem(401, LACKS[missing])
    if session.kind == "wall":
        raise Problem(403, "大屏的长期登录只能看；请另外登录")
    return session


Mine = Annotated[Session, Depends(mine)]
Entered = Annotated[Session, Depends(entered)]


@router.get("", summary="One's own account")
def own(request: Request, session: Mine) -> OwnShown:
    gate = gate_of(request)
    rooms: Rooms = request.app.state.rooms
    person, factor = rooms.county().people.get(session.name), gate.factors.of(session.name)
    return OwnShown(
        account=session.name, name=person.name if person else session.name, needs=gate.missing(session),
        factor=factor.on, must=gate.must_have_factor(session.name), recovery_left=len(factor.recovery),
        sessions=[shown(one, session) for one in gate.sessions.of(session.name, gate.now())],
    )  # fmt: skip


def shown(one: Session, this: Session | None = None) -> SessionLine:
    """A session as its owner sees it."""
    same = this is not None and one.id == this.id
    return SessionLine(
        kind=one.kind, way=one.way, source=one.source, agent=one.agent, began=one.began, seen=one.seen,
        until=one.until, this=same,
    )  # fmt: skip


@router.post("/password", summary="Choose one's own password; every other session of the account ends")
def password(session: Mine, body: PasswordBody, request: Request, response: Response) -> LoginDone:
    """403 for a wrong old password, 422 for a new one that is too easy. A new cookie takes the place of the old."""
    gate = gate_of(request)
    must_prove(request, session, Proof(password=body.old))
    refused = why_not(session.name, body.new, body.old)
    if refused:
        raise Problem(422, refused)
    gate.factors.chose(session.name, gate.account.choose(session.name, body.new))
    gate.sessions.end(session.name)
    fresh = begin(request, response, session.name, Way(session.way, session.kind))
    if fresh.half:  # its second factor was shown to the session that asks
        gate.sessions.whole(fresh, fresh.began + gate.life(fresh.kind))
    gate.happened(request, What.PASSWORD_CHANGED, session.name)
    needs = gate.missing(gate.sessions.of(session.name, gate.now())[0])
    return LoginDone(name=session.name, open_wall=gate.settings.open_wall, needs=needs)


@router.post("/factor", summary="Begin a second factor: what an authenticator scans")
def begin_factor(session: Entered, body: ProofBody, request: Request) -> FactorBegun:
    """The old one holds until the first code of the new one. Asks for a proof, but right after the login."""
    gate = gate_of(request)
    if gate.factors.of(session.name).on or not young(gate, session):
        must_prove(request, session, Proof(body.password, body.code))
    secret = gate.factors.begin(session.name)
    return FactorBegun(picture=drawn(codes.address(session.name, secret)), secret=secret)


@router.post("/factor/confirm", summary="The first code of a second factor that has begun")
def confirm_factor(session: Entered, body: CodeBody, request: Request) -> RecoveryShown:
    """Answers with the recovery codes, for the only time; every other session of the account ends."""
    gate = gate_of(request)
    with gate.judging(request, session.name):
        recovery = gate.factors.confirm(session.name, body.code, gate.now())
        if recovery is None:
            gate.guessed(request, session.name, "first code")
            raise Problem(422, "验证码不对：请看手机时间是否准确，等下一个验证码再输")
    gate.sessions.end(session.name, but=session.id)
    gate.happened(request, What.FACTOR_SET, session.name)
    return RecoveryShown(recovery=list(recovery))


@router.post("/factor/off", status_code=204, summary="End one's own second factor")
def end_factor(session: Entered, body: ProofBody, request: Request) -> None:
    """409 where the settings want one."""
    gate = gate_of(request)
    if gate.must_have_factor(session.name):
        raise Problem(409, "这个账号必须有第二验证，只能换，不能停用")
    must_prove(request, session, Proof(body.password, body.code))
    _off(request, gate, session)


def _off(request: Request, gate: Gate, session: Session) -> None:
    if gate.factors.off(session.name):
        gate.happened(request, What.FACTOR_ENDED, session.name)


@router.post("/sessions/end", summary="End every other session of one's own account")
def end_others(session: Mine, request: Request) -> EndedShown:
    gate = gate_of(request)
    ended = gate.sessions.end(session.name, but=session.id)
    gate.happened(request, What.SESSIONS_ENDED, session.name, words=str(ended))
    return EndedShown(ended=ended)
