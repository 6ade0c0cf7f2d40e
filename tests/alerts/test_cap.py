"""The cap's decision: who is told letter by letter, and when several become one."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.notices.cap import Due, rationed
from county.policy.cap import Cap
from tests.alerts.makes import at

CAP = Cap(letters=3, wait_minutes=10)


def due(n: int, severity: str = "major", made: float = 0, limit: float | None = None, exempt: bool = False) -> Due:
    return Due(UUID(int=n), severity, at(made), None if limit is None else at(limit), exempt)


def ids(*numbers: int) -> tuple[UUID, ...]:
    return tuple(UUID(int=n) for n in numbers)


def test_below_the_cap_each_letter_goes_by_itself() -> None:
    told = rationed([due(1), due(2)], 1, None, CAP, at(0))
    assert (told.now, told.joined, told.goes_at) == (ids(1, 2), (), None)


def test_what_would_be_over_is_joined_as_a_whole_and_says_why() -> None:
    told = rationed([due(1), due(2)], 2, None, CAP, at(0))
    assert (told.now, told.joined) == ((), ids(1, 2))
    assert told.why == "60分钟内已通知2次,连同这2条超过每人3次的上限,并入汇总"


def test_without_a_cap_nothing_is_ever_joined() -> None:
    told = rationed([due(n) for n in range(500)], 1000, None, Cap(), at(0))
    assert (len(told.now), told.joined) == (500, ())


def test_what_is_urgent_or_exempt_goes_at_once_however_many_there_were() -> None:
    told = rationed([due(1, "urgent"), due(2, exempt=True), due(3)], 99, None, CAP, at(0))
    assert (told.now, told.joined) == (ids(1, 2), ids(3))


def test_while_a_digest_waits_nothing_overtakes_it_though_there_is_room_again() -> None:
    told = rationed([due(1), due(2, "urgent")], 0, at(5), CAP, at(0))
    assert (told.now, told.joined, told.goes_at) == (ids(2), ids(1), at(5))


@pytest.mark.parametrize(
    ("made", "limit", "goes"),
    [(0, None, 10), (-4, None, 6), (-600, None, 0), (0, 12, 6), (0, 600, 10), (0, -5, 10)],
    ids=["ten minutes", "since it was made", "held all night", "half of what is left", "far away", "over already"],
)
def test_a_digest_waits_some_minutes_and_never_past_half_of_the_nearest_limit(
    made: float, limit: float | None, goes: float
) -> None:
    assert rationed([due(1, made=made, limit=limit)], 3, None, CAP, at(0)).goes_at == at(goes)


def test_a_nearer_limit_pulls_the_waiting_digest_forward() -> None:
    assert rationed([due(1, limit=4)], 0, at(8), CAP, at(0)).goes_at == at(2)


letters = st.lists(
    st.tuples(st.sampled_from(["urgent", "major", "minor"]), st.integers(-900, 0), st.none() | st.integers(-60, 600),
              st.booleans()),
    max_size=30,
)  # fmt: skip


@given(letters, st.integers(0, 40), st.none() | st.integers(0, 200), st.integers(0, 20))
def test_no_letter_is_lost_doubled_or_held_too_long(
    told: list[tuple[str, int, int | None, bool]], had: int, waits: int | None, cap: int
) -> None:
    """Each goes now or is joined; nothing urgent waits; a joined letter goes while there is time to act on it."""
    every = [due(n, severity, made, limit, exempt) for n, (severity, made, limit, exempt) in enumerate(told)]
    policy, now = Cap(letters=cap, wait_minutes=10), at(0)
    until: datetime | None = None if waits is None else at(waits)
    found = rationed(every, had, until, policy, now)
    assert sorted((*found.now, *found.joined)) == [one.id for one in every]
    held = [one for one in every if one.id in found.joined]
    assert all(one.severity != "urgent" and not one.exempt for one in held)
    assert bool(held) == (found.goes_at is not None)
    if found.goes_at is not None:
        assert now <= found.goes_at <= now + timedelta(minutes=10)
        limits = [one.limit_at for one in held if one.limit_at is not None and one.limit_at > now]
        assert all(found.goes_at < limit for limit in limits)
    if not held and cap and until is None:
        assert had + len(every) <= cap or all(one.exempt or one.severity == "urgent" for one in every)


@pytest.mark.parametrize(
    "wrong",
    [{"letters": -1}, {"letters": 1001}, {"letters": 2.5}, {"letters": "3"}, {"letters": True}, {"within_minutes": 0},
     {"within_minutes": float("nan")}, {"within_minutes": 1e9}, {"wait_minutes": float("inf")}, {"wait_minutes": 0},
     {"but": []}, {"but": ["major"]}, {"but": ["urgent", "grave"]}, {"but": "urgent"}, {"per_hour": 10}],
)  # fmt: skip
def test_a_cap_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Cap.model_validate(wrong)
