"""Lists as files: the own part only, with a reason that stands in the register, and no cell that runs."""

from __future__ import annotations

import csv
import io
import re
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.register.register import Register
from county.rows import unescape
from ingest.dead_letters import DeadLetters, Refusal
from screen.office import exports
from screen.office.exports import Table, as_csv, as_xlsx
from tests.alerts.makes import T0, at, event
from tests.screen.browser import TestClient
from tests.screen.staff import Staffed, do
from tests.screen.test_api_office import EAST, EAST_VILLAGE, two_townships

WHY = {"reason": "月度例会"}
FORMULAS = (
    "=1+1", "+1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "'=1", '"=1', "  =1", "'\" =1", "＝1+1", "\u202e=1",
    "\x00=1",
)  # fmt: skip
NAMES = ("queue", "fairness", "notices", "dead-letters")


@pytest.fixture
def staffed(tmp_path: Path) -> Iterator[Staffed]:
    made = Staffed(tmp_path, two_townships())
    yield made
    made.close()


def read(client: TestClient, name: str, **which: Any) -> list[list[str]]:
    answer = client.get(f"/api/v1/{name}.csv", params=WHY | which)
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def cells(xlsx: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(xlsx)) as file:
        sheet = file.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet, "nothing is a formula"
    return re.findall(r"<t[^>]*>([^<]*)</t>", sheet)


def test_the_queue_is_a_table_in_chinese_and_local_time_of_the_own_part_only(staffed: Staffed) -> None:
    staffed.happen(event(0))
    with staffed.signed_in("t1", "t2") as clients:
        head, line = read(clients["t1"], "queue", tab="all")
        row = dict(zip(head, line, strict=True))
        assert (row["工单号"], row["责任人"], row["是否超期"]) == ("GD-1121-0001", "马村官", "否")
        assert row["发现时间"] == f"{at(0) + timedelta(hours=8):%Y-%m-%d %H:%M:%S}"
        assert len(read(clients["t2"], "queue", tab="all")) == 1, "another township's export has its head only"
        assert len(read(clients["t2"], "queue", tab="all", scope="640999")) == 1, "asking for more gives no more"
        answer = clients["t1"].get("/api/v1/queue.xlsx", params=WHY)
        assert answer.headers["content-type"].endswith("spreadsheetml.sheet")
        assert {"工单号", "GD-1121-0001"} <= set(cells(answer.content))


@pytest.mark.parametrize("name", NAMES)
def test_an_export_asks_why_and_stands_in_the_register(staffed: Staffed, name: str) -> None:
    who = "admin" if name == "dead-letters" else "c1"
    with staffed.signed_in(who, "v1") as clients:
        for form in ("csv", "xlsx"):
            for wrong in ("", "?reason=", "?reason=%00%00", "?reason=%20%20", f"?reason={'x' * 301}"):
                assert clients[who].get(f"/api/v1/{name}.{form}{wrong}").status_code == 422, wrong
            assert clients[who].get(f"/api/v1/{name}.{form}", params=WHY).status_code == 200
            assert clients["v1"].get(f"/api/v1/{name}.{form}", params=WHY).status_code == 403
        told = [
            row for row in Register(staffed.book.store, staffed.county.code).rows() if row.said("deed") == "exported"
        ]
        assert {(row.said("account"), row.said("reason")) for row in told} >= {(who, "月度例会")}


def test_an_export_of_a_township_has_no_letters_of_devices_and_no_other_township(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("v1", "t1", "t2", "c1") as clients:
        do(clients["v1"], ticket, "accept")
        assert clients["t1"].get("/api/v1/dead-letters.csv", params=WHY).status_code == 403, "letters are the county's"
        assert len(read(clients["t1"], "notices")) > 1
        assert read(clients["t2"], "notices")[1:] == []
        assert "马村官" not in str(read(clients["t1"], "notices")), "names of messages are masked"
        assert read(clients["c1"], "fairness", area=EAST)[1:] == []
        assert read(clients["c1"], "queue", tab="all", scope=EAST_VILLAGE)[1:] == []


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_runs_in_a_spreadsheet(text: str) -> None:
    table = Table("x", "表", ("列",), [(text,)])
    plain, sheet = io.BytesIO(), io.BytesIO()
    as_csv(table, plain)
    as_xlsx(table, sheet)
    (_, (cell,)) = csv.reader(io.StringIO(plain.getvalue().decode("utf-8-sig")))
    assert cell.startswith("'")
    assert not set(unescape(cell)) & {"\x00", "\u202e", "\r", "\t"}
    assert "列" in cells(sheet.getvalue())


def test_a_letter_with_a_formula_a_zero_byte_and_turned_text_is_harmless(staffed: Staffed) -> None:
    letters = DeadLetters(staffed.settings.inbox_url)
    letters.put([Refusal('=HYPERLINK("http://x")', "box-1", "a/\u202e=b", b"\x00\xff", T0)])
    letters.close()
    with staffed.signed_in("admin") as clients:
        _, row = read(clients["admin"], "dead-letters")
        assert (row[3], row[4], row[6]) == ("a/=b", '\'=HYPERLINK("http://x")', "2")
        assert "=HYPERLINK" in " ".join(cells(clients["admin"].get("/api/v1/dead-letters.xlsx", params=WHY).content))


def test_an_export_that_is_too_long_says_so_and_takes_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 3000)
    for write in (as_csv, as_xlsx):
        asked = iter(range(10**9))
        table = Table("x", "表", ("甲", "乙"), ((f"{n}", "长" * 1000) for n in asked))
        with Path("/dev/null").open("wb") if write is as_csv else io.BytesIO() as file:
            if write is as_xlsx:
                write(table, file)
                assert "只导出前 3000 行" in " ".join(cells(file.getvalue())[-1:])  # type: ignore[union-attr]
                continue
            tracemalloc.start()
            write(table, file)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < 1_000_000, "of 9 MB that are written"
        assert next(asked) == 3001


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("queue", {"after": "x"}), ("queue", {"scope": "64'"}), ("notices", {"after": "1.2.x"}),
        ("notices", {"state": "x"}), ("notices", {"channel": "\x00"}), ("notices", {"limit": 0}),
        ("dead-letters", {"before": "9" * 40}), ("dead-letters", {"words": "\x00"}), ("fairness", {"deed": "x"}),
    ],
)  # fmt: skip
def test_a_forged_cursor_or_value_is_422(staffed: Staffed, name: str, wrong: dict[str, Any]) -> None:
    with staffed.signed_in("admin") as clients:
        for path in (name, f"{name}.csv"):
            assert (
                clients["admin"].get(f"/api/v1/{path}", params=WHY | wrong if "." in path else wrong).status_code == 422
            )
