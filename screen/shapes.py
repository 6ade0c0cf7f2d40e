"""The JSON of ``/api/v1``, as models: what ``screen/web/src/api.ts`` mirrors and the OpenAPI document shows.

Times are ISO 8601 with zone; coordinates degrees, CGCS2000 or WGS-84; a figure that nobody measured is null, never 0.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from screen.desk.photo_shapes import Pair, Photos, PhotoShown
from screen.desk.ticket_shapes import AskShown, StageShown
from screen.desk.voice_shapes import VoiceShown

Severity = Literal["urgent", "major", "minor"]


class Shape(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(frozen=True)


class CountyHead(Shape):
    code: str
    name: str
    townships: int
    villages: int
    revision: int


class ChannelTrouble(Shape):
    """What is wrong with the account of a notification channel; ``words`` is the whole of it in one Chinese line."""

    channel: str
    cause: str
    since: datetime
    letters: int
    words: str


class Links(Shape):
    """How much of the county is connected; ``latency_s`` is the median age of health messages on arrival.

    ``engine`` is silent when the auditor has not looked for too long: what the wall shows of tickets then stands still.
    ``troubles`` are accounts of notification channels that let no letters go, the oldest first.
    """

    boxes_online: int
    boxes: int
    channel: Literal["ok", "down"]
    latency_s: float | None
    engine: Literal["ok", "silent"] = "ok"
    troubles: list[ChannelTrouble] = []


class Kpi(Shape):
    today: int
    today_delta: int | None
    waiting: int
    waiting_longest_min: int | None
    handling: int
    checking: int
    closed_today: int
    closed_mean_h: float | None
    overdue: int
    on_time_percent: float | None
    silent: int


class Funnel(Shape):
    days: int
    events: int
    alarms: int
    dispatched: int
    accepted: int
    handled: int
    closed: int


class Rank(Shape):
    code: str
    name: str
    score: float | None
    open: int
    closed: int
    overdue: int


class CategoryCount(Shape):
    what: str
    name: str
    count: int


class TownshipState(Shape):
    code: str
    name: str
    score: float | None
    open: int
    worst: Severity | None


class MapAlarm(Shape):
    ticket: str
    lon: float
    lat: float
    severity: Severity
    what_name: str
    place: str
    at: datetime


class MapCamera(Shape):
    id: str
    lon: float
    lat: float
    online: bool


BinTone = Literal["unknown", "plain", "warn", "alarm"]


class MapBin(Shape):
    """``tone`` is how it is drawn: by the county's own limits, and by a fire or a fall."""

    id: str
    lon: float
    lat: float
    fill: float | None
    tone: BinTone


class Map(Shape):
    townships: list[TownshipState]
    alarms: list[MapAlarm]
    cameras: list[MapCamera]
    bins: list[MapBin]


class Rung(Shape):
    open: int
    mean_h: float | None


class Ladder(Shape):
    county: Rung
    township: Rung
    village: Rung


class Trend(Shape):
    """24 hours, the oldest first; alarms by severity and tickets closed."""

    hours: list[datetime]
    urgent: list[int]
    major: list[int]
    minor: list[int]
    closed: list[int]


class FillSeries(Shape):
    name: str
    points: list[tuple[datetime, float]]


class FullSoon(Shape):
    """When a bin is full, in minutes from now (0: it is); ``earliest_min`` to ``latest_min`` is the middle half."""

    id: str
    name: str
    place: str
    village: str
    fill: float
    eta_min: int | None
    earliest_min: int | None
    latest_min: int | None
    tone: BinTone


class Bins(Shape):
    """Curves and the bins that are full soon; ``full_at`` is the county's own limit in percent."""

    full_at: float
    series: list[FillSeries]
    soon: list[FullSoon]


class LiveRow(Shape):
    ticket: str
    code: str
    at: datetime
    severity: Severity
    what: str
    what_name: str
    place: str
    state: str
    state_name: str
    level: str
    due_at: datetime | None


class SeenBox(Shape):
    """A thing in a picture; corners are fractions of its width and height."""

    label: str
    score: float
    x1: float
    y1: float
    x2: float
    y2: float


class Snapshot(Shape):
    ticket: str
    sha256: str
    at: datetime
    place: str
    device: str
    boxes: list[SeenBox]
    what_name: str
    rendered: bool


class Refused(Shape):
    """A device and how many of its messages wait among the dead letters."""

    device: str
    name: str
    letters: int


