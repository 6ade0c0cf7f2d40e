"""Red and black lists for tests: a county that keeps them, and the list of its township at each step."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from alerts.lists import list_acts
from alerts.lists.list_rights import By
from alerts.lists.reckoning import Tally, draft
from alerts.lists.village_list import VillageList
from county.snapshot import County
from county.values import Duty, Level, Person, Region
from tests.county.small import DUTIES, OTHER_VILLAGE, PEOPLE, REGIONS, TOWNSHIP, VILLAGE, small_county

MONTH = "2026-11"
THIRD = "640999101202"
MONDAY = datetime(2026, 12, 7, 2, 0, tzinfo=UTC)  # ten in the morning in the county
TALLIES = (Tally(VILLAGE, 12, 10, 10), Tally(OTHER_VILLAGE, 12, 10, 4, 0, 3), Tally(THIRD, 2, 2, 2))


def listing_county(**lists: Any) -> County:
    """A third village and a second officer of the township; the lists are on, with a window of three working days."""
    return small_county(
        regions=(*REGIONS, Region(THIRD, "下河村", TOWNSHIP)), people=(*PEOPLE, Person("t2", "白乡官", "19900000009")),
        duties=(*DUTIES, Duty("t2", TOWNSHIP, Level.TOWNSHIP, "副镇长", rank=1)), lists={"on": True, **lists},
    )  # fmt: skip


def by(person: str, at: datetime = MONDAY, county: County | None = None) -> By:
    county = county or listing_county()
    return By(county.people[person], county, at)


def drafted(who: By | None = None) -> VillageList:
    """石门村 red with 100 points, 上河村 black with 40, 下河村 not judged."""
    who = who or by("t1")
    return list_acts.proposed(who, TOWNSHIP, MONTH, draft(TALLIES, who.policy))


def handed_in() -> VillageList:
    return list_acts.submitted(drafted(), by("t1"))
