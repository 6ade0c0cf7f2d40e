"""How long a page of the office's queue takes when the county has a hundred thousand tickets, a fifth of them open.

The screen is the real program; one account of the whole county and one of a township ask over HTTP for what the page
asks for: each tab's first page, the pages after it, filters and words. An answer is a page of 50, the counts of all
tabs, and what waits for oneself. PostgreSQL has been vacuumed, as its autovacuum does within a minute.
"""

from __future__ import annotations

import random
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from alerts.engine import Engine
from alerts.store.book import Book
from alerts.store.tables import TICKETS
from alerts.values import Check, Status
from alerts.world import World
from bench.ground import ground, wait_until
from bench.hand import Hand
from bench.notice import events
from bench.props import Props
from bench.result import Result, percentile
from bench.stores import POSTGRES_READY, Postgres, set_up_postgres
from broker.embedded import free_port
from broker.identity import new_id
from county.qingluan import folder as qingluan_files
from county.snapshot import County
from county.values import Level
from ingest.store import micros
from jingcun.demo.stage import Stage
from jingcun.supervise import Child, Family, python
from screen.access.account import NAME, Account

TICKETS_IN_ALL, OPEN_SHARE, AT_ONCE = 100_000, 0.2, 5_000
ROUNDS, PAGES = 12, 4
TOWNSHIP = 9  # digits of its code
OPEN = (Status.DISPATCHED, Status.ACCEPTED, Status.TO_CHECK)
TABS = ("mine", "accept", "work", "check", "overdue", "open", "all")
SIFTS: tuple[dict[str, str], ...] = (
    {"severity": "urgent"}, {"what": "garbage"}, {"overdue": "true"}, {"words": "村"}, {"words": "GD-0007"},
    {"tab": "all", "words": "没有这样的地方"},
)  # fmt: skip


def queue_p95() -> Result:
    """p95 of an answer of the queue with 100,000 tickets in SQLite."""
    return Result("queue_p95", percentile(_asked(None), 0.95), "ms", 1)


def queue_p95_postgresql() -> Result:
    """The same in PostgreSQL; ``RuntimeError`` where it is not installed."""
    with _postgres() as place:
        return Result("queue_p95_postgresql", percentile(_asked(place), 0.95), "ms", 1)


@contextmanager
def _postgres() -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="jingcun-bench-pg-"))
    try:
        with Family() as family:
            place = set_up_postgres(folder, free_port(), "shared_buffers=128MB")
            log = folder / "log"
            child = family.add(Child("postgresql", place.argv, output=log))
            wait_until(lambda: POSTGRES_READY in log.read_bytes() or not child.alive, "PostgreSQL to start")
            yield place
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _asked(place: Postgres | None) -> list[float]:
    """How long each answer took, in ms."""
    files = qingluan_files(demo=True)
    with ground(files, broker=False) as here:
        stage = Props(here.stage.folder, place, None).furnish(here.stage, files)
        fill(stage, TICKETS_IN_ALL)
        if place is not None:
            _vacuumed(place)
        passwords = _accounts(stage)
        here.start("screen", python("screen", "--config", str(stage.server_toml)), stage.url.encode())
        times = [one for name, word in passwords.items() for one in _questions(stage, name, word)]
    where = "SQLite" if place is None else "PostgreSQL"
    print(f"  {where}: {len(times)} answers, p50 {percentile(times, 0.5):.0f} ms, longest {max(times):.0f} ms",
          file=sys.stderr, flush=True)  # fmt: skip
    return times


def _vacuumed(place: Postgres) -> None:
    engine = sa.create_engine(place.url(), isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.execute(sa.text("VACUUM ANALYZE"))
    engine.dispose()


def fill(stage: Stage, how_many: int) -> None:
    """One real ticket, and copies of its row all over the county, in every state, over the year before."""
    dice, county = random.Random(1), stage.county
    with closing(Book(stage.server.store("book"), county.code, county.calendar.zone)) as book:
        hand = Hand()
        hand.add(*events(stage, 1)[0])
        Engine(book, hand, World(lambda: county)).step()
        with book.store.read() as conn:
            pattern = dict(conn.execute(sa.select(TICKETS)).one()._mapping)
        holders = _holders(county)
        for begin in range(1, how_many, AT_ONCE):
            rows = [_row(pattern, holders, dice, n) for n in range(begin, min(begin + AT_ONCE, how_many))]
            with book.writing() as pen:
                pen.conn.execute(TICKETS.insert(), rows)


def _holders(county: County) -> list[tuple[str, str, str]]:
    """Village, name, and who answers there for it."""
    first = {duty.area: duty.person for duty in county.content.duties if duty.level is Level.VILLAGE and not duty.rank}
    return [(one.code, county.place_name(one.code), first[one.code]) for one in county.villages if one.code in first]


def _row(pattern: dict[str, Any], holders: list[tuple[str, str, str]], dice: random.Random, n: int) -> dict[str, Any]:
    village, name, person = dice.choice(holders)
    now, is_open = datetime.now(UTC), dice.random() < OPEN_SHARE
    opened = now - timedelta(minutes=dice.uniform(0, 60 * 24 * (7 if is_open else 365)))
    due = opened + timedelta(hours=dice.uniform(2, 72))
    status = dice.choice(OPEN) if is_open else Status.CLOSED
    own = {
        "id": new_id(), "number": f"GD-{n:04}-{n:06}", "site": f"site {n}", "region": village, "village": village,
        "township": village[:9], "place_name": name, "opened_us": micros(opened), "seen_us": micros(opened),
        "due_us": micros(due), "overdue": is_open and due < now, "is_open": is_open, "status": status.value,
        "closed_us": None if is_open else micros(due), "severity": dice.choice(("urgent", "major", "minor", "minor")),
        "person_id": person, "change": n + 1, "check_by": Check.CAMERA.value, "next_us": None,
    }  # fmt: skip
    return {**pattern, **own}


def _accounts(stage: Stage) -> dict[str, str]:
    """The account that sees the whole county, and a person of a township, with their passwords."""
    accounts = Account(stage.server.folder / "secrets")
    person = next(one.person for one in stage.county.content.duties if len(one.area) == TOWNSHIP)
    return {NAME: accounts.first_password or "", person: accounts.named.add(person, datetime.now(UTC))}


def _questions(stage: Stage, name: str, password: str) -> Iterator[float]:
    with httpx.Client(base_url=stage.url, timeout=60) as client:
        login = client.post("/api/v1/login", json={"name": name, "password": password}).raise_for_status()
        if login.json()["needs"] == "password":  # one that was given must be changed first
            chosen = {"old": password, "new": secrets.token_urlsafe()}
            client.post("/api/v1/own/password", json=chosen).raise_for_status()
        for _ in range(ROUNDS):
            for tab in TABS:
                yield from _leaf(client, {"tab": tab})
            for sift in SIFTS:
                yield from _leaf(client, sift, pages=1)


def _leaf(client: httpx.Client, which: dict[str, str], pages: int = PAGES) -> Iterator[float]:
    """One page after the other."""
    after = ""
    for _ in range(pages):
        begin = time.perf_counter()
        answer = client.get("/api/v1/queue", params={**which, "after": after})
        took = (time.perf_counter() - begin) * 1000
        answer.raise_for_status()
        yield took
        after = answer.json()["after"]
        if not after:
            return
