"""What a camera remembers of the events it told: one open occurrence of each sort and spot, for years."""

from __future__ import annotations

from uuid import UUID

from broker.messages import ClockSource, Event
from detect.memory import Change, Phase, SpotMemory, State
from detect.watch import step
from edge.telling import Teller, When, tell
from tests.detect.test_watch import RULES, look_of
from tests.edge.letters import BOX, NOW

TELLER = Teller(BOX, "model", "config", rendered=False)


def change(key: str, state: State, phase: Phase) -> Change:
    return Change("garbage", state, phase, key, "why")


def told(
    known: dict[str, tuple[UUID, int]], *changes: tuple[str, Change]
) -> tuple[list[Event], dict[str, tuple[UUID, int]]]:
    return tell(TELLER, known, changes, When(NOW, ClockSource.NTP))


def test_a_camera_that_is_blind_each_night_and_sees_dirt_each_morning_remembers_no_more_after_years() -> None:
    memory, known = SpotMemory(), dict[str, tuple[UUID, int]]()
    for number, sign in enumerate("dddggg..." * 40):
        one = look_of(sign, number)
        memory, changes = step(memory, one, one.at, RULES)
        _, known = told(known, *(("gate", each) for each in changes))
    assert memory.number > 40
    assert len(known) <= 2


def test_a_new_occurrence_takes_the_place_of_its_own_sort_at_its_own_spot_only() -> None:
    first = told({}, ("gate", change("unknown:1", "unknown", "new")), ("gate", change("garbage:2", "dirty", "new")))[1]
    both = told(first, ("wall", change("unknown:1", "unknown", "new")))[1]
    (event,), after = told(both, ("gate", change("unknown:3", "unknown", "new")))
    assert set(after) == {"gate/garbage:2", "wall/unknown:1", "gate/unknown:3"}
    assert after["gate/garbage:2"] == first["gate/garbage:2"]
    assert event.event_id == after["gate/unknown:3"][0] != first["gate/unknown:1"][0]
