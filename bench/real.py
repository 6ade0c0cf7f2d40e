"""``make real``: the whole loop on real pictures and clips, which lie beside the project and are never part of it.

One box plays recordings as cameras: the clips (nobody dumps anything in them), every dirty phone photo held for some
jittered looks, photos after which the camera is turned away, and garbage crops laid on a real background and taken
off again. Broker, ingest and alerts are the real programs. The detector was trained on these photos: this proves the
loop, not the detector.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from alerts.store.book import Book
from alerts.store.queries import Filters, Reader
from alerts.values import Status, Ticket
from bench.shared_data import (
    CLIPS,
    Picture,
    cut_out,
    dirty_phone_photos,
    jittered,
    pasted,
    shared,
    turned_away,
    write_looks,
)
from broker.embedded import EmbeddedBroker
from broker.messages import Event, Health, Kind, State
from county.files import Folder
from county.qingluan import folder as qingluan_files
from county.qingluan import without_rules
from detect.finder import Finder, default_model
from detect.frames import open_video, read_picture
from ingest.inbox import Inbox
from ingest.latest import Latest
from jingcun.demo.stage import Stage, set_stage, write_box
from jingcun.demo.tally import tally, waiting
from jingcun.supervise import Child, Family, python

BOX = "qx-box-01"
LOOKS, CLIP_FPS = 10, 2.0
AT_ONCE, PATIENCE_S = 16, 600.0  # cameras that the box plays at a time, and how long such a batch may take
AWAY, PASTED = 6, 6  # how many photos are turned away from, how many crops are laid down and taken off
WANTED_PHOTOS = 54
GROUND, HEAP_AT, SEEN = "car-detection.mp4", (0.62, 0.62), 0.5


@dataclass(frozen=True, slots=True)
class Camera:
    """One recording as a camera: what it stands for, and its source as box settings."""

    group: str
    source: dict[str, Any]


@dataclass(slots=True)
class Result:
    """What one group of cameras led to."""

    frames: int = 0
    tickets: list[list[Ticket]] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    last: list[State | None] = field(default_factory=list)


def main() -> int:
    """Print one line of JSON; exit code 0 when everything held."""
    folder = shared()
    if folder is None:
        print(json.dumps({"ok": None, "skipped": "../shared missing"}))
        return 0
    with tempfile.TemporaryDirectory(prefix="jingcun-real-") as scratch:
        results = play(Path(scratch), _cameras(folder, Path(scratch)))
    verdict = judge(results)
    print(json.dumps(verdict, ensure_ascii=False))
    return 0 if verdict["ok"] else 1


def play(scratch: Path, cameras: dict[str, Camera]) -> dict[str, Result]:
    """Run broker, ingest, alerts and one box, batch after batch, until every recording is played and decided about."""
    broker = EmbeddedBroker(scratch / "broker")
    stage = set_stage(scratch / "stage", one_box_for_all(without_rules(qingluan_files())), broker.start()[1])
    frames: dict[str, int] = {}
    try:
        with Family() as family:
            for program in ("ingest", "alerts"):
                output = scratch / f"{program}.log"
                family.add(Child(program, python(program, "--config", str(stage.server_toml)), output))
            names = list(cameras)
            for first in range(0, len(names), AT_ONCE):
                batch = {name: cameras[name] for name in names[first : first + AT_ONCE]}
                frames |= _play_batch(stage, batch, scratch / "box.log")
                _say(f"{min(first + AT_ONCE, len(names))} of {len(names)} recordings played")
        if tally(stage, [BOX]).lost:
            raise RuntimeError("messages were lost")
        return _results(stage, cameras, frames)
    finally:
        broker.stop()


def _play_batch(stage: Stage, batch: dict[str, Camera], output: Path) -> dict[str, int]:
    """Let the box play some recordings to their end; returns the frames of each."""
    _write_box(stage, batch)
    box = Child("box", python("edge", "--config", str(stage.box_toml(BOX))), output)
    box.start()
    try:
        return _wait(stage, set(batch))
    finally:
        box.stop()


def judge(results: dict[str, Result]) -> dict[str, Any]:
    """The verdict and its figures: what must hold is said in the project's issue, and once more in docs/bench.md."""
    sources = [_source(name, one) for name, one in results.items()]
    photos, away, crops = results["phone photos"], results["turned away"], results["crops on and off"]
    once = sum(len(tickets) == 1 for tickets in photos.tickets)
    twice = sum(len(tickets) > 1 for tickets in photos.tickets)
    held = {
        "clips_without_dumping": not any(results[clip].kinds[Kind.DUMPED] for clip in CLIPS),
        "photos_open_once": once >= WANTED_PHOTOS,
        "photos_never_twice": twice == 0,
        "turned_away_is_unknown": all(state is State.UNKNOWN for state in away.last),
        "turned_away_closes_nothing": not any(_closed(away)),
        "crops_open_and_close": all(len(tickets) == 1 for tickets in crops.tickets)
        and _closed(crops).count(True) == PASTED,
    }
    return {
        "ok": all(held.values()), "held": held,
        "photos": {"of": len(photos.tickets), "once": once, "twice": twice}, "sources": sources,
    }  # fmt: skip


