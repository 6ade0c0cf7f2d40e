"""The nouns of this room: look, alarm, ticket, notice, history row, decision. Frozen; nothing here reads a clock.

A *place* is the camera or bin (device id), a *spot* a part of what it sees, a *site* the piece of ground where one or
several spots lie. An alarm is one category of dirt at one spot; a ticket is the work of one named person to end all
open alarms of one site. Categories are the county's own codes; a detector's or sensor's are ``broker.messages.Kind``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from alerts.flaps import NO_FLAPS, Flaps
from alerts.pulse import NO_PULSE, Pulse
from alerts.shown import NOTHING_SHOWN, Shown
from alerts.terms import DEALT, ENDED, PEOPLE, Check, Clock, Phase, Purpose, Source, Stage, Status, View, Word
from broker.messages import Box, State
from county.policy import Severity
from county.values import Level

if TYPE_CHECKING:
    from alerts.alarms.crossing import Fill
    from alerts.mutes.mutes import Kept, Mute

__all__ = [
    "DEALT",
    "ENDED",
    "PEOPLE",
    "Alarm",
    "Check",
    "Clock",
    "Decision",
    "History",
    "Known",
    "Look",
    "Notice",
    "Phase",
    "Photo",
    "Purpose",
    "Recheck",
    "Scene",
    "Source",
    "Stage",
    "Status",
    "Ticket",
    "View",
    "Who",
    "Word",
]


@dataclass(frozen=True, slots=True)
class Who:
    """A person on a rung of the ladder."""

    id: str
    name: str
    phone: str
    level: Level


@dataclass(frozen=True, slots=True)
class Look:
    """The last look that was applied to a key. ``order`` is a total order, so the arrival order never matters."""

    place: str
    spot: str
    kind: str
    at: datetime
    event_id: UUID
    revision: int
    state: State

    @property
    def key(self) -> str:
        """What a ticket remembers as dirty: this category at this spot."""
        return f"{self.place}/{self.spot}/{self.kind}"

    @property
    def told(self) -> frozenset[str]:
        """The keys under which people may have told the same: this category at this spot."""
        return frozenset(f"{source.place}/{self.spot}/{self.kind}" for source in PEOPLE)

    @property
    def order(self) -> tuple[datetime, UUID, int]:
        """Event time first; the event's id and revision part two looks of one instant."""
        return self.at, self.event_id, self.revision


