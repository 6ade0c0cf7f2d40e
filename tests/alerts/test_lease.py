"""Several copies of the alert engine: one works, the others wait, and who slept through its lease writes nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from alerts.engine import Engine, Sweep
from alerts.store.book import Book
from alerts.world import World
from county.snapshot import County
from ingest.lease import Fenced, Lease
from ingest.store import Store
from tests.alerts.makes import FakeInbox, at, event
from tests.alerts.test_run import Server, server, until
from tests.county.small import COUNTY

__all__ = ["server"]
LONG = timedelta(seconds=15)


def second(book: Book) -> Book:
    return Book(book.store, COUNTY)


def test_an_engine_that_slept_through_its_lease_decides_nothing_any_more(book: Book, county: County) -> None:
    inbox = FakeInbox()
    inbox.add(event(0))
    other = second(book)
    book.fence = book.lease.take("a", at(0), LONG)
    other.fence = other.lease.take("b", at(1), LONG)
    sleeper = Engine(book, inbox, World(lambda: county, lambda: at(1)))
    with pytest.raises(Fenced):
        sleeper.step()
    assert book.cursor() == 0
    assert Engine(other, inbox, World(lambda: county, lambda: at(1))).step() == 1
    with pytest.raises(Fenced):
        Sweep(book, World(lambda: county, lambda: at(100))).step()
    assert len(Sweep(other, World(lambda: county, lambda: at(100))).step()) == 1


def test_what_people_do_needs_no_lease(book: Book, county: County) -> None:
    engine = second(book)
    engine.fence = engine.lease.take("a", at(0), LONG)
    inbox = FakeInbox()
    inbox.add(event(0))
    Engine(engine, inbox, World(lambda: county, lambda: at(0))).step()
    with book.writing() as pen:
        assert pen.open_at(county.spots[0].ground) is not None


def test_the_engines_lease_and_the_doors_stand_apart_in_one_database(book_url: str) -> None:
    store, book = Store(book_url), Book(book_url, COUNTY)
    door = Lease(store, COUNTY).take("door", at(0), LONG)
    engine = book.lease.take("engine", at(0), LONG)
    assert (door, engine) == (1, 1)
    assert book.lease.take("standby", at(0.1), LONG) is None
    assert book.lease.take("standby", at(1), LONG) == 2
    assert Lease(store, COUNTY).renew(1, at(1))
    store.close()
    book.close()


@contextmanager
def copy_of(server: Server, holder: str) -> Iterator[subprocess.Popen[bytes]]:
    arguments = [sys.executable, "-m", "tests.alerts.program", str(server.folder), "-", holder]
    process = subprocess.Popen(arguments)
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=30)


def test_a_standby_takes_over_from_a_killed_engine_and_each_step_is_taken_once(server: Server) -> None:
    first = event(0).model_copy(update={"at": datetime.now(UTC)})
    with copy_of(server, "one") as one:
        server.deliver(first)
        until(server.letters)
        with copy_of(server, "two"):
            time.sleep(0.5)
            server.deliver(event(0, spot="nowhere").model_copy(update={"at": datetime.now(UTC)}))
            until(lambda: server.inbox.cursor("alerts") == 2)
            one.kill()
            server.deliver(event(0, what="overflow").model_copy(update={"at": datetime.now(UTC)}))
            until(lambda: server.inbox.cursor("alerts") == 3)
            (ticket,) = server.reader.recent()
            rows = [row.words for row in server.reader.history(ticket.id)]
            assert len([row for row in rows if "派给" in row]) == 1
            assert len([row for row in rows if "又看到" in row]) == 1
            ids = [letter["id"] for letter in server.letters()]
            assert len(ids) == len(set(ids))


def test_a_frozen_engine_that_wakes_up_stands_back(server: Server) -> None:
    import signal

    with copy_of(server, "one") as one:
        until(server.reader.audited_at)
        one.send_signal(signal.SIGSTOP)
        with copy_of(server, "two"):
            server.deliver(event(0).model_copy(update={"at": datetime.now(UTC)}))
            until(server.letters)
            one.send_signal(signal.SIGCONT)
            time.sleep(1.0)
            server.deliver(event(0, what="overflow").model_copy(update={"at": datetime.now(UTC)}))
            until(lambda: server.inbox.cursor("alerts") == 2)
            assert one.poll() is None, "it waits as standby"
            assert len(server.reader.recent()) == 1
            ids = [letter["id"] for letter in server.letters()]
            assert len(ids) == len(set(ids))
