"""The line to a provider: what counts as an answer, and what nobody knows."""

from __future__ import annotations

import json
import socket

import httpx
import pytest

from alerts.channels import Answer, Result, calling
from alerts.channels.calling import MOST, Call, Line, Said
from tests.providers.standin import Reply, StandIn

ASK = Call("POST", "/send", params={"k": "v"}, json={"text": "垃圾"})


def asked(base: str, timeout: float = 5.0) -> Said | Answer:
    line = Line(base, httpx.Timeout(timeout))
    try:
        return line.ask(ASK)
    finally:
        line.close()


def test_what_the_provider_says_comes_back_and_goes_out_as_utf8() -> None:
    with StandIn(lambda _: Reply(200, b'{"errcode": 0}')) as provider:
        assert asked(provider.base) == {"errcode": 0}
    (heard,) = provider.heard
    assert (heard.path, heard.raw_query) == ("/send", "k=v")
    assert heard.body == '{"text":"垃圾"}'.encode()


def test_words_inside_a_refusal_are_for_the_channel_to_read() -> None:
    with StandIn(lambda _: Reply(403, json.dumps({"Code": "Forbidden"}).encode())) as provider:
        assert asked(provider.base) == {"Code": "Forbidden"}


@pytest.mark.parametrize(
    ("status", "body", "result", "maybe"),
    [
        (500, b"{}", Result.RETRY, True),
        (503, b"", Result.RETRY, True),
        (429, b"{}", Result.RETRY, False),
        (200, b"<html>", Result.RETRY, True),
        (200, b"[1]", Result.RETRY, True),
        (302, b"", Result.FAILED, False),
        (404, b"<html>", Result.FAILED, False),
    ],
)
def test_what_is_no_answer_says_whether_it_may_have_been_sent(
    status: int, body: bytes, result: Result, maybe: bool
) -> None:
    elsewhere = {"Location": "http://127.0.0.1:1/"} if status == 302 else {}
    with StandIn(lambda _: Reply(status, body, elsewhere)) as provider:
        answer = asked(provider.base)
    assert isinstance(answer, Answer)
    assert (answer.result, answer.maybe_sent) == (result, maybe)


def test_an_answer_that_is_hostile_json_is_none_and_its_words_are_plain() -> None:
    bodies = iter([b'{"a":' * 100_000, b"\x00<\xff>\r\n\xed\xa0\x80"])
    with StandIn(lambda _: Reply(200, next(bodies))) as provider:
        deep, odd = asked(provider.base), asked(provider.base)
    assert isinstance(deep, Answer)
    assert isinstance(odd, Answer)
    assert (deep.result, odd.result) == (Result.RETRY, Result.RETRY)
    assert all(char.isprintable() for char in odd.words)


def test_of_an_endless_answer_only_the_beginning_is_read() -> None:
    with StandIn(lambda _: Reply(200, b"[" + b" " * 3 * MOST)) as provider:
        assert isinstance(asked(provider.base), Answer)


def test_an_answer_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "LONGEST_S", 0.2)
    with StandIn(lambda _heard: Reply(200, b"{}" + b" " * 200, drip_s=0.1)) as dripping:
        answer = asked(dripping.base)
    assert isinstance(answer, Answer)
    assert (answer.result, answer.maybe_sent) == (Result.RETRY, True)


def test_nobody_there_is_surely_not_sent_and_silence_may_be() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = asked(f"http://127.0.0.1:{probe.getsockname()[1]}")
        probe.listen()
        silent = asked(f"http://127.0.0.1:{probe.getsockname()[1]}", 0.3)
    assert isinstance(nobody, Answer)
    assert isinstance(silent, Answer)
    assert (nobody.result, nobody.maybe_sent) == (Result.RETRY, False)
    assert (silent.result, silent.maybe_sent) == (Result.RETRY, True)


@pytest.mark.parametrize(
    "call",
    [
        Call("POST", "/send", params={"access_token": "\ud800"}), Call("POST", "/send", json={"text": "\ud800"}),
        Call("POST", "/send", params={"access_token": "x" * 70_000}), Call("POST", "http://[::1/"),
        Call("POST", "/send", headers={"key": "中"}),
    ],
)  # fmt: skip
def test_what_cannot_even_be_written_fails_for_good_and_stops_no_program(call: Call) -> None:
    line = Line("http://127.0.0.1:9")
    answer = line.ask(call)
    line.close()
    assert isinstance(answer, Answer)
    assert (answer.result, answer.maybe_sent, "写不出来" in answer.words) == (Result.FAILED, False, True)
