"""[levels], [[category]]: a county's words for its levels and for what is found."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from broker.messages import Kind
from county.policy.base import Severity, Strict
from county.policy.equipment import Fault
from county.values import Level


class LevelNames(Strict):
    """What this county calls its levels; ``below`` names what lies under the village, from the top down."""

    leader: str = "县领导"
    county: str = "县"
    township: str = "乡镇"
    village: str = "村"
    below: tuple[str, ...] = ("组", "网格")

    def of(self, level: str) -> str:
        """The county's word for a level."""
        words = {
            Level.LEADER: self.leader, Level.COUNTY: self.county,
            Level.TOWNSHIP: self.township, Level.VILLAGE: self.village,
        }  # fmt: skip
        return words[Level(level)]

    def rung(self, level: str) -> str:
        """The same as a rank before a name: 村级, 乡镇级, 县级, and a leader as he is called."""
        return self.of(level) if level == Level.LEADER else f"{self.of(level)}级"


class Category(Strict):
    """An alarm kind as this county knows it; the codes of the national lists where they exist.

    ``remark`` stands beside the name in a ticket: how far this kind may be believed. What people report within
    ``merge_m`` metres of a known place is about that place. ``zero_target``: none may be open, one is too many.
    """

    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    name: str
    severity: Severity = "major"
    gb30428: str = ""
    gb47678: str = ""
    remark: str = ""
    merge_m: Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)] = 30
    zero_target: bool = False


UNPROVEN = "仅经渲染场景验证"
# A county that never heard of these kinds still has words for them, should one of its boxes watch for them.
_RENDERED = {
    Kind.STRAW_PILE: "柴草乱堆", Kind.MANURE_PILE: "粪堆", Kind.EARTH_PILE: "乱堆土", Kind.COAL_PILE: "煤堆",
    Kind.FLOATING_WASTE: "水面漂浮物",
}  # fmt: skip
FURTHER = (
    *(Category(code=kind, name=name, severity="minor", remark=UNPROVEN) for kind, name in _RENDERED.items()),
    Category(code=Kind.BIN_FIRE, name="垃圾桶疑似起火", severity="urgent"),
    Category(code=Kind.BIN_TILTED, name="垃圾桶倾倒", severity="major"),
    Category(code=Kind.BIN_BATTERY, name="传感器电量低", severity="minor"),
    Category(code=Kind.BIN_SIGNAL, name="传感器信号弱", severity="minor"),
    Category(code=Kind.BIN_SILENT, name="传感器无数据", severity="major"),
    Category(code=Fault.BOX_SILENT, name="盒子离线", severity="major"),
    Category(code=Fault.CAMERA_SILENT, name="摄像机离线", severity="major"),
    Category(code=Fault.CAMERA_BLIND, name="镜头看不清", severity="minor"),
    Category(code=Fault.CAMERA_DARK, name="镜头夜间过暗", severity="minor"),
    Category(code=Fault.BOX_CLOCK, name="盒子时钟不准", severity="minor"),
    Category(code=Fault.BOX_DISK, name="盒子磁盘将满", severity="minor"),
    Category(code=Fault.LINK_DOWN, name="网络中断", severity="urgent"),
    Category(code=Fault.BIN_DISAGREES, name="传感器与镜头不一致", severity="minor"),
)  # fmt: skip


def default_categories() -> tuple[Category, ...]:
    return (
        Category(code="garbage", name="暴露垃圾", severity="major", gb30428="01-02", gb47678="06010"),
        Category(code="overflow", name="垃圾桶满溢", severity="major"),
        Category(code="dumped", name="乱倾倒", severity="urgent"),
        Category(code="bin_full", name="垃圾桶满溢", severity="minor"),
        *FURTHER,
    )
