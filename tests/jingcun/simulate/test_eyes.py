"""What a simulated camera tells: message for message as a box would."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from broker.downward import Command
from broker.messages import Event, Kind, Phase, State
from county.values import Spot
from jingcun.simulate.agenda import Agenda
from jingcun.simulate.chance import Dice
from jingcun.simulate.eyes import Around, Eye, Thing
from jingcun.simulate.rates import Rates
from tests.county.small import BOX, SPOTS
from tests.jingcun.simulate.month import BEGIN, later, rates

SURE = {"recheck_blind": 0.0, "recheck_wrong": 0.0}


class Box:
    """One eye with its agenda, and what it has sent."""

    def __init__(self, of: Rates, spot: Spot = SPOTS[0]) -> None:
        self.sent: list[tuple[datetime, Event]] = []
        self.agenda = Agenda()
        around = Around(of, self.agenda, lambda event, _village, at: self.sent.append((at, event)))
        self.eye = Eye(spot, BOX, around, Dice(1, "eye"))

    def told(self) -> list[tuple[str, str, str]]:
        """What was told of looks, without the pictures that follow."""
        return [(one.what.value, one.state.value, one.phase.value) for _, one in self.sent if one.looks]

    def pass_hours(self, hours: float) -> list[tuple[str, str, str]]:
        self.agenda.run(later(hours=hours))
        return self.told()

    def look(self, at: datetime, what: Kind | None = None) -> Event:
        ask = Command(command_id=uuid4(), device=BOX, name="recheck", spot=self.eye.spot.id, what=what, issued_at=at,
                      expires_at=at + timedelta(minutes=2))  # fmt: skip
        self.eye.look(ask, at)
        return next(one for _, one in reversed(self.sent) if one.command_id == ask.command_id)


@pytest.fixture
def box() -> Box:
    return Box(rates({"telling": {"picture_told": 0.0, **SURE}}))


def test_a_pile_is_told_when_it_is_seen_again_every_half_hour_and_when_it_is_gone(box: Box) -> None:
    seen: list[datetime] = []
    pile = Thing(Kind.GARBAGE, told=seen.append)
    box.eye.put(pile, BEGIN)
    assert box.pass_hours(1.1) == [("garbage", "dirty", phase) for phase in ("new", "update", "update")]
    box.eye.take(pile, later(hours=1.1))
    assert box.pass_hours(5)[-1] == ("garbage", "clean", "end")
    assert len(box.sent) == 4, "and then it is silent"
    assert len({one.event_id for _, one in box.sent}) == 1
    assert [one.revision for _, one in box.sent] == [0, 2, 4, 6]
    assert len(seen) == 1


def test_what_is_gone_before_it_was_looked_at_three_times_is_not_told(box: Box) -> None:
    dog = Thing(Kind.GARBAGE)
    box.eye.put(dog, BEGIN)
    box.eye.take(dog, later(seconds=5))
    assert box.pass_hours(2) == []


def test_two_things_of_one_kind_are_one_occurrence_until_both_are_gone(box: Box) -> None:
    one, two = Thing(Kind.GARBAGE), Thing(Kind.GARBAGE)
    box.eye.put(one, BEGIN)
    box.eye.put(two, later(minutes=1))
    box.pass_hours(0.1)
    box.eye.take(one, later(hours=0.1))
    assert box.pass_hours(0.2) == [("garbage", "dirty", "new")]
    box.eye.take(two, later(hours=0.2))
    assert box.pass_hours(0.3)[-1] == ("garbage", "clean", "end")


def test_each_change_is_told_again_with_its_picture() -> None:
    box = Box(rates({"telling": {"picture_told": 1.0}}))
    box.eye.put(Thing(Kind.GARBAGE), BEGIN)
    box.pass_hours(0.1)
    (at, first), (later_at, again) = box.sent
    assert again.tells_again
    assert (again.revision, again.event_id, again.at) == (first.revision + 1, first.event_id, first.at)
    assert later_at > at


def test_what_cannot_be_seen_is_unknown_and_never_clean(box: Box) -> None:
    pile = Thing(Kind.GARBAGE)
    box.eye.put(pile, BEGIN)
    box.pass_hours(0.1)
    box.eye.go_blind(later(hours=0.1), "雾")
    box.eye.go_blind(later(hours=0.1), "天黑")
    box.eye.take(pile, later(hours=0.2))
    assert box.pass_hours(3) == [("garbage", "dirty", "new"), ("garbage", "unknown", "update")]
    box.eye.see_again(later(hours=3))
    assert len(box.told()) == 2, "one of the two reasons is still there"
    box.eye.see_again(later(hours=4))
    assert box.told()[-1] == ("garbage", "clean", "end")


def test_a_clean_place_that_cannot_be_seen_begins_and_ends_an_unknown(box: Box) -> None:
    box.eye.go_blind(BEGIN, "雾")
    box.eye.see_again(later(hours=1))
    assert box.told() == [("garbage", "unknown", "new"), ("garbage", "clean", "end")]


def test_what_comes_in_the_dark_is_told_at_dawn(box: Box) -> None:
    box.eye.go_blind(BEGIN, "天黑")
    box.eye.put(Thing(Kind.GARBAGE), later(hours=1))
    assert box.pass_hours(5) == [("garbage", "unknown", "new")]
    box.eye.see_again(later(hours=6))
    assert box.told()[-1] == ("garbage", "dirty", "new")


def test_a_dumping_begins_unknown_and_is_confirmed_or_taken_back(box: Box) -> None:
    box.eye.glimpse(BEGIN, certain=False)
    assert box.told() == [("dumped", "unknown", "new"), ("dumped", "unknown", "end")]
    bag = Thing(Kind.DUMPED)
    box.eye.dumped(bag, later(hours=1))
    assert box.told()[2:] == [("dumped", "unknown", "new"), ("dumped", "dirty", "update")]
    box.eye.take(bag, later(hours=1.1))
    assert box.pass_hours(2)[-1] == ("dumped", "clean", "end")


def test_a_flicker_ends_what_lies_there_and_begins_it_anew(box: Box) -> None:
    box.eye.put(Thing(Kind.GARBAGE), BEGIN)
    box.pass_hours(0.1)
    box.eye.flicker(later(hours=0.1), timedelta(minutes=20))
    told = [("garbage", "dirty", "new"), ("garbage", "clean", "end"), ("garbage", "dirty", "new")]
    assert box.pass_hours(0.5) == told
    assert len({one.event_id for _, one in box.sent}) == 2


@pytest.mark.parametrize("dirty", [True, False])
def test_a_command_is_answered_by_what_lies_there(box: Box, dirty: bool) -> None:
    if dirty:
        box.eye.put(Thing(Kind.GARBAGE), BEGIN)
        box.pass_hours(0.1)
    answer = box.look(later(hours=0.2))
    assert answer.state is (State.DIRTY if dirty else State.CLEAN)
    assert answer.phase is (Phase.UPDATE if dirty else Phase.END)


def test_a_command_at_night_is_answered_unknown(box: Box) -> None:
    box.eye.go_blind(BEGIN, "天黑")
    assert box.look(later(hours=1)).state is State.UNKNOWN


def test_an_answer_about_one_kind_says_nothing_of_another(box: Box) -> None:
    box.eye.put(Thing(Kind.GARBAGE), BEGIN)
    box.pass_hours(0.1)
    assert box.look(later(hours=0.2), Kind.OVERFLOW).state is State.CLEAN
