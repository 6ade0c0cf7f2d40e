"""What the SMS channels share: numbers, and what a variable may hold, whatever people wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import Result
from alerts.channels.fits import units
from alerts.channels.sms import (
    DoesNotFit,
    Refusal,
    SmsSettings,
    SmsTemplate,
    e164,
    plain,
    refused,
    template_for,
    value,
)  # fmt: skip
from alerts.terms import Purpose
from tests.channels.letters import letter


@pytest.mark.parametrize(
    ("told", "phone"),
    [
        ("13900000001", "+8613900000001"), ("+86 139 0000 0001", "+8613900000001"), ("8613900000001", "+8613900000001"),
        ("(0086)139-0000-0001", "+8613900000001"), ("１３９０００００００１", "+8613900000001"),
        ("+852 5123 4567", "+85251234567"), ("0085251234567", "+85251234567"), ("+1 303 555 0123", "+13035550123"),
        ("", ""), ("12345678901", ""), ("139000000011", ""), ("0898-66668888", ""), ("+8689866668888", ""),
        ("+0139", ""), ("张三", ""), ("13900000001,13900000002", ""), ("١٣٩٠٠٠٠٠٠٠١", ""),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_write_it(told: str, phone: str) -> None:
    assert e164(told) == phone


@given(st.text())
def test_a_number_is_either_e164_or_none_and_stays_so(told: str) -> None:
    phone = e164(told)
    assert e164(phone) == phone
    assert not phone or (phone[0] == "+" and phone[1:].isascii() and phone[1:].isdigit())


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("石门村\n东街\t12号", "石门村 东街 12号"), ("王𠮷祥", "王𠮷祥"), ("㛃家坪", "㛃家坪"), ("38℃ ㎡", "38℃ ㎡"),
        (" ", ""), ("👨‍👩‍👧好🇨🇳☀️1️⃣", "好1"), ("\x00\u200b\u202e乱", "乱"), ("看 HTTPS://x.cn/a", "看 x·cn/a"),
        ("2.5吨", "2.5吨"), ("wwwww.w.x", "x"), ("htthttp://p://://x", "x"),
    ],
)  # fmt: skip
def test_a_variable_holds_plain_words_rare_characters_of_names_too(told: str, shown: str) -> None:
    assert plain(told) == shown


@given(
    st.lists(st.sampled_from(["www.", "http://", "://", "w", "a", ".", ":", "/", " ", "石", "\n", "🗑", "\u200d"])).map(
        "".join
    )
)
def test_nothing_like_an_address_or_a_line_break_is_left(told: str) -> None:
    shown = plain(told)
    assert "://" not in shown
    assert "www." not in shown.lower()
    assert not set(shown) & set("\n🗑\u200d")
    assert plain(shown) == shown


@given(st.text(max_size=80), st.integers(2, 40))
def test_a_variable_is_never_empty_and_never_longer_than_it_may_be(told: str, limit: int) -> None:
    settings = SmsSettings(name="sms", kind="any", secret_file=Path("none"), sign="青峦县", limit=limit)
    shown = value("place", letter(place=told), settings)
    assert 1 <= units(shown) <= limit
    try:
        assert value("code", letter(code=told), settings) == (plain(told) or "无")
    except DoesNotFit:
        assert units(plain(told)) > limit


def test_a_refusal_tells_no_phone_number_to_the_log() -> None:
    answer = refused("isv.MOBILE", "13900000001invalid +8613900000001", {"isv.": Refusal("手机号不对")})
    assert answer.result is Result.FAILED
    assert answer.words == "手机号不对(isv.MOBILE:139****0001invalid +861****0001)"


@pytest.mark.parametrize(("purpose", "code"), [("bind", "123456"), ("grant", ""), ("dispatch", "")])
def test_a_letter_whose_template_would_make_a_link_that_opens_nothing_is_not_sent(purpose: str, code: str) -> None:
    general = SmsTemplate(id="SMS_1", text="处理:https://desk.example/t/${code}")
    with pytest.raises(DoesNotFit, match=f'请另报一个不带.*写purpose = "{purpose}"'):
        template_for([general], letter(purpose=purpose, code=code))
    own = SmsTemplate(id="SMS_2", purpose=Purpose(purpose), text="请登录处理")
    assert template_for([general, own], letter(purpose=purpose, code=code)) is own


@pytest.mark.parametrize("purpose", ["deadman", "trouble"])
def test_that_the_server_itself_has_stopped_is_said_even_by_a_template_with_a_link(purpose: str) -> None:
    general = SmsTemplate(id="SMS_1", text="处理:https://desk.example/t/${code}")
    assert template_for([general], letter(purpose=purpose, code="")) is general
