"""The register over HTTP: told before it is done, read by auditors only, refused where it cannot be told."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from alerts.register.register import Register, Row
from alerts.register.sentences import sentence
from screen.access.matrix import doors
from screen.app import bare
from screen.audit.telling import deed_of
from tests.alerts.makes import event
from tests.alerts.side_cases import MORE_DUTIES, MORE_PEOPLE
from tests.county.small import COUNTY, small_county
from tests.screen.site import JPEG
from tests.screen.staff import Staffed, do

SHA = "c" * 64


@pytest.fixture
def staffed(tmp_path: Path) -> Iterator[Staffed]:
    made = Staffed(tmp_path / "one", small_county(people=MORE_PEOPLE, duties=MORE_DUTIES))
    path = made.folder / "evidence" / SHA[:2] / SHA
    path.parent.mkdir(parents=True)
    path.write_bytes(JPEG)
    yield made
    made.close()


def rows(staffed: Staffed) -> list[Row]:
    """The register, oldest first."""
    return list(reversed(Register(staffed.book.store, COUNTY).rows()))


def told(staffed: Staffed, skip: int = 0) -> list[tuple[str, str, str]]:
    return [(row.said("deed"), row.said("account"), row.said("subject")) for row in rows(staffed)][skip:]


def test_a_login_a_wrong_password_and_leaving_are_rows_and_no_password_is(staffed: Staffed) -> None:
    with staffed.signed_in("t1") as staff:
        client = staff["t1"]
        for name, password in (("t1", "wrong-pass"), ("MyPassw0rd!", "x")):
            assert client.post("/api/v1/login", json={"name": name, "password": password}).status_code == 401
        client.post("/api/v1/logout")
    assert told(staffed) == [
        ("logged_in", "t1", "t1"), ("login_failed", "t1", "t1"), ("login_failed", "", "未知账号"),
        ("logged_out", "t1", "t1"),
    ]  # fmt: skip
    first = rows(staffed)[0]
    assert (first.said("name"), first.said("source")) == ("田乡官", "192.0.2.1")
    assert not any("MyPassw0rd" in str(row.facts) or "wrong-pass" in str(row.facts) for row in rows(staffed))


def test_every_route_that_the_register_is_told_of_has_a_sentence() -> None:
    lacking = []
    for door in doors(bare()):
        deed = deed_of(door.method, door.path)
        path = re.sub(r"\{\w+\}", "csv", door.path)
        if deed is not None:
            told = sentence(Row(1, "", {"deed": deed.value, "subject": "x", "+route": f"{door.method} {path}"}))
            lacking += [door.path] if told == deed.words else []
    assert lacking == []


def test_an_act_is_a_row_with_its_reason_and_a_refused_one_has_a_second_row(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("v1") as staff:
        before = len(rows(staffed))
        assert do(staff["v1"], ticket, "accept").status_code == 200
        refused = do(staff["v1"], ticket, "force_close", reason="太麻烦\x00<b>")
        assert refused.status_code in (403, 409, 422)
    accepted, asked, answered = rows(staffed)[before:]
    assert (accepted.said("deed"), accepted.said("subject"), accepted.details["act"]) == (
        "ticket", str(ticket), "accept",
    )  # fmt: skip
    assert (asked.said("reason"), answered.said("deed"), answered.said("subject")) == (
        "太麻烦 <b>", "refused", str(asked.n),
    )  # fmt: skip


def test_who_looked_at_which_picture_is_told_once_a_day_for_the_own_work(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0, picture=SHA))
    with staffed.signed_in("v1", "admin") as staff:
        before = len(rows(staffed))
        for _ in range(3):
            assert staff["v1"].get(f"/api/v1/evidence/{SHA}").status_code == 200
        assert told(staffed, before) == [("pictures_at_work", "v1", str(ticket))]
        staffed.minutes += 24 * 60
        answer = staff["v1"].get(f"/api/v1/evidence/{SHA}")
        if answer.status_code == 401:  # the session has ended over night
            return
        assert len(told(staffed, before)) == 2


def test_a_picture_that_cannot_be_told_is_not_shown(staffed: Staffed) -> None:
    staffed.happen(event(0, picture=SHA))
    with staffed.signed_in("v1") as staff:
        with closing(sqlite3.connect(staffed.folder / "book.db")) as conn:
            conn.execute("CREATE TRIGGER full BEFORE INSERT ON register BEGIN SELECT RAISE(ABORT, 'disk full'); END")
            conn.commit()
        assert staff["v1"].get(f"/api/v1/evidence/{SHA}").status_code == 503
        ticket = staffed.reader.recent(1)[0]
        assert do(staff["v1"], ticket.id, "accept").status_code == 503
        after = staffed.reader.ticket(ticket.id)
        assert after is not None
        assert after.status is ticket.status, "nothing was done that nobody is told of"
        assert staff["v1"].post("/api/v1/logout").status_code == 204, "anybody may always leave"


def test_auditors_read_page_chain_and_table_and_nobody_else_does(staffed: Staffed) -> None:
    with staffed.signed_in("admin", "c1", "v1") as staff:
        for one in ("c1", "v1"):
            for path in ("", "/chain", "/table.csv?reason=检查"):
                assert staff[one].get(f"/api/v1/register{path}").status_code == 403, (one, path)
        page = staff["admin"].get("/api/v1/register?limit=2").json()
        assert (len(page["rows"]), page["next"]) == (2, page["rows"][-1]["n"])
        older = staff["admin"].get(f"/api/v1/register?limit=2&before={page['next']}").json()
        assert older["rows"][0]["n"] == page["next"] - 1
        assert staff["admin"].get("/api/v1/register/chain").json()["broken"] is None
        assert staff["admin"].get("/api/v1/register/table.csv").status_code == 422, "an export says why"
        table = staff["admin"].get("/api/v1/register/table.csv?reason==年度检查")
        assert "序号" in table.text
        assert ("exported", "=年度检查") in [(row.said("deed"), row.said("reason")) for row in rows(staffed)]
        for wrong in ("deed=nothing", "limit=0", "before=0", "account=%00", f"before={2**70}"):
            assert staff["admin"].get(f"/api/v1/register?{wrong}").status_code == 422, wrong


def test_a_tampered_row_is_named_on_the_page_too(staffed: Staffed) -> None:
    with staffed.signed_in("admin", "v1") as staff:
        with closing(sqlite3.connect(staffed.folder / "book.db")) as conn:
            conn.executescript("DROP TRIGGER register_no_UPDATE; UPDATE register SET account = 'x' WHERE n = 1")
        shown = staff["admin"].get("/api/v1/register/chain").json()
        assert (shown["broken"], "第 1 条" in shown["words"]) == (1, True)


@pytest.mark.parametrize(
    ("method", "path", "deed"),
    [
        ("GET", "/api/v1/queue", None), ("GET", "/api/v1/fairness.csv", "exported"),
        ("GET", "/api/v1/county/folder.zip", "exported"),
        ("GET", "/api/v1/tickets/{ticket}/rectification.{form}", "paper_taken"), ("PUT", "/api/v1/new", "changed"),
        ("POST", "/api/v1/tickets/{ticket}/rectification", "paper_issued"), ("POST", "/api/v1/login", None),
        ("DELETE", "/api/v1/devices/{device}", "device"), ("POST", "/api/v1/people", "county"),
    ],
)  # fmt: skip
def test_no_unsafe_route_is_forgotten(method: str, path: str, deed: str | None) -> None:
    assert deed_of(method, path) == deed
