"""Bins: the simulated one fills and is emptied; a JSON one takes what is good and tells what is not."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.identity import id_of, time_of
from broker.messages import ClockSource
from edge.bins import Bin, open_bins
from edge.outbox import Outbox
from edge.sensors import BinSettings, Emptied, JsonBin, SimulatedBin
from edge.sources import Surroundings
from edge.sources.bin_json import JsonReadings
from edge.sources.bin_simulated import Simulated, emptied_in_world, fill_at
from tests.edge.letters import BOX, NOW


def around(now: datetime = NOW) -> Surroundings:
    return Surroundings(now=lambda: now, wait=lambda _s: False, clock=ClockSource.NTP, begun=NOW)


def lines(folder: Path, content: bytes, **fields: str) -> JsonReadings:
    path = folder / "readings.jsonl"
    path.write_bytes(content)
    wanted = fields or {"fill_percent": "fill", "at": "t"}
    settings = JsonBin.model_validate({"type": "json", "path": path, "fields": wanted})
    return JsonReadings("qx-bin-01", "qx-box-01", settings, around())


@pytest.mark.parametrize(
    ("hours", "world_hours", "expected"),
    [(0, None, 10), (2, None, 30), (100, None, 100), (6, None, 10), (6, 5.5, 5), (6, 7, 10), (6, -1, 10)],
)
def test_a_simulated_bin_fills_until_somebody_empties_it(
    hours: float, world_hours: float | None, expected: float
) -> None:
    emptied = (Emptied(after_s=5 * 3_600),)
    settings = SimulatedBin(type="simulated", start_percent=10, percent_per_hour=10, emptied=emptied)
    world = None if world_hours is None else NOW + timedelta(hours=world_hours)
    now = NOW + timedelta(hours=hours)
    full = fill_at(settings, NOW, now, world)
    assert full == pytest.approx(expected if hours != 100 else 100)


def test_the_reading_of_a_simulated_bin_says_that_it_is_simulated() -> None:
    settings = SimulatedBin(type="simulated", start_percent=42)
    (reading,) = Simulated("qx-bin-01", "qx-box-01", settings, around()).look(None).readings
    assert (reading.spot, reading.fill_percent, reading.simulated) == ("qx-bin-01", 42, True)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"emptied_at": 5}', '{"emptied_at": "2026-11-21T08:00:00"}'])
def test_a_world_file_that_cannot_be_read_empties_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "world.json"
    path.write_text(text, encoding="utf-8")
    assert emptied_in_world(path) is None
    path.write_text('{"emptied_at": "2026-11-21T16:00:00+08:00"}', encoding="utf-8")
    assert emptied_in_world(path) == NOW


HOSTILE = [
    b"\n", b"{", b"null", b"[1,2]", b"\xff\xfe\x00", b'{"fill": "full"}', b'{"fill": 101}', b'{"fill": -1}',
    b'{"fill": true}', b'{"fill": NaN}', b'{"fill": 1e999}', b'{"fill": ' + b"9" * 5_000 + b"}", b'{"fill": null}',
    b'{"fill": [5]}', b"[" * 50_000, b"{}", b'{"fill": 5' + b" " * 70_000 + b"}",
]  # fmt: skip


@pytest.mark.parametrize("line", HOSTILE, ids=lambda line: repr(line[:20]))
def test_a_hostile_line_is_told_and_the_next_good_one_is_read(tmp_path: Path, line: bytes) -> None:
    taken = lines(tmp_path, line.replace(b"\n", b"") + b'\n{"fill": 55}\n').look(None)
    assert [one.fill_percent for one in taken.readings] == [55]
    assert len(taken.bad) == (1 if line.strip() else 0)


@given(content=st.binary(max_size=300))
def test_no_bytes_stop_the_reader(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    taken = lines(folder, content + b'\n{"fill": 55}\n').look(None)
    assert taken.readings[-1].fill_percent == 55


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ('"2026-11-21T15:00:00+08:00"', NOW - timedelta(hours=1)),
        ("1795248000", datetime.fromtimestamp(1795248000, UTC)),
        ("1795248000000", datetime.fromtimestamp(1795248000, UTC)),
        ('"2026-11-21T15:00:00"', NOW),
        ('"1970-01-01T00:00:00Z"', NOW),
        ('"2099-01-01T00:00:00Z"', NOW),
        ('"yesterday"', NOW),
        ("1e300", NOW),
        ("null", NOW),
    ],
)
def test_a_sensor_time_is_taken_only_when_it_can_be_true(tmp_path: Path, time: str, expected: datetime) -> None:
    (reading,) = lines(tmp_path, f'{{"fill": 5, "t": {time}}}\n'.encode()).look(None).readings
    assert reading.at == expected
    assert time_of(reading.message_id) == expected


def test_a_growing_file_is_read_once_and_a_half_line_waits(tmp_path: Path) -> None:
    source = lines(tmp_path, b'{"fill": 1}\n{"fill": 2}\n{"fi')
    first = source.look(None)
    assert [one.fill_percent for one in first.readings] == [1, 2]
    with (tmp_path / "readings.jsonl").open("ab") as file:
        file.write(b'll": 3}\n')
    second = source.look(first.memory)
    assert [one.fill_percent for one in second.readings] == [3]
    assert source.look(second.memory).readings == ()


def test_a_file_that_became_shorter_is_a_new_one(tmp_path: Path) -> None:
    source = lines(tmp_path, b'{"fill": 1}\n' * 9)
    memory = source.look(None).memory
    (tmp_path / "readings.jsonl").write_bytes(b'{"fill": 7}\n')
    assert [one.fill_percent for one in source.look(memory).readings] == [7]


def test_equal_lines_are_readings_of_their_own_and_the_same_line_keeps_its_id(tmp_path: Path) -> None:
    source = lines(tmp_path, b'{"fill": 1}\n{"fill": 1}\n')
    first, again = source.look(None).readings, source.look(None).readings
    assert first[0].message_id != first[1].message_id
    assert first == again


def test_a_folder_gives_each_file_and_says_which_to_remove(tmp_path: Path) -> None:
    for name, fill in (("b", 2), ("a", 1)):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({"data": {"level": fill}, "batt": "88"}), encoding="utf-8")
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    (tmp_path / "c.json").write_text("{", encoding="utf-8")
    (tmp_path / "d.tmp").write_text("{}", encoding="utf-8")
    fields = {"fill_percent": "data.level", "battery_percent": "batt"}
    settings = JsonBin.model_validate({"type": "json", "path": tmp_path, "fields": fields})
    taken = JsonReadings("qx-bin-01", "qx-box-01", settings, around()).look(None)
    assert [(one.fill_percent, one.battery_percent, one.at) for one in taken.readings] == [(1, 88, NOW), (2, 88, NOW)]
    assert [one.name for one in taken.done] == ["a.json", "b.json", "c.json"]
    assert len(taken.bad) == 1


def test_an_absent_file_is_told_and_keeps_its_place(tmp_path: Path) -> None:
    source = lines(tmp_path, b"")
    (tmp_path / "readings.jsonl").unlink()
    taken = source.look("12")
    assert taken.memory == "12"
    assert "check `path`" in taken.bad[0]


@given(content=st.binary(), seconds=st.integers(0, 10**9))
def test_an_id_made_from_content_is_a_uuid_of_its_time(content: bytes, seconds: int) -> None:
    at = NOW + timedelta(seconds=seconds)
    made = id_of(at, content)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert time_of(made) == at
    assert made == id_of(at, content)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = Outbox(tmp_path / "outbox.db")
    yield made
    made.close()


def opened(outbox: Outbox, path: Path) -> Bin:
    settings = BinSettings.model_validate({"name": "qx-bin-01", "source": {"type": "json", "path": path}})
    return open_bins((settings,), outbox, BOX.device, ClockSource.NTP, lambda _s: False)["qx-bin-01"]


def test_a_files_reading_is_stored_before_the_file_goes_and_a_kill_between_does_not_double_it(
    tmp_path: Path, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "a.json").write_text('{"fill_percent": 5}', encoding="utf-8")
    one = opened(outbox, folder)
    with monkeypatch.context() as kill:
        kill.setattr(Path, "unlink", lambda *_a, **_k: (_ for _ in ()).throw(PermissionError(13, "denied")))
        assert one.read(outbox, BOX) == 1
    assert one.read(outbox, BOX) == 1
    assert list(folder.iterdir()) == []
    assert outbox.counts().minted == 1


def test_a_growing_files_place_is_stored_with_its_readings(tmp_path: Path, outbox: Outbox) -> None:
    path = tmp_path / "readings.jsonl"
    path.write_bytes(b'{"fill_percent": 5}\nrubbish\n')
    one = opened(outbox, path)
    assert (one.read(outbox, BOX), one.bad) == (1, 1)
    again = opened(outbox, path)
    assert (again.read(outbox, BOX), again.bad) == (0, 0)
    assert outbox.counts().minted == 1
