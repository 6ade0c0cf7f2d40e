"""The fixed words of this room: stages, states, sources, clocks, and why somebody is written to.

Each value is the stable code that the book keeps; ``words`` is what people read.
"""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """The seven links of a case, by their official names."""

    COLLECTED = "信息采集"
    FILED = "案卷建立"
    DISPATCHED = "任务派遣"
    HANDLING = "任务处理"
    REPORTED = "处理反馈"
    CHECKING = "核查结案"
    ASSESSED = "综合评价"


class Status(StrEnum):
    """What a ticket waits for. The value is the stable code, ``words`` what people read."""

    TO_CONFIRM = "to_confirm"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    ON_SITE = "on_site"
    TO_CHECK = "to_check"
    CLOSED = "closed"
    NOT_FILED = "not_filed"
    CLOSED_UNAIDED = "closed_unaided"
    ON_HOLD = "on_hold"
    FORCED = "forced"
    DROPPED = "dropped"  # an edited rule no longer calls it one; nobody saw it clean

    @property
    def words(self) -> str:
        """The Chinese name of the state."""
        return _STATUS_WORDS[self]

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self not in ENDED


ENDED = frozenset({Status.CLOSED, Status.NOT_FILED, Status.CLOSED_UNAIDED, Status.FORCED, Status.DROPPED})
DEALT = frozenset({Status.CLOSED, Status.FORCED})  # somebody was called and it ended: what may relapse
_STATUS_WORDS = {
    Status.TO_CONFIRM: "待核实",
    Status.DISPATCHED: "已派遣(待接单)",
    Status.ACCEPTED: "已接单",
    Status.ON_SITE: "处置中",
    Status.TO_CHECK: "待核查",
    Status.CLOSED: "已结案",
    Status.NOT_FILED: "不予立案",
    Status.CLOSED_UNAIDED: "自行清除",
    Status.ON_HOLD: "挂账",
    Status.FORCED: "强制结案",
    Status.DROPPED: "撤销(规则变更)",
}


class Source(StrEnum):
    """Who found it; counted apart. ``words`` is what people read."""

    CAMERA = "camera"
    SENSOR = "sensor"
    PATROL = "patrol"
    REPORT = "report"
    SUPERIOR = "superior"
    EQUIPMENT = "equipment"  # our own boxes, cameras and sensors about themselves

    @property
    def words(self) -> str:
        """The Chinese name of the source."""
        return _SOURCE_WORDS[self]

    @property
    def place(self) -> str:
        """What stands for a device in the looks of people; no device may be called so."""
        return f"@{self.value}"


PEOPLE = (Source.PATROL, Source.REPORT, Source.SUPERIOR)  # told by somebody, once: no device goes on looking
_SOURCE_WORDS = {
    Source.CAMERA: "摄像机", Source.SENSOR: "传感器", Source.PATROL: "督查", Source.REPORT: "随手拍",
    Source.SUPERIOR: "上级交办", Source.EQUIPMENT: "设备自检",
}  # fmt: skip


class Clock(StrEnum):
    """Which time limit runs."""

    TRIAGE = "triage"
    ACCEPT = "accept"
    HANDLE = "handle"
    VERIFY = "verify"
    RECHECK = "recheck"
    HOLD = "hold"


class Check(StrEnum):
    """Who finds out whether the spot is clean."""

    NONE = ""
    CAMERA = "camera"  # a command asks the camera of the spot
    READING = "reading"  # the bin's own sensor says it unasked
    PERSON = "person"  # somebody other than who dealt with it


class Word(StrEnum):
    """What a decision did, for counters and for the demo's log."""

    OPENED = "opened"
    ATTACHED = "attached"
    UPDATED = "updated"
    PICTURED = "pictured"  # an open alarm has its picture now
    MOVED = "moved"
    NOTED = "noted"
    KEPT = "kept"  # found under a mute: no ticket
    IGNORED = "ignored"


class Purpose(StrEnum):
    """Why somebody is written to."""

    DISPATCH = "dispatch"
    CLIMB = "climb"
    REMIND = "remind"
    OVERDUE = "overdue"
    REWORK = "rework"
    TRIAGE = "triage"
    CONFIRM = "confirm"
    VERIFY = "verify"
    WORSE = "worse"
    DAILY = "daily"
    STILL = "still"  # accepted, and nothing is heard: is it still worked on?
    ASKED = "asked"  # a side move waits for this person's decision
    ANSWERED = "answered"  # what became of what they asked for
    SUPERVISE = "supervise"
    HANDOVER = "handover"
    GRANT = "grant"  # a mute waits for this person's grant
    UNREACHED = "unreached"  # somebody below cannot be told
    COPY = "copy"  # 抄送: nothing is asked
    BIND = "bind"  # the code by which somebody confirms a binding; about no ticket
    DIGEST = "digest"  # 汇总: several notices in one letter


class View(StrEnum):
    """From where a photo shows it; ``words`` is what people read."""

    NEAR = "near"
    FAR = "far"
    REFERENCE = "reference"

    @property
    def words(self) -> str:
        """The Chinese name."""
        return {View.NEAR: "近景", View.FAR: "远景", View.REFERENCE: "参照物"}[self]


class Phase(StrEnum):
    """Whether a photo shows the problem or what became of it."""

    BEFORE = "before"
    AFTER = "after"

    @property
    def words(self) -> str:
        """The Chinese name."""
        return "处置前" if self is Phase.BEFORE else "处置后"
