"""Tells the people who look after the system what is wrong with a channel's account, by a channel that is not it.

A trouble is told at once, again every day, and its end too. What was told stands in the book; a kill between telling
and writing that down may double a letter, which then says so.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.bindings import reaching
from alerts.channels import By, Channel, Letter, Trouble
from alerts.notices import trouble_book
from alerts.notices.troubles import NAMES, Next, Standing, next_of, told
from alerts.store.book import Book
from alerts.tickets.moves import identity, local_day
from alerts.world import World
from county.policy.channels import split
from county.snapshot import County
from county.values import Level, Person
from ingest.store import micros

LOW = Trouble.LOW  # letters still go
log = logging.getLogger(__name__)
EVERY_S = 15.0
MOST = 5  # people, where the settings name none


def keepers_of(county: County, named: Sequence[str], now: datetime) -> tuple[Person, ...]:
    """Who looks after the system: the people named (ids), else the first of the county level, for all or for a part."""
    known = tuple(county.people[one] for one in named if one in county.people)
    if known:
        return known
    ladder, day = county.policy.ladder, local_day(county, now)
    level = Level.COUNTY if Level.COUNTY in ladder else ladder[-1]
    places = (county.code, *(one.code for one in county.townships))
    first = (county.responsible(place, level, day) for place in places)
    return tuple(dict.fromkeys(one for one in first if one is not None))[:MOST]


class Keepers:
    """Looks after the troubles of one county's channels."""

    def __init__(self, book: Book, channels: Mapping[str, Channel], named: Sequence[str], world: World) -> None:
        """``named`` are the ids of the people to tell; ``channels`` by the names that the policy uses."""
        self._book = book
        self._channels = channels
        self._named = named
        self._world = world

    def step(self) -> int:
        """Do what is due; returns how many troubles were dealt with."""
        now, dealt = self._world.now(), 0
        troubles = trouble_book.unended(self._book)
        bad = frozenset(
            one.channel for one in troubles if one.over_at is None and one.good_at is None and one.cause is not LOW
        )
        for one in troubles:
            known = one.channel in self._channels  # else server.toml has it no more, and no letter can end its trouble
            what = next_of(one, now) if known else Next.FORGET
            if what is not Next.NOTHING:
                self._deal(one, what, bad, now)
                dealt += 1
        return dealt

    def _deal(self, one: Standing, what: Next, bad: frozenset[str], now: datetime) -> None:
        stamp = micros(now)
        columns: dict[str, int | bool | None] = {}
        if what is Next.OVER:
            columns = {"over_us": stamp, "tried_us": None}
        elif what is Next.FORGET:
            columns = {"ended": True}
        else:
            self._change(one, {"tried_us": stamp})  # a kill after it leaves a sign that it may have been told
            if not self._tell(one, bad, now):
                return
            columns = {"told_us": stamp, "ended": what is Next.TELL_END}
        self._world.crash("alerts.after_send")
        self._change(one, columns)

    def _change(self, one: Standing, columns: Mapping[str, int | bool | None]) -> None:
        with self._book.writing() as pen:
            trouble_book.change(pen, one, **columns)

    def _tell(self, one: Standing, bad: frozenset[str], now: datetime) -> bool:
        """Whether somebody has it."""
        county = self._world.county()
        zone = ZoneInfo(county.calendar.zone)
        words = told(one, now, zone)
        log.warning("channel trouble: %s", words)
        people = keepers_of(county, self._named, now)
        if not people:
            log.error("channel trouble: the county level has nobody to tell")
        return sum(self._told(person, self._letter(one, person, words, now), bad) for person in people) > 0

    def _letter(self, one: Standing, person: Person, words: str, now: datetime) -> Letter:
        county = self._world.county()
        said = f"【净村·{county.name}】{words}。"
        over = one.over_at is not None
        name = str(identity("trouble", one.channel, one.cause, one.since, over, local_day(county, now), person.id))
        what = f"{one.channel}{'已恢复' if over else NAMES[one.cause]}"
        return Letter(
            name, "", "trouble", Level.COUNTY.value, 0, person.name, person.phone, said, "", what=what,
            place=county.name, maybe_doubled=one.tried_at is not None and one.tried_at != one.told_at,
        )  # fmt: skip

    def _told(self, person: Person, letter: Letter, bad: frozenset[str]) -> bool:
        """Send by the first channel that takes it: those of the person's routes, then any that knows the person."""
        for name in self._ways(person):
            channel = self._channels[name]
            address = reaching.address_now(self._book, person, channel.by)
            if name in bad or (not address and channel.by is not By.NOBODY):
                continue
            answer = channel.send(replace(letter, address=address))
            log.warning("channel trouble: told %s by %s: %s %s", person.name, name, answer.result, answer.words)
            if answer.result.went:
                return True
        return False

    def _ways(self, person: Person) -> list[str]:
        own = [name for route in self._world.county().routes(Level.COUNTY, person.id) for name in split(route)]
        others = [name for name, one in self._channels.items() if one.by is not By.NOBODY]
        return [name for name in dict.fromkeys([*own, *others]) if name in self._channels]
