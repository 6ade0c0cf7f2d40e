"""Evidence beyond the own work: the reason is asked, told with four fields, and opens one ticket for half an hour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from alerts.register.register import Register, Row
from alerts.values import Status, Ticket
from screen.access.roles import Role
from screen.access.viewer import Viewer, viewer_named
from screen.audit.need import Glance, Looking, looking
from screen.audit.viewing import REASON
from tests.alerts.makes import at, event
from tests.alerts.side_cases import MORE_DUTIES, MORE_PEOPLE, in_status
from tests.county.small import CAMERA, COUNTY, small_county
from tests.screen.browser import TestClient
from tests.screen.site import JPEG
from tests.screen.staff import Staffed, do, say_why

SHA, LATER = "c" * 64, "d" * 64
URL = f"/api/v1/evidence/{SHA}"
WORDS = "=cmd|'/c calc'!A1 <img src=x onerror=alert(1)>"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def book_url(request: pytest.FixtureRequest) -> str:
    """The register's database: the one beside the server, or a real PostgreSQL."""
    return str(request.getfixturevalue("real_postgres")) if request.param == "postgresql" else ""


@pytest.fixture
def staffed(tmp_path: Path, book_url: str) -> Iterator[Staffed]:
    made = Staffed(tmp_path / "one", small_county(people=MORE_PEOPLE, duties=MORE_DUTIES), book_url)
    for sha in (SHA, LATER):
        path = made.folder / "evidence" / sha[:2] / sha
        path.parent.mkdir(parents=True)
        path.write_bytes(JPEG)
    yield made
    made.close()


def closed(staffed: Staffed, staff: dict[str, TestClient], sha256: str = SHA) -> UUID:
    """A ticket with a picture that the township and the county have ended."""
    ticket = staffed.happen(event(staffed.minutes, picture=sha256))
    assert do(staff["t1"], ticket, "accept").status_code == 200
    ask = do(staff["t1"], ticket, "force_close", reason="道路已拓宽，原址不在了").json()["asks"][-1]["id"]
    assert staff["c1"].post(f"/api/v1/asks/{ask}/grant", json={"words": "属实"}).status_code == 200
    return ticket


def told(staffed: Staffed, *deeds: str) -> list[Row]:
    rows = reversed(Register(staffed.book.store, COUNTY).rows())
    return [row for row in rows if row.said("deed") in deeds]


def need(client: TestClient, ticket: UUID, query: str = "") -> tuple[bool, bool]:
    said = client.get(f"/api/v1/tickets/{ticket}/evidence{query}").json()
    return said["pictures"], said["voices"]


def test_a_closed_case_asks_for_the_reason_and_the_row_has_the_four_fields(staffed: Staffed) -> None:
    with staffed.signed_in("v1", "t1", "c1") as staff:
        ticket = closed(staffed, staff)
        for one in ("v1", "t1"):
            asked = staff[one].get(URL)
            assert (asked.status_code, asked.json()["type"]) == (403, REASON), one
            assert asked.headers["content-type"] == "application/problem+json"
        assert need(staff["t1"], ticket) == (True, True)
        given = say_why(staff["t1"], ticket, cause="appeal", words=WORDS, unit="别的单位", name="别人")
        assert given.status_code == 201
        picture = staff["t1"].get(URL)
        assert (picture.status_code, picture.headers["cache-control"]) == (200, "no-store")
        assert (need(staff["t1"], ticket), need(staff["v1"], ticket)) == ((False, False), (True, True))
        assert staff["v1"].get(URL).status_code == 403, "a reason opens it for who gave it"
        assert staff["t1"].get(URL).status_code == 200
    granted, seen = told(staffed, "evidence_granted", "evidence_seen")
    assert (granted.said("name"), granted.said("unit"), granted.said("role")) == ("田乡官", "柳林镇政府", "乡镇")
    assert (granted.said("kind"), granted.said("subject")) == ("ticket", str(ticket))
    assert granted.said("reason") == f"申诉核实：{WORDS}"
    assert "画面和语音" in granted.said("+content")
    assert (seen.said("subject"), seen.said("reason")) == (SHA, granted.said("reason"))
    assert seen.said("+grant") == str(granted.n)


def test_a_reason_lasts_half_an_hour_and_opens_no_other_ticket(staffed: Staffed) -> None:
    with staffed.signed_in("t1", "c1") as staff:
        first = closed(staffed, staff)
        staffed.minutes = 20
        closed(staffed, staff, LATER)
        assert say_why(staff["t1"], first).status_code == 201
        assert staff["t1"].get(f"/api/v1/evidence/{LATER}").status_code == 403
        staffed.minutes += 29
        assert staff["t1"].get(URL).status_code == 200
        staffed.minutes += 1
        assert staff["t1"].get(URL).json()["type"] == REASON
        said = staff["t1"].post("/api/v1/evidence/grants", json={"camera": CAMERA, "cause": "review", "words": "看看"})
        assert said.status_code == 201
        assert [staff["t1"].get(f"/api/v1/evidence/{one}").status_code for one in (SHA, LATER)] == [200, 200]


