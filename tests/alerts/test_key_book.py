"""The book knows by which key reporters are sealed: no other is taken for it, and none is made in its place."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from alerts.asks import fairness_book
from alerts.asks.fairness import Deed
from alerts.reports.giving_up import give_up
from alerts.reports.key_book import open_seal
from alerts.reports.report_office import Barred, ReportOffice
from alerts.reports.report_tables import REPORT_KEYS
from alerts.reports.reporters import Reporter
from alerts.reports.reports import Receipt, Reports
from alerts.reports.seal import FILE, BadSeal, Seal
from alerts.store.book import Book
from alerts.tickets.doing import Refused
from alerts.world import World
from tests.alerts.makes import at, person
from tests.alerts.said import ALONE, WANG, beside, report, reporting_county

COUNTY = reporting_county()
WORLD = World(lambda: COUNTY, lambda: at(0))
CURE = r"restore secrets/reporters\.key from the backup, or give the old names up: jingcun report give-up-names"


def told(book: Book, seal: Seal, key: str = "k1", who: Reporter | None = WANG, east_m: float = 0) -> Receipt:
    return Reports(book, WORLD, seal).take(report(beside(ALONE, east_m), reporter=who), key)


def marks(book: Book) -> list[str]:
    with book.store.read() as conn:
        return list(conn.execute(sa.select(REPORT_KEYS.c.mark).order_by(REPORT_KEYS.c.n)).scalars())


def all_at_once(*acts: Callable[[], None]) -> None:
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], None]) -> None:
        gate.wait()
        act()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_mark_is_written_with_the_first_name_that_is_sealed(book: Book, tmp_path: Path) -> None:
    seal = open_seal(tmp_path, book)
    told(book, seal, who=None)
    assert marks(book) == []
    told(book, seal, "k2")
    told(book, seal, "k3", east_m=500)
    assert marks(book) == [seal.fingerprint]
    assert (tmp_path / FILE).read_text() not in seal.fingerprint


def test_where_nobody_is_sealed_a_new_key_is_made(book: Book, tmp_path: Path) -> None:
    first = open_seal(tmp_path, book)
    told(book, first, who=None)
    (tmp_path / FILE).unlink()
    assert open_seal(tmp_path, book).fingerprint != first.fingerprint


def test_a_missing_key_is_not_replaced_while_names_are_sealed_with_it(book: Book, tmp_path: Path) -> None:
    told(book, open_seal(tmp_path, book))
    kept = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).unlink()
    with pytest.raises(BadSeal, match=rf"is missing, .*{CURE}"):
        open_seal(tmp_path, book)
    assert not (tmp_path / FILE).exists()
    (tmp_path / FILE).write_bytes(kept)
    assert open_seal(tmp_path, book).fingerprint == marks(book)[0], "the backup is the cure"


def test_another_key_is_not_taken(book: Book, tmp_path: Path) -> None:
    told(book, open_seal(tmp_path, book))
    (tmp_path / FILE).write_bytes(Fernet.generate_key())
    with pytest.raises(BadSeal, match=rf"is not the key .*{CURE}"):
        open_seal(tmp_path, book)


def test_several_servers_have_the_same_file_and_one_with_its_own_seals_nothing(book: Book, tmp_path: Path) -> None:
    here, there, strange = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    stranger = open_seal(strange, book)  # nobody is sealed yet, so it may start
    first = open_seal(here, book)
    receipt = told(book, first)
    there.mkdir()
    (there / FILE).write_bytes((here / FILE).read_bytes())
    second = open_seal(there, book)
    assert ReportOffice(book, WORLD, second).reveal(receipt.report, person(COUNTY, "c1"), "核对") == WANG
    with pytest.raises(BadSeal, match="another key than this server"):
        told(book, stranger, "k2", east_m=500)
    assert len(ReportOffice(book, WORLD, first).listed()) == 1, "nothing of it was kept"
    with pytest.raises(BadSeal):
        open_seal(strange, book)


def test_servers_that_start_at_once_for_the_first_time_agree_on_one_key(book: Book, tmp_path: Path) -> None:
    found: list[str] = []
    all_at_once(*[lambda: found.append(open_seal(tmp_path, book).fingerprint)] * 6)
    assert len(found) == 6
    assert len(set(found)) == 1


def test_of_two_keys_that_seal_the_first_name_at_once_one_holds(book: Book) -> None:
    refused: list[str] = []

    def take(number: int) -> Callable[[], None]:
        def act() -> None:
            try:
                told(book, Seal(Fernet.generate_key()), f"k{number}", east_m=500 * number)
            except BadSeal as fault:
                refused.append(str(fault))

        return act

    all_at_once(take(1), take(2))
    assert (len(refused), len(marks(book))) == (1, 1)


def test_the_county_gives_up_names_whose_key_is_lost_and_that_stands_in_the_fairness_log(
    book: Book, tmp_path: Path
) -> None:
    old = open_seal(tmp_path, book)
    receipt = told(book, old)
    with pytest.raises(Refused, match="密钥还在"):
        give_up(book, tmp_path, person(COUNTY, "c1"), "硬盘坏了", WORLD)
    (tmp_path / FILE).unlink()
    with pytest.raises(Barred, match="只有县级"):
        give_up(book, tmp_path, person(COUNTY, "t1"), "硬盘坏了", WORLD)
    with pytest.raises(Refused, match="请写明原因"):
        give_up(book, tmp_path, person(COUNTY, "c1"), " ", WORLD)
    assert give_up(book, tmp_path, person(COUNTY, "c1"), "硬盘坏了", WORLD) == 1
    (line,) = fairness_book.lines(book)
    assert (line.entry.deed, line.entry.author.name, line.entry.reason) == (Deed.GIVEN_UP, "郝县官", "硬盘坏了")
    fresh = open_seal(tmp_path, book)
    assert ReportOffice(book, WORLD, fresh).reveal(receipt.report, person(COUNTY, "c1"), "核对") is None
    later = told(book, fresh, "k2", east_m=500)
    assert ReportOffice(book, WORLD, fresh).reveal(later.report, person(COUNTY, "c1"), "核对") == WANG
    assert marks(book) == [old.fingerprint, fresh.fingerprint]
    with pytest.raises(BadSeal):
        told(book, old, "k3", east_m=1000)


def test_a_key_that_was_given_up_seals_nobody_any_more_wherever_it_is_still_held(book: Book, tmp_path: Path) -> None:
    old = open_seal(tmp_path, book)
    told(book, old)
    kept = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).unlink()
    give_up(book, tmp_path, person(COUNTY, "c1"), "硬盘坏了", WORLD)
    with pytest.raises(BadSeal, match="start anew"):
        told(book, old, "k2", east_m=500)  # by a server that was not stopped
    (tmp_path / FILE).write_bytes(kept)
    with pytest.raises(BadSeal, match=r"move reporters\.key away"):
        open_seal(tmp_path, book)
    (tmp_path / FILE).unlink()
    assert told(book, open_seal(tmp_path, book), "k3", east_m=1000).new


def test_where_nothing_is_sealed_nothing_is_given_up(book: Book, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="不用放弃"):
        give_up(book, tmp_path, person(COUNTY, "c1"), "硬盘坏了", WORLD)


def test_a_damaged_key_may_be_given_up_too_and_is_not_overwritten(book: Book, tmp_path: Path) -> None:
    told(book, open_seal(tmp_path, book))
    (tmp_path / FILE).write_bytes(b"damaged")
    with pytest.raises(BadSeal, match="from the backup"):
        open_seal(tmp_path, book)
    assert give_up(book, tmp_path, person(COUNTY, "c1"), "文件坏了", WORLD) == 1
    with pytest.raises(BadSeal, match="from the backup"):
        open_seal(tmp_path, book)
    (tmp_path / FILE).unlink()
    assert open_seal(tmp_path, book).fingerprint not in marks(book)
