"""How a session begins and is made whole, by whatever way somebody has come; and the second proof before grave acts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from fastapi import Request, Response

from screen.access.gate import HALF_LIFE, Gate, gate_of, source_of
from screen.access.happened import What
from screen.access.sessions import Kind, Session, id_of
from screen.problems import Problem

WRONG_CODE = "验证码不对，或者已经用过；请等下一个验证码再输"
WRONG_PROOF = "口令或验证码不对"
YOUNG = timedelta(minutes=10)  # a session that has just begun has proved itself


@dataclass(frozen=True, slots=True)
class Way:
    """By which way somebody has come (password, oidc, wecom), and for how long."""

    name: str = "password"
    kind: Kind = "office"


@dataclass(frozen=True, slots=True)
class Proof:
    """One's own password, or a fresh code of the second factor."""

    password: str = field(default="", repr=False)
    code: str = field(default="", repr=False)


def begin(request: Request, response: Response, name: str, way: Way) -> Session:
    """Open a session for somebody who has proved a first factor, and hand out its cookie."""
    gate = gate_of(request)
    now, half = gate.now(), gate.factors.of(name).on
    life = gate.life(way.kind)
    token = gate.account.open_session(now, name, life)
    session = Session(
        id_of(token), name, way.kind, way.name, source_of(request), request.headers.get("user-agent", "")[:200], half,
        now, now, now + (HALF_LIFE if half else life),
    )  # fmt: skip
    gate.sessions.began(session)
    if not half:
        gate.proved(request, name)
        gate.happened(request, What.ENTERED, name, words=way.name)
    response.set_cookie(
        gate.cookie, token, max_age=int(life.total_seconds()), path="/", secure=gate.settings.secure_cookies,
        httponly=True, samesite="strict",
    )  # fmt: skip
    return session


def complete(request: Request, session: Session, code: str) -> None:
    """Make a session whole by a code of its second factor; ``Problem`` 401 for a wrong one."""
    gate = gate_of(request)
    with gate.judging(request, session.name):
        if not gate.factors.passes(session.name, code, gate.now()):
            gate.guessed(request, session.name, "code")
            raise Problem(401, WRONG_CODE)
    gate.sessions.whole(session, session.began + gate.life(session.kind))
    gate.proved(request, session.name)
    gate.happened(request, What.ENTERED, session.name, words=f"{session.way}+code")


def must_prove(request: Request, session: Session, proof: Proof) -> None:
    """``Problem`` 403 unless whoever sits here proves to be the owner of the session."""
    gate, name = gate_of(request), session.name
    with gate.judging(request, name):
        if not _proves(gate, name, proof):
            gate.guessed(request, name, "proof")
            raise Problem(403, WRONG_PROOF)


def _proves(gate: Gate, name: str, proof: Proof) -> bool:
    if proof.code:
        return gate.factors.passes(name, proof.code, gate.now())
    return bool(proof.password) and gate.account.right(name, proof.password)


def young(gate: Gate, session: Session) -> bool:
    """Whether a session has begun a moment ago, so that its owner was asked for everything just now."""
    return gate.now() - session.began < YOUNG
