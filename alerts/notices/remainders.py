"""Asks providers how many letters are left, before there is none: an account that runs low is a trouble of its own."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from alerts.channels import Answer, Channel, Result, Trouble
from alerts.channels.catalog import ChannelSettings
from alerts.notices import trouble_book
from alerts.store.book import Book
from alerts.world import World

log = logging.getLogger(__name__)
EVERY, SOON = timedelta(hours=6), timedelta(minutes=10)


@runtime_checkable
class Counted(Protocol):
    """A channel whose provider tells what is left."""

    def remains(self) -> int | Answer:
        """Letters that are left; an ``Answer`` where it did not tell."""
        ...


class Remainders:
    """Looks after what is left on the accounts of one county, where the settings give a low-water mark."""

    def __init__(
        self, book: Book, channels: Mapping[str, Channel], settings: Sequence[ChannelSettings], world: World
    ) -> None:
        """Those without ``remains``, or whose ``low_water`` is 0, are never asked."""
        marks = {one.name: getattr(one, "low_water", 0) for one in settings}
        self._marks = {name: mark for name, mark in marks.items() if mark}
        self._channels = {
            name: one for name, one in channels.items() if isinstance(one, Counted) and name in self._marks
        }
        self._book = book
        self._world = world
        self._next: dict[str, datetime] = {}

    def step(self) -> int:
        """Ask those whose time has come; returns how many."""
        now = self._world.now()
        due = [name for name in self._channels if now >= self._next.get(name, now)]
        for name in due:
            self._ask(name, now)
        return len(due)

    def _ask(self, name: str, now: datetime) -> None:
        left = self._channels[name].remains()
        if isinstance(left, Answer):
            log.warning("what is left of %s cannot be asked for: %s", name, left.words)
            self._next[name] = now + SOON
            return
        self._next[name] = now + EVERY
        mark = self._marks[name]
        with self._book.writing() as pen:
            if left >= mark:
                trouble_book.ended(pen, name, now, cause=Trouble.LOW)
                return
            words = f"套餐还剩{left}条,少于{mark}条"
            trouble_book.note(pen, name, Answer(Result.RETRY, words=words, trouble=Trouble.LOW), now)
