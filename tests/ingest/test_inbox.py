"""The inbox keeps each message once, in commit order, for one writer at a time; on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from broker.downward import Outcome
from broker.identity import new_id
from ingest.inbox import Inbox, NotAMessage, Row
from ingest.inbox_tables import INBOX
from ingest.lease import Fenced, Lease, lock_county
from ingest.store import Store, StoreAway
from tests.county.small import COUNTY
from tests.ingest.makes import NOON, event, incoming, reading


def writer(store: Store) -> int:
    fence = Lease(store, COUNTY).take("test", NOON)
    assert fence is not None
    return fence


def test_a_message_is_stored_once_and_every_copy_is_answered(store: Store) -> None:
    inbox, fence = Inbox(store), writer(store)
    first, second = incoming(), incoming()
    lines = inbox.append([first, second, first], fence)
    assert [line.outcome for line in lines] == [Outcome.STORED, Outcome.STORED, Outcome.DUPLICATE]
    again = inbox.append([second, incoming()], fence)
    assert [line.outcome for line in again] == [Outcome.DUPLICATE, Outcome.STORED]
    assert [line.message_id for line in lines] == [first.message_id, second.message_id, first.message_id]
    assert inbox.count() == 3


def test_rows_come_back_in_order_and_as_they_were(store: Store) -> None:
    inbox, fence = Inbox(store), writer(store)
    said = [event(), reading(), event()]
    inbox.append([incoming(message) for message in said], fence)
    rows = inbox.read(0, 10)
    assert [row.message() for row in rows] == said
    assert [row.seq for row in rows] == sorted(row.seq for row in rows)
    assert rows[0].at == NOON
    assert [row.kind for row in inbox.read(rows[0].seq, 1)] == ["reading"]
    assert [row.seq for row in inbox.read(0, 10, kinds=("event",))] == [rows[0].seq, rows[2].seq]
    assert inbox.last() == rows[-1].seq


def test_a_batch_of_thousands_is_one_transaction(store: Store) -> None:
    inbox, fence = Inbox(store), writer(store)
    inbox.append([incoming() for _ in range(2500)], fence)
    assert inbox.count() == 2500


def test_a_cursor_moves_only_from_where_it_stands(store: Store) -> None:
    inbox = Inbox(store)
    assert inbox.cursor("alerts") == 0
    assert inbox.move("alerts", 0, 7)
    assert not inbox.move("alerts", 0, 9)
    assert not inbox.move("alerts", 5, 9)
    assert inbox.move("alerts", 7, 9)
    assert (inbox.cursor("alerts"), inbox.cursor("series")) == (9, 0)


def test_a_reader_passes_by_what_is_not_for_it_and_never_what_is(store: Store) -> None:
    inbox, fence = Inbox(store, COUNTY), writer(store)
    inbox.append([incoming(reading()) for _ in range(3)], fence)
    inbox.pass_by("commands", ("answer", "event"))
    assert inbox.cursor("commands") == inbox.last() == 3
    inbox.append([incoming(event()), incoming(reading())], fence)
    inbox.pass_by("commands", ("answer", "event"))
    assert inbox.cursor("commands") == 3
    assert [row.kind for row in inbox.read(3, 9, ("answer", "event"))] == ["event"]


def test_a_writer_that_slept_through_its_lease_is_refused(store: Store) -> None:
    inbox, lease = Inbox(store), Lease(store, COUNTY)
    old = lease.take("a", NOON, timedelta(seconds=15))
    assert old is not None
    assert lease.take("b", NOON + timedelta(seconds=10)) is None
    new = lease.take("b", NOON + timedelta(seconds=16))
    assert new == old + 1
    with pytest.raises(Fenced, match="another process took over"):
        inbox.append([incoming()], old)
    assert inbox.count() == 0
    assert inbox.append([incoming()], new)[0].outcome is Outcome.STORED


def test_a_lease_is_kept_by_renewing_and_free_after_release(store: Store) -> None:
    lease = Lease(store, COUNTY)
    fence = lease.take("a", NOON)
    assert fence is not None
    assert lease.renew(fence, NOON + timedelta(hours=1))
    assert lease.take("b", NOON + timedelta(hours=1)) is None
    assert lease.release(fence)
    new = lease.take("b", NOON + timedelta(hours=1))
    assert new == fence + 1
    assert not lease.renew(fence, NOON)
    assert not lease.release(fence)
    assert lease.take("c", NOON + timedelta(hours=1)) is None


def test_a_restarted_process_does_not_wait_for_its_own_lease(store: Store) -> None:
    lease = Lease(store, COUNTY)
    old = lease.take("a", NOON)
    assert old is not None
    assert lease.take("a", NOON) is None
    assert lease.take("b", NOON, restarted=True) is None
    assert lease.take("a", NOON, restarted=True) == old + 1
    with pytest.raises(Fenced):
        Inbox(store).append([incoming()], old)


def test_a_batch_of_two_counties_is_a_mistake_that_is_named(store: Store) -> None:
    stranger = incoming()
    other = type(stranger)(**{name: getattr(stranger, name) for name in stranger.__slots__} | {"county": "640998"})
    with pytest.raises(ValueError, match="one county only"):
        Inbox(store).append([stranger, other], writer(store))


def test_a_row_of_a_picture_says_where_its_bytes_are() -> None:
    row = Row(new_id(), COUNTY, "-", "box-1", "picture", NOON, NOON, b"{}", 5)
    with pytest.raises(NotAMessage, match="evidence store"):
        row.message()


def test_a_database_that_cannot_be_reached_is_away_and_says_why() -> None:
    with pytest.raises(StoreAway, match="the database refused"):
        Store("postgresql+psycopg://nobody@127.0.0.1:1/none")


def test_many_programs_may_open_a_new_database_at_once(url: str) -> None:
    opened: list[Store] = []
    threads = [threading.Thread(target=lambda: opened.append(Store(url))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(opened) == 12
    for store in opened:
        store.close()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "inbox.db").write_bytes(b"this is no database file, it only looks like one" * 50)
    with pytest.raises(StoreAway, match="not a database"):
        Store(f"sqlite:///{tmp_path / 'inbox.db'}")


@pytest.mark.real
@pytest.mark.parametrize("locked", [True, False])
def test_a_reader_never_passes_a_row_whose_lower_number_commits_later(
    real_postgres: str, locked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A draws its number and waits; B must queue behind A. Without the lock a reader sees B's number and skips A's."""
    slow, quick = Store(real_postgres), Store(real_postgres)
    inbox, fence = Inbox(quick, COUNTY), writer(quick)
    if not locked:
        monkeypatch.setattr(Store, "lock", lambda *_: None)
    drawn, go_on, seen = threading.Event(), threading.Event(), []

    def read_on() -> None:
        after = inbox.cursor("alerts")
        for row in inbox.read(after, 10):
            seen.append(row.device)
            after, before = row.seq, after
            assert inbox.move("alerts", before, after)

    def first() -> None:
        row = incoming()
        with slow.write() as conn:
            lock_county(slow, conn, COUNTY)
            values = {"message_id": row.message_id, "county": COUNTY, "village": "-", "device": "a", "kind": "event"}
            conn.execute(sa.insert(INBOX).values(**values, at_us=0, received_us=0, payload=b""))
            drawn.set()
            go_on.wait(30)

    a = threading.Thread(target=first)
    a.start()
    assert drawn.wait(30)
    b = threading.Thread(target=lambda: inbox.append([incoming()], fence))
    b.start()
    b.join(0.5 if locked else 30)
    assert b.is_alive() is locked
    read_on()
    go_on.set()
    a.join(30)
    b.join(30)
    read_on()
    assert seen == (["a", "box-1"] if locked else ["box-1"])  # the gap is real, and the lock closes it
    slow.close()
    quick.close()
