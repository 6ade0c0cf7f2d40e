"""``python -m bench [--only a,b]``: one JSON line per figure on stdout, what happens meanwhile on stderr."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
import time
from collections.abc import Callable

from bench.result import Result

# Measured one after another in this order; each module is loaded only when its turn comes.
WHERE = {
    "door_rate": "bench.door",
    "door_rate_node_red": "bench.stored",
    "door_rate_node_red_flood": "bench.stored",
    "door_rate_node_red_joined": "bench.stored",
    "door_p99_1000": "bench.door",
    "door_flood": "bench.door",
    "outage_kept": "bench.stored",
    "notice_p99_1000": "bench.notice",
    "notice_after_outage": "bench.backlog",
    "notices_5000": "bench.letters",
    "notices_5000_one": "bench.letters",
    "detector_overhead_640": "bench.detector",
    "detector_overhead_320": "bench.detector",
    "month_reduction": "bench.reduction",
    "history_30d_500bins": "bench.history",
    "history_30d_500bins_hourly": "bench.history",
    "camera_cpu": "bench.box",
    "edge_rss_4cams": "bench.box",
    "edge_rss_4videos": "bench.box",
    "edge_pss_4videos": "bench.box",
    "glimpse_still_hour": "bench.glimpse",
    "glimpse_live_minute": "bench.glimpse",
    "wall_bytes_gz": "bench.wall",
    "wall_paint": "bench.paint",
    "wall_rest": "bench.paint",
    "fanout_p99": "bench.fanout",
    "fanout_core": "bench.fanout",
    "queue_p95": "bench.queue",
    "queue_p95_postgresql": "bench.queue",
}
NEEDS = {
    "wall_paint": "playwright",
    "wall_rest": "playwright",
}  # what `make bench` does not install; without it the name is left out
NOT_YET = ("assess_year",)


class UnknownBench(ValueError):
    """A name that measures nothing; the text says which names there are."""


def chosen(only: str | None) -> list[str]:
    """The names to measure, in our order; ``UnknownBench`` for any other."""
    if only is None:
        return [name for name in WHERE if name not in NEEDS or importlib.util.find_spec(NEEDS[name])]
    wanted = [name for name in (part.strip() for part in only.split(",")) if name]
    unknown = [name for name in wanted if name not in WHERE]
    if unknown or not wanted:
        later = f"; not measured yet: {', '.join(NOT_YET)}" if set(unknown) & set(NOT_YET) else ""
        raise UnknownBench(f"no such bench: {', '.join(unknown) or only!r}. There are {', '.join(WHERE)}{later}")
    return [name for name in WHERE if name in wanted]


def measured(name: str) -> Callable[[], Result]:
    """The function behind a name."""
    function: Callable[[], Result] = getattr(importlib.import_module(WHERE[name]), name)
    return function


def main(arguments: list[str] | None = None) -> int:
    """Measure; exit status 2 for an unknown name, 1 when a figure could not be measured."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Speed and memory, beside a peer where there is one"
    )
    parser.add_argument("--only", help="names, separated by commas")
    given = parser.parse_args(arguments)
    try:
        names = chosen(given.only)
    except UnknownBench as problem:
        print(f"bench: {problem}", file=sys.stderr)
        return 2
    failed = 0
    for name in names:
        begin = time.monotonic()
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            print(measured(name)().line(), flush=True)
        except (ImportError, OSError, RuntimeError, ValueError) as problem:
            failed += 1
            print(f"bench: {name} could not be measured: {problem}", file=sys.stderr, flush=True)
        print(f"{name} took {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
