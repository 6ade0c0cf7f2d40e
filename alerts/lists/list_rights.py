"""Who may do what with a red and black list, by the duties of the day. Pure; ``Refused`` in Chinese where not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.lists.village_list import State, VillageList
from alerts.tickets.doing import Refused
from alerts.tickets.entitled import NotEntitled, duties_today, is_helper
from county.policy.lists import Lists
from county.snapshot import County
from county.values import Level, Person

KEEPERS = frozenset({Level.TOWNSHIP, Level.COUNTY, Level.LEADER})
OBJECTORS = KEEPERS | {Level.VILLAGE}


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, by which registry, and when (aware)."""

    person: Person
    county: County
    now: datetime

    @property
    def policy(self) -> Lists:
        """The county's rule of the lists."""
        return self.county.policy.lists


def keeps(by: By, area: str) -> bool:
    """Whether somebody may draw up the lists of an area."""
    return bool(levels_over(by, area) & KEEPERS)


def levels_over(by: By, region: str) -> set[Level]:
    """The levels on which somebody answers today for all of a region; none for a helper (协管员)."""
    if is_helper(by.county, by.person.id):
        return set()
    duties = duties_today(by.county, by.person.id, by.now)
    whole = (one for one in duties if one.area.isdecimal() and not one.categories)
    return {one.level for one in whole if region.startswith(one.area)}


def must_keep(area: str, by: By) -> None:
    if not keeps(by, area):
        raise NotEntitled("只有负责整个这一片的乡镇或县级人员可以办这张榜")


def must_judge(one: VillageList, by: By) -> None:
    must_be(one, State.OBJECTION)
    if by.person.id in one.hands:
        raise NotEntitled("自己拟的或改过的榜不能自己批")
    if not levels_over(by, one.area) & set(by.policy.approve):
        names = "、".join(by.county.policy.levels.of(level) for level in by.policy.approve)
        raise NotEntitled(f"要由负责这里的{names}级人员批准")


def must_be(one: VillageList, state: State) -> None:
    if one.state is not state:
        raise Refused(f"这张榜{one.state.words}，现在不能这样办")
