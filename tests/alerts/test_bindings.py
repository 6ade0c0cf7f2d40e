"""Bindings: whom a letter reaches by them, that one WeChat serves one person, and when they end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from alerts.bindings import binding_book
from alerts.bindings.binding_book import New, Taken, mark_of
from alerts.bindings.binding_tables import BINDING_MOVES
from alerts.bindings.leaving import Leaving, gone
from alerts.bindings.reaching import address_now
from alerts.channels import By
from alerts.deadman import DeadMan
from alerts.store.book import Book
from alerts.world import World
from county.values import Duty, Level, Person
from tests.alerts.makes import at, event
from tests.alerts.test_deliveries import TOOK, Phone, Two
from tests.county.small import DUTIES, PEOPLE, VILLAGE, small_county

MA, FU = PEOPLE[0], PEOPLE[1]
OPENID = "oABC-1"


def bound(book: Book, person: Person = MA, address: str = OPENID, by: By = By.WECHAT) -> bool:
    with book.writing() as pen:
        return binding_book.bind(pen, New(person, by, address, "扫码", "本人"), at(0))


def address(book: Book, person: Person = MA, by: By = By.WECHAT) -> str:
    with book.store.read() as conn:
        return binding_book.address_of(conn, book.county, person, by)


def story(book: Book, person: str = "v1") -> list[tuple[bool, str, str]]:
    return [(one.bound, one.who, one.why) for one in binding_book.moves_of(book, person)]


@pytest.fixture
def two(book: Book) -> Two:
    known = (replace(MA, wechat="oFromPeople"), *PEOPLE[1:])
    made = Two(book, Phone(TOOK, by=By.WECHAT), Phone(TOOK), people=known)
    made.room.feed(event(0))
    return made


def test_a_letter_goes_to_what_the_person_has_bound_before_what_people_csv_says(two: Two) -> None:
    assert bound(two.room.book, two.room.county.people["v1"])
    two.post.step()
    assert two.wechat.letters[0].address == OPENID


def test_without_a_binding_a_letter_goes_to_what_people_csv_says(two: Two) -> None:
    two.post.step()
    assert two.wechat.letters[0].address == "oFromPeople"


@pytest.mark.parametrize("other", [replace(MA, name="李村官"), replace(MA, phone="19900000099")])
def test_the_next_holder_of_the_same_row_gets_nothing_by_the_binding(book: Book, other: Person) -> None:
    bound(book)
    assert (address(book), address(book, other)) == (OPENID, "")
    assert binding_book.bound_since(book, other) == {}


def test_one_wechat_serves_one_person_only(book: Book) -> None:
    bound(book)
    with pytest.raises(Taken, match="已经绑定了另一位责任人"):
        bound(book, FU)
    assert (address(book), address(book, FU)) == (OPENID, "")


def test_a_userid_is_the_same_in_small_letters_and_an_openid_is_not(book: Book) -> None:
    bound(book, MA, "MaCunGuan", By.WECOM)
    with pytest.raises(Taken):
        bound(book, FU, "macunguan", By.WECOM)
    bound(book)
    assert bound(book, FU, OPENID.lower())


def test_another_binding_replaces_the_former_and_the_same_again_changes_nothing(book: Book) -> None:
    assert [bound(book), bound(book), bound(book, address="oABC-2")] == [True, False, True]
    assert address(book) == "oABC-2"
    assert story(book) == [
        (True, "本人", "扫码绑定"), (False, "系统", "换了一个绑定"), (True, "本人", "扫码绑定"),
    ]  # fmt: skip
    assert binding_book.counts(book) == {By.WECHAT: 1}


def test_who_unfollows_is_unbound_and_the_rows_never_hold_the_openid(book: Book) -> None:
    bound(book)
    with book.writing() as pen:
        assert binding_book.unbind_address(pen, By.WECHAT, "oOther", ("微信", "取消关注"), at(1)) == 0
        assert binding_book.unbind_address(pen, By.WECHAT, OPENID, ("微信", "取消关注"), at(1)) == 1
    assert address(book) == ""
    with book.store.read() as conn:
        rows = str(conn.execute(sa.select(BINDING_MOVES)).all())
    assert "取消关注" in rows
    assert OPENID not in rows


def test_a_binding_of_another_county_in_the_same_database_is_not_ours(book: Book) -> None:
    bound(Book(book.store, "640998"))
    assert address(book) == ""
    assert bound(book, FU), "the neighbour's people are not ours"


def test_an_openid_stands_in_no_text_that_a_log_would_show() -> None:
    assert OPENID not in repr(New(MA, By.WECHAT, OPENID, "扫码", "本人"))


def test_the_dead_mans_switch_reaches_people_by_what_they_have_bound(book: Book) -> None:
    top = PEOPLE[4]
    county = small_county(channels={level: ["wechat"] for level in ("village", "township", "county")})
    wechat, minutes = Phone(TOOK, by=By.WECHAT), [0.0]
    bound(book, top)
    man = DeadMan(book, {"wechat": wechat}, World(lambda: county, lambda: at(minutes[0])), timedelta(minutes=5))
    minutes[0] = 10
    assert man.step() is not None
    assert [(letter.person, letter.address) for letter in wechat.letters] == [(top.name, OPENID)]


def test_while_the_book_is_away_people_csv_is_what_is_known(tmp_path: Path) -> None:
    book, person = Book(f"sqlite:///{tmp_path}/book.db", "640999"), replace(MA, wechat="oFromPeople")
    bound(book, person)
    assert address_now(book, person, By.WECHAT) == OPENID
    (tmp_path / "book.db").unlink()
    assert address_now(book, person, By.WECHAT) == "oFromPeople"
    book.close()


NOW = at(0)
DAY = date(2026, 11, 21)


def ma_with(*duties: Duty) -> tuple[Duty, ...]:
    return (*duties, *(one for one in DUTIES if one.person != "v1"))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, ""),
        ({"people": PEOPLE[1:], "duties": ma_with()}, "已不在人员名单里"),
        ({"people": (replace(MA, phone="19900000077"), *PEOPLE[1:])}, "这一行换了人或换了手机号"),
        ({"duties": ma_with()}, "已没有任何责任"),
        ({"duties": ma_with(Duty("v1", VILLAGE, Level.VILLAGE, "村支书", valid_to=DAY))}, "已没有任何责任"),
        ({"duties": ma_with(Duty("v1", VILLAGE, Level.VILLAGE, "村支书", valid_to=DAY + timedelta(1)))}, ""),
        ({"duties": ma_with(Duty("v1", VILLAGE, Level.VILLAGE, "村支书", valid_from=DAY + timedelta(9)))}, ""),
    ],
)
def test_who_has_left_is_told_from_who_is_there(changed: dict[str, Any], why: str) -> None:
    assert gone(small_county(**changed), "v1", mark_of(MA), NOW) == why


def test_who_has_left_is_unbound_after_a_day_and_a_list_put_right_before_that_costs_nothing(book: Book) -> None:
    two = Two(book, Phone(TOOK), Phone(TOOK))
    bound(book)
    leaving, whole = Leaving(book, two.room.world), two.room.county
    without = small_county(duties=ma_with())

    def looked(hours: float, county: object) -> int:
        two.room.minutes, two.room.county = hours * 60, county  # type: ignore[assignment]
        return leaving.step()

    assert [looked(1, without), looked(20, whole), looked(22, without), looked(45, without)] == [0, 0, 0, 0]
    assert address(book) == OPENID
    assert [looked(46, without), looked(47, without)] == [1, 0]
    assert (address(book), story(book)[-1]) == ("", (False, "系统", "已没有任何责任"))
