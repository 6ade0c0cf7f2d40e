"""The scripted day: which camera shows what when, and who takes care of it. Values only; times in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

By = Literal["village", "township", "you", "nobody"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One rendered camera: its box, its scene, its script (``step`` tables of edge.scenes.play), its story in words."""

    camera: str
    box: str
    scene: str
    story: str
    steps: tuple[dict[str, Any], ...]
    by: By = "nobody"

    def script(self, length: float | None) -> dict[str, Any]:
        """The script as a rendered source takes it; ``length`` repeats it."""
        return {"step": list(self.steps)} | ({"length": length} if length else {})


@dataclass(frozen=True, slots=True)
class Filling:
    """One simulated bin: percent at the start and how fast it fills."""

    bin: str
    box: str
    start: float
    percent_per_hour: float
    by: By = "nobody"


@dataclass(frozen=True, slots=True)
class Day:
    """What a demo plays. ``length`` repeats the scripts; None plays them once."""

    cameras: tuple[Shown, ...]
    bins: tuple[Filling, ...]
    length: float | None = None

    def by(self, place: str) -> By:
        """Who takes care of a camera or bin."""
        found: dict[str, By] = {one.camera: one.by for one in self.cameras}
        found |= {one.bin: one.by for one in self.bins}
        return found.get(place, "you")

    @property
    def boxes(self) -> tuple[str, ...]:
        """The boxes that take part, in order."""
        return tuple(dict.fromkeys([*(one.box for one in self.cameras), *(one.box for one in self.bins)]))


@dataclass(frozen=True, slots=True)
class Pause:
    """How long a villager takes before each act, in seconds."""

    accept: float = 1.0
    arrive: float = 1.0
    clean: float = 1.5
    done: float = 0.5


QUICK = Pause()
CALM = Pause(accept=8, arrive=6, clean=8, done=3)

_CLEAN = {"at": 0, "state": "clean"}


def short_day() -> Day:
    """One day in about forty seconds: everything that must be seen happens once."""
    return Day(_cameras(1.0), (Filling("qx-bin-01", "qx-box-01", 82, 5400, "village"),))


def long_day() -> Day:
    """The day to look at: the same stories, slower, again and again, and one ticket that waits for you."""
    yours = Shown("qx-cam-05", "qx-box-03", "square", "有人留下几袋垃圾；这一单等您来处理",
                  (_CLEAN, {"at": 12, "state": "bags"}), "you")  # fmt: skip
    bins = (
        Filling("qx-bin-01", "qx-box-01", 70, 900, "village"),
        Filling("qx-bin-02", "qx-box-01", 35, 300, "village"),
        Filling("qx-bin-03", "qx-box-02", 55, 420, "village"),
    )
    return Day((*_cameras(2.5), yours), bins, length=240)


def _cameras(slow: float) -> tuple[Shown, ...]:
    def at(seconds: float, **changes: Any) -> dict[str, Any]:
        return {"at": seconds * slow, **changes}

    return (
        Shown("qx-cam-01", "qx-box-01", "lane", "有人提着垃圾走来，放下，走开；村网格员接单清理，镜头复核后结案",
              (_CLEAN, at(5, state="bags", walk=True)), "village"),
        Shown("qx-cam-02", "qx-box-01", "shop", "垃圾桶满溢、地上成堆；村里没有人接单，逐级上报到乡镇",
              (_CLEAN, at(6, state="fullpile")), "township"),
        Shown("qx-cam-03", "qx-box-02", "field", "天黑：看不清就是“未知”，不当作干净",
              (_CLEAN, at(10, light="dusk"), at(13, light="night"), at(28, light="day"))),
        Shown("qx-cam-04", "qx-box-02", "canal", "镜头脏了：同样是“未知”",
              (_CLEAN, at(9, lens=1.0), at(27, lens=0.0))),
    )  # fmt: skip
