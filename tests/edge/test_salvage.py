"""A corrupt outbox file: only what lies on the damage is lost, counted and named; a kill changes nothing."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from edge import salvage
from edge.outbox import Lane, Outbox, Row
from edge.salvage import set_aside_if_corrupt
from tests.edge.card import PAGE, leaf_of, spoil
from tests.edge.letters import NOW, chunk, event, reading


def filled(path: Path, rows: list[Row]) -> None:
    with closing(Outbox(path)) as outbox:
        for begin in range(0, len(rows), 20):
            some = rows[begin : begin + 20]
            outbox.put(some, remember={"last": str(some[-1].message_id)})


def ids(path: Path) -> set[UUID]:
    with closing(Outbox(path)) as outbox:
        return {one.message_id for lane in Lane for one in outbox.next(lane, 100_000)}


@pytest.mark.parametrize("place", [0.02, 0.3, 0.5, 0.97])
def test_a_damaged_page_takes_only_its_own_rows_and_they_are_named_and_counted(
    tmp_path: Path, place: float, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "outbox.db"
    rows = [event() if n % 3 else reading() for n in range(600)]
    filled(path, rows)
    spoil(path, leaf_of(path, rows[int(600 * place)].message_id))
    words = set_aside_if_corrupt(path, NOW)
    assert words is not None
    kept = ids(path)
    lost = {one.message_id for one in rows} - kept
    assert rows[int(600 * place)].message_id in lost
    assert len(lost) <= PAGE // min(len(one.payload) for one in rows)
    assert f"{600 - len(lost)} messages saved, {len(lost)} unreadable" in words
    assert {one.__dict__["message_id"] for one in caplog.records} == {str(one) for one in lost}
    with closing(Outbox(path)) as outbox:
        counts = outbox.counts()
        assert (counts.minted, counts.waiting, counts.dropped) == (600, 600 - len(lost), len(lost))
        assert outbox.dropped() == {"unreadable": len(lost)}
        assert outbox.recall("last") == str(rows[-1].message_id)


def test_two_damaged_pages_take_nothing_that_lies_between_them(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    rows = [event() for _ in range(600)]
    filled(path, rows)
    spoil(path, leaf_of(path, rows[100].message_id), leaf_of(path, rows[500].message_id))
    assert set_aside_if_corrupt(path, NOW) is not None
    assert {one.message_id for one in rows[150:450]} <= ids(path)
    assert len(ids(path)) > 550


def test_totals_outlive_the_damage(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with closing(Outbox(path, limit_bytes=60_000)) as outbox:
        rows = [event() for _ in range(100)]
        outbox.put([chunk("a" * 64, n, 20_000) for n in range(3)])
        outbox.put(rows)
        outbox.refuse({rows[0].message_id: "no"}, by="server", at=NOW)
        before = outbox.counts()
        assert (before.minted, before.dropped, before.refused) == (103, 3, 1)
    spoil(path, leaf_of(path, rows[50].message_id))
    assert set_aside_if_corrupt(path, NOW) is not None
    with closing(Outbox(path)) as outbox:
        after = outbox.counts()
        assert outbox.dropped()["picture"] == 3
    assert (after.minted, after.refused) == (103, 1)
    assert after.minted == after.waiting + after.dropped + after.refused


@pytest.mark.parametrize("seed", range(20))
def test_any_damage_is_borne_and_what_is_saved_was_there(tmp_path: Path, seed: int) -> None:
    path, dice = tmp_path / "outbox.db", random.Random(seed)
    rows = [event() for _ in range(200)] + [chunk("a" * 64, n) for n in range(3)]
    filled(path, rows)
    size = path.stat().st_size
    spoil(path, *[dice.randrange(size) for _ in range(dice.randint(1, 8))])
    set_aside_if_corrupt(path, NOW)
    assert ids(path) <= {one.message_id for one in rows}
    with closing(Outbox(path)) as outbox:
        outbox.put([event()])
        assert set_aside_if_corrupt(path, NOW) is None


def test_only_the_newest_corrupt_file_is_kept_so_that_the_card_does_not_fill(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    for day in (20, 21, 22):
        path.write_bytes(b"rubbish" * 1_000)
        set_aside_if_corrupt(path, NOW.replace(day=day))
    assert [one.name for one in tmp_path.glob("*corrupt*")] == ["outbox.corrupt-20261122T080000.db"]


def test_without_room_for_what_is_saved_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "outbox.db"
    rows = [event() for _ in range(300)]
    filled(path, rows)
    spoil(path, leaf_of(path, rows[150].message_id))
    damaged = path.read_bytes()

    class Small(Outbox):
        def put(self, *some: object, **other: object) -> int:
            self._db.execute("PRAGMA max_page_count=20")
            return super().put(*some, **other)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(salvage, "Outbox", Small)
        with pytest.raises(sqlite3.OperationalError, match="full"):
            set_aside_if_corrupt(path, NOW)
    assert path.read_bytes() == damaged
    assert set_aside_if_corrupt(path, NOW) is not None
    assert len(ids(path)) > 250


SALVAGER = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
left = [int(sys.argv[2])]
def count(real):
    def counted(*some, **other):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*some, **other)
    return counted
Path.rename, Path.unlink, os.fsync = count(Path.rename), count(Path.unlink), count(os.fsync)
from edge.salvage import set_aside_if_corrupt
set_aside_if_corrupt(Path(sys.argv[1]), datetime(2026, 11, 22, 0, 0, left[0] % 60, tzinfo=UTC))
"""


