"""The boxes of the demo: rendered cameras and simulated bins of a day, or the user's own cameras."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from county.snapshot import County
from detect.piped import is_live
from edge.scenes.scene import HOME, load_scene
from jingcun.demo.day import Day, Filling, Shown
from jingcun.demo.stage import Stage, write_box

OWN_BOX = "qx-box-01"
LOOKS_A_SECOND = 2.0


def write_day(stage: Stage, day: Day) -> list[str]:
    """Write the settings of every box of a day; returns the boxes."""
    for box in day.boxes:
        cameras = [_camera(stage, one, day.length) for one in day.cameras if one.box == box]
        bins = [_bin(stage, one) for one in day.bins if one.box == box]
        write_box(stage, box, {**_pace(), "cameras": cameras, "bins": bins})
    return list(day.boxes)


def own_cameras(county: County, sources: Sequence[str]) -> list[str]:
    """The registered cameras that stand for the user's own; ``ValueError`` for a missing file or too many sources."""
    for source in sources:
        _own(source)
    known = [one.id for one in county.devices.values() if one.box == OWN_BOX and one.kind == "camera"]
    if len(sources) > len(known):
        raise ValueError(f"{len(sources)} cameras given; the demo's first box has room for {len(known)}")
    return known[: len(sources)]


def write_own(stage: Stage, sources: Sequence[str]) -> list[str]:
    """Write one box with the user's own videos or streams; the whole picture is the spot."""
    cameras = [
        {"name": name, "source": _own(source), "spots": [_whole(f"{name}.spot-1")]}
        for name, source in zip(own_cameras(stage.county, sources), sources, strict=True)
    ]
    write_box(stage, OWN_BOX, {**_pace(), "cameras": cameras})
    return [OWN_BOX]


def _pace() -> dict[str, Any]:
    return {"health_s": 2, "coverage_s": 4, "threads": 1}


def _camera(stage: Stage, one: Shown, length: float | None) -> dict[str, Any]:
    source = {
        "type": "rendered",
        "scene": one.scene,
        "fps": LOOKS_A_SECOND,
        "script": one.script(length),
        "world": stage.world(one.camera),
    }
    spot = {"name": f"{one.camera}.spot-1", "polygon": load_scene(Path(HOME) / one.scene).spot}
    return {"name": one.camera, "source": source, "spots": [spot], "look_at_least_s": 1.0}


def _bin(stage: Stage, one: Filling) -> dict[str, Any]:
    source = {
        "type": "simulated",
        "start_percent": one.start,
        "percent_per_hour": one.percent_per_hour,
        "every_s": 1.0,
        "world": stage.world(one.bin),
    }
    return {"name": one.bin, "source": source}


def _own(source: str) -> dict[str, Any]:
    if is_live(source):
        return {"type": "stream", "url": source, "fps": LOOKS_A_SECOND}
    path = Path(source).resolve()
    if not path.is_file():
        raise ValueError(f"--camera {source}: no such file; give a video, an rtsp:// address or /dev/video0")
    return {"type": "video", "path": path, "fps": LOOKS_A_SECOND, "loop": True}


def _whole(name: str) -> dict[str, Any]:
    return {"name": name, "polygon": [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]}
