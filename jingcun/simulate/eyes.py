"""What the cameras see and tell, message for message as a real box would (``detect/watch.py``, ``edge/telling.py``).

An occurrence keeps its id through new, update and end; each change is told at once and again with its picture; what
stays dirty says so every half hour; what cannot be seen is unknown and never clean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from broker.downward import Command
from broker.messages import Answer, ClockSource, Event, Kind, Phase, State
from county.values import Spot
from jingcun.simulate.agenda import Agenda
from jingcun.simulate.chance import Dice
from jingcun.simulate.rates import Rates

REVISIONS = 2  # of a change: the event, and the event with its picture
PICTURE = "c0" * 32
LOOKS = 3
Say = Callable[[Event, str, datetime], None]  # an event, its village, and when it leaves the box


@dataclass(slots=True)
class Occurrence:
    """One occurrence that is told: its id, and the revision of its last change."""

    id: UUID
    revision: int = -REVISIONS


@dataclass(slots=True, eq=False)
class Thing:
    """Something that lies before a camera, true or not, and makes it dirty in one kind while it is there."""

    kind: Kind
    gone: bool = False
    told: Callable[[datetime], None] = field(default=lambda _at: None)


@dataclass(frozen=True, slots=True)
class Around:
    """What the eyes of a county share."""

    rates: Rates
    agenda: Agenda
    say: Say


class Eye:
    """One camera at one spot."""

    def __init__(self, spot: Spot, speaker: str, around: Around, dice: Dice) -> None:
        """``speaker`` is the device id on the wire."""
        self.spot = spot
        self._speaker = speaker
        self._around = around
        self._dice = dice
        self._things: dict[Kind, list[Thing]] = {}
        self._dirty: dict[Kind, Occurrence] = {}
        self._unseen: Occurrence | None = None
        self._blind = 0

    @property
    def kinds(self) -> list[Kind]:
        """What its detector is asked about."""
        return [kind for kind in Kind if kind.value in self.spot.kinds] or [Kind.GARBAGE]

    def answered(self, command: Command, at: datetime) -> Answer:
        """Say that a command is done."""
        return Answer(message_id=self._dice.id(), device=self._speaker, at=at, command_id=command.command_id,
                      outcome="done", reason="看过了")  # fmt: skip

    @property
    def sees(self) -> bool:
        """Whether it can tell clean from dirty now."""
        return not self._blind

    def shows(self, kind: Kind) -> bool:
        """Whether it has told that this kind of dirt is there."""
        return kind in self._dirty

    def put(self, thing: Thing, at: datetime) -> None:
        """Something that the detector recognises comes to lie there."""
        self._things.setdefault(thing.kind, []).append(thing)
        if self.sees:
            self._around.agenda.put(at + self._confirm, self._notice)

    def take(self, thing: Thing, at: datetime) -> None:
        """It is taken away."""
        thing.gone = True
        lying = self._things.get(thing.kind, [])
        if thing in lying:
            lying.remove(thing)
            if self.sees:
                self._around.agenda.put(at + self._confirm, self._notice)

    def glimpse(self, at: datetime, certain: bool) -> Occurrence:
        """Somebody leaves and something may lie there: told at once, then confirmed or taken back."""
        made = Occurrence(self._dice.id())
        self._tell(made, (Kind.DUMPED, State.UNKNOWN, Phase.NEW), at, "有人或车离开,留下新的东西,待确认")
        later = at + timedelta(seconds=4)
        if certain:
            self._tell(made, (Kind.DUMPED, State.DIRTY, Phase.UPDATE), later, "有人或车离开后留下新的垃圾,已确认")
        else:
            self._tell(made, (Kind.DUMPED, State.UNKNOWN, Phase.END), later, "撤回:东西又被拿走,不算乱倾倒")
        return made

    def dumped(self, thing: Thing, at: datetime) -> None:
        """A dumping that is certain: told, and open until the thing is gone."""
        self._things.setdefault(Kind.DUMPED, []).append(thing)
        made = self.glimpse(at, certain=True)
        if Kind.DUMPED not in self._dirty:
            self._open(Kind.DUMPED, made, at)
        self._mark(Kind.DUMPED, at)

    def go_blind(self, at: datetime, why: str) -> None:
        """Nothing can be seen from now on: what is open is unknown; said once."""
        self._blind += 1
        if self._blind > 1:
            return
        words = f"连续 {LOOKS} 次看不清:{why};按未知处理,不算干净"
        for kind, occurrence in self._dirty.items():
            self._tell(occurrence, (kind, State.UNKNOWN, Phase.UPDATE), at, words)
        if not self._dirty:
            self._unseen = Occurrence(self._dice.id())
            self._tell(self._unseen, (Kind.GARBAGE, State.UNKNOWN, Phase.NEW), at, words)

    def see_again(self, at: datetime) -> None:
        """Sight is back: what is still there is told again, what is gone has ended."""
        self._blind -= 1
        if self._blind:
            return
        for kind, occurrence in list(self._dirty.items()):
            if self._things.get(kind):
                self._tell(occurrence, (kind, State.DIRTY, Phase.UPDATE), at, "重新看清,仍在")
        self._notice(at)
        if self._unseen is not None and not self._dirty:
            self._tell(self._unseen, (Kind.GARBAGE, State.CLEAN, Phase.END), at, "重新看清,连续 3 次干净")
        self._unseen = None

    def flicker(self, at: datetime, back: timedelta) -> None:
        """The light changes: what lies there is told to be gone, and soon after to be there again."""
        if not self.sees:
            return
        for kind in [one for one in self._dirty if one is not Kind.DUMPED]:
            self._close(kind, at)
        self._around.agenda.put(at + back, self._notice)

    def look(self, command: Command, at: datetime) -> None:
        """Answer a command to look: exactly one change carries its id."""
        telling = self._around.rates.telling
        kinds = [command.what] if command.what is not None else self.kinds
        dirty = next((kind for kind in kinds if self._things.get(kind)), None)
        state = State.DIRTY if dirty is not None else State.CLEAN
        if self._dice.happens(telling.recheck_wrong):
            state = State.CLEAN if state is State.DIRTY else State.DIRTY
        if not self.sees or self._dice.happens(telling.recheck_blind):
            state = State.UNKNOWN
        kind = dirty or kinds[0]
        known = self._dirty.get(kind)
        words = {State.CLEAN: "复核:干净", State.DIRTY: "复核:仍在", State.UNKNOWN: "复核:看不清,不算干净"}[state]
        phase = Phase.UPDATE if known is not None else Phase.END
        occurrence = known or Occurrence(self._dice.id())
        self._tell(occurrence, (kind, state, phase), at, words, command.command_id)

    @property
    def _confirm(self) -> timedelta:
        return timedelta(seconds=self._around.rates.telling.confirm_s)

    def _notice(self, at: datetime) -> None:
        """Tell what has come to lie there and what is gone."""
        if not self.sees:
            return
        for kind, lying in self._things.items():
            if lying and kind not in self._dirty and kind is not Kind.DUMPED:
                occurrence = Occurrence(self._dice.id())
                self._tell(occurrence, (kind, State.DIRTY, Phase.NEW), at, f"连续 {LOOKS} 次看到")
                self._open(kind, occurrence, at)
                self._mark(kind, at)
        for kind in [one for one in self._dirty if not self._things.get(one)]:
            self._close(kind, at)

    def _open(self, kind: Kind, occurrence: Occurrence, at: datetime) -> None:
        self._dirty[kind] = occurrence
        self._around.agenda.put(at + self._remind_after, lambda then: self._remind(kind, occurrence, then))

    def _close(self, kind: Kind, at: datetime) -> None:
        self._tell(self._dirty.pop(kind), (kind, State.CLEAN, Phase.END), at, f"连续 {LOOKS} 次未见")

    def _mark(self, kind: Kind, at: datetime) -> None:
        for thing in self._things.get(kind, ()):
            thing.told(at)

    @property
    def _remind_after(self) -> timedelta:
        return timedelta(seconds=self._around.rates.telling.remind_s)

    def _remind(self, kind: Kind, occurrence: Occurrence, at: datetime) -> None:
        if self._dirty.get(kind) is not occurrence:
            return
        if self.sees and self._things.get(kind):
            self._tell(occurrence, (kind, State.DIRTY, Phase.UPDATE), at, "仍在")
        self._around.agenda.put(at + self._remind_after, lambda then: self._remind(kind, occurrence, then))

    def _tell(
        self, occurrence: Occurrence, what: tuple[Kind, State, Phase], at: datetime, why: str,
        command: UUID | None = None,
    ) -> None:  # fmt: skip
        kind, state, phase = what
        telling = self._around.rates.telling
        occurrence.revision += REVISIONS
        event = Event(
            message_id=self._dice.id(), device=self._speaker, at=at, clock=ClockSource.NTP,
            event_id=occurrence.id, revision=occurrence.revision, phase=phase, spot=self.spot.id, what=kind,
            state=state, reason=why, score=0.0 if state is State.CLEAN else round(self._dice.between(0.5, 0.95), 2),
            looks=LOOKS, boxes=(), picture=None, model="simulated", config="", rendered=True, command_id=command,
        )  # fmt: skip
        self._around.say(event, self.spot.region[:12], at)
        if self._dice.happens(telling.picture_told):
            again = event.model_copy(update={
                "message_id": self._dice.id(), "revision": occurrence.revision + 1, "looks": 0, "picture": PICTURE,
                "command_id": None, "phase": Phase.END if phase is Phase.END else Phase.UPDATE,
            })  # fmt: skip
            self._around.say(again, self.spot.region[:12], at + timedelta(seconds=telling.picture_s))
