"""Names of reporters lie sealed; the key lies in the server's folder and nowhere else."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from alerts.reports.reporters import Reporter, discreet
from alerts.reports.seal import FILE, BadSeal, Seal, seal_in
from tests.alerts.said import SEAL, WANG


def test_a_key_is_made_at_the_first_start_for_the_server_alone(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    first = seal_in(folder)
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [one.name for one in folder.iterdir()] == [FILE]
    assert seal_in(folder).open(first.close(WANG)) == WANG, "the second start has the same key"


def test_two_programs_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    gate, found = threading.Barrier(8), list[Seal]()

    def start() -> None:
        gate.wait()
        found.append(seal_in(tmp_path))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sealed = found[0].close(WANG)
    assert {one.open(sealed) for one in found} == {WANG}


def test_what_is_sealed_shows_nothing_and_looks_different_each_time() -> None:
    one, other = SEAL.close(WANG), SEAL.close(WANG)
    assert one != other
    assert all(secret not in one for secret in ("王", "小明", "13912345678"))
    assert SEAL.open(one) == SEAL.open(other) == WANG


def test_another_key_opens_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadSeal, match=r"put the old reporters\.key back"):
        seal_in(tmp_path).open(SEAL.close(WANG))


@pytest.mark.parametrize("key", [b"", b"short", b"\xff" * 44, b"k" * 43])
def test_a_damaged_key_stops_the_start_instead_of_being_replaced(tmp_path: Path, key: bytes) -> None:
    (tmp_path / FILE).write_bytes(key)
    with pytest.raises(BadSeal, match="put it back from the backup"):
        seal_in(tmp_path)
    assert (tmp_path / FILE).read_bytes() == key


def test_marks_know_a_person_again_without_naming_them() -> None:
    assert SEAL.mark("phone", WANG.digits) == SEAL.mark("phone", Reporter(phone="+86 139-1234-5678").digits)
    assert SEAL.mark("phone", "1") != SEAL.mark("person", "1")
    assert SEAL.mark("phone", "") == ""
    assert len({SEAL.code("a", str(number)) for number in range(500)}) == 500
    assert SEAL.code("a", "b") == SEAL.code("a", "b")
    assert len(SEAL.code("a")) == 12


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("打13912345678找我", "打***找我"), ("+86 139 1234 5678", "***"), ("１３９１２３４５６７８", "***"),
        ("身份证64010219900101123X", "身份证***"), ("座机0951-12345678", "座机***"), ("+99919900000001", "***"),
        ("139.1234.5678", "***"), ("139 123 45678", "***"), ("1-3-9 1/2/3/4 5_6_7_8", "***"),
        ("一三九1234 5678", "***"),
        ("身份证 640999 19850101 1234", "身份证 ***"), ("11月21日 08:30 到 2026-11-22", "11月21日 08:30 到 2026-11-22"),
        ("路宽15米,堆了200斤", "路宽15米,堆了200斤"), ("编号202611210001", "编号202611210001"), ("", ""),
    ],
)  # fmt: skip
def test_what_looks_like_a_number_of_a_person_leaves_the_words(words: str, kept: str) -> None:
    assert discreet(words, None) == kept


def test_the_reporters_own_name_and_number_leave_the_words_however_written() -> None:
    odd = Reporter("欧阳海", "8008208820")
    assert discreet("我叫欧阳海,8008208820", odd) == "我叫***,***"
    assert discreet("欧阳 海在800.820-8820", odd) == "***在***"
    assert discreet("王家坪", Reporter("王", "")) == "王家坪", "one letter is no name to look for"
    assert not Reporter().named
