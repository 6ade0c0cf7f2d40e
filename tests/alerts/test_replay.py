"""Past messages decided again: alike under the same policy, otherwise under another, and nothing is written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.replay import STEP, NothingToReplay, compare, replay, steps, with_policy
from broker.messages import Message
from county.snapshot import County
from tests.alerts.makes import FakeInbox, at, event, reading
from tests.county.small import BIN, limits, small_county, small_policy
from tests.depth import depth

HOUR = 60.0


def inbox_of(*messages: Message) -> FakeInbox:
    inbox = FakeInbox()
    inbox.add(*messages)
    return inbox


def differ(inbox: FakeInbox, county: County, other: County, minutes: float) -> list[str]:
    end = at(minutes)
    before, after = (replay(inbox, one, at(0), end) for one in (county, other))
    return [one.words for one in compare(before, after, county, end)]


def test_the_same_policy_makes_no_difference() -> None:
    inbox = inbox_of(event(1), event(30, "clean"), event(200), reading(210, 95, BIN), reading(260, 10, BIN))
    assert differ(inbox, small_county(), small_county(), 600) == []


def test_a_ticket_climbs_in_a_replay_at_the_very_moments_of_its_limits() -> None:
    tale = replay(inbox_of(event(1)), small_county(), at(0), at(10 * HOUR))
    (ticket,) = tale.tickets.values()
    assert ticket.level == "county"
    assert tale.climbs == 2
    assert ticket.opened_at == at(1)


def test_a_longer_limit_calls_the_township_no_more() -> None:
    slow = small_county(limits=limits(5, "hour"))
    inbox = inbox_of(event(1), event(50, "clean"))
    (words,) = differ(inbox, small_county(), slow, 120)
    assert "责任级别由乡镇级变为村级" in words
    assert "超期由是变为否" in words


def test_what_is_still_there_the_next_day_rises_in_a_replay_too() -> None:
    county = small_county(limits=limits(9, "day"))
    daily = small_county(limits=limits(9, "day"), daily=[{"categories": ["garbage"], "after_hours": 24}])
    (words,) = differ(inbox_of(event(1)), county, daily, 26 * HOUR)
    assert "由重要变为紧急" in words
    assert "责任级别由村级变为乡镇级" in words
    assert differ(inbox_of(event(1), event(23 * HOUR, "clean")), county, daily, 26 * HOUR) == []


def test_a_higher_threshold_opens_no_ticket_and_a_lower_one_opens_one() -> None:
    inbox = inbox_of(reading(5, 92, BIN), reading(90, 5, BIN))
    strict = small_county(bin={"dirty": 95, "clean": 40})
    assert differ(inbox, small_county(), strict, 120) == ["新规则下不立案"]
    assert differ(inbox, strict, small_county(), 120) == ["新规则下会立案"]


def test_a_rule_holds_back_raises_later_or_grades_otherwise_in_a_replay_too() -> None:
    inbox = inbox_of(event(0), event(45, "clean"))
    rule = {"name": "r", "on": "event", "category": "garbage"}
    held, later, graver = (
        small_county(rule=[{**rule, **more}]) for more in ({"repeat": 2}, {"for_s": 1200}, {"severity": "urgent"})
    )
    assert differ(inbox, small_county(), held, 120) == ["新规则下不立案"]
    (words,) = differ(inbox, small_county(), later, 120)
    assert "立案推迟20分钟" in words
    assert differ(inbox, small_county(), graver, 120) == ["等级由重要变为紧急"]


def test_an_alarm_that_another_rule_sees_later_is_the_same_ticket_opened_later() -> None:
    inbox = inbox_of(reading(5, 92, BIN), reading(35, 97, BIN))
    (words,) = differ(inbox, small_county(), small_county(bin={"dirty": 95, "clean": 40}), 50)
    assert "立案推迟30分钟" in words


def test_only_what_arrived_in_the_time_counts() -> None:
    inbox = inbox_of(*(event(minutes) for minutes in (0, 10, 20, 30, 40)))
    told = [row.at for handful in steps(inbox, at(10), at(40)) for row in handful]
    assert told == [at(10), at(20), at(30)]


def test_an_empty_time_is_said() -> None:
    with pytest.raises(NothingToReplay, match="nothing that decides"):
        replay(inbox_of(event(0)), small_county(), at(100), at(200))


def test_only_the_policy_is_exchanged() -> None:
    county = small_county()
    other = with_policy(county, small_policy(reminder_s=60))
    assert other.policy.reminder_s == 60
    assert other.content.spots == county.content.spots
    assert other.people == county.people


@settings(max_examples=depth(60), deadline=None)
@given(st.lists(st.integers(0, 3600), max_size=60), st.integers(0, 3600), st.integers(1, 3600))
def test_every_message_of_the_time_comes_once_in_order(seconds: list[int], start: int, lasts: int) -> None:
    inbox = inbox_of(*(event(second / 60) for second in sorted(seconds)))
    begin, end = at(start / 60), at((start + lasts) / 60)
    handfuls = list(steps(inbox, begin, end))
    assert [row for handful in handfuls for row in handful] == [
        row for row in inbox.rows if begin <= row.received_at < end
    ]
    assert all(one[-1].received_at - one[0].received_at <= STEP + timedelta(0) for one in handfuls)
