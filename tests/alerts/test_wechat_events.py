"""What comes to the door of WeChat's events: what is WeChat, what is an event, and what is neither."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.bindings.wechat_events import MOST, BadEvent, Happened, NotWeChat, Signature, Signed, read, reply
from tests.alerts.makes import T0
from tests.providers.wechat import EVENTS_TOKEN, NOW_S, OPENID, event_of, signed

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><xml><FromUserName>&c;</FromUserName></xml>'
)
OUTSIDE = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><FromUserName>&f;</FromUserName></xml>'


def right(at: int = NOW_S, nonce: str = "n1", token: str = EVENTS_TOKEN) -> Signature:
    return Signature(**signed(at, nonce, token))


def test_what_wechat_signs_is_taken_and_taken_again_with_the_same_body() -> None:
    door = Signed(lambda: T0)
    for _ in range(3):
        door.check(EVENTS_TOKEN, right(), b"<xml/>")


@pytest.mark.parametrize("minutes", [-4, 4])
def test_clocks_may_differ_a_little(minutes: int) -> None:
    Signed(lambda: T0 + timedelta(minutes=minutes)).check(EVENTS_TOKEN, right())


@pytest.mark.parametrize(
    "told",
    [
        Signature("", str(NOW_S), "n1"), Signature("0" * 40, str(NOW_S), "n1"), Signature("é", str(NOW_S), "n1"),
        right(token="other"), right(NOW_S - 400), right(NOW_S + 400), Signature("", "", ""),
        Signature(right().signature, str(NOW_S), "n2"),
        Signature(**signed(NOW_S, "n1") | {"timestamp": "²"}), right(-5), right(10**30),
    ],
)  # fmt: skip
def test_what_wechat_has_not_signed_just_now_is_refused(told: Signature) -> None:
    with pytest.raises(NotWeChat):
        Signed(lambda: T0).check(EVENTS_TOKEN, told)


def test_a_signature_that_was_seen_serves_no_other_body() -> None:
    door = Signed(lambda: T0)
    door.check(EVENTS_TOKEN, right(), b"<xml>1</xml>")
    with pytest.raises(NotWeChat, match="another body"):
        door.check(EVENTS_TOKEN, right(), b"<xml>2</xml>")
    door.check(EVENTS_TOKEN, right(nonce="n2"), b"<xml>2</xml>")


@pytest.mark.parametrize(
    ("event", "key", "name", "scene"),
    [
        ("subscribe", "qrscene_abc", "subscribe", "abc"), ("SCAN", "abc", "scan", "abc"),
        ("subscribe", "", "subscribe", ""), ("unsubscribe", "", "unsubscribe", ""), ("CLICK", "menu-1", "click", ""),
        ("subscribe", "qrscene_" + "x" * 500, "subscribe", "x" * 128),
    ],
)  # fmt: skip
def test_an_event_tells_who_it_was_and_what_was_scanned(event: str, key: str, name: str, scene: str) -> None:
    assert read(event_of(OPENID, event, key)[1]) == Happened(name, OPENID, "gh_123456789abc", scene)


def test_a_message_that_somebody_writes_is_no_event_even_if_it_looks_like_one() -> None:
    body = b"<xml><FromUserName>o1</FromUserName><MsgType>text</MsgType><Event>unsubscribe</Event></xml>"
    assert read(body).name == ""
    nested = b"<xml><FromUserName>o1</FromUserName><MsgType>event</MsgType><A><Event>unsubscribe</Event></A></xml>"
    assert read(nested).name == ""


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"<xml>", BOMB, OUTSIDE, b"\xff\xfe\x00", b"<xml></xml>", b"<xml>" * 50,
        b"<xml><FromUserName>" + b"o" * 200 + b"</FromUserName></xml>", b" " * (MOST + 1),
        b'<?xml version="1.0" encoding="klingon"?><xml/>', b"<xml><FromUserName> </FromUserName></xml>",
    ],
)  # fmt: skip
def test_what_is_no_event_is_refused_and_nothing_in_it_is_expanded(body: bytes) -> None:
    with pytest.raises(BadEvent):
        read(body)


@given(st.binary(max_size=400))
def test_any_bytes_are_an_event_or_refused(body: bytes) -> None:
    for one in (body, b"<xml><FromUserName>o</FromUserName>" + body + b"</xml>"):
        try:
            read(one)
        except BadEvent:
            continue


def test_the_answer_is_a_text_to_who_caused_it_in_which_nothing_is_markup() -> None:
    answer = reply(Happened("scan", "o<1>", "gh_1"), "A&B", T0)
    assert "<ToUserName>o&lt;1&gt;</ToUserName><FromUserName>gh_1</FromUserName>" in answer
    assert "<Content>A&amp;B</Content>" in answer
    assert OPENID not in repr(Happened("scan", OPENID, "gh_1"))
