"""The database file under a store: deleted or replaced while it is open, nothing is taken into the void."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

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
