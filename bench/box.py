"""What a box with four cameras costs: memory of all its processes, CPU per camera and second."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.ground import ground, wait_until
from bench.result import Result, median
from county.qingluan import folder as qingluan_files
from edge.scenes.scene import HOME, load_scene
from jingcun.demo.stage import Stage, write_box
from jingcun.supervise import python

BOX = "qx-box-01"
SCENES = ("lane", "shop", "field", "canal")
SETTLE_S, SPAN_S = 15.0, 10.0
RUNS = 3


@dataclass(frozen=True, slots=True)
class Cost:
    """Resident memory in MB, and CPU in ms per camera and second."""

    rss_mb: float
    cpu_ms: float


def edge_rss_4cams() -> Result:
    """Sum of the resident memory of a box with 4 rendered cameras and all its children, looking at 1 frame a second."""
    costs = measure()
    return Result("edge_rss_4cams", median([one.rss_mb for one in costs]), "MB", len(costs))


def camera_cpu() -> Result:
    """CPU time of all processes of that box per camera and second (composing the rendered picture included)."""
    costs = measure()
    return Result("camera_cpu", median([one.cpu_ms for one in costs]), "ms per camera-second", len(costs))


def measure() -> list[Cost]:
    """Start the box without a county to talk to, let it settle, then look at its processes several times."""
    with ground(qingluan_files(demo=True), broker=False) as here:
        _write(here.stage)
        child = here.start(BOX, python("-v", "edge", "--config", str(here.stage.box_toml(BOX))), b"")
        assert child.process is not None
        box = psutil.Process(child.process.pid)
        wait_until(lambda: any("edge.eyes" in one.cmdline() for one in box.children(recursive=True)), "the box to look")
        time.sleep(SETTLE_S)
        costs = []
        for _ in range(RUNS):
            before, begin = _cpu_s(box), time.monotonic()
            time.sleep(SPAN_S)
            per_camera = (_cpu_s(box) - before) / (time.monotonic() - begin) / len(SCENES)
            costs.append(Cost(_rss_mb(box), per_camera * 1000))
            print(f"  {costs[-1]}", file=sys.stderr, flush=True)
        return costs


def _write(stage: Stage) -> None:
    cameras = []
    for number, name in enumerate(SCENES, 1):
        scene = load_scene(Path(HOME) / name)
        cameras.append({
            "name": f"qx-cam-{number:02d}",
            "source": {"type": "rendered", "scene": name, "fps": 1.0},
            "spots": [{"name": f"qx-cam-{number:02d}.spot-1", "polygon": scene.spot}],
        })  # fmt: skip
    write_box(stage, BOX, {"threads": 1, "cameras": cameras})


def _all(box: psutil.Process) -> list[psutil.Process]:
    return [box, *box.children(recursive=True)]


def _rss_mb(box: psutil.Process) -> float:
    return sum(float(one.memory_info().rss) for one in _all(box)) / 1e6


def _cpu_s(box: psutil.Process) -> float:
    return sum(one.cpu_times().user + one.cpu_times().system for one in _all(box))