class Devices(Shape):
    cameras: int
    cameras_online: int
    cameras_unknown: int
    bins: int
    bins_silent: int
    dead_letters: int
    refused: list[Refused]
    tickets: int
    tickets_overdue: int


class Wall(Shape):
    """Everything that the county wall shows."""

    now: datetime
    county: CountyHead
    rendered: bool
    links: Links
    kpi: Kpi
    funnel: Funnel
    ranking: list[Rank]
    categories: list[CategoryCount]
    map: Map
    ladder: Ladder
    trend: Trend
    bins: Bins
    live: list[LiveRow]
    snapshot: Snapshot | None
    devices: Devices


class PersonMasked(Shape):
    name: str
    phone_masked: str


class Contact(Shape):
    name: str
    phone: str


class Picture(Shape):
    sha256: str
    boxes: list[SeenBox]


class Step(Shape):
    name: str
    at: datetime | None
    done: bool


class Line(Shape):
    at: datetime
    words: str


class TicketShown(Shape):
    """One ticket as a signed-in person sees it."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [{
                "ticket": "01937c1e-5f7a-7c3e-9d55-0b1f5a6c7d8e", "number": "GD-1121-0001", "what_name": "暴露垃圾",
                "severity": "major", "severity_name": "重要", "stage": "任务派遣", "state": "dispatched",
                "state_name": "已派遣(待接单)", "place": "柳林镇 石门村", "spot_name": "村口垃圾点",
                "at": "2026-11-21T08:00:00Z", "due_at": "2026-11-21T08:30:00Z", "due_kind": "accept",
                "now": "2026-11-21T08:05:00Z", "level": "village",
                "person": {"name": "张建国", "phone_masked": "138****0001"}, "township": None, "picture": None,
                "lon": 106.2, "lat": 38.4, "crs": "CGCS2000", "steps": [], "history": [], "photos": [],
                "reason": "连续3次看到垃圾", "rendered": False,
            }]
        },
    )  # fmt: skip

    ticket: str
    number: str
    what_name: str
    severity: Severity
    severity_name: str
    stage: str
    state: str
    state_name: str
    place: str
    spot_name: str
    at: datetime
    due_at: datetime | None
    due_kind: str | None
    overdue: bool = False  # some limit ran out once: it did not end, or will not end, in time
    now: datetime
    level: str
    person: PersonMasked | None
    township: Contact | None
    picture: Picture | None
    lon: float | None
    lat: float | None
    crs: str | None
    steps: list[Step]
    history: list[Line]
    voices: list[VoiceShown] = Field(default_factory=list)
    photos: list[PhotoShown]
    reason: str | None
    rendered: bool
    pair: Pair = Pair(before=None, after=None)
    sources: list[str] = []
    relapse: int = 0
    earlier: str | None = None
    stages: list[StageShown] = Field(default_factory=list)
    asks: list[AskShown] = Field(default_factory=list)


class DeskShown(TicketShown):
    """The ticket of a desk code, with what its person may do now: acts, and what asks for or answers a side move."""

    acts: list[str]
    moves: list[str] = Field(default_factory=list)
    phrases: dict[str, list[str]] = Field(default_factory=dict, description="what may be said with one tap, by act")
    map_lon: float | None = Field(default=None, description="the place as Chinese maps have it, GCJ-02 degrees")
    map_lat: float | None = None
    you: str = Field(default="", description="who the link is for, with their unit")
    near_m: float = Field(default=200, description="within so many metres one is there")
    arrived: Line | None = Field(default=None, description="how somebody arrived, the last time")


# No NUL: PostgreSQL cannot store it.
Words = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00]*$")]


class ActBody(Shape):
    """What comes with an act; which fields count depends on the act."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={"examples": [{}, {"reason": "不是我们村"}, {"photos": ["0" * 64], "words": "已清理"}]},
    )

    reason: Words = ""
    words: Words = ""
    photos: Photos = Field(default_factory=list)
    lon: float | None = Field(default=None, ge=-180, le=180)
    lat: float | None = Field(default=None, ge=-90, le=90)
    crs: Literal["CGCS2000", "WGS-84", "GCJ-02", ""] = ""


class Stored(Shape):
    sha256: str


class Health(Shape):
    """Whether the screen can read its stores."""

    ok: bool
    version: str
    pages: int
    faults: int


Geo = dict[str, Any]