def one_box_for_all(files: Folder) -> Folder:
    """The fictional county with every camera behind one box, so that one box can play as many recordings."""
    rows = files["devices.csv"].decode("utf-8").split("\n")
    moved = [re.sub(r"^([^,]+,camera,[^,]*,[^,]*),[^,]*,", rf"\1,{BOX},", row) for row in rows]
    return {**files, "devices.csv": "\n".join(moved).encode("utf-8")}


def _cameras(folder: Path, scratch: Path) -> dict[str, Camera]:
    """Every recording under the id of a registered camera."""
    made: list[Camera] = [
        Camera(clip, {"type": "video", "path": folder / "clips" / clip, "fps": CLIP_FPS, "fast": True})
        for clip in CLIPS
    ]
    dirty = dirty_phone_photos(folder)
    dice = np.random.default_rng(20261121)
    begin = (datetime.now(UTC) - timedelta(minutes=10)).replace(microsecond=0)
    sequences = [("phone photos", _looks(read_picture(path), LOOKS, dice)) for path in dirty]
    sequences += [("turned away", _away(read_picture(path), dice)) for path in dirty[:AWAY]]
    sequences += [("crops on and off", _on_and_off(ground, heap, dice)) for ground, heap in _seen_heaps(folder, dirty)]
    for number, (group, looks) in enumerate(sequences):
        path = scratch / "looks" / f"{number:03d}"
        write_looks(path, looks, begin)
        made.append(Camera(group, {"type": "folder", "path": path, "every_s": 0, "times": "name"}))
    return {f"qx-cam-{number:02d}" if number < 100 else f"qx-cam-{number}": one for number, one in enumerate(made, 1)}


def _looks(image: Picture, count: int, dice: np.random.Generator) -> list[Picture]:
    return [jittered(image, dice) for _ in range(count)]


def _away(image: Picture, dice: np.random.Generator) -> list[Picture]:
    return _looks(image, LOOKS, dice) + _looks(turned_away(image), LOOKS, dice)


def _on_and_off(ground: Picture, heap: Picture, dice: np.random.Generator) -> list[Picture]:
    return _looks(ground, LOOKS, dice) + _looks(heap, LOOKS, dice) + _looks(ground, LOOKS, dice)


def _seen_heaps(folder: Path, dirty: list[Path]) -> list[tuple[Picture, Picture]]:
    """An empty real road, and the same with a garbage crop on it that the detector does see there.

    Crops that it does not see say something about the detector (``make eyes``), nothing about closing.
    """
    ground = next(iter(open_video(folder / "clips" / GROUND))).image
    finder = Finder(default_model())
    found: list[tuple[Picture, Picture]] = []
    for path in dirty:
        if len(found) < PASTED and _has_pile(path):
            heap = pasted(ground, cut_out(path), HEAP_AT)
            scores = [one.score for one in finder.find(heap) if one.label == "garbage"]
            if max(scores, default=0.0) >= SEEN:
                found.append((ground, heap))
    return found


