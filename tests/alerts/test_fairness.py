"""The fairness log: what must stand in it, that nothing changes it, who reads what of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from alerts.asks import fairness, fairness_book
from alerts.asks.fairness import Deed, Entry, NoReason
from alerts.asks.fairness_book import Which
from alerts.asks.move_tables import FAIRNESS
from alerts.store.book import Book
from alerts.tickets.acts import Data
from alerts.values import Status, Who
from county.policy import LevelNames
from county.snapshot import County
from county.values import Level
from ingest.store import StoreAway
from tests.alerts.loop import Killed, Room
from tests.alerts.makes import T0, at, event, person
from tests.county.small import OTHER_VILLAGE, TOWNSHIP, VILLAGE

OFFICER = Who("t1", "田乡官", "19900000004", Level.TOWNSHIP)


def entry(deed: Deed = Deed.SILENCED, area: str = VILLAGE, author: Who = OFFICER, reason: str = "修路两天") -> Entry:
    return Entry(deed, author, reason, T0, area, "石门村 村口垃圾点", words="到 11月23日 18:00")


def write(book: Book, *entries: Entry) -> None:
    with book.writing() as pen:
        for one in entries:
            fairness_book.note(pen, one)


def test_an_entry_is_read_as_it_was_written_newest_first(book: Book) -> None:
    write(book, entry(), entry(Deed.CLEARED, reason="误报已核对"))
    newest, oldest = fairness_book.lines(book)
    assert (newest.entry.deed, oldest.entry) == (Deed.CLEARED, entry(author=replace(OFFICER, phone="")))
    assert newest.number > oldest.number


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_nothing_is_let_pass_without_a_reason_or_by_nobody(reason: str) -> None:
    with pytest.raises(NoReason, match="谁、为什么"):
        entry(reason=reason)
    with pytest.raises(NoReason):
        entry(author=replace(OFFICER, name=" "))


@pytest.mark.parametrize(
    "change", [FAIRNESS.update().values(reason="更好的原因"), FAIRNESS.delete(), sa.text("DELETE FROM fairness")]
)
def test_the_database_itself_refuses_to_change_or_delete_a_line(book: Book, change: sa.Executable) -> None:
    write(book, entry())
    with pytest.raises(StoreAway, match="only added to"), book.store.write() as conn:
        conn.execute(change)
    assert [line.entry.reason for line in fairness_book.lines(book)] == ["修路两天"]


def test_the_table_cannot_be_emptied_on_postgresql_either(book: Book) -> None:
    write(book, entry())
    statement = "TRUNCATE fairness" if book.store.postgres else "DELETE FROM fairness WHERE n > 0"
    with pytest.raises(StoreAway, match="only added to"), book.store.write() as conn:
        conn.execute(sa.text(statement))


def test_a_book_that_is_opened_again_keeps_its_log_and_its_guard(book: Book, county: County) -> None:
    write(book, entry())
    again = Book(book.store.url, county.code)
    assert len(fairness_book.lines(again)) == 1
    with pytest.raises(StoreAway), again.store.write() as conn:
        conn.execute(FAIRNESS.delete())
    again.close()


def test_lines_are_chosen_by_area_level_and_deed(book: Book) -> None:
    village = replace(OFFICER, id="v1", name="马村官", level=Level.VILLAGE)
    write(book, entry(), entry(area=OTHER_VILLAGE), entry(Deed.EXTENDED, author=village), entry(area="640422100201"))

    def count(which: Which) -> int:
        return len(fairness_book.lines(book, which))

    assert count(Which()) == 4
    assert count(Which(areas=(VILLAGE,))) == 2
    assert count(Which(areas=(TOWNSHIP,))) == 3
    assert count(Which(areas=(OTHER_VILLAGE, "640422100"))) == 2
    assert count(Which(levels=(Level.VILLAGE,))) == 1
    assert count(Which(deeds=(Deed.SILENCED,))) == 3
    assert count(Which(areas=("%",))) == 0, "a wildcard is not a code"
    assert (count(Which(limit=3)), count(Which(limit=3, offset=3))) == (3, 1)


def test_a_county_reads_its_own_log_only(book: Book) -> None:
    write(book, entry())
    other = Book(book.store.url, "640422")
    assert fairness_book.lines(other) == []
    other.close()


def test_each_level_reads_what_the_levels_below_it_did() -> None:
    assert fairness.below(Level.VILLAGE) == ()
    assert fairness.below(Level.TOWNSHIP) == (Level.VILLAGE,)
    assert fairness.below(Level.COUNTY) == (Level.VILLAGE, Level.TOWNSHIP)


def test_a_line_is_a_row_of_a_table_in_local_time(book: Book) -> None:
    write(book, entry(reason="下雨，路断了"))
    (line,) = fairness_book.lines(book)
    row = dict(zip(fairness.COLUMNS, fairness.cells(line, LevelNames(), ZoneInfo("Asia/Shanghai")), strict=True))
    assert (row["时间"], row["事项"], row["级别"]) == ("2026-11-21 10:00:00", "静默", "乡镇")
    assert row["原因"] == "下雨，路断了"
    assert T0.tzinfo is UTC


def test_a_page_of_the_log_goes_on_before_the_last_line(book: Book) -> None:
    write(book, entry(), entry(), entry())
    newest = fairness_book.lines(book, fairness_book.Which(limit=2))
    rest = fairness_book.lines(book, fairness_book.Which(before=newest[-1].number))
    assert [one.number for one in newest] > [one.number for one in rest]
    assert len(rest) == 1


def test_a_case_that_is_dropped_stands_in_the_log_with_who_and_why(sqlite_book: Book, county: County) -> None:
    room = Room(sqlite_book, county)
    room.feed(event(0))
    ticket = room.tickets()[0]
    room.desk.act(room.desk.mint(ticket.id), "not_true", Data("是一块石头"))
    assert fairness_book.lines(sqlite_book) == [], "reporting is not dropping"
    room.kill_at = "alerts.before_commit"
    second = room.desk.mint(ticket.id, person(county, "t1"))
    with pytest.raises(Killed):
        room.desk.act(second, "confirm_false", Data("看过了"))
    assert fairness_book.lines(sqlite_book) == [], "an act that was not committed left no line"
    room.minutes = 3
    assert room.desk.act(second, "confirm_false", Data("看过了")).ticket.status is Status.NOT_FILED
    (line,) = fairness_book.lines(sqlite_book)
    said = line.entry
    assert (said.deed, said.author.id, said.author.level, said.at) == (Deed.VOIDED, "t1", Level.TOWNSHIP, at(3))
    assert (said.area, said.place, said.number) == (VILLAGE, "柳林镇 石门村 村口垃圾点", "GD-1121-0001")
    assert "看过了" in said.reason
