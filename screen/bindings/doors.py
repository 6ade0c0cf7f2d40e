"""The doors at which WeChat and WeCom tell who has scanned: WeChat by its signed events, WeCom by leading people back.

WeChat wants its answer within five seconds, so the message to the phone goes out after it.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from html import escape
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from alerts.bindings.binder import NOT_YOURS
from alerts.bindings.wechat_account import ServiceAccount
from alerts.bindings.wechat_events import MOST, BadEvent, Happened, NotWeChat, Signature, Signed, read, reply
from alerts.bindings.wecom_account import Application
from alerts.channels import Answer
from screen.access.patience import Patience
from screen.access.session import source_of
from screen.desk.ticket import rooms_of
from screen.plain import page
from screen.problems import Problem

log = logging.getLogger(__name__)
TRIES, WINDOW = 20, timedelta(minutes=10)
SUCCESS = "success"  # WeChat does not ask again
Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,31}$", description="the channel's name in server.toml")]
Short = Annotated[str, Query(max_length=200)]
router = APIRouter(prefix="/api/v1", tags=["binding"])


def signature_of(signature: Short, timestamp: Short, nonce: Short) -> Signature:
    return Signature(signature, timestamp, nonce)


Told = Annotated[Signature, Depends(signature_of)]


@router.get("/wechat/{channel}", summary="WeChat asks whether this server knows its token")
def echo(channel: Name, request: Request, told: Told, echostr: Short) -> PlainTextResponse:
    """The same string comes back where the signature is right."""
    _must_be_wechat(request, channel, told, b"")
    return PlainTextResponse(echostr)


@router.post("/wechat/{channel}", summary="WeChat tells who has scanned, followed, unfollowed")
async def receive(channel: Name, request: Request, told: Told, later: BackgroundTasks) -> Response:
    """Plain mode (明文). The answer is a text to who has scanned, or ``success``."""
    body = await request.body()
    return await run_in_threadpool(_heard, request, channel, (told, body), later)


@router.get("/wecom/{channel}", summary="WeCom leads back whoever has opened the link of an attempt")
def back(channel: Name, request: Request, later: BackgroundTasks, code: Short = "", state: Short = "") -> HTMLResponse:
    """A page with the two digits for whoever scanned."""
    rooms = rooms_of(request)
    account = rooms.binder.accounts.known.get(channel)
    patience: Patience = request.app.state.scans
    wait = patience.wait(source_of(request))
    if not isinstance(account, Application) or not code or not state or wait:
        raise Problem(429 if wait else 404, "没有这个绑定地址", wait or None)
    if not rooms.binder.awaits(channel, state):  # whoever makes such addresses up makes us ask WeCom nothing
        return _page(NOT_YOURS)
    member = account.member(code)
    if isinstance(member, Answer):
        patience.failed(source_of(request), code)
        log.warning("binding by %s: %s", channel, member.words)
        return _page("没有认出您是本企业的成员。请用企业微信扫码，或请管理员把您加进应用的可见范围。")
    words = rooms.binder.scanned(channel, state, member)
    later.add_task(rooms.binder.text, state)
    return _page(words)


def _heard(request: Request, channel: str, signed: tuple[Signature, bytes], later: BackgroundTasks) -> Response:
    told, body = signed
    if len(body) > MOST:
        raise Problem(413, "提交的内容太大")
    _must_be_wechat(request, channel, told, body)
    try:
        happened = read(body)
    except BadEvent as fault:
        log.warning("an event for %s was refused: %s", channel, fault)
        raise Problem(422, "不是微信的事件") from fault
    words = _done(request, channel, happened, later)
    if not words:
        return PlainTextResponse(SUCCESS)
    return Response(reply(happened, words, rooms_of(request).now()), media_type="application/xml")


def _done(request: Request, channel: str, happened: Happened, later: BackgroundTasks) -> str:
    """What whoever caused the event shall read; empty for nothing."""
    binder = rooms_of(request).binder
    if happened.name == "unsubscribe":
        log.info("somebody unfollowed %s: %d unbound", channel, binder.unfollowed(happened.openid))
    if not happened.scene:
        return ""
    later.add_task(binder.text, happened.scene)
    return binder.scanned(channel, happened.scene, happened.openid)


def _must_be_wechat(request: Request, channel: str, told: Signature, body: bytes) -> None:
    """``Problem`` for anybody but WeChat itself."""
    account = rooms_of(request).binder.accounts.known.get(channel)
    signed: Signed = request.app.state.signed
    patience: Patience = request.app.state.scans
    source = source_of(request)
    try:
        if not isinstance(account, ServiceAccount):
            raise NotWeChat("no such account")
        signed.check(account.token, told, body)
    except NotWeChat as fault:
        wait = patience.wait(source)
        patience.failed(source)
        log.warning("what came to the events of %s from %s is not WeChat's: %s", channel, source, fault)
        raise Problem(429 if wait else 403, "签名不对", wait or None) from fault


def _page(words: str) -> HTMLResponse:
    return page("绑定企业微信", f"<p>{escape(words)}</p>", extra={"Referrer-Policy": "no-referrer"})  # of a code
