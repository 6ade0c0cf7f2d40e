"""``python -m detect PATH…``: what is seen in pictures and videos, one JSON object a line."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from detect.errors import BadModel, BadSpots
from detect.finder import Finder, default_model
from detect.report import VIDEO_FPS, report
from detect.spots import WHOLE, load_spots


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0; 1 when something could not be read; 2 when model, spots or arguments are wrong."""
    parser = argparse.ArgumentParser(prog="python -m detect", description=__doc__)
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="picture, folder of pictures, video, rtsp://, /dev/video0"
    )
    parser.add_argument("--model", type=Path, default=default_model(), help="an .onnx detector")
    parser.add_argument("--spots", type=Path, help="TOML or JSON file of spots; default: the whole picture")
    parser.add_argument("--fps", type=_fps, default=VIDEO_FPS, help="looks a second in videos")
    given = parser.parse_args(arguments)
    try:
        spots = load_spots(given.spots) if given.spots else (WHOLE,)
        failed = False
        for line in report(given.paths, Finder(given.model), spots, given.fps):
            failed = failed or "error" in line
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
            sys.stdout.flush()
    except (BadModel, BadSpots) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 1 if failed else 0


def _fps(told: str) -> float:
    fps = float(told)
    if not 0.1 <= fps <= 30:
        raise argparse.ArgumentTypeError(f"{told} is not between 0.1 and 30")
    return fps


if __name__ == "__main__":
    sys.exit(main())
