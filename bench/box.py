"""What a box with four cameras costs: memory of all its processes, CPU per camera and second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import av
import psutil

from bench.ground import ground, wait_until
from bench.result import Result, median
from county.qingluan import folder as qingluan_files
from edge.scenes.compose import View, compose
from edge.scenes.scene import HOME, Scene, load_scene
from jingcun.demo.stage import write_box
from jingcun.supervise import python

BOX = "qx-box-01"
SCENES = ("lane", "shop", "field", "canal")
VIDEO = (1280, 720)
SETTLE_S, SPAN_S = 15.0, 10.0
RUNS, MOMENTS = 3, 10

Cameras = Callable[[Path], list[dict[str, Any]]]
"""Makes the cameras' settings, and in the given folder what they need."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Memory in MB at its highest of ten moments, and CPU in ms per camera and second.

    ``rss_mb`` sums what each process has resident, so shared pages count in each; in ``pss_mb`` they count once.
    """

    rss_mb: float
    pss_mb: float
    cpu_ms: float


def edge_rss_4cams() -> Result:
    """Sum of the resident memory of a box with 4 rendered cameras and all its children, looking at 1 frame a second."""
    costs = measure(_rendered)
    return Result("edge_rss_4cams", median([one.rss_mb for one in costs]), "MB", len(costs))


def edge_rss_4videos() -> Result:
    """The same with 4 H.264 videos of 1280 x 720: each is decoded in a child of its own, as a network camera is."""
    costs = measure(_videos)
    return Result("edge_rss_4videos", median([one.rss_mb for one in costs]), "MB", len(costs))


def edge_pss_4videos() -> Result:
    """What that box takes from the machine: pages that its processes share are counted once."""
    costs = measure(_videos)
    return Result("edge_pss_4videos", median([one.pss_mb for one in costs]), "MB", len(costs))


def camera_cpu() -> Result:
    """CPU time of all processes of that box per camera and second (composing the rendered picture included)."""
    costs = measure(_rendered)
    return Result("camera_cpu", median([one.cpu_ms for one in costs]), "ms per camera-second", len(costs))


@cache
def measure(cameras: Cameras) -> list[Cost]:
    """Start the box without a county to talk to, let it settle, then look at its processes several times."""
    with ground(qingluan_files(demo=True), broker=False) as here:
        write_box(here.stage, BOX, {"threads": 1, "cameras": cameras(here.stage.folder)})
        child = here.start(BOX, python("-v", "edge", "--config", str(here.stage.box_toml(BOX))), b"")
        assert child.process is not None
        box = psutil.Process(child.process.pid)
        wait_until(lambda: any("edge.eyes" in one.cmdline() for one in box.children(recursive=True)), "the box to look")
        time.sleep(SETTLE_S)
        costs = []
        for _ in range(RUNS):
            before, begin = _cpu_s(box), time.monotonic()
            most = (0.0, 0.0)
            for _moment in range(MOMENTS):
                time.sleep(SPAN_S / MOMENTS)
                most = max(most, _memory_mb(box))
            per_camera = (_cpu_s(box) - before) / (time.monotonic() - begin) / len(SCENES)
            costs.append(Cost(*most, per_camera * 1000))
            print(f"  {costs[-1]}", file=sys.stderr, flush=True)
        return costs


def _rendered(_folder: Path) -> list[dict[str, Any]]:
    return [_camera(number, {"type": "rendered", "scene": name, "fps": 1.0}) for number, name in enumerate(SCENES)]


def _videos(folder: Path) -> list[dict[str, Any]]:
    made = [_video(folder / f"{name}.mp4", load_scene(Path(HOME) / name)) for name in SCENES]
    return [_camera(n, {"type": "video", "path": str(path), "fps": 1.0, "loop": True}) for n, path in enumerate(made)]


def _camera(number: int, source: dict[str, Any]) -> dict[str, Any]:
    name = f"qx-cam-{number + 1:02d}"
    polygon = load_scene(Path(HOME) / SCENES[number]).spot
    return {"name": name, "source": source, "spots": [{"name": f"{name}.spot-1", "polygon": polygon}]}


def _video(path: Path, scene: Scene) -> Path:
    """Two minutes of the place at 10 frames a second, so that no decoder starts anew while it is measured."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height = VIDEO
        stream.pix_fmt, stream.options = "yuv420p", {"preset": "ultrafast"}
        picture = av.VideoFrame.from_ndarray(compose(scene, View(), seed=1), format="bgr24").reformat(*VIDEO, "yuv420p")
        for number in range(1_200):
            picture.pts = number
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def _all(box: psutil.Process) -> list[psutil.Process]:
    return [box, *box.children(recursive=True)]


def _memory_mb(box: psutil.Process) -> tuple[float, float]:
    """RSS and PSS of all its processes."""
    each = [one.memory_full_info() for one in _all(box)]
    return sum(one.rss for one in each) / 1e6, sum(one.pss for one in each) / 1e6


def _cpu_s(box: psutil.Process) -> float:
    return sum(one.cpu_times().user + one.cpu_times().system for one in _all(box))
