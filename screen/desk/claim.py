"""A box claims its own secret with an installer's one-time code: the one route that needs no session and no link."""

from __future__ import annotations

import logging
from datetime import timedelta

from fastapi import APIRouter, Request
from pydantic import Field

from broker.journal import about
from broker.messages import Frozen, Name
from county.invitations import LEAST_SECRET, MOST_SECRET, Asked, BadCode, claim
from screen.access.patience import Patience
from screen.access.session import source_of
from screen.desk.ticket import rooms_of
from screen.problems import Problem

log = logging.getLogger(__name__)

TRIES, WINDOW = 10, timedelta(minutes=10)
router = APIRouter(prefix="/api/v1", tags=["claim"])


class ClaimBody(Frozen):
    """What a box says about itself; it has made the secret and keeps it."""

    device: Name
    code: str = Field(min_length=4, max_length=40)
    secret: str = Field(min_length=LEAST_SECRET, max_length=MOST_SECRET, pattern=r"^[A-Za-z0-9_-]+$")


class Claimed(Frozen):
    """Where the box stands on the wire: codes of 6, 9 and 12 digits, or ``-``."""

    device: str
    county: str
    township: str
    village: str


@router.post("/claim", summary="A box claims its own secret with a one-time code")
def claim_secret(body: ClaimBody, request: Request) -> Claimed:
    """Take the secret that the box has made. The same again changes nothing and is answered alike."""
    patience: Patience = request.app.state.claims
    source, rooms = source_of(request), rooms_of(request)
    wait = patience.wait(source)
    if wait:
        raise Problem(429, f"试错太多次，请 {wait} 秒后再试", wait)
    try:
        place = claim(rooms.registry, rooms.county(), Asked(body.device, body.code, body.secret), rooms.now())
    except BadCode as fault:
        patience.failed(source)
        log.warning("a claim from %s was refused: %s", source, fault)
        raise Problem(
            403, "安装码不对、已过期或已用过：请核对设备编号和安装码，或在服务器上重新运行 jingcun device invite"
        ) from fault
    patience.succeeded(source)
    log.warning(
        "device %s has claimed its secret from %s",
        place.device,
        source,
        extra=about(device=place.device, village=place.village),
    )
    return Claimed(device=place.device, county=place.county, township=place.township, village=place.village)
