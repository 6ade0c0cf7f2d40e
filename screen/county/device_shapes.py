"""The JSON of the devices page: rows, one device whole, what is found but not registered, and what is asked for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from screen.shapes import Shape
from screen.wall.place_shapes import Kind, StillShown

Text = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$", strip_whitespace=True)]
Reason = Annotated[
    str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00]*$", strip_whitespace=True)
]  # fmt: skip
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{0,24}$")]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
OptionalId = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9][A-Za-z0-9_.-]{0,63})?$")]
Degrees = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Depth = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
Revision = Annotated[int, Field(ge=0, le=2**31)]


class DevicesAsked(BaseModel):
    """Which devices; ``state`` lacking: cameras whose legal record has gaps. ``scope`` is a region code."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["", "box", "camera", "bin"] = ""
    state: Literal["", "faulty", "well", "lacking"] = ""
    scope: Code = ""
    words: Annotated[str, StringConstraints(max_length=40, pattern=r"^[^\x00]*$", strip_whitespace=True)] = ""
    limit: int = Field(default=100, ge=1, le=500)
    offset: int = Field(default=0, ge=0, le=100_000)


class DeviceRow(Shape):
    """One device as it is now.

    ``words``: what is wrong, "" for nothing; ``clock_off_s``: by how many seconds its clock was ahead of ours;
    ``waiting``: messages in its outbox; ``lacking``: what its legal record lacks. Coordinates are degrees.
    """

    id: str
    kind: Kind
    name: str
    place: str
    village: str
    box: str
    lon: float | None
    lat: float | None
    well: bool
    words: str
    heard_at: datetime | None
    facts: list[str]
    version: str
    clock_off_s: float | None
    waiting: int
    dead_letters: int
    lacking: list[str]


class Point(Shape):
    """A device on the map."""

    id: str
    kind: Kind
    name: str
    lon: float
    lat: float
    well: bool


class Tally(Shape):
    """How many devices of a kind, and how many of them have a fault."""

    total: int
    faulty: int


class DevicesShown(Shape):
    """``total`` fit the question, ``shown`` is a page of them, ``points`` are all of them that stand somewhere."""

    now: datetime
    revision: int
    counts: dict[Kind, Tally]
    lacking: int
    total: int
    shown: list[DeviceRow]
    points: list[Point]


class CredentialShown(Shape):
    """``state``: valid, revoked, none, or box where the device speaks through one. Times of its newest credential."""

    state: Literal["valid", "revoked", "none", "box"]
    made_at: datetime | None = None
    made_by: str = ""
    revoked_at: datetime | None = None
    revoked_why: str = ""


class InvitationShown(Shape):
    """The newest one-time code, never the code itself: open, used, or over (late, or guessed at too often)."""

    state: Literal["open", "used", "over"]
    made_at: datetime
    made_by: str
    expires_at: datetime
    tries: int


class ViewerNamed(Shape):
    """A level, or a person, to whom a camera's pictures are kept."""

    code: str
    name: str


class LegalShown(Shape):
    """A camera's record by the video regulation. Without ``viewers`` whoever's part it stands in sees its pictures."""

    basis: str
    basis_words: str
    purpose: str
    sign_date: date | None
    consent: str
    lacking: list[str]
    viewers: list[ViewerNamed]


class ConfigShown(Shape):
    """What the county wished of a box and what it answered.

    ``state``: none (nothing wished), unsent (drawn, not yet wished), sent, trying, running, refused.
    """

    state: Literal["none", "unsent", "sent", "trying", "running", "refused"]
    words: str
    wanted: int | None = None
    author: str = ""
    reason: str = ""
    at: datetime | None = None
    runs: int | None = None
    answered_at: datetime | None = None


class SpotLine(Shape):
    id: str
    name: str
    zone_name: str
    kind_names: list[str]
    whole: bool


class OpenTicket(Shape):
    id: str
    number: str
    what_name: str
    spot: str
    spot_name: str
    severity: str
    at: datetime


class DeviceShown(Shape):
    """One device whole: how it is, how it stands with secrets, what it looks at, what is open there."""

    now: datetime
    revision: int
    device: DeviceRow
    valid_from: date | None
    valid_to: date | None
    behind: list[DeviceRow]
    credential: CredentialShown
    invitation: InvitationShown | None
    legal: LegalShown | None
    config: ConfigShown | None
    spots: list[SpotLine]
    masks: int
    still: StillShown | None
    tickets: list[OpenTicket]


class Found(Shape):
    """Something that speaks or is spoken of and stands in no registry; ``times`` its refused messages."""

    kind: Literal["box", "camera", "bin", "truck", "spot"]
    id: str
    by: str
    village: str
    place: str
    times: int


class InviteShown(Shape):
    """A one-time code, shown this once; ``command`` is what the installer types at the box, ``qr`` the same to scan."""

    device: str
    code: str
    expires_at: datetime
    command: str
    qr: str


class SecretShown(Shape):
    """A new secret, shown this once; the older one no longer works."""

    device: str
    secret: str


class ReasonBody(Shape):
    """Why."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [{"reason": "盒子被盗"}]})

    reason: Reason


class DeviceBody(Shape):
    """A device to be entered in the county's files, or whose record is corrected (``known``).

    ``after`` is the revision that was looked at; ``dry``: only say what would change.
    """

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {"after": 3, "reason": "新装", "id": "cam-9", "kind": "camera", "name": "村口摄像机",
                 "village": "640999101200", "box": "box-1", "longitude": 106.2, "latitude": 36.1,
                 "legal_basis": "art7", "purpose": "公共环境卫生", "sign_date": "2026-03-01"}
            ]
        },
    )  # fmt: skip

    after: Revision
    reason: Text = ""
    dry: bool = False
    known: bool = False
    id: Id
    kind: Kind
    name: Annotated[Text, StringConstraints(min_length=1)]
    village: Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
    box: OptionalId = ""
    longitude: Degrees | None = None
    latitude: Degrees | None = None
    legal_basis: Literal["", "art7", "art9", "non-public"] = ""
    purpose: Text = ""
    sign_date: date | None = None
    consent: Text = ""
    viewers: Annotated[tuple[Id, ...], Field(max_length=50)] = ()
    empty_mm: Depth | None = None
    full_mm: Depth | None = None


class Saved(Shape):
    """The revision that holds now (with ``dry`` the one that was looked at) and what changed, a line each."""

    revision: int
    changes: list[str]