@dataclass(frozen=True, slots=True)
class Alarm:
    """One kind of dirt at one spot, from the first dirty look to the end. At most one open per (place, spot, kind).

    ``since_at``: dirty again since then, after a clean look between; ``days``: on how many days it was still there.
    """

    id: UUID
    place: str
    spot: str
    kind: str
    ticket: UUID
    first_at: datetime
    last_at: datetime
    state: State
    reason: str
    score: float = 0.0
    looks: int = 1
    merged: int = 1
    picture: str | None = None
    boxes: tuple[Box, ...] = ()
    is_open: bool = True
    version: int = 0
    source: Source = Source.CAMERA
    since_at: datetime | None = None
    days: int = 0

    @property
    def key(self) -> str:
        """What a ticket remembers as dirty of it."""
        return f"{self.place}/{self.spot}/{self.kind}"

    @property
    def since(self) -> datetime:
        """From when on it has been there without a break."""
        return self.since_at or self.first_at


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a ticket is, as it was known when it was opened; coordinates in degrees in ``crs``.

    ``site`` is what at most one open ticket may stand for; ``way`` the lane, road or ditch it lies on, or "".
    """

    county: str
    place: str
    spot: str
    speaker: str  # the device id on the wire that answers commands
    region: str
    zone: str
    place_name: str
    spot_name: str
    longitude: float | None
    latitude: float | None
    crs: str
    site: str = ""
    way: str = ""

    @property
    def village(self) -> str:
        """The 12-digit code of the village."""
        return self.region[:12]

    @property
    def township(self) -> str:
        """The 9-digit code of the township."""
        return self.region[:9]


@dataclass(frozen=True, slots=True)
class Ticket:
    """The work on one spot. ``level`` is how far up it has climbed, ``person`` who must act next.

    ``round`` rises with each reminder, return and rework; ``calling`` says that the notices of this round are still
    wanted. ``due_at`` is the limit people see, ``next_at`` when the sweep must look again. ``kinds`` are the categories
    that were found, ``dirty`` the keys of looks (spot and category) that last were not clean. ``earlier`` is the ticket
    of this site that had ended when it relapsed, ``relapse`` how many ended ones it relapsed after (反弹). ``revision``
    is the county's revision whose rules it follows. ``shown`` is the proof so far, ``flaps`` how often the place
    turned lately. ``meant`` is the rung for which it was meant, while it is higher up because nobody is there;
    ``given`` the id of whom it was given to by name (转办). ``floor`` is the severity below which it does not fall,
    for it came back (反弹). ``version`` rises by one with each change. ``kept_from`` are ids of people who must not
    judge it, for they reported it: known while somebody decides, and never stored or shown.
    """

    id: UUID
    scene: Scene
    what: str
    severity: Severity
    status: Status
    stage: Stage
    level: Level
    person: Who
    seen_at: datetime
    opened_at: datetime
    kinds: tuple[str, ...]
    dirty: tuple[str, ...]
    due_at: datetime | None
    due_clock: Clock | None
    next_at: datetime | None
    round: int = 0
    calling: bool = False
    number: str = ""
    handler: Who | None = None
    accepted_at: datetime | None = None
    arrived_at: datetime | None = None
    done_at: datetime | None = None
    closed_at: datetime | None = None
    check: Check = Check.NONE
    command: UUID | None = None
    tries: int = 0
    reworks: int = 0
    overdue: bool = False
    in_time: bool | None = None
    denied_by: str = ""
    rendered: bool = False
    version: int = 0
    source: Source = Source.CAMERA
    earlier: UUID | None = None
    relapse: int = 0
    revision: int = 0
    shown: Shown = NOTHING_SHOWN
    flaps: Flaps = NO_FLAPS
    meant: Level | None = None
    given: str = ""
    floor: Severity | None = None
    pulse: Pulse = NO_PULSE
    kept_from: frozenset[str] = field(default=frozenset(), compare=False, repr=False)

    @property
    def area(self) -> tuple[str, str, str]:
        """By which its people are found: region code, spot, and category."""
        return self.scene.region, self.scene.spot, self.what

    @property
    def is_open(self) -> bool:
        """Whether it is still work."""
        return self.status.is_open


@dataclass(frozen=True, slots=True)
class Notice:
    """Wish to tell one person something by one route (``wechat > sms``).

    Unique by (ticket, level, round, person, route, ask).

    With ``ask`` it is about that ask, and not about the ticket's own step; with ``mute`` (its number) it is about that
    mute, and ``ticket`` is an id that stands for it.
    """

    id: UUID
    ticket: UUID
    level: Level
    round: int
    person: Who
    route: str
    purpose: Purpose
    words: str  # the text without the link, which is added when it is sent
    ask: UUID | None = None
    mute: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """One change of a ticket, or a note (old == new), with the limit that runs afterwards.

    ``settles_at``: the place turns again and again and is clean just now (反复变化); until then the limit may pass.
    """

    old: str
    new: str
    stage: Stage
    when: datetime
    why: str
    by: str  # "系统" or the person's name
    person: str  # who had to act afterwards
    level: Level
    severity: Severity
    due_at: datetime | None = None
    clock: Clock | None = None
    settles_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recheck:
    """Ask the device that speaks for a spot to look again before ``expires_at``."""

    command_id: UUID
    device: str
    spot: str
    what: str | None
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture that somebody handed in with an act or a report, at ``at``; ``person`` is a name or a source.

    Where and when it was taken is what the phone says: degrees in ``crs`` (stored: WGS-84), ``taken_at``. ``doubts``
    say in Chinese what does not fit; they refuse nothing.
    """

    sha256: str
    at: datetime
    person: str
    view: View | None = None
    phase: Phase | None = None
    longitude: float | None = None
    latitude: float | None = None
    crs: str = ""
    taken_at: datetime | None = None
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Voice:
    """What somebody said into the phone instead of typing: the file, its media type, and how long it is, in seconds."""

    sha256: str
    kind: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What shall be written, and why, in plain Chinese. Values are whole; None means "leave it"."""

    word: Word
    reason: str
    looks: tuple[Look, ...] = ()
    alarm: Alarm | None = None
    ticket: Ticket | None = None
    history: History | None = None
    notices: tuple[Notice, ...] = ()
    recheck: Recheck | None = None
    photos: tuple[Photo, ...] = ()
    kept: Kept | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the book knows about the key of a message: the last look, the open alarm, the open ticket of the site.

    ``earlier`` are the last tickets of the site that ended, newest first, told where none is open; ``beside`` the last
    looks of all kinds at the spot, told where a ticket had asked for this look. ``mutes`` are about the key, whether
    they hold now or not; ``kept`` is what was found under one and is still open. ``fills`` are what the sensors of the
    site say, told where a ticket had asked for this look. ``kept_from``: who reports it, and so never judges it.
    """

    look: Look | None = None
    alarm: Alarm | None = None
    ticket: Ticket | None = None
    earlier: tuple[Ticket, ...] = ()
    beside: tuple[Look, ...] = ()
    mutes: tuple[Mute, ...] = ()
    kept: Kept | None = None
    fills: tuple[Fill | None, ...] = ()
    kept_from: frozenset[str] = field(default=frozenset(), repr=False)
