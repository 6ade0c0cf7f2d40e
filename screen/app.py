"""The wiring page of the HTTP surfaces: ``create_app`` builds the app, ``serve`` runs it until told to stop."""

from __future__ import annotations

import gc
import logging
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Any

import uvicorn
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse

from alerts.bindings.wechat_events import Signed
from broker.metrics import serving
from county.book import BookAway, NoCounty
from ingest.store import StoreAway
from screen import pages, problems
from screen.access import accounts, outside, own, session
from screen.access.account import NAME, Account
from screen.access.attempts import LASTS, Attempts
from screen.access.forwarded import Forwarded
from screen.access.gate import Gate
from screen.access.guard import HEADERS, Guard, Squeeze
from screen.access.patience import Patience
from screen.access.providers import providers
from screen.access.tap import Tap
from screen.access.viewer import standing
from screen.audit import doors as register
from screen.audit import grants
from screen.audit.entrance import entrance
from screen.audit.telling import told
from screen.bindings import asks as bindings
from screen.bindings import doors as binding_doors
from screen.bindings import receipts
from screen.connection import connection
from screen.county import device_acts, devices, drawings, people, policy, revisions
from screen.county.backtests import Backtests
from screen.desk import claim, voices
from screen.desk import ticket as desk
from screen.examples import with_examples
from screen.metrics import Counted, Traffic
from screen.office import acts as office
from screen.office import export_doors, fairness, letters, lists, messages, papers, queue, report_office, silences
from screen.once.door import Once
from screen.once.kept import KeptAnswers
from screen.refusals import with_refusals
from screen.reports import doors as reports
from screen.rooms import open_rooms
from screen.settings import BadSettings, ScreenSettings
from screen.turns import Turns
from screen.wall import behind, board, board_lists, curves, glimpses, health, looks, places
from screen.wall import composed as wall
from screen.wall.live import Broadcast
from screen.wall.stream import outermost
from screen.wall.watching import Watches

log = logging.getLogger(__name__)

VERSION = version("jingcun")
RETRY_S = 1.0
GRACE_S = 3  # streams never end by themselves
PARTS = (
    session,
    own,
    accounts,
    looks,
    behind,
    places,
    glimpses,
    health,
    board,
    board_lists,
    curves,
    letters,
    desk,
    voices,
    claim,
    papers,
    reports,
    report_office,
    office,
    queue,
    fairness,
    silences,
    lists,
    messages,
    export_doors,
    receipts,
    bindings,
    binding_doors,
    devices,
    device_acts,
    drawings,
    people,
    policy,
    revisions,
    register,
    grants,
)  # what the OpenAPI document tells
MOST_AT_ONCE = 1000  # connections; more are answered 503 at once


def utc_now() -> datetime:
    return datetime.now(UTC)


def create_app(
    settings: ScreenSettings, now: Callable[[], datetime] = utc_now, account: Account | None = None
) -> FastAPI:
    """Open the stores and return the app; they are closed when its lifespan ends.

    ``app.state.first_password`` is the new account's password in the one start that made it, else None.
    """
    stack = ExitStack()
    with stack:
        rooms = open_rooms(settings, now, stack)
        account = account or Account(settings.folder / "secrets")
        told_to = entrance(rooms.register, account, rooms.county)
        gate = Gate.of(settings, account, now, partial(standing, rooms, account), told_to)
        stack.callback(gate.sessions.close)
        answers = KeptAnswers(rooms.book.store)
        others = providers(settings.login, now)
        for other in others.values():
            stack.callback(other.close)
        kept = stack.pop_all()
    broadcast = Broadcast(
        lambda: wall.compose(wall.gather(rooms)).model_dump(mode="json"), rooms.reader.number,
        wall.live_rows(rooms),
    )  # fmt: skip

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        broadcast.start()
        with kept:
            yield
            broadcast.stop()
            app.state.backtests.close()

    app = FastAPI(
        title="净村", version=VERSION, lifespan=lifespan, docs_url=None, redoc_url=None,
        description="The county wall, the desk behind a short code, and what the operator reads.",
    )  # fmt: skip
    app.state.settings, app.state.rooms, app.state.broadcast = settings, rooms, broadcast
    app.state.gate, app.state.kept = gate, answers
    app.state.backtests, app.state.watches = Backtests(), Watches()
    app.state.providers, app.state.attempts = others, Attempts(now)
    app.state.first_password = account.first_password
    app.state.headers = HEADERS
    app.state.traffic = Traffic()
    _be_patient(app, now)
    _route(app, settings)
    return app