def _has_pile(path: Path) -> bool:
    text = (path.parent.parent / "labels" / f"{path.stem}.txt").read_text(encoding="utf-8")
    return any(line.startswith("0 ") for line in text.split("\n"))


def _write_box(stage: Stage, cameras: dict[str, Camera]) -> None:
    whole = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
    spot = [[0.35, 0.3], [0.9, 0.3], [0.9, 0.95], [0.35, 0.95]]
    shown = [
        {
            "name": name, "source": one.source, "gate": False, "look_at_least_s": 0.1,
            "spots": [{"name": f"{name}.spot-1", "polygon": spot if one.group == "crops on and off" else whole}],
        }
        for name, one in cameras.items()
    ]  # fmt: skip
    write_box(stage, BOX, {"health_s": 1, "silent_s": 600, "cameras": shown})


def _wait(stage: Stage, names: set[str]) -> dict[str, int]:
    """Until these recordings have ended, the outbox is empty and the engine has read everything."""
    deadline = time.monotonic() + PATIENCE_S
    with closing(Latest(stage.server.store("inbox"))) as latest:
        while time.monotonic() < deadline:
            time.sleep(1)
            health = latest.get(BOX, "health")
            said = health.message() if health else None
            cameras = said.cameras if isinstance(said, Health) else ()
            ended = {one.name for one in cameras if "ended" in one.reason} == names
            if ended and waiting(stage, [BOX]) == 0 and _all_read(stage):
                return {one.name: one.frames for one in cameras}
    raise TimeoutError(f"{len(names)} recordings did not end within {PATIENCE_S:.0f} s")


def _all_read(stage: Stage) -> bool:
    with closing(Inbox(stage.server.store("inbox"))) as inbox:
        last = max((row.seq for row in inbox.read(0, 1_000_000, {"event"})), default=0)
    with closing(Book(stage.server.store("book"), stage.county.code)) as book:
        return book.cursor() >= last


def _results(stage: Stage, cameras: dict[str, Camera], frames: dict[str, int]) -> dict[str, Result]:
    results: dict[str, Result] = {}
    events = _events(stage)
    with closing(Book(stage.server.store("book"), stage.county.code)) as book:
        reader = Reader(book)
        lines = reader.queue(Filters(open_only=False, limit=10_000))
        tickets = [ticket for line in lines if (ticket := reader.ticket(line.id)) is not None]
    for name, camera in cameras.items():
        one = results.setdefault(camera.group, Result())
        mine = [ticket for ticket in tickets if ticket.scene.place == name]
        told = [event for event in events if event.spot == f"{name}.spot-1"]
        one.frames += frames.get(name, 0)
        one.tickets.append(mine)
        one.kinds.update(kind for ticket in mine for kind in ticket.kinds)
        one.last.append(told[-1].state if told else None)
    return results


def _events(stage: Stage) -> list[Event]:
    with closing(Inbox(stage.server.store("inbox"))) as inbox:
        said = [row.message() for row in inbox.read(0, 1_000_000, {"event"})]
    return sorted((one for one in said if isinstance(one, Event)), key=lambda one: one.at)


def _closed(result: Result) -> list[bool]:
    done = (Status.CLOSED, Status.CLOSED_UNAIDED)
    return [all(ticket.status in done for ticket in tickets) and bool(tickets) for tickets in result.tickets]


def _source(name: str, one: Result) -> dict[str, Any]:
    return {
        "name": name, "frames": one.frames, "alarms": sum(one.kinds.values()), "closed": sum(_closed(one)),
        "kinds": dict(one.kinds), "unknown": sum(state is State.UNKNOWN for state in one.last),
    }  # fmt: skip


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
