"""The file under a store: deleted or replaced it takes nothing into the void; the log of a swift one is moved aside."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from ingest.store import Store, StoreAway


@pytest.mark.parametrize("replaced", [False, True])
def test_a_deleted_or_replaced_file_takes_and_gives_nothing_until_it_is_back(tmp_path: Path, replaced: bool) -> None:
    file, aside = tmp_path / "inbox.db", tmp_path / "aside.db"
    with closing(Store(f"sqlite:///{file}")) as store:
        file.rename(aside)
        if replaced:
            file.touch()
        for opened in (store.write, store.read):
            with pytest.raises(StoreAway, match="put the file back"), opened():
                pass
        aside.replace(file)
        with store.write() as conn:
            conn.exec_driver_sql("CREATE TABLE kept (id INTEGER)")


def test_a_database_in_memory_has_no_file_to_lose() -> None:
    with closing(Store("sqlite://")) as store, store.write() as conn:
        conn.exec_driver_sql("SELECT 1")


def test_a_swift_store_is_checkpointed_from_beside_and_its_log_stays_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.store.SWIFT_PAGES", 500)
    file = tmp_path / "swift.db"
    log, over = tmp_path / "swift.db-wal", threading.Event()
    with closing(Store(f"sqlite:///{file}", swift=True)) as store:

        def beside() -> None:
            while not over.wait(0.01):
                store.checkpoint()

        thread = threading.Thread(target=beside)
        thread.start()
        try:
            with store.write() as conn:
                conn.execute(sa.text("CREATE TABLE things(thing BLOB)"))
            for _ in range(5000):
                with store.write() as conn:
                    conn.execute(sa.text("INSERT INTO things VALUES (zeroblob(3500))"))
        finally:
            over.set()
            thread.join()
        with store.read() as conn:
            assert conn.scalar(sa.text("SELECT count(*) FROM things")) == 5000
    assert file.stat().st_size > 5000 * 3500
    assert not log.exists() or log.stat().st_size < 3000 * 4096


def test_a_commit_of_a_swift_store_leaves_the_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "swift.db"
    with closing(Store(f"sqlite:///{file}", swift=True)) as store:
        with store.write() as conn:
            conn.execute(sa.text("CREATE TABLE things(thing BLOB)"))
        for _ in range(1500):
            with store.write() as conn:
                conn.execute(sa.text("INSERT INTO things VALUES (zeroblob(3500))"))
        before = file.stat().st_size
        assert before < 100_000
        store.checkpoint()
        assert file.stat().st_size > 1500 * 3500
