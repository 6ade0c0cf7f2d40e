"""The door for receipts: a provider tells what became of letters. No session; the end of the address is a secret."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.concurrency import run_in_threadpool

from alerts.channels.receipts import BadReceipts
from screen.access.patience import Patience
from screen.access.session import source_of
from screen.desk.ticket import rooms_of
from screen.problems import Problem

log = logging.getLogger(__name__)
TRIES, WINDOW = 20, timedelta(minutes=10)
Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,31}$", description="the channel's name in server.toml")]
Secret = Annotated[str, Path(max_length=200, description="what stands in the channel's receipts_file")]
router = APIRouter(prefix="/api/v1", tags=["receipts"])


@router.post("/receipts/{channel}/{secret}", summary="A provider's receipts for letters that it took")
async def receive(channel: Name, secret: Secret, request: Request) -> dict[str, Any]:
    """The body is the provider's own; the answer is what it wants to hear. The same again changes nothing."""
    body = await request.body()
    return await run_in_threadpool(_take, request, channel, secret, body)


def _take(request: Request, channel: str, secret: str, body: bytes) -> dict[str, Any]:
    rooms = rooms_of(request)
    patience: Patience = request.app.state.receipts
    source = source_of(request)
    door = rooms.receipt_doors.get(channel)
    if door is None or not door.opens(secret):
        wait = patience.wait(source)
        patience.failed(source)
        raise Problem(429 if wait else 404, "没有这个回执地址", wait or None)
    try:
        receipts = door.channel.reads(body)
    except BadReceipts as fault:
        log.warning("receipts for %s from %s were refused: %s", channel, source, fault)
        raise Problem(422, str(fault)) from fault
    fresh = rooms.receipts.take(channel, receipts)
    log.info("receipts for %s: %d, of them new %d", channel, len(receipts), fresh)
    return dict(door.channel.thanks)