def test_the_own_work_and_the_wall_ask_nothing_and_auditors_and_the_first_account_are_asked(staffed: Staffed) -> None:
    staffed.accounts.named.add("aud", staffed.now(), Role.AUDITOR.value, "审计张")
    with staffed.signed_in("v1", "aud") as staff:
        ticket = staffed.happen(event(0, picture=SHA))
        assert (staff["v1"].get(URL).status_code, need(staff["v1"], ticket)) == (200, (False, True))
        assert (staff["aud"].get(f"{URL}?on=wall").status_code, staff["aud"].get(URL).status_code) == (200, 403)
        assert (need(staff["aud"], ticket), need(staff["aud"], ticket, "?on=wall")) == ((True, True), (False, True))
        assert staff["aud"].get(f"{URL}?on=desk").status_code == 422
        nobody = say_why(staff["aud"], ticket)
        assert (nobody.status_code, nobody.json()["detail"]) == (422, "请写明单位")
        assert say_why(staff["aud"], ticket, unit="县纪委").status_code == 201
        assert staff["aud"].get(URL).status_code == 200
    rows = told(staffed, "pictures_at_work", "pictures_watched", "evidence_granted", "evidence_seen")
    assert [(row.said("deed"), row.said("account")) for row in rows] == [
        ("pictures_at_work", "v1"), ("pictures_watched", "aud"), ("evidence_granted", "aud"), ("evidence_seen", "aud"),
    ]  # fmt: skip
    assert (rows[2].said("name"), rows[2].said("unit"), rows[2].said("role")) == ("审计张", "县纪委", "审计员")


def test_the_first_account_says_who_it_is_and_a_refusal_has_its_role(staffed: Staffed) -> None:
    with staffed.signed_in("t1", "c1", "admin") as staff:
        ticket = closed(staffed, staff)
        assert say_why(staff["admin"], ticket).json()["detail"] == "请写明单位、姓名"
        assert say_why(staff["admin"], ticket, unit="县大数据局", name="李工").status_code == 201
        assert staff["admin"].get("/api/v1/register/table.csv?reason=年度检查").status_code == 200
    granted, exported = told(staffed, "evidence_granted", "exported")
    assert (granted.said("name"), granted.said("unit")) == ("李工", "县大数据局")
    assert exported.said("role") == "系统管理员、安全管理员、审计员"


@pytest.mark.parametrize(
    "wrong",
    [{"words": "a\x00b"}, {"words": "  "}, {"words": "x"}, {"words": "长" * 301}, {"cause": "because"},
     {"camera": CAMERA}, {"ticket": None}, {"unit": "a\x00"}, {"name": "x" * 61}, {"more": 1},
     {"ticket": "1; DROP TABLE register"}],
    ids=str,
)  # fmt: skip
def test_a_hostile_or_unfinished_reason_is_refused_and_opens_nothing(tmp_path: Path, wrong: dict[str, Any]) -> None:
    staffed = Staffed(tmp_path / "one", small_county())
    with staffed.signed_in("t1", "c1") as staff:
        body = {"ticket": str(uuid4()), "cause": "other", "words": "因为"} | wrong
        answer = staff["t1"].post("/api/v1/evidence/grants", json=body)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert told(staffed, "evidence_granted") == []
    staffed.close()


def test_what_lies_elsewhere_is_not_there_and_takes_no_reason(staffed: Staffed) -> None:
    with staffed.signed_in("v2", "t1", "c1") as staff:
        ticket = closed(staffed, staff)
        for name in (ticket, uuid4()):
            assert say_why(staff["v2"], name).status_code == 404
            assert staff["v2"].get(f"/api/v1/tickets/{name}/evidence").status_code == 404
        body = {"cause": "review", "words": "看看"}
        for camera in (CAMERA, "cam-404", "../etc"):
            answer = staff["v2"].post("/api/v1/evidence/grants", json=body | {"camera": camera})
            assert answer.status_code == 404, camera
        assert staff["v2"].get(URL).status_code == 404
    assert told(staffed, "evidence_granted") == []


def test_a_reason_that_cannot_be_written_opens_nothing(staffed: Staffed) -> None:
    with staffed.signed_in("t1", "c1") as staff:
        ticket = closed(staffed, staff)
        assert say_why(staff["t1"], ticket).status_code == 201
        with staffed.book.store.write() as conn:
            conn.execute(text("ALTER TABLE register RENAME TO taken_away"))
        assert say_why(staff["t1"], ticket).status_code == 503
        assert staff["t1"].get(URL).status_code == 503, "the reason given before cannot be read either"


def test_it_is_decided_by_who_looks_at_what() -> None:
    county = small_county(people=MORE_PEOPLE, duties=MORE_DUTIES)
    opened, ended = (
        in_status(county, Status.ACCEPTED),
        replace(in_status(county, Status.ACCEPTED), status=Status.CLOSED),
    )
    v1, v2 = (viewer_named(one, county, at(0)) for one in ("v1", "v2"))
    auditor = Viewer("aud", county, administers=frozenset({Role.AUDITOR}))

    def of(viewer: Viewer, ticket: Ticket, **more: bool) -> Looking:
        return looking(viewer, Glance([ticket], **more))

    assert (of(v1, opened), of(v2, opened), of(v1, ended)) == (Looking.WORK, Looking.BEYOND, Looking.BEYOND)
    assert (of(v1, ended, on_wall=True), of(auditor, opened, on_wall=True)) == (Looking.WATCH, Looking.WATCH)
    assert (of(auditor, opened), of(v1, opened, moving=True)) == (Looking.BEYOND, Looking.WORK)
    assert of(v1, ended, on_wall=True, moving=True) == Looking.BEYOND, "the wall plays no voices"
