"""Import of WeCom members: whom it finds, whom it does not and why; and lists that are none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.bindings.accounts import accounts_of
from alerts.bindings.members import BadList, Came, LookUp, imported, in_list, listed
from alerts.bindings.wecom_account import Application
from alerts.channels import By
from alerts.store.book import Book
from county.snapshot import County
from county.values import Person
from tests.alerts.binding_cases import BASE, settings
from tests.alerts.makes import at
from tests.alerts.test_bindings import address, story
from tests.county.small import DUTIES, PEOPLE, small_county
from tests.providers.wecom import WeCom

MA = PEOPLE[0]


@pytest.fixture
def corporation() -> WeCom:
    made = WeCom()
    made.mobiles = {"19900000001": "MaCunGuan", "19900000002": "Hidden", "19900000004": "TianXiang"}
    made.invisible = {"Hidden"}
    return made


@pytest.fixture
def look_up(corporation: WeCom, tmp_path: Path) -> Iterator[LookUp]:
    with corporation.serving() as serving:
        accounts = accounts_of(settings(tmp_path, wecom=serving.base), BASE, lambda: at(0))
        application = accounts.known["wecom"]
        assert isinstance(application, Application)
        yield application.member_of
        accounts.close()


def lines(book: Book, county: County, look_up: LookUp, *, dry_run: bool = False) -> list[tuple[str, Came, str]]:
    return [(one.person, one.came, one.words) for one in imported(book, county, look_up, at(0), dry_run=dry_run)]


def test_people_are_found_by_their_phones_and_it_is_said_why_not(book: Book, look_up: LookUp) -> None:
    people = (*PEOPLE[:4], replace(PEOPLE[4], wecom="FromPeople"), Person("x1", "闲人", "19900000008"),
              Person("y1", "座机", "+85291234567"))  # fmt: skip
    county = small_county(people=people, duties=(*DUTIES, replace(DUTIES[0], person="y1", rank=5)))
    told = lines(book, county, look_up)
    assert [(person, came) for person, came, _ in told] == [
        ("c1", Came.HAD), ("t1", Came.BOUND), ("v1", Came.BOUND), ("v1b", Came.MISSING), ("v2", Came.MISSING),
        ("x1", Came.MISSING), ("y1", Came.MISSING),
    ]  # fmt: skip
    why = {person: words for person, _, words in told}
    assert "60111" in why["v1b"]
    assert "46004" in why["v2"]
    assert (why["x1"], why["y1"]) == ("已没有任何责任", "没有内地的手机号")
    assert (address(book, MA, By.WECOM), story(book)) == ("MaCunGuan", [(True, "管理员", "导入绑定")])
    assert "MaCunGuan" not in str(told)
    assert [one for one in lines(book, county, look_up) if one[0] == "v1"] == [("v1", Came.HAD, "已经绑定")]


def test_a_dry_run_binds_nobody(book: Book, look_up: LookUp) -> None:
    told = lines(book, small_county(), look_up, dry_run=True)
    assert ("v1", Came.BOUND, "找到了,还没有绑定(试运行)") in told
    assert (address(book, MA, By.WECOM), story(book)) == ("", [])


def test_where_wecom_answers_no_more_nobody_else_is_looked_up(book: Book, look_up: LookUp, corporation: WeCom) -> None:
    corporation.over = True
    ((person, came, words),) = lines(book, small_county(), look_up)
    assert (person, came) == ("c1", Came.STOPPED)
    assert "查得太多" in words


def test_two_people_with_one_phone_do_not_share_a_member(sqlite_book: Book) -> None:
    people = (MA, replace(PEOPLE[1], phone=MA.phone), *PEOPLE[2:])
    told = lines(sqlite_book, small_county(people=people), in_list({MA.phone: "MaCunGuan"}))
    assert [came for person, came, _ in told if person in ("v1", "v1b")] == [Came.BOUND, Came.MISSING]
    assert "已经绑定了另一位责任人" in str(told)


LIST = "填写须知：,,\n姓名,账号,手机\n马村官,MaCunGuan,+86 19900000001\n何村官,he.cunguan,'19900000003\n无号,none,\n"


@pytest.mark.parametrize("data", [LIST.encode(), LIST.encode("utf-8-sig"), LIST.encode("gb18030")])
def test_a_list_as_wecom_exports_it_is_read(sqlite_book: Book, data: bytes) -> None:
    members = listed(data)
    assert members == {"19900000001": "MaCunGuan", "19900000003": "he.cunguan"}
    told = lines(sqlite_book, small_county(), in_list(members))
    assert ("v1b", Came.MISSING, "名单里没有这个手机号") in told
    assert ("v2", Came.BOUND, "绑定了") in told


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "表头"), (b"\xff\xff\xff\x80", "不是UTF-8"), ("姓名,手机\n马,1\n".encode(), "表头"),
        (b"userid,mobile\na|b,19900000001\n", "第1行的账号不对"), (b"userid,mobile\n@all,19900000001\n", "第1行的账号"),
        (b"userid,mobile\n,19900000001\n", "第1行的账号不对"),
        (b"userid,mobile\na,19900000001\nb,19900000001\n", "第2行的手机号前面已经有过"),
        (b'userid,mobile\n"' + b"x" * 200_000 + b'",1\n', "读不了"), (b"x" * 5_000_001, "太大"),
    ],
)  # fmt: skip
def test_a_list_that_is_none_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(BadList, match=words):
        listed(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_list_or_refused(data: bytes) -> None:
    for one in (data, b"userid,mobile\n" + data):
        try:
            assert all(len(phone) >= 6 for phone in listed(one))
        except BadList:
            continue
