"""The plumbing of the stand-ins: a failure that is played must reach the channel as that failure."""

from __future__ import annotations

import httpx
import pytest

from alerts.channels import Answer, Result
from alerts.channels.calling import Call, Line, Said
from tests.providers.standin import Heard, Play, Reply, StandIn, down, garbled, half_closed, said, says

ASK = Call("POST", "/发送", params={"k": "a b+c", "none": ""}, headers={"X-Odd": "1"}, json={"text": "垃圾"})


def asked(provider: StandIn, timeout: float = 5.0) -> Said | Answer:
    line = Line(provider.base, httpx.Timeout(timeout))
    try:
        return line.ask(ASK)
    finally:
        line.close()


def test_a_stand_in_hears_everything_and_answers_as_its_provider_would() -> None:
    with StandIn(lambda heard: said({"echo": heard.json()["text"]})) as provider:
        assert asked(provider) == {"echo": "垃圾"}
    heard = provider.heard[0]
    assert (heard.method, heard.path, heard.query) == ("POST", "/发送", {"k": "a b+c", "none": ""})
    assert heard.headers["x-odd"] == "1"
    assert heard.raw_query.startswith("k=a")


@pytest.mark.parametrize(
    ("play", "taken", "maybe"),
    [(down(503), 0, True), (half_closed, 1, True), (garbled, 1, True), (down(429), 0, False)],
)
def test_each_failure_spoils_one_call_and_says_whether_it_was_taken(play: Play, taken: int, maybe: bool) -> None:
    took: list[Heard] = []

    def take(heard: Heard) -> Reply:
        took.append(heard)
        return said({"ok": True, "id": "a long enough answer"})

    with StandIn(take) as provider:
        provider.plays = [play]
        answer = asked(provider)
        assert isinstance(answer, Answer)
        assert (answer.result, answer.maybe_sent) == (Result.RETRY, maybe)
        assert len(took) == taken
        assert asked(provider) == {"ok": True, "id": "a long enough answer"}


def test_a_slow_provider_takes_the_call_and_holds_no_test_up() -> None:
    took: list[Heard] = []

    def take(heard: Heard) -> Reply:
        took.append(heard)
        return said({})

    with StandIn(take) as provider:
        provider.plays = [provider.slow(60), says({"Code": "busy"}, 400)]
        answer = asked(provider, 0.3)
        assert isinstance(answer, Answer)
        assert answer.maybe_sent
        assert asked(provider) == {"Code": "busy"}
    assert len(took) == 1


def test_what_goes_wrong_inside_a_stand_in_fails_the_test() -> None:
    with pytest.raises(ZeroDivisionError), StandIn(lambda _: said(1 // 0)) as provider:
        asked(provider)