def _be_patient(app: FastAPI, now: Callable[[], datetime]) -> None:
    """How often strangers may knock at each door that needs no account."""
    app.state.codes = Patience(now, desk.CODE_TRIES, desk.CODE_WINDOW)
    app.state.refusals = Patience(now, office.TRIES, office.WINDOW)
    app.state.reports = Tap(now, reports.EACH, reports.EVERYBODY, reports.WINDOW)
    app.state.pictures = Tap(now, reports.EACH * reports.PICTURES, reports.EVERYBODY * reports.PICTURES, reports.WINDOW)
    app.state.leaves = Tap(now, outside.EACH, outside.EVERYBODY, LASTS)
    app.state.staff_turns, app.state.citizen_turns = Turns(), Turns()
    app.state.receipts = Patience(now, receipts.TRIES, receipts.WINDOW)
    app.state.scans = Patience(now, binding_doors.TRIES, binding_doors.WINDOW)
    app.state.signed = Signed(now)
    app.state.claims = Patience(now, claim.TRIES, claim.WINDOW)


def serve(settings: ScreenSettings, stop: threading.Event, ready: Callable[[str], None] = log.info) -> None:
    """Serve until ``stop`` is set; a database that is away at the beginning is waited for.

    ``ready`` is told the first password where there is one, then the address.
    """
    _need_free(settings)
    app = _patiently(lambda: create_app(settings), stop)
    if app is None:
        return
    server = uvicorn.Server(configured(app, settings))
    if app.state.first_password is not None:  # before anything can fail: it is never told again
        ready(f"用户名 {NAME}，首次口令 {app.state.first_password}（只显示这一次）")

    def watch() -> None:
        while not server.started and not stop.wait(0.05):
            pass
        if server.started:
            ready(f"http://{settings.host}:{settings.port}/")
        stop.wait()
        server.should_exit = True

    gc.freeze()  # what was loaded stays: to look through it again and again held up alarms for a tenth of a second
    threading.Thread(target=watch, name="screen-stop", daemon=True).start()
    beside = settings.beside() if settings.beside is not None else nullcontext()
    with serving(settings.metrics, app.state.traffic.samples), beside:
        server.run()


def configured(app: FastAPI, settings: ScreenSettings) -> uvicorn.Config:
    """How the app is served. Proxies are believed by our own rule only: uvicorn's believes this whole machine."""
    return uvicorn.Config(
        outermost(app), host=settings.host, port=settings.port, log_config=None, log_level="warning", access_log=False,
        server_header=False, timeout_graceful_shutdown=GRACE_S, limit_concurrency=MOST_AT_ONCE, backlog=256,
        proxy_headers=False, http=connection(settings.behind_proxy),  # ``screen/wall/stream.py`` knows h11
    )  # fmt: skip


def _patiently(create: Callable[[], FastAPI], stop: threading.Event) -> FastAPI | None:
    """Try until the stores are open; None when told to stop meanwhile."""
    said = ""
    while not stop.is_set():
        try:
            return create()
        except (StoreAway, BookAway) as fault:
            if str(fault) != said:
                log.error("screen waits: %s", fault)
            said = str(fault)
            stop.wait(RETRY_S)
    return None


def _need_free(settings: ScreenSettings) -> None:
    """Name a taken port before anything is opened. ``BadSettings`` when nobody can listen there."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as fault:
            where = f"{settings.host}:{settings.port}"
            raise BadSettings(f"{where}: {fault.strerror}; end what listens there, or set [screen] port") from fault


def _route(app: FastAPI, settings: ScreenSettings) -> None:
    problems.install(app)
    app.add_exception_handler(StoreAway, _away)
    app.add_exception_handler(BookAway, _away)
    app.add_exception_handler(NoCounty, _away)
    for part in PARTS:
        app.include_router(part.router, dependencies=[Depends(told)])
    if settings.static.is_dir():
        app.mount("/static", pages.Assets(directory=settings.static))
    app.include_router(outside.router)
    app.include_router(pages.router)
    app.add_middleware(Once, wired=app)
    app.add_middleware(Squeeze, minimum_size=1000, compresslevel=6)
    app.add_middleware(Counted, traffic=app.state.traffic)
    app.add_middleware(Guard, secure=settings.secure_cookies, local=settings.open_wall)
    app.add_middleware(Forwarded, proxies=settings.behind_proxy)


def _away(request: Request, fault: Exception) -> JSONResponse:
    log.error("a store is away: %s", fault)
    return problems.answer(
        503, "数据库暂时不可用，请稍后再试", {"Retry-After": "5"}, request.headers.get("accept-language", "")
    )


def bare() -> FastAPI:
    """All routes without any store behind them: what the documents are written from."""
    app = FastAPI(title="净村", version=VERSION)
    for part in PARTS:
        app.include_router(part.router)
    app.include_router(pages.router)
    return app


def openapi() -> dict[str, Any]:
    """Return the OpenAPI document without opening any store."""
    return with_refusals(with_examples(bare().openapi()))
