"""``jingcun server | ingest | alerts | screen | edge``: the programs that run until they are told to stop."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from broker import journal
from jingcun import wiring
from jingcun.commands.shared import SERVER_TOML, Config, one_line_errors
from jingcun.crash import crash_at, never
from jingcun.settings import ServerSettings, load
from jingcun.supervise import Child, Family, python

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.values import Decision
    from ingest.inbox import Row

log = logging.getLogger("jingcun")
CrashAt = Annotated[str | None, typer.Option("--crash-at", hidden=True, help="Die at a named point (chaos runs only).")]
BoxConfig = Annotated[Path, typer.Option("--config", "-c", help="Settings file of the box (TOML).")]
_CHINA = ZoneInfo("Asia/Shanghai")


def server(config: Config = SERVER_TOML) -> None:
    """Run ingest, alerts and screen of one county, and start anew what dies (5 times a minute at most)."""
    _begun("server", config)  # a wrong file is named here, once, not by three children
    stop = until_told()
    with Family() as family:
        for program in ("ingest", "alerts", "screen"):
            family.add(Child(program, python(program, "--config", str(config))))
        family.watch(stop.is_set)


def ingest(config: Config = SERVER_TOML, crash: CrashAt = None) -> None:
    """Run the durable door: inbox, receipts, evidence, series, commands."""
    from ingest.run import run

    raise typer.Exit(run(wiring.ingest(_begun("ingest", config)), until_told(), crash_at(crash) if crash else never))


def alerts(
    config: Config = SERVER_TOML,
    crash: CrashAt = None,
    narrate: Annotated[bool, typer.Option(help="Print each message and decision with its reason.")] = False,
) -> None:
    """Run the alert engine: alarms, tickets, escalation, notices."""
    from alerts.run import run
    from county.book import NoCounty

    with one_line_errors(NoCounty):
        settings = wiring.alerts(_begun("alerts", config))
        run(settings, until_told(), crash_at(crash) if crash else None, tell if narrate else None)


def screen(
    config: Config = SERVER_TOML,
    new_password: Annotated[
        bool, typer.Option("--new-password", help="Give admin a new password, print it, end every session, and end.")
    ] = False,
    crash: CrashAt = None,
) -> None:
    """Run the wall, the desk and the API."""
    from alerts.reports.seal import BadSeal
    from county.book import NoCounty
    from ingest.evidence import EvidenceAway
    from screen.access.account import Account, BadAccount
    from screen.app import serve

    def say(words: str) -> None:
        print(words, flush=True)

    with one_line_errors(NoCounty, EvidenceAway, BadAccount, BadSeal):
        if new_password:
            print(Account(load(config).folder / "secrets").reset())
            return
        settings = wiring.screen(_begun("screen", config))
        serve(replace(settings, crash=crash_at(crash) if crash else None), until_told(), say)


def edge(config: BoxConfig = Path("/etc/jingcun/box.toml"), crash: CrashAt = None) -> None:
    """Run a village box: cameras, bins, outbox, commands."""
    from edge.box import AlreadyRunning, run
    from edge.salvage import NoRoom
    from edge.settings import load as load_box

    settings = load_box(config)
    journal.begin("edge", settings.log, of=settings.address)
    with one_line_errors(AlreadyRunning, NoRoom):
        run(settings, until_told(), crash_at(crash) if crash else never)


def tell(row: Row, decisions: Sequence[Decision]) -> None:
    """Print one message and what was decided about it, in plain words; a reading that changes nothing is left out."""
    from jingcun.narrate import lines

    for line in lines(row, decisions, datetime.now(_CHINA)):
        print(line, flush=True)


def _begun(program: str, config: Path) -> ServerSettings:
    """Read the settings, and log from now on as they say."""
    settings = load(config)
    journal.begin(program, settings.log)
    return settings


def until_told() -> threading.Event:
    """An event that SIGTERM and SIGINT set; a second signal after 10 s of patience ends the hard way."""
    stop = threading.Event()
    asked = [0.0]

    def told(number: int, _frame: object) -> None:
        if stop.is_set() and time.monotonic() - asked[0] > 10:
            sys.exit(128 + number)
        if not stop.is_set():
            asked[0] = time.monotonic()
        stop.set()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    return stop
