"""The JSON of binding: which ways there are and since when, never by which id."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from screen.shapes import Shape

Way = Literal["wechat", "wecom"]
Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{32}$")]


class Body(BaseModel):
    """What the page sends. ``code`` is the code of its desk link; empty on the pages of an account."""

    code: Annotated[str, StringConstraints(max_length=64)] = ""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WayBody(Body):
    way: Way


class AttemptBody(Body):
    attempt: Token


class ConfirmBody(AttemptBody):
    """``sms``: the six digits from the message; ``pair``: the two that whoever scanned has read, none to unbind."""

    sms: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
    pair: Annotated[str, StringConstraints(pattern=r"^([0-9]{2})?$")] = ""


class WayShown(Shape):
    """``since``: 11月28日, or null where this way is not bound. ``offered``: it can be bound here."""

    way: Way
    name: str
    since: str | None
    offered: bool


class BindingShown(Shape):
    """The ways of one person; the code for a binding goes to ``phone_masked``."""

    ways: list[WayShown]
    phone_masked: str


class AttemptShown(Shape):
    """``picture``: an SVG (data:…) to scan, ``link``: the same to open inside the app; both null to unbind."""

    attempt: str
    until: datetime
    picture: str | None = None
    link: str | None = None


class StandsShown(Shape):
    """open: to be scanned; scanned: the two numbers are to be typed; done; over. ``words`` say what is wrong."""

    state: Literal["open", "scanned", "done", "over"]
    words: str = Field(default="")
