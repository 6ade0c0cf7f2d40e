"""What became of every message and of every step of time, counted as it is committed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from alerts.values import Decision, Word
from broker.messages import Event, Reading, State
from ingest.inbox import Row


class Fate(StrEnum):
    """What became of one message: exactly one of these, or it was put aside."""

    OPENED = "opened"  # a ticket was opened because of it
    MERGED = "merged"  # it went into an alarm that is open already, or made another of an open ticket
    NOTED = "noted"  # it changed or ended something, or stands in a history
    IGNORED = "ignored"  # it changed nothing, and the reason says why


class Tally:
    """Hears every decision. ``turns`` counts rows that came out of turn: one was lost, or decided twice."""

    def __init__(self) -> None:
        self.fates: Counter[tuple[str, Fate]] = Counter()  # by kind of message
        self.words: Counter[Word] = Counter()
        self.alarms: dict[UUID, int] = {}  # how many dirty looks each alarm says that it took in
        self.turns = 0
        self.unreasoned = 0
        self.wishes = 0  # notices to send and commands to hand over that came of decisions
        self._last = 0

    def hear(self, row: Row, decisions: Sequence[Decision]) -> None:
        """One message was decided about."""
        self.turns += row.seq != self._last + 1
        self._last = row.seq
        first = decisions[0]
        if len(decisions) == 1 and first.word is Word.IGNORED:
            self.unreasoned += not first.reason
            self.fates[row.kind, Fate.IGNORED] += 1
            return
        self.note(decisions)
        self.fates[row.kind, fate_of(decisions)] += 1

    def note(self, decisions: Sequence[Decision]) -> None:
        """Something was decided, by a message or because time has passed."""
        for one in decisions:
            self.words[one.word] += 1
            self.unreasoned += not one.reason
            if one.alarm is not None:
                self.alarms[one.alarm.id] = one.alarm.merged
            self.wishes += len(one.notices) + (one.recheck is not None)

    def add(self, other: Tally) -> None:
        """Take in what was counted elsewhere, of other tickets."""
        self.fates += other.fates
        self.words += other.words
        self.alarms |= other.alarms
        self.turns += other.turns
        self.unreasoned += other.unreasoned
        self.wishes += other.wishes

    def of(self, kind: type[Event | Reading]) -> dict[str, int]:
        """How many messages of a kind had which fate."""
        return {fate.value: self.fates[kind.kind, fate] for fate in Fate}

    @property
    def opened(self) -> int:
        """How many tickets were opened."""
        return self.words[Word.OPENED]

    @property
    def decided(self) -> int:
        """How many messages were decided about."""
        return self.fates.total()


def fate_of(decisions: Sequence[Decision]) -> Fate:
    """The one fate of a message, from all that was decided about it."""
    words = {one.word for one in decisions}
    if Word.OPENED in words:
        return Fate.OPENED
    if any(takes_in(one) for one in decisions):
        return Fate.MERGED
    return Fate.IGNORED if words == {Word.IGNORED} else Fate.NOTED


def takes_in(decision: Decision) -> bool:
    """Whether an alarm begins with this decision, or takes in one more dirty look."""
    alarm = decision.alarm
    if alarm is None:
        return False
    if decision.word in (Word.OPENED, Word.ATTACHED):
        return True
    return decision.word is Word.UPDATED and alarm.state is State.DIRTY
