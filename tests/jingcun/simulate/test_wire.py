"""What is under way: in order of arrival, held back by a dead link, late, twice, and numbered without a gap."""

from __future__ import annotations

from datetime import datetime, timedelta

from broker.messages import Reading
from ingest.inbox import Row
from jingcun.simulate.chance import Dice
from jingcun.simulate.rates import Rates
from jingcun.simulate.wire import AHEAD, Link, Page, Wire
from tests.jingcun.simulate.month import BEGIN, later, rates

QUIET = {"late": 0.0, "doubled": 0.0, "ahead": 0.0}
UP = {"outages_per_link_day": 0.0}


def wire(of: Rates) -> Wire:
    return Wire(of, lambda name: Link(Dice(1, name), of, BEGIN), "640999")


def reading(at: datetime, device: str = "bin-1") -> Reading:
    return Reading(message_id=Dice(1, f"{at}{device}").id(), device=device, at=at, spot=device, fill_percent=50)


def numbers(rows: list[Row]) -> list[int]:
    return [row.seq for row in rows]


def test_what_is_said_arrives_at_once_in_order_and_numbered() -> None:
    one = wire(rates({"noise": QUIET, "equipment": UP}))
    for minutes in (5, 1, 3, 20):
        one.say(reading(later(minutes=minutes)), "v", later(minutes=minutes))
    rows = one.arrived(later(minutes=10))
    assert [row.received_at for row in rows] == [later(minutes=minutes) for minutes in (1, 3, 5)]
    assert numbers(rows) == [1, 2, 3]
    assert (one.sent, one.under_way) == (4, 1)
    assert numbers(one.arrived(later(minutes=30))) == [4]


def test_a_dead_link_holds_back_what_is_said_until_it_is_up() -> None:
    of = rates({"noise": QUIET, "equipment": {"outages_per_link_day": 30.0, "outage_minutes": 60}})
    one = wire(of)
    moments = [later(minutes=minute) for minute in range(0, 1_440, 10)]
    for at in moments:
        one.say(reading(at), "v", at)
    rows = one.arrived(later(days=30))
    held = [row for row in rows if row.received_at > row.at]
    assert held
    assert numbers(rows) == list(range(1, len(moments) + 1))
    assert [row.received_at for row in rows] == sorted(row.received_at for row in rows)
    assert all(one.open_at("bin-1", row.received_at) == row.received_at for row in rows[-1:])


def test_who_is_heard_and_since_when_not() -> None:
    one = wire(rates({"noise": QUIET, "equipment": {"outages_per_link_day": 30.0, "outage_minutes": 60}}))
    told = [(later(minutes=minute), one.heard("bin-1", later(minutes=minute))) for minute in range(1_440)]
    assert all(since == at for at, (is_open, since) in told if is_open)
    down = [(at, since) for at, (is_open, since) in told if not is_open]
    assert down
    assert all(since <= at for at, since in down)


def test_every_message_may_be_late_and_none_is_lost() -> None:
    one = wire(rates({"noise": QUIET | {"late": 1.0}, "equipment": UP}))
    for minute in range(100):
        one.say(reading(later(minutes=minute)), "v", later(minutes=minute))
    rows = one.arrived(later(days=30))
    assert len(rows) == 100
    assert all(row.received_at > row.at for row in rows)
    assert [row.at for row in rows] != sorted(row.at for row in rows), "some came behind younger ones"


def test_what_is_sent_twice_is_the_same_message_with_two_numbers() -> None:
    one = wire(rates({"noise": QUIET | {"doubled": 1.0}, "equipment": UP}))
    one.say(reading(BEGIN), "v", BEGIN)
    first, second = one.arrived(later(days=1))
    assert first.message() is second.message()
    assert (first.seq, second.seq, one.doubled, one.sent) == (1, 2, 1, 2)
    assert second.received_at > first.received_at


def test_a_clock_that_runs_ahead_tells_a_time_to_come() -> None:
    one = wire(rates({"noise": QUIET | {"ahead": 1.0}, "equipment": UP}))
    one.say(reading(BEGIN), "v", BEGIN)
    (row,) = one.arrived(later(minutes=1))
    assert row.message().at - row.received_at == AHEAD


def test_a_page_gives_the_rows_behind_a_number() -> None:
    one, page = wire(rates({"noise": QUIET, "equipment": UP})), Page()
    assert page.read(0, 10) == []
    for minute in range(10):
        one.say(reading(later(minutes=minute)), "v", later(minutes=minute))
    one.arrived(later(minutes=4))
    page.rows = one.arrived(later(minutes=10))
    assert numbers(page.read(4, 3)) == [5, 6, 7]
    assert numbers(page.read(8, 3)) == [9, 10]
    assert page.read(10, 3) == []


def test_an_outage_is_over_after_a_while() -> None:
    of = rates({"equipment": {"outages_per_link_day": 5.0}})
    link = Link(Dice(1, "x"), of, BEGIN)
    at = BEGIN
    while link.open_at(at) == at:
        at += timedelta(minutes=1)
    up = link.open_at(at)
    assert link.down_at <= at < up
    assert link.open_at(up) == up
