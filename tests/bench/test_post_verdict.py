"""The judgement of the post: each kind of wrong is planted once, and found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from bench.post_reckoning import call_of, settled_calls
from bench.post_verdict import CLOCKS, Door, Noticed, PostVerdict, judge_post
from bench.provider_log import Taken, Thanked

T0 = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
GOOD = Noticed("n1", "t1", "v1", 0, "dispatch", "delivered", "sms", T0, T0 + timedelta(seconds=2), maybe_doubled=False)
TAKEN = Taken("sms", "n1", "abc", T0 + timedelta(seconds=2))
NO_DOOR = Door([], {})


def judged(
    noticed: list[Noticed], taken: list[Taken], links: dict[str, datetime] | None = None,
    thanked: list[Thanked] | None = None, door: Door = NO_DOOR,
) -> PostVerdict:  # fmt: skip
    return judge_post(noticed, [(one, one.key) for one in taken], links or {}, (thanked or [], door))


def letter(id_: str, state: str, channel: str, **more: object) -> SimpleNamespace:
    call = {"ticket": "t1", "level": "village", "round": 0, "person_id": "v1", "ask": "", "purpose": "dispatch"}
    return SimpleNamespace(id=id_, state=state, channel=channel, **{**call, **more})


@pytest.mark.parametrize(
    ("beside", "settled"),
    [
        (letter("n2", "delivered", "wecom"), True),
        (letter("n2", "delivered", "file"), False),
        (letter("n2", "delivered", "robot"), False),
        (letter("n2", "failed", "wecom"), False),
        (letter("n2", "delivered", "wecom", round=1), False),
        (letter("n2", "waiting", "sms", person_id="s1", purpose="unreached", ask="n1"), True),
    ],
)
def test_a_lost_letter_is_settled_by_another_way_to_the_person_or_by_who_stands_above(
    beside: SimpleNamespace, settled: bool
) -> None:
    lost = letter("n1", "failed", "sms")
    assert (call_of(lost) in settled_calls([lost, beside])) is settled


def test_a_letter_that_was_taken_once_and_is_called_delivered_is_well() -> None:
    verdict = judged([GOOD], [TAKEN], {"abc": T0}, [Thanked("n1", delivered=True)], Door([("n1", True)], {}))
    assert verdict.wrong == {}
    assert (verdict.notices, verdict.taken, verdict.doubled, verdict.receipts, verdict.worst_s) == (1, 1, 0, 1, 2.0)


@pytest.mark.parametrize(
    ("noticed", "taken", "wrong"),
    [
        (replace(GOOD, state="waiting"), [TAKEN], "without_end"),
        (replace(GOOD, state="claimed"), [TAKEN], "without_end"),
        (GOOD, [], "never_taken"),
        (replace(GOOD, state="accepted", channel="gate"), [TAKEN], "never_taken"),
        (GOOD, [TAKEN, TAKEN], "doubled_silently"),
        (replace(GOOD, state="failed", told_above=False), [], "failed_silently"),
        (replace(GOOD, final_at=T0 + timedelta(seconds=301)), [TAKEN], "late"),
    ],
)
def test_what_is_wrong_with_one_notice_is_found(noticed: Noticed, taken: list[Taken], wrong: str) -> None:
    assert judged([noticed], taken).wrong == {wrong: 1}


@pytest.mark.parametrize("state", ["delivered", "accepted", "failed", "declined", "unwanted"])
def test_each_end_is_an_end(state: str) -> None:
    assert judged([replace(GOOD, state=state)], [TAKEN]).wrong == {}


def test_a_letter_taken_twice_is_only_counted_where_the_book_says_that_it_may_be() -> None:
    verdict = judged([replace(GOOD, maybe_doubled=True)], [TAKEN, TAKEN, TAKEN])
    assert (verdict.doubled, verdict.wrong) == (2, {})


def test_the_same_notice_at_two_providers_is_a_route_and_no_double() -> None:
    assert judged([GOOD], [replace(TAKEN, provider="wechat"), TAKEN]).wrong == {}


@pytest.mark.parametrize(("late_s", "wrong"), [(CLOCKS.total_seconds() - 1, {}), (30.0, {"after_the_end": 1})])
def test_a_claim_after_the_act_that_ended_the_step_is_found(late_s: float, wrong: dict[str, int]) -> None:
    ended = T0 + timedelta(seconds=10)
    verdict = judged([replace(GOOD, ended=ended)], [TAKEN], {"abc": ended + timedelta(seconds=late_s)})
    assert verdict.wrong == wrong


def test_a_letter_of_an_earlier_round_after_a_later_one_is_found() -> None:
    second = replace(GOOD, id="n2", round=1, purpose="remind")
    letters = [replace(TAKEN, key="n2"), TAKEN]
    assert judged([GOOD, second], letters).wrong == {"out_of_order": 1}
    assert judged([GOOD, second], letters[::-1]).wrong == {}
    assert judged([GOOD, replace(second, person="v2")], letters).wrong == {}, "of somebody else"
    assert judged([GOOD, replace(second, ticket="t2")], letters).wrong == {}, "of another ticket"


def test_a_receipt_that_was_thanked_for_stands_in_the_book_once_and_moves_its_notice_once() -> None:
    thanked = [Thanked("n1", delivered=True), Thanked("n1", delivered=True)]
    assert judged([GOOD], [TAKEN], None, thanked, Door([("n1", True)], {("n1", "sms"): 1})).wrong == {}
    assert judged([GOOD], [TAKEN], None, thanked, NO_DOOR).wrong == {"receipts_lost": 1}
    twice = Door([("n1", True)], {("n1", "sms"): 2})
    assert judged([GOOD], [TAKEN], None, thanked, twice).wrong == {"receipts_twice": 1}


def test_nothing_at_all_is_no_fault() -> None:
    assert judged([], []).wrong == {}
