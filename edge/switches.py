"""What somebody switched at a camera while the box runs: kept over a restart, told in its health."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from broker.downward import Switch
from broker.messages import Kind
from detect.kinds import ALL, CHINESE, What
from detect.memory import OFF, Switched

KINDS: dict[Kind, What] = {Kind(what): what for what in ALL}  # what a camera can see; the rest is for sensors


class Switches(BaseModel):
    """How one camera is switched; ``Switches()`` is everything on."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    detection: bool = True
    kinds_off: tuple[Kind, ...] = ()
    pictures: bool = True
    min_score: Annotated[float, Field(ge=0, le=1)] = 0.0

    def after(self, order: Switch) -> Switches:
        """How it is switched once ``order`` is done: what the order leaves open stays."""
        told = order.model_dump(exclude_none=True)
        return Switches.model_validate(self.model_dump() | told)

    @property
    def for_the_eye(self) -> Switched:
        """What the looking needs to know of it."""
        off = set(ALL) if not self.detection else {KINDS[kind] for kind in self.kinds_off if kind in KINDS}
        return Switched(frozenset(off), self.min_score)

    @property
    def words(self) -> str:
        """What is switched otherwise than usual, in Chinese; empty when nothing is."""
        if not self.detection:
            return OFF
        parts = [f"已关闭检测：{'、'.join(self._names(self.kinds_off))}"] if self.kinds_off else []
        parts += ["不发图片"] if not self.pictures else []
        parts += [f"最低分 {self.min_score:g}"] if self.min_score else []
        return "，".join(parts)

    @staticmethod
    def _names(kinds: Iterable[Kind]) -> list[str]:
        return [CHINESE[KINDS[kind]] if kind in KINDS else kind.value for kind in kinds]


def wrong_with(order: Switch | None) -> str:
    """Why an order to switch cannot be done, empty when it can."""
    if order is None or order == Switch():
        return "it does not say what to switch; give detection, kinds_off, pictures or min_score"
    foreign = [kind.value for kind in order.kinds_off or () if kind not in KINDS]
    return f"no camera looks for {', '.join(foreign)}" if foreign else ""
