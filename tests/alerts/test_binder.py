"""Binding as people meet it, and as somebody tries to be bound in another's place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts.bindings import attempt_book, binding_book
from alerts.bindings.accounts import accounts_of
from alerts.bindings.attempt_book import TOO_MANY_TEXTS, TOO_OFTEN
from alerts.bindings.attempts import NO_ATTEMPT, TRIES, WRONG, Refused, State, Typed, scene_of
from alerts.bindings.binder import NOT_TEXTED, Page
from alerts.bindings.binding_book import Taken
from alerts.bindings.binding_tables import BINDING_ATTEMPTS
from alerts.channels import Answer, By, Result
from alerts.channels.catalog import BadChannel
from alerts.store.book import Book
from county.values import Person
from tests.alerts.binding_cases import BASE, FU, MA, MEMBER, OPENID, Both, both_on, settings
from tests.alerts.makes import at
from tests.alerts.test_bindings import address, story
from tests.providers.standin import says


@pytest.fixture
def both(book: Book, tmp_path: Path) -> Iterator[Both]:
    with both_on(book, tmp_path) as made:
        yield made


def bound(both: Both, person: Person = MA, openid: str = OPENID) -> Page:
    page = both.begin(person)
    pair = both.scan(page, openid)
    both.binder.confirm(person, page.token, Typed(both.digits, pair))
    return page


def refused(both: Both, page: Page, typed: Typed, person: Person = MA) -> str:
    with pytest.raises((Refused, Taken)) as fault:
        both.binder.confirm(person, page.token, typed)
    return str(fault.value)


def state(both: Both, page: Page, person: Person = MA) -> State:
    return both.binder.stands(person, page.token).state


def stored(book: Book) -> str:
    with book.store.read() as conn:
        return str(conn.execute(sa.select(BINDING_ATTEMPTS)).all())


def test_who_scans_and_types_both_numbers_is_bound(both: Both) -> None:
    page = both.begin()
    assert state(both, page) is State.OPEN
    pair = both.scan(page)
    assert state(both, page) is State.SCANNED
    both.binder.confirm(MA, page.token, Typed(both.digits, pair))
    assert state(both, page) is State.DONE
    assert address(both.room.book) == OPENID
    assert story(both.room.book) == [(True, "v1", "扫码绑定")]
    (letter,) = both.sms.letters
    assert (letter.address, letter.purpose, len(letter.code)) == (MA.phone, "bind", 6)
    assert f"验证码{letter.code},用于绑定微信,10分钟内有效" in letter.text
    assert [(one.by, one.since) for one in both.binder.ways(MA)] == [
        (By.WECHAT, both.room.world.now()), (By.WECOM, None),
    ]  # fmt: skip


def test_a_member_of_the_corporation_is_bound_by_the_link(both: Both) -> None:
    page = both.begin(by=By.WECOM)
    pair = both.come_back(page)
    assert isinstance(pair, str)
    both.binder.confirm(MA, page.token, Typed(both.digits, pair))
    assert address(both.room.book, by=By.WECOM) == MEMBER


def test_who_is_no_member_of_the_corporation_comes_to_nothing(both: Both) -> None:
    page = both.begin(by=By.WECOM)
    told = both.come_back(page, "stranger")
    assert isinstance(told, Answer)
    assert told.words == "扫码的人不是本企业的成员"
    assert (state(both, page), both.sms.letters) == (State.OPEN, [])


def test_a_stranger_who_scans_faster_gets_nothing_for_the_owner_lacks_their_digits(both: Both) -> None:
    page = both.begin()
    strangers = both.scan(page, "oStranger")
    assert strangers
    assert both.scan(page) == "", "the owner is told that somebody was there before"
    assert refused(both, page, Typed(both.digits, "")) == WRONG
    wrong = f"{(int(strangers) + 1) % 100:02d}"
    assert refused(both, page, Typed(both.digits, wrong)) == WRONG
    assert address(both.room.book) == ""


def test_who_scans_a_forwarded_code_and_has_not_the_phone_is_not_bound(both: Both) -> None:
    page = both.begin()
    pair = both.scan(page, "oStranger")
    wrong = f"{(int(both.digits) + 1) % 10**6:06d}"
    told = [refused(both, page, Typed(wrong, pair)) for _ in range(TRIES)]
    assert told == [WRONG] * (TRIES - 1) + [f"输错{TRIES}次,这次绑定作废,请重新来"]
    assert refused(both, page, Typed(both.digits, pair)) == NO_ATTEMPT, "the right ones come too late"
    assert "oStranger" not in stored(both.room.book)


def test_a_page_that_another_person_has_opened_is_not_theirs_to_confirm(both: Both) -> None:
    page = both.begin()
    pair = both.scan(page)
    assert refused(both, page, Typed(both.digits, pair), FU) == NO_ATTEMPT
    assert state(both, page, FU) is State.OVER
    other = replace(page, token="x" * 32)
    assert refused(both, other, Typed(both.digits, pair)) == NO_ATTEMPT


def test_what_was_confirmed_once_is_confirmed_no_more(both: Both) -> None:
    page = bound(both)
    assert refused(both, page, Typed(both.digits, "00")) == NO_ATTEMPT
    assert both.scan(page) == ""


def test_another_attempt_ends_the_former_one(both: Both) -> None:
    first = both.begin()
    pair = both.scan(first)
    both.begin()
    assert refused(both, first, Typed(both.digits, pair)) == NO_ATTEMPT
    assert OPENID not in stored(both.room.book)


def test_a_scan_that_wechat_tells_twice_gives_the_same_digits_and_one_message(both: Both) -> None:
    page = both.begin()
    assert both.scan(page) == both.scan(page)
    assert len(both.sms.letters) == 1


@pytest.mark.parametrize(("minutes", "works"), [(9.9, True), (10, False)])
def test_an_attempt_ends_after_ten_minutes(both: Both, minutes: float, works: bool) -> None:
    page = both.begin()
    pair = both.scan(page)
    both.room.minutes = minutes
    if works:
        both.binder.confirm(MA, page.token, Typed(both.digits, pair))
    else:
        assert refused(both, page, Typed(both.digits, pair)) == NO_ATTEMPT
        assert both.scan(page) == ""


def test_before_the_scan_nothing_can_be_confirmed(both: Both) -> None:
    page = both.begin()
    assert refused(both, page, Typed("", "")) == "还没有扫码"


def test_a_code_of_one_account_says_nothing_at_another(both: Both) -> None:
    page = both.begin()
    assert page.invitation is not None
    words = both.binder.scanned("wecom", both.wechat.scenes[page.invitation.scan], MEMBER)
    assert "已经用过或过期" in words
    assert state(both, page) is State.OPEN


def test_a_phone_is_not_flooded_with_codes(both: Both) -> None:
    for _ in range(5):
        both.scan(both.begin())
    page = both.begin()
    both.scan(page)
    assert len(both.sms.letters) == 5
    assert both.binder.stands(MA, page.token).words == TOO_MANY_TEXTS
    assert refused(both, page, Typed("000000", "00")) in (TOO_MANY_TEXTS, WRONG)
    both.room.minutes = 61
    both.scan(both.begin())
    assert len(both.sms.letters) == 6


def test_somebody_who_begins_again_and_again_must_wait(both: Both) -> None:
    for _ in range(10):
        both.begin()
    with pytest.raises(Refused, match=TOO_OFTEN):
        both.begin()
    both.begin(FU)


def test_a_wechat_that_serves_another_person_is_refused_at_the_end(both: Both) -> None:
    bound(both)
    page = both.begin(FU)
    pair = both.scan(page)
    assert "已经绑定了另一位责任人" in refused(both, page, Typed(both.digits, pair), FU)
    assert (address(both.room.book), address(both.room.book, FU)) == (OPENID, "")


def test_who_unfollows_is_unbound_and_may_be_bound_anew(both: Both) -> None:
    bound(both)
    assert [both.binder.unfollowed("oOther"), both.binder.unfollowed(OPENID)] == [0, 1]
    assert address(both.room.book) == ""
    bound(both, FU)
    assert address(both.room.book, FU) == OPENID


def test_unbinding_is_confirmed_by_the_phone_too(both: Both) -> None:
    bound(both)
    page = both.binder.begin_unbinding(MA, By.WECHAT)
    assert page.invitation is None
    assert refused(both, page, Typed("123456")) == "短信还没有发出,请稍等"
    both.binder.text(scene_of(page.token))
    assert "用于解除绑定微信" in both.sms.letters[-1].text
    both.binder.confirm(MA, page.token, Typed(both.digits))
    assert (address(both.room.book), story(both.room.book)[-1]) == ("", (False, "v1", "本人解除绑定"))


def test_that_no_message_went_out_is_told_on_the_page(both: Both) -> None:
    both.sms.answers = [Answer(Result.FAILED, words="余额不足")]
    page = both.begin()
    pair = both.scan(page)
    assert both.binder.stands(MA, page.token).words == NOT_TEXTED
    assert refused(both, page, Typed(both.digits, pair)) == NOT_TEXTED


def test_somebody_whose_phone_has_changed_meanwhile_begins_anew(both: Both) -> None:
    page = both.begin()
    pair = both.scan(page)
    moved = replace(MA, phone="19900000099")
    assert refused(both, page, Typed(both.digits, pair), moved) == NO_ATTEMPT


def test_where_wechat_gives_no_code_that_is_said_and_the_attempt_is_over(both: Both) -> None:
    both.begin()
    both.provider.plays.append(says({"errcode": 48001, "errmsg": "api unauthorized"}))
    with pytest.raises(Refused, match="微信没有给出二维码"):
        both.begin()


def test_nobody_can_begin_where_no_account_is_set_up_or_no_phone_can_be_written_to(tmp_path: Path) -> None:
    told = settings(tmp_path)
    with pytest.raises(BadChannel, match="no channel writes to phones"):
        accounts_of(told[:2], BASE, lambda: at(0))
    assert accounts_of(told[2:], BASE, lambda: at(0)).name_of(By.WECHAT) == ""


def test_neither_digits_nor_openid_stand_in_what_a_log_would_show(both: Both) -> None:
    page = both.begin()
    pair = both.scan(page)
    with both.room.book.writing() as pen:
        attempt = attempt_book.found(pen, scene_of(page.token))
    text = f"{attempt!r} {page!r} {Typed(both.digits, pair)!r}"
    assert not [one for one in (OPENID, page.token, both.digits) if one in text]
    assert both.digits not in stored(both.room.book)
    assert binding_book.counts(both.room.book) == {}
