"""What an account finds at / that is not for the whole county: a page in plain words, and the way out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from county.values import Duty, Level, Person, PersonKind
from screen.access.account import LIFE
from tests.county.small import COUNTY, DUTIES, PEOPLE, TOWNSHIP, VILLAGE, small_county
from tests.screen.staff import Staffed

HELPER = Person("h1", "邵协管", "19900000009", "石门村", kind=PersonKind.VOLUNTEER)
CHIEF = Person("c9", "<b>局长", "19900000010", "青峦县政府")
OWN = (Duty("h1", VILLAGE, Level.VILLAGE, "协管员"), Duty("c9", COUNTY, Level.COUNTY, "局长"))


@pytest.fixture
def staffed(tmp_path: Path) -> Iterator[Staffed]:
    county = small_county(people=(*PEOPLE, HELPER, CHIEF), duties=(*DUTIES, *OWN))
    server = Staffed(tmp_path / "server", county)
    yield server
    server.close()


def test_who_is_not_over_the_county_is_told_what_they_may_use(staffed: Staffed) -> None:
    with staffed.signed_in("v1", "t1", "h1") as clients:
        for one, name, log in (("v1", "马村官", False), ("t1", "田乡官", True), ("h1", "邵协管", False)):
            page = clients[one].get("/")
            assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
            assert f"<h1>{name}，您好</h1>" in page.text
            assert "手机通知里的链接" in page.text
            assert ('href="/office#log"' in page.text) is log, "the log is for who has a level below"
            assert 'href="/office"' in page.text
            assert "JSON" not in page.text
        refused = clients["v1"].get("/api/v1/wall")
        assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")


def test_the_whole_county_has_its_wall(staffed: Staffed) -> None:
    static = staffed.folder / "static"
    static.mkdir()
    (static / "wall.html").write_text("the wall", encoding="utf-8")
    with staffed.signed_in("c9", "admin") as clients:
        assert [one.get("/").text for one in clients.values()] == ["the wall", "the wall"]


def test_the_office_page_is_for_who_is_signed_in_and_has_a_duty_and_the_login_leads_back_to_it(
    staffed: Staffed,
) -> None:
    static = staffed.folder / "static"
    static.mkdir()
    (static / "office.html").write_text("the office", encoding="utf-8")
    with staffed.signed_in("t1", "v1", "h1", "c9", "admin") as clients:
        assert {one.get("/office").text for one in clients.values()} == {"the office"}
        staffed.load(small_county(people=(*PEOPLE, CHIEF)))
        page = clients["c9"].get("/office")
        assert (page.status_code, "您今天没有登记职责" in page.text) == (200, True)
        clients["t1"].cookies.clear()
        away = clients["t1"].get("/office", follow_redirects=False)
        assert (away.status_code, away.headers["location"]) == (303, "/login?next=/office")


def test_who_has_no_duty_today_is_told_whom_to_ask_and_may_leave(staffed: Staffed) -> None:
    with staffed.signed_in("c9") as clients:
        staffed.load(
            small_county(people=(*PEOPLE, CHIEF), duties=(*DUTIES, Duty("c9", TOWNSHIP, Level.COUNTY, "x", 1)))
        )
        assert "<h1>&lt;b&gt;局长，您好</h1>" in clients["c9"].get("/").text, "a name is text, never markup"
        staffed.load(small_county(people=(*PEOPLE, CHIEF)))
        page = clients["c9"].get("/")
        assert (page.status_code, "您今天没有登记职责" in page.text, "退出登录" in page.text) == (200, True, True)
        assert "/office" not in page.text


def test_leaving_ends_the_session_and_leads_to_the_login(staffed: Staffed) -> None:
    with staffed.signed_in("t1") as clients:
        client, token = clients["t1"], clients["t1"].cookies["jingcun"]
        foreign = client.post("/logout", headers={"Origin": "https://elsewhere.example"})
        assert (foreign.status_code, client.get("/api/v1/me").status_code) == (403, 200)
        left = client.post("/logout", follow_redirects=False)
        assert (left.status_code, left.headers["location"]) == (303, "/login")
        assert client.get("/api/v1/me").status_code == 401
        client.cookies.set("jingcun", token)
        assert client.get("/api/v1/me").status_code == 401, "a copy of the cookie is worthless"
        assert client.post("/logout", follow_redirects=False).status_code == 303, "who is out stays out"


def test_a_session_that_has_run_out_leads_to_the_login(staffed: Staffed) -> None:
    with staffed.signed_in("t1") as clients:
        staffed.minutes += LIFE.total_seconds() / 60 + 1
        assert clients["t1"].get("/", follow_redirects=False).headers["location"] == "/login"
