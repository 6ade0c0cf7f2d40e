"""Which findings a person judges first, and what a county may not write about it."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from county.policy.base import within
from county.policy.triage import Found, Triage, When
from tests.county.small import limits, small_policy

NOON = datetime(2026, 3, 1, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
LIMIT = {"stage": "triage", "level": "township", "value": 20, "unit": "minute"}


def found(**changes: Any) -> Found:
    told: dict[str, Any] = {"what": "dumped", "zone": "road", "source": "camera", "score": 0.5, "local": NOON}
    return Found(**{**told, **changes})


@pytest.mark.parametrize(
    ("when", "finding", "asks"),
    [
        (When(), found(), True),
        (When(categories=("dumped",)), found(), True),
        (When(categories=("garbage",)), found(), False),
        (When(zones=("road",)), found(), True),
        (When(zones=("yard",)), found(), False),
        (When(sources=("report",)), found(), False),
        (When(sources=("report",)), found(source="report"), True),
        (When(below_score=0.6), found(score=0.59), True),
        (When(below_score=0.6), found(score=0.6), False),
        (When(below_score=0.6), found(score=0.1, source="patrol"), False),
        (When(hours=((time(22), time(6)),)), found(), False),
        (When(hours=((time(22), time(6)),)), found(local=NOON.replace(hour=23)), True),
        (When(hours=((time(22), time(6)),)), found(local=NOON.replace(hour=5, minute=59)), True),
        (When(hours=((time(22), time(6)),)), found(local=NOON.replace(hour=6)), False),
        (When(categories=("dumped",), below_score=0.4), found(), False),
    ],
)
def test_all_that_a_condition_tells_must_hold(when: When, finding: Found, asks: bool) -> None:
    assert when.holds(finding) is asks
    assert Triage(when=(when,)).asks(finding) is asks
    assert Triage(when=(When(categories=("garbage",)), when)).asks(finding) is asks


def test_without_conditions_nobody_is_asked() -> None:
    assert not Triage().asks(found())


@given(st.times(), st.times(), st.times())
def test_a_span_and_its_reverse_share_out_the_day(start: time, end: time, moment: time) -> None:
    if start != end:
        assert within((start, end), moment) != within((end, start), moment)


@pytest.mark.parametrize(
    ("triage", "more", "said"),
    [
        ({"when": [{"categories": ["noise"]}]}, [LIMIT], "names noise"),
        ({"when": [{"zones": ["moon"]}]}, [LIMIT], "names moon"),
        ({"when": [{}]}, [], "stage 'triage' and level 'township'"),
        ({"when": [{}], "level": "village"}, [LIMIT], "level 'village'"),
        ({"when": [{"below_score": 2}]}, [LIMIT], "less than or equal to 1"),
        ({"when": [{"hours": [["25:00", "06:00"]]}]}, [LIMIT], "time"),
        ({"when": [{"source": ["report"]}]}, [LIMIT], "Extra inputs"),
        ({"late": "close"}, [LIMIT], "'dispatch' or 'climb'"),
    ],
)
def test_what_a_county_may_not_write_is_named(triage: dict[str, Any], more: list[Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        small_policy(triage=triage, limits=[*limits(), *more])


def test_who_judges_stands_on_a_rung_of_the_ladder() -> None:
    short = {"ladder": ["village"], "limits": [*limits(), LIMIT]}
    with pytest.raises(ValueError, match="no rung of the ladder"):
        small_policy(triage={"when": [{}]}, **short)
