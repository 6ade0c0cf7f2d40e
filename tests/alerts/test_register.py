"""The register's chain in both databases: only added to, never forked, and every tampering is named by its row."""

from __future__ import annotations

import json
import logging
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from alerts.register.deeds import MOST_FACT, Author, Cause, Deed, Entry, Subject, plain
from alerts.register.register import Register, Row, Which
from alerts.register.tables import REGISTER
from alerts.register.tabling import as_csv
from alerts.store.book import Book
from ingest.evidence.chain import Head, link_after
from ingest.store import StoreAway
from tests.alerts.makes import T0
from tests.county.small import COUNTY

ZHAO = Author("c1", "赵县长", "县城管局", "县级", "192.0.2.1")
TICKET = Subject("ticket", "t-1")


def entry(number: int = 0, **more: Any) -> Entry:
    values: dict[str, Any] = {
        "at": T0 + timedelta(seconds=number), "author": ZHAO, "deed": Deed.TICKET, "subject": TICKET, "reason": "督办",
    }  # fmt: skip
    return Entry(**(values | more))


@pytest.fixture
def register(book: Book) -> Register:
    return Register(book.store, COUNTY)


@pytest.fixture
def filled(register: Register) -> Register:
    for number in range(5):
        register.add(entry(number, reason=f"第{number + 1}次"))
    return register


def tampered(register: Register, *statements: str) -> None:
    """What a superuser of the database can do: take the triggers away, and change what he likes."""
    guards = (
        ["ALTER TABLE register DISABLE TRIGGER ALL"] if register.store.postgres
        else ["DROP TRIGGER register_no_UPDATE", "DROP TRIGGER register_no_DELETE"]
    )  # fmt: skip
    with register.store.write() as conn:
        for statement in (*guards, *statements):
            conn.exec_driver_sql(statement)


def test_a_row_tells_who_when_from_where_what_and_why(register: Register) -> None:
    assert register.add(entry(details={"act": "close", "times": 2})) == 1
    row = register.rows()[0]
    assert (row.n, row.at, row.details) == (1, T0, {"act": "close", "times": 2})
    said = {name: row.said(name) for name in ("account", "name", "unit", "role", "source", "deed", "subject", "reason")}
    assert said == {
        "account": "c1", "name": "赵县长", "unit": "县城管局", "role": "县级", "source": "192.0.2.1", "deed": "ticket",
        "subject": "t-1", "reason": "督办",
    }  # fmt: skip
    assert row.said("nothing of this name") == ""


def test_every_deed_and_every_cause_has_a_chinese_name() -> None:
    for one in (*Deed, *Cause):
        assert one.words
        assert not one.words.isascii()


@pytest.mark.parametrize(
    "change", [REGISTER.update().values(account="x"), REGISTER.delete(), sa.text("DELETE FROM register WHERE n = 2")]
)
def test_the_database_itself_refuses_to_change_or_delete_a_row(filled: Register, change: sa.Executable) -> None:
    with pytest.raises(StoreAway, match="only added to"), filled.store.write() as conn:
        conn.execute(change)
    assert filled.verify().rows == 5


def test_the_table_cannot_be_emptied_on_postgresql_either(filled: Register) -> None:
    statement = "TRUNCATE register" if filled.store.postgres else "DELETE FROM register WHERE n > 0"
    with pytest.raises(StoreAway, match="only added to"), filled.store.write() as conn:
        conn.exec_driver_sql(statement)


def test_an_untouched_chain_stands_and_passes_through_its_noted_heads(filled: Register) -> None:
    noted = filled.head()
    filled.add(entry(9))
    verdict = filled.verify([noted])
    assert (verdict.rows, verdict.broken, verdict.head) == (6, None, filled.head())


