"""Access tokens: one call, however many ask; renewed once; a provider that refuses is not asked again at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
import pytest

from alerts.channels import Answer, Result
from alerts.channels.calling import Call, Line, Said
from alerts.channels.tokens import Tokens, corporate, holder, stable
from tests.channels.makes import Clock
from tests.providers.standin import StandIn, down, half_closed, says
from tests.providers.wechat import APPID, OPENID, SECRET, WeChat

ASK = stable(APPID, SECRET)


@pytest.fixture
def wechat() -> WeChat:
    return WeChat()


@pytest.fixture
def provider(wechat: WeChat) -> Iterator[StandIn]:
    with wechat.serving() as serving:
        yield serving


@pytest.fixture
def line(provider: StandIn) -> Iterator[Line]:
    line = Line(provider.base)
    yield line
    line.close()


def bizsend(token: str) -> Call:
    body = {"touser": OPENID, "template_id": "none", "data": {}}
    return Call("POST", "/cgi-bin/message/subscribe/bizsend", params={"access_token": token}, json=body)


def number(said: Said | Answer) -> int:
    assert not isinstance(said, Answer)
    return int(said["errcode"])


def test_a_token_is_kept_until_five_minutes_before_its_end(wechat: WeChat, line: Line) -> None:
    clock = Clock()
    tokens = Tokens(ASK, clock)
    first = tokens.get(line)
    clock.passes(7200 - 301)
    assert tokens.get(line) == first
    assert wechat.token_asks == 1
    wechat.end_token()
    clock.passes(1)
    assert tokens.get(line) != first
    assert wechat.token_asks == 2


@pytest.mark.parametrize("spoilt", [40001, 40014, 42001])
def test_a_refused_token_is_renewed_once_and_the_letter_goes_out_again(
    wechat: WeChat, provider: StandIn, line: Line, spoilt: int
) -> None:
    tokens = Tokens(ASK, Clock())
    tokens.get(line)
    wechat.end_token()
    provider.plays = [says({"errcode": spoilt, "errmsg": "invalid"})]
    assert number(tokens.ask(line, bizsend)) == 40037
    assert wechat.token_asks == 2


def test_a_token_that_is_refused_again_is_not_renewed_for_ever(provider: StandIn, line: Line) -> None:
    bad = says({"errcode": 40001, "errmsg": "invalid"})
    token = says({"access_token": "t", "expires_in": 7200})
    provider.plays = [token, bad, token, bad]
    assert number(Tokens(ASK, Clock()).ask(line, bizsend)) == 40001
    assert len(provider.heard) == 4


def test_two_threads_that_meet_the_same_dead_token_make_one_call(wechat: WeChat, line: Line) -> None:
    tokens = Tokens(ASK, Clock())
    old = tokens.get(line)
    assert isinstance(old, str)
    wechat.end_token()
    ready = Barrier(8)

    def renew(_: int) -> str | Answer:
        ready.wait(10)
        return tokens.get(line, spoiled=old)

    with ThreadPoolExecutor(8) as pool:
        new = set(pool.map(renew, range(8)))
    assert len(new) == 1
    assert wechat.token_asks == 2


def test_threads_that_begin_together_make_one_call(wechat: WeChat, line: Line) -> None:
    tokens, ready = Tokens(ASK, Clock()), Barrier(8)

    def begin(_: int) -> str | Answer:
        ready.wait(10)
        return tokens.get(line)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(begin, range(8)))) == 1
    assert wechat.token_asks == 1


def test_two_processes_of_one_account_do_not_take_the_token_from_each_other(wechat: WeChat, line: Line) -> None:
    one, other = Tokens(ASK, Clock()), Tokens(ASK, Clock())
    first = one.get(line)
    assert other.get(line) == first
    assert one.get(line, spoiled="older") == first


def test_who_was_refused_does_not_ask_again_at_once(provider: StandIn, line: Line) -> None:
    clock = Clock()
    tokens = Tokens(stable(APPID, "another"), clock)
    answers = [tokens.get(line) for _ in range(3)]
    assert len(provider.heard) == 1
    assert len(set(answers)) == 1
    clock.passes(5)
    tokens.get(line)
    assert len(provider.heard) == 2


def test_a_provider_that_is_slow_to_give_a_token_holds_the_threads_up_once_and_not_in_turn(provider: StandIn) -> None:
    provider.plays = [provider.slow(60)] * 4
    tokens, line = Tokens(ASK, Clock()), Line(provider.base, httpx.Timeout(0.5))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: tokens.get(line), range(4)))
    line.close()
    assert len(provider.heard) == 1
    assert all(isinstance(answer, Answer) and not answer.maybe_sent for answer in answers)


@pytest.mark.parametrize(
    ("call", "result", "words"),
    [
        (stable("wx-none", SECRET), Result.FAILED, "appid"),
        (stable(APPID, "another"), Result.FAILED, "密钥不对"),
    ],
)
def test_a_wrong_account_is_said_in_words(line: Line, call: Call, result: Result, words: str) -> None:
    answer = Tokens(call, Clock()).get(line)
    assert isinstance(answer, Answer)
    assert answer.result is result
    assert words in answer.words


def test_no_failure_of_the_token_says_that_a_letter_may_have_gone(provider: StandIn, line: Line) -> None:
    plays = [down(), half_closed, says([1]), says({"errcode": 0}), says({"access_token": 7}), says({"errcode": -1})]
    plays.append(says({"errcode": 40164, "errmsg": "invalid ip 10.0.0.1"}))
    provider.plays = plays[:]
    for _ in plays:
        answer = Tokens(ASK, Clock()).get(line)
        assert isinstance(answer, Answer)
        assert answer.words.startswith("取凭证")
        assert not answer.maybe_sent


@pytest.mark.parametrize("lasts", [None, "7200", -1, 0, 10**12, True])
def test_an_end_that_is_none_costs_a_call_each_time_and_nothing_else(
    provider: StandIn, line: Line, lasts: object
) -> None:
    provider.plays = [says({"access_token": "t", "expires_in": lasts})] * 2
    tokens = Tokens(ASK, Clock())
    assert [tokens.get(line), tokens.get(line)] == ["t", "t"]
    assert len(provider.heard) == 2


def test_an_account_has_one_holder_as_long_as_a_channel_uses_it() -> None:
    clock = Clock()
    one = holder("https://a", ASK, clock)
    assert holder("https://a", stable(APPID, SECRET), clock) is one
    assert holder("https://a", stable(APPID, "another"), clock) is not one
    assert holder("https://b", ASK, clock) is not one
    assert holder("https://a", corporate("corp", "s1"), clock) is not holder(
        "https://a", corporate("corp", "s2"), clock
    )
