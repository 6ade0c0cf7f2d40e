"""The lines of ``jingcun detect``: one per picture; for a video one per event and a last one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from detect.boxes import Found
from detect.errors import BadPicture, BadVideo
from detect.eye import Eye, Finds
from detect.frames import PICTURE_ENDINGS, open_video, read_picture
from detect.piped import is_live
from detect.spots import WHOLE, Spot
from detect.watch import Change

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
VIDEO_FPS = 2.0

Line = dict[str, Any]


def report(
    paths: Sequence[str], finder: Finds, spots: Sequence[Spot] = (WHOLE,), fps: float = VIDEO_FPS
) -> Iterator[Line]:
    """Lines for pictures, folders (the pictures in them) and videos or streams, in the order given.

    What cannot be read gives a line ``{"path", "error"}`` and the rest goes on.
    """
    for path in paths:
        try:
            inside: Sequence[Path | str] = pictures_in(Path(path)) if Path(path).is_dir() else [path]
        except OSError as error:
            yield {"path": path, "error": f"{path}: cannot be looked into ({error.strerror}); check the path"}
            continue
        if not inside:
            yield {"path": path, "error": f"no picture in this folder; looked for {', '.join(sorted(PICTURE_ENDINGS))}"}
        for one in inside:
            yield from _lines(str(one), finder, spots, fps)


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder in the order of their names."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURE_ENDINGS and path.is_file())


def is_picture(path: str) -> bool:
    return not is_live(path) and Path(path).suffix.lower() in PICTURE_ENDINGS


def picture_line(path: str, finder: Finds) -> Line:
    """What is found in one picture, boxes in pixels of that picture; BadPicture when it cannot be read."""
    image = read_picture(Path(path))
    height, width = image.shape[:2]
    found = [
        {"label": one.label, "score": round(one.score, 4), "box": [round(side, 1) for side in _corners(one)]}
        for one in finder.find(image)
    ]
    return {"path": path, "width": width, "height": height, "found": found}


def video_lines(path: str, finder: Finds, spots: Sequence[Spot], fps: float) -> Iterator[Line]:
    """The events of a video as they are seen, then the sum; BadVideo (after that sum) when it breaks off."""
    eye, named = Eye(finder, spots), {spot.name: spot for spot in spots}
    frames = events = 0
    seconds = 0.0
    broken: BadVideo | None = None
    try:
        for frame in open_video(path, fps):
            frames += 1
            seconds = frame.at if frame.at is not None else frames / fps
            height, width = frame.image.shape[:2]
            for spot, change in eye.look(frame.image, EPOCH + timedelta(seconds=seconds)).changes:
                if change.phase != "update" or change.state == "unknown":
                    events += 1
                    yield _event(path, seconds, named[spot], change, (width, height))
    except BadVideo as error:
        broken = error
        if not frames:
            raise
    yield {"path": path, "frames": frames, "seconds": round(seconds, 3), "events": events}
    if broken is not None:
        raise broken


def _lines(path: str, finder: Finds, spots: Sequence[Spot], fps: float) -> Iterator[Line]:
    try:
        if is_picture(path):
            yield picture_line(path, finder)
        else:
            yield from video_lines(path, finder, spots, fps)
    except (BadPicture, BadVideo) as error:
        yield {"path": path, "error": str(error)}


def _event(path: str, seconds: float, spot: Spot, change: Change, size: tuple[int, int]) -> Line:
    """One event; the box is what is seen best, or the spot itself where nothing is seen."""
    best = max(change.boxes, key=lambda one: one.score, default=Found("", 0.0, *spot.bounds))
    box = [round(share * side, 1) for share, side in zip(_corners(best), size * 2, strict=True)]
    event = {"path": path, "t": round(seconds, 3), "kind": _kind(change), "spot": spot.name}
    return event | {"score": round(change.score, 4), "box": box}


def _kind(change: Change) -> str:
    """dumped, overflow or dirty when it opens; clean when it ends; unknown when it cannot be seen."""
    if change.state != "dirty":
        return change.state
    return "dirty" if change.what == "garbage" else change.what


def _corners(one: Found) -> tuple[float, float, float, float]:
    return one.x1, one.y1, one.x2, one.y2