@pytest.mark.parametrize(
    ("statement", "row", "says"),
    [
        ("UPDATE register SET body = replace(body, '第3次', '第三次') WHERE n = 3", 3, "altered"),
        ("UPDATE register SET body = 'no JSON at all' WHERE n = 2", 2, "altered"),
        ("UPDATE register SET account = 'v1' WHERE n = 4", 4, "altered"),
        ("UPDATE register SET at_us = at_us + 1 WHERE n = 1", 1, "altered"),
        ("DELETE FROM register WHERE n = 3", 3, "missing"),
        ("DELETE FROM register WHERE n = 1", 1, "missing"),
        ("UPDATE register SET before = hash WHERE n = 5", 5, "exchanged"),
    ],
)
def test_verify_names_the_first_row_that_is_not_as_it_was_written(
    filled: Register, statement: str, row: int, says: str
) -> None:
    tampered(filled, statement)
    broken = filled.verify().broken
    assert broken is not None
    assert (broken.n, says in broken.reason) == (row, True), broken
    assert len(filled.rows()) >= 4, "what is left is still read"


def test_two_rows_that_changed_places_are_found(filled: Register) -> None:
    tampered(
        filled, "UPDATE register SET n = 99 WHERE n = 2", "UPDATE register SET n = 2 WHERE n = 3",
        "UPDATE register SET n = 3 WHERE n = 99",
    )  # fmt: skip
    broken = filled.verify().broken
    assert broken is not None
    assert broken.n == 2


def test_a_cut_off_end_is_seen_by_a_head_that_was_noted_elsewhere(filled: Register) -> None:
    noted = filled.head()
    tampered(filled, "DELETE FROM register WHERE n >= 4")
    assert filled.verify().broken is None, "the chain alone cannot know"
    broken = filled.verify([noted]).broken
    assert broken is not None
    assert broken.n == 4
    assert "5 was noted before" in broken.reason


def test_a_chain_that_was_made_anew_is_seen_by_a_noted_head(filled: Register) -> None:
    noted = filled.head()
    tampered(filled, "DELETE FROM register")
    for number in range(7):
        filled.add(entry(number, reason="都很好"))
    assert filled.verify().broken is None
    broken = filled.verify([noted]).broken
    assert broken is not None
    assert (broken.n, "made anew" in broken.reason) == (5, True)


def test_fifty_writers_at_once_make_one_chain(book_url: str) -> None:
    registers = [Register(book_url, COUNTY) for _ in range(5)]
    numbers: list[int | None] = []

    def write(register: Register, which: int) -> None:
        numbers.append(register.add(entry(which)))

    threads = [threading.Thread(target=write, args=(registers[n % 5], n)) for n in range(50)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    verdict = registers[0].verify()
    for register in registers:
        register.close()
    assert sorted(number or 0 for number in numbers) == list(range(1, 51))
    assert (verdict.rows, verdict.broken) == (50, None)


def test_of_one_key_only_the_first_row_is_kept_also_when_two_write_it(register: Register) -> None:
    assert [register.add(entry(once="c1/t-1/day")) for _ in range(2)] == [1, None]
    assert (register.has("c1/t-1/day"), register.has("c1/t-1/other")) == (True, False)


def test_a_row_stands_or_falls_with_the_act_that_it_tells(register: Register) -> None:
    def act() -> None:
        with register.store.write() as conn:
            register.add_in(conn, entry())
            conn.execute(REGISTER.delete())

    with pytest.raises(StoreAway, match="only added to"):
        act()
    assert register.rows() == []


def test_two_counties_in_one_database_have_a_chain_each(book: Book, register: Register) -> None:
    other = Register(book.store, "640998")
    register.add(entry())
    other.add(entry())
    other.add(entry())
    assert [(one.verify().rows, one.verify().broken) for one in (register, other)] == [(1, None), (2, None)]


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("督办\x00<b>=1+1</b>", "督办 <b>=1+1</b>"), ("a\nb\x1b[31m", "a b [31m"), ("\ud800坏", "?坏"),
        ("红\u202e黑", "红 黑"), ("长" * 900, "长" * MOST_FACT),
    ],
)  # fmt: skip
def test_foreign_text_is_one_line_that_every_database_takes(register: Register, text: str, stands: str) -> None:
    assert plain(text) == stands
    register.add(entry(author=Author(text, text), subject=Subject("ticket", text), details={text: text}, reason=text))
    row = register.rows()[0]
    assert row.said("name") == stands
    assert register.verify().broken is None


