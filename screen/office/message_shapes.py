"""The JSON of the log of messages, and what its codes are called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from alerts.notices.message_log import CURSOR, Which
from screen.access.viewer import Viewer
from screen.shapes import Shape

Code = Annotated[str, StringConstraints(pattern=r"^[a-z_]{0,32}$")]
STATE_NAMES: Mapping[str, str] = MappingProxyType({
    "failed": "没有送到", "declined": "对方不收", "waiting": "待发送", "claimed": "正在发送",
    "accepted": "已提交给运营商", "delivered": "已送达", "digested": "并入汇总", "unwanted": "不用再发",
})  # fmt: skip
PURPOSES: Mapping[str, str] = MappingProxyType({
    "dispatch": "派单", "climb": "上报", "remind": "催办", "overdue": "超期提醒", "rework": "返工",
    "triage": "请先核实", "confirm": "请核实", "verify": "请核查", "worse": "变严重", "daily": "每日提醒",
    "asked": "请批复", "answered": "批复结果", "supervise": "督办", "handover": "交接", "grant": "请批静默",
    "unreached": "通知不到", "copy": "抄送", "digest": "汇总",
})  # fmt: skip


class MessageFilter(BaseModel):
    """Which messages; ``after`` is the cursor of the page before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: Literal[
        "failed", "declined", "waiting", "claimed", "accepted", "delivered", "digested", "unwanted", ""
    ] = ""  # fmt: skip
    purpose: Code = ""
    channel: Code = ""
    after: Annotated[str, StringConstraints(pattern=f"^$|{CURSOR}")] = ""
    limit: int = Field(default=100, ge=1, le=500)


class MessageShown(Shape):
    """One message; ``person`` is masked, ``words`` is what the channel answered at last, ``failed`` asks for a look."""

    id: str
    at: datetime
    person: str
    purpose: str
    purpose_name: str
    route: str
    channel: str
    state: str
    state_name: str
    failed: bool
    tries: int
    sent_at: datetime | None
    maybe_doubled: bool
    words: str
    ticket: str | None
    number: str
    place: str


class MessagePage(Shape):
    """Some messages; ``after`` begins the next page, "" at the end."""

    messages: list[MessageShown]
    after: str


def which_of(viewer: Viewer, asked: MessageFilter) -> Which:
    """What a filter means for a viewer."""
    return Which(viewer.parts, asked.state, asked.purpose, asked.channel, asked.after, asked.limit)
