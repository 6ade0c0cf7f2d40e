"""The page behind a digest: one person's list, one button a ticket, and nothing of anybody else."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from alerts.channels import Answer, Result
from alerts.desk import UnknownCode
from alerts.post import Post, PostSettings
from alerts.store.tables import LINKS
from alerts.tickets.moves import addressed
from alerts.todo import Todo
from alerts.values import Decision, Purpose, Word
from alerts.world import World
from county.policy.cap import Cap
from county.snapshot import County
from tests.alerts.makes import doing, event, person
from tests.alerts.test_deliveries import Phone
from tests.county.small import CAMERA, SPOTS
from tests.screen.site import Site

TEXT_PLAIN = "text/html; charset=utf-8"


def capped(county: County, names: list[str]) -> County:
    """The county with a cap of one letter an hour, and spots of these names."""
    spots = tuple(replace(SPOTS[0], id=f"{CAMERA}.s{n}", name=name) for n, name in enumerate(names))
    policy = county.policy.model_copy(update={"cap": Cap(letters=1)})
    return County(replace(county.content, spots=spots, policy=policy), county.revision)


@pytest.fixture
def told(site: Site) -> tuple[Site, str]:
    """A site whose village was told of three places in one digest, and the code in it."""
    site.county = capped(site.county, ["东街", "<b>西街</b>", "南街"])
    site.happen(*(event(0, spot=f"{CAMERA}.s{n}") for n in range(3)))
    phone = Phone(Answer(Result.DELIVERED))
    post = Post(site.book, {"console": phone}, PostSettings("https://d"), World(lambda: site.county, lambda: site.now))
    post.step()
    site.later(12)
    assert post.step() == 1
    return site, phone.letters[0].code


def test_the_list_shows_what_is_theirs_and_each_line_opens_its_desk(told: tuple[Site, str]) -> None:
    site, code = told
    with site.client() as client:
        page = client.get(f"/d/{code}")
        assert (page.status_code, page.headers["content-type"]) == (200, TEXT_PLAIN)
        assert "马村官,11月21日 10:12时有3件待办。" in page.text
        assert "&lt;b&gt;西街&lt;/b&gt;" in page.text
        assert "<b>西街" not in page.text
        roads = re.findall(r'action="(/d/[^"]+)"', page.text)
        assert len(roads) == 3
        answer = client.post(roads[2], headers={"Origin": "http://127.0.0.1"}, follow_redirects=False)
        assert answer.status_code == 303
        fresh = answer.headers["location"].removeprefix("/t/")
        shown = client.get(f"/api/v1/desk/{fresh}").json()
        assert (shown["person"]["name"], shown["acts"][0]) == ("马村官", "accept")
        assert "南街" in str(shown)
        assert client.get(f"/d/{fresh}").status_code == 404, "the code of one ticket opens no list"


def test_what_has_gone_to_another_leaves_the_list_and_an_empty_one_says_so(told: tuple[Site, str]) -> None:
    site, code = told
    with site.client() as client:
        road = re.findall(r'action="(/d/[^"]+)"', client.get(f"/d/{code}").text)[0]
        for ticket in site.reader.recent(3):
            data = doing(person(site.county, "v1"), 12, "不是我们村").data
            site.desk.act(site.desk.mint(ticket.id), "not_mine", data)
        page = client.get(f"/d/{code}").text
        assert "没有待办了" in page
        assert "<form" not in page
        refused = client.post(road, headers={"Origin": "http://127.0.0.1"}, follow_redirects=False)
        assert (refused.status_code, "已不归您办理" in refused.text) == (404, True)


def test_a_copy_of_another_s_ticket_stands_apart(site: Site) -> None:
    """The township gets copies of three tickets of its villages in one digest."""
    site.county = capped(site.county, ["东街", "西街", "南街"])
    site.happen(*(event(0, spot=f"{CAMERA}.s{n}") for n in range(3)))
    boss, now = person(site.county, "t1"), site.now
    with site.book.writing() as pen:
        for line in site.reader.recent(3):
            known = pen.ticket(line.id)
            assert known is not None
            letters = addressed(known, Purpose.COPY, boss, "抄送", ("console",))
            pen.apply([Decision(Word.NOTED, "抄送", notices=letters)], "test", now)
    phone = Phone(Answer(Result.DELIVERED))
    post = Post(site.book, {"console": phone}, PostSettings("https://d"), World(lambda: site.county, lambda: site.now))
    post.step()
    site.later(12)
    post.step()
    letter = next(one for one in phone.letters if one.person == "田乡官")
    assert "您还有3件告知:" in letter.text
    with site.client() as client:
        page = client.get(f"/d/{letter.code}").text
        assert "没有待办了" in page
        assert "另外请您看一下(3件)" in page


def test_the_office_sees_that_a_notice_was_joined_into_which_letter_and_why(told: tuple[Site, str]) -> None:
    site, _ = told
    with site.signed_in() as client:
        joined, digest = client.get(f"/api/v1/tickets/{site.reader.recent(1)[0].id}/notices").json()
        assert (joined["state"], joined["digest"], joined["tries"]) == ("digested", digest["id"], digest["tries"])
        assert "并入汇总" in joined["why"]
        assert (digest["purpose"], digest["state"]) == ("digest", "delivered")


def test_a_wrong_an_old_and_a_desk_code_open_no_list_and_guessing_is_slowed(told: tuple[Site, str]) -> None:
    site, code = told
    with site.client() as client:
        desk = site.desk.mint(site.reader.recent(1)[0].id)
        for wrong in ("x", desk, "%3Cscript%3E", "2" * 5000):
            page = client.get(f"/d/{wrong}")
            assert (page.status_code, page.headers["content-type"]) == (404, TEXT_PLAIN)
            assert "链接无效或已过期" in page.text
            assert "<script" not in page.text
        assert client.get(f"/d/{code}").status_code == 200
        assert client.post(f"/d/{code}/GD-9999-0001", follow_redirects=False).status_code == 404
        tried = [client.get(f"/d/{n}").status_code for n in range(40)]
        assert tried[-1] == 429
        assert client.get(f"/d/{code}").status_code == 200, "a right code always opens"
        site.now += timedelta(days=15)
        assert client.get(f"/d/{code}").status_code in (404, 429)


@pytest.mark.parametrize("changes", [{"phone": "13911112222"}, {"name": "新村官"}, {"id": "v9"}])
def test_whoever_has_left_sees_nothing_of_who_holds_their_row_now(
    told: tuple[Site, str], changes: dict[str, str]
) -> None:
    site, code = told
    todo = Todo(site.book, World(lambda: site.county, lambda: site.now))
    number = todo.open_code(code).lines[0].number
    content = site.county.content
    people = tuple(replace(one, **changes) if one.id == "v1" else one for one in content.people)  # type: ignore[arg-type]
    duties = tuple(one for one in content.duties if one.person in {person.id for person in people})
    site.county = County(replace(content, people=people, duties=duties), site.county.revision)
    with pytest.raises(UnknownCode, match="链接无效或已过期"):
        todo.open_code(code)
    with pytest.raises(UnknownCode, match="链接无效或已过期"):
        todo.desk_code(code, number)


def test_looking_makes_no_link_and_a_foreign_page_cannot_open_one(told: tuple[Site, str]) -> None:
    site, code = told

    def links() -> int:
        with site.book.store.read() as conn:
            return int(conn.execute(sa.select(sa.func.count()).select_from(LINKS)).scalar_one())

    before = links()
    with site.client() as client:
        page = client.get(f"/d/{code}")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        road = re.findall(r'action="(/d/[^"]+)"', page.text)[0]
        assert client.post(road, headers={"Origin": "https://evil.example"}, follow_redirects=False).status_code == 403
    assert links() == before
