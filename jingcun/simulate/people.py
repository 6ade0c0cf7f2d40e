"""How people are: when they read, whether they forget, how long they work, what they answer. Pure but for the dice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.values import Purpose
from jingcun.simulate.chance import DAY, Dice
from jingcun.simulate.rates import Rates
from jingcun.simulate.sky import Sky

FIRST_LIGHT, LAST_LIGHT = 6.5, 19.0  # nobody clears a ditch in the dark
LEAVES_DRAWN = timedelta(days=400)


class Answer(StrEnum):
    """What somebody makes of a place that wants judging."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Folk:
    """What all people of a county have in common."""

    rates: Rates
    sky: Sky
    begin: datetime


class Habits:
    """Somebody with a telephone; the same person is quick or slow, and away on the same days, in every run."""

    def __init__(self, folk: Folk, dice: Dice) -> None:
        self.folk = folk
        self.pace = dice.factor(0.4)
        self._away = tuple(_leaves(folk, dice))

    def is_away(self, at: datetime) -> bool:
        """Whether the phone stays silent."""
        return any(begin <= at < end for begin, end in self._away)


class Person:
    """Somebody over one ticket: what chance does here depends on no other ticket that they have in hand."""

    def __init__(self, habits: Habits, dice: Dice) -> None:
        self._habits, self._folk, self._pace = habits, habits.folk, habits.pace
        self._dice = dice

    def reads(self, at: datetime, purpose: str) -> datetime | None:
        """When a message that rings now makes this person act; None if it is forgotten, or nobody is there."""
        people, rates = self._folk.rates.people, self._folk.rates
        if self._dice.happens(people.forgets):
            return None
        slow = purpose in (Purpose.VERIFY, Purpose.CONFIRM, Purpose.OVERDUE)
        minutes = people.verifies_minutes if slow else people.reads_minutes
        awake = self._folk.sky.within(people.wakes_hour, people.sleeps_hour, at)
        when = awake + self._dice.about(timedelta(minutes=minutes), rates.spread) * self._pace
        when = self._folk.sky.within(people.wakes_hour, people.sleeps_hour, when)
        return None if self._habits.is_away(at) or self._habits.is_away(when) else when

    def works(self, at: datetime) -> datetime | None:
        """When what is taken on now is done; None if it is forgotten until somebody asks."""
        if self._dice.happens(self._folk.rates.people.accepts_forgets):
            return None
        return self.goes(at)

    def goes(self, at: datetime) -> datetime:
        """When somebody who sets out now is done there."""
        people = self._folk.rates.people
        begins = self._folk.sky.within(FIRST_LIGHT, LAST_LIGHT, at)
        done = begins + self._dice.about(timedelta(minutes=people.works_minutes), self._folk.rates.spread) * self._pace
        return self._folk.sky.within(FIRST_LIGHT, LAST_LIGHT + 1, done)

    def refuses(self) -> bool:
        """Whether somebody says that it is not theirs."""
        return self._dice.happens(self._folk.rates.people.refuses)

    def half(self) -> bool:
        """Whether somebody says done of what is not."""
        return self._dice.happens(self._folk.rates.people.half_done)

    def says_nothing_there(self, dirty: bool) -> bool:
        """Whether who stands there says that it is not true."""
        people = self._folk.rates.people
        return self._dice.happens(people.denies_truth if dirty else people.admits_nothing)

    def judges(self, dirty: bool) -> Answer:
        """What a second person says of the place."""
        people = self._folk.rates.people
        if self._dice.happens(people.judges_unclear):
            return Answer.UNCLEAR
        right = not self._dice.happens(people.judges_wrong)
        return Answer.YES if dirty is right else Answer.NO


def _leaves(folk: Folk, dice: Dice) -> Iterator[tuple[datetime, datetime]]:
    people, at = folk.rates.people, folk.begin
    if people.away_share <= 0:
        return
    per_day = people.away_share / (people.away_days * (1 - people.away_share))
    while (at := at + dice.wait(per_day)) < folk.begin + LEAVES_DRAWN:
        end = at + dice.about(people.away_days * DAY, 0.5)
        yield at, end
        at = end
