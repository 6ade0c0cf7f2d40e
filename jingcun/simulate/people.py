"""How people are: when they read, whether they forget, how long they work, what they answer. Pure but for the dice."""

from __future__ import annotations

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


class Person:
    """Somebody with a telephone; the same person is quick or slow, and away on the same days, in every run."""

    def __init__(self, folk: Folk, dice: Dice) -> None:
        self._folk = folk
        self._dice = dice
        self._pace = dice.factor(0.4)
        self._away = self._leaves()

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
        return None if self.is_away(at) or self.is_away(when) else when

    def is_away(self, at: datetime) -> bool:
        """Whether the phone stays silent."""
        return any(begin <= at < end for begin, end in self._away)

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

    def _leaves(self) -> tuple[tuple[datetime, datetime], ...]:
        people, at, found = self._folk.rates.people, self._folk.begin, []
        if people.away_share <= 0:
            return ()
        between = 1 / (people.away_days * (1 - people.away_share) / people.away_share)
        while (at := at + self._dice.wait(between)) < self._folk.begin + LEAVES_DRAWN:
            end = at + self._dice.about(people.away_days * DAY, 0.5)
            found.append((at, end))
            at = end
        return tuple(found)