def test_a_kill_at_any_step_of_the_saving_loses_nothing_more(tmp_path: Path) -> None:
    kills = 0
    for step in range(40):
        path = tmp_path / str(step) / "outbox.db"
        path.parent.mkdir()
        rows = [event() for _ in range(120)]
        filled(path, rows)
        spoil(path, leaf_of(path, rows[60].message_id))
        done = subprocess.run([sys.executable, "-c", SALVAGER, str(path), str(step)], cwd=Path(__file__).parents[2],
                              check=False)  # fmt: skip
        set_aside_if_corrupt(path, NOW)
        kept = ids(path)
        assert len(kept) > 100, f"killed at step {step}"
        assert rows[0].message_id in kept
        assert rows[-1].message_id in kept
        assert not list(path.parent.glob("*.draft.db-*")), f"killed at step {step}"
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
        kills += 1
    assert kills >= 5


def test_a_corrupt_file_is_set_aside_and_what_is_readable_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox = Outbox(path)
    rows = [event() for _ in range(400)]
    outbox.put(rows, remember={"spot/a": "1"})
    outbox.close()
    content = bytearray(path.read_bytes())
    middle = len(content) * 3 // 4 // 4096 * 4096
    content[middle : middle + 8192] = b"\xa5" * 8192
    path.write_bytes(content)
    words = set_aside_if_corrupt(path, NOW)
    assert words is not None
    assert "set aside as outbox.corrupt-20261121T080000.db" in words
    assert (tmp_path / "outbox.corrupt-20261121T080000.db").exists()
    fresh = Outbox(path)
    waiting = fresh.next(Lane.MAIN, 1_000)
    assert 0 < len(waiting) <= 400
    assert set(waiting) <= set(rows)
    assert fresh.recall("spot/a") == "1"
    fresh.close()


@pytest.mark.parametrize("content", [b"not a database at all" * 500, b"\x00" * 8192, b"SQLite format 3\x00garbage"])
def test_a_file_that_is_no_database_does_not_stop_the_box(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(content)
    assert set_aside_if_corrupt(path, NOW) is not None
    outbox = Outbox(path)
    row = event()
    outbox.put([row])
    assert outbox.next(Lane.MAIN, 5) == [row]
    outbox.close()