def test_rows_are_found_by_who_deed_subject_day_and_cursor(register: Register) -> None:
    register.add(entry(0))
    register.add(entry(1, deed=Deed.MUTE, subject=Subject("mute", "7")))
    register.add(entry(2, author=Author("v1", "村官")))
    register.add(entry(86_400))
    found = {
        "who": Which(account="v1"), "deed": Which(deed=Deed.MUTE), "subject": Which(subject="7"),
        "day": Which(since=T0 + timedelta(hours=12)), "until": Which(until=T0 + timedelta(seconds=1)),
        "cursor": Which(before=3, limit=1),
    }  # fmt: skip
    assert {name: [row.n for row in register.rows(which)] for name, which in found.items()} == {
        "who": [3], "deed": [2], "subject": [2], "day": [4], "until": [1], "cursor": [2],
    }  # fmt: skip


def test_a_grant_is_found_by_its_account_and_picture_while_it_is_young(register: Register) -> None:
    register.add(entry(deed=Deed.EVIDENCE_GRANTED))
    assert register.granted("c1", "t-1", T0) is not None
    assert register.granted("c1", "t-1", T0 + timedelta(seconds=1)) is None
    assert register.granted("v1", "t-1", T0) is None
    assert register.granted("c1", "t-2", T0) is None


def test_the_head_is_said_once_a_day_where_the_log_is_kept(
    register: Register, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for seconds in (0, 1, 86_400, 86_401):
            register.add(entry(seconds))
    said = [record.getMessage() for record in caplog.records if "链头" in record.getMessage()]
    assert said == [f"审计登记链头 {COUNTY} 2:{register.rows()[-2].hash}"]


def test_a_cell_that_a_spreadsheet_would_run_is_quoted(register: Register) -> None:
    register.add(entry(reason="=cmd|' /C calc'!A0", author=Author("c1", "@赵", "+1"), details={"content": "-2+3"}))
    text = as_csv(register.rows(), ZoneInfo("Asia/Shanghai")).decode("utf-8-sig")
    assert "'=cmd|" in text
    assert "'@赵" in text
    assert "'+1" in text
    assert text.splitlines()[0].startswith("序号,时间,事项,账号,姓名,单位")


@pytest.mark.parametrize("facts", [{}, {"at_us": "soon", "deed": "gone"}, {"at_us": 2**62}])
def test_a_row_that_was_altered_beyond_sense_is_still_listed(facts: dict[str, Any]) -> None:
    assert b"1970-01-01" in as_csv([Row(1, "0" * 64, facts)], ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def long(tmp_path: Path) -> Iterator[Register]:
    """A chain that is long, written at once."""
    with closing(Register(f"sqlite:///{tmp_path}/long.db", COUNTY)) as register:
        head, rows = Head(), []
        for n in range(60_000):
            facts: dict[str, Any] = {
                "county": COUNTY, "at_us": n, "deed": "ticket", "account": "c1", "subject": "t", "once": None,
            }  # fmt: skip
            link = link_after(head, facts)
            rows.append(facts | {"n": link.n, "body": link.body, "before": link.before, "hash": link.hash})
            head = Head(link.n, link.hash)
        with register.store.write() as conn:
            conn.execute(REGISTER.insert(), rows)
        rows.clear()
        yield register


def test_a_long_chain_is_verified_in_the_memory_of_a_page(long: Register) -> None:
    tracemalloc.start()
    began = time.monotonic()
    verdict = long.verify()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (verdict.rows, verdict.broken) == (60_000, None)
    assert peak < 8_000_000, f"{peak} bytes"
    assert time.monotonic() - began < 60


def test_a_database_that_is_away_takes_no_row_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "book.db"
    with closing(Register(f"sqlite:///{path}", COUNTY)) as register:
        register.add(entry())
        path.rename(tmp_path / "elsewhere.db")
        with pytest.raises(StoreAway):
            register.add(entry())


def test_the_text_of_a_row_is_canonical_json(register: Register) -> None:
    register.add(entry())
    with register.store.read() as conn:
        body = conn.execute(sa.select(REGISTER.c.body)).scalar_one()
    facts = json.loads(body)
    assert body == json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
