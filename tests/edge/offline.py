"""A day of a box without a link, on a clock that is driven: ``python -m tests.edge.offline FOLDER BEGIN``.

It stores through the real outbox what a box with cameras and twenty bins says in a day, in the order of its times, and
says after each message that it is stored. Killed and started anew it goes on behind the last one, as a box does: what
it remembers is stored with the message. ``… spoil FILE ID`` and ``… fill FILE`` are what happens to cards.
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import cv2
import numpy as np

from broker.identity import id_of
from broker.journal import LogSettings, begin
from broker.messages import Event, Kind, Phase, Picture, Reading, State
from broker.topics import Address
from edge.outbox import Outbox, Row, row
from edge.salvage import set_aside_if_corrupt
from edge.telling import Shown, chunks
from tests.county.small import BOX, SPOT, VILLAGE
from tests.edge.card import leaf_of, spoil

ADDRESS = Address.of_village(VILLAGE, BOX)
BINS = tuple(f"bin-{n}" for n in range(1, 21))
EVENTS, REPORT_MIN, DAY_MIN = 40, 30, 24 * 60
LIMIT = 3_000_000  # bytes: the pictures of some hours, so that some must give way


@dataclass(frozen=True, slots=True)
class Item:
    """What is stored in one transaction."""

    at: datetime
    rows: tuple[Row, ...]


def day(start: datetime) -> list[Item]:
    """Every item of the day; the same for the same beginning, ids included."""
    dice = random.Random(7)
    items = [_reading(start + timedelta(minutes=minute, seconds=number), one)
             for minute in range(0, DAY_MIN, REPORT_MIN) for number, one in enumerate(BINS)]  # fmt: skip
    for number in range(EVENTS):
        at = start + timedelta(minutes=dice.uniform(5, DAY_MIN - 60))
        items += _pile(at, at + timedelta(minutes=dice.uniform(10, 50)), number)
    return sorted(items, key=lambda one: one.at)


def _reading(at: datetime, one: str) -> Item:
    message_id = id_of(at, f"reading {one} {at}".encode())
    said = Reading(message_id=message_id, device=BOX, at=at, spot=one, fill_percent=at.hour * 4.0)
    return Item(at, (row(ADDRESS, said),))


def _pile(at: datetime, end: datetime, number: int) -> list[Item]:
    """A pile seen, told again with its picture, and gone."""
    noise = np.random.default_rng(number).integers(0, 256, (240, 320, 3), np.uint8)
    shown = Shown(bytes(cv2.imencode(".jpg", noise)[1]), 0)
    seen = _event(at, number, 0, Phase.NEW, State.DIRTY)
    pictured = _event(at + timedelta(seconds=2), number, 1, Phase.UPDATE, State.DIRTY)
    parts = [_as_of(at, one, number) for one in chunks(ADDRESS, shown, seen)]
    digest = hashlib.sha256(shown.jpeg).hexdigest()
    return [
        Item(at, (row(ADDRESS, seen),)),
        Item(at + timedelta(seconds=2), (row(ADDRESS, pictured), *[row(ADDRESS, one, bundle=digest) for one in parts])),
        Item(end, (row(ADDRESS, _event(end, number, 2, Phase.END, State.CLEAN)),)),
    ]


def _event(at: datetime, number: int, revision: int, phase: Phase, state: State) -> Event:
    return Event(
        message_id=id_of(at, f"event {number} {revision}".encode()), device=BOX, at=at, spot=SPOT, what=Kind.GARBAGE,
        event_id=UUID(int=number + 1), revision=revision, phase=phase, state=state, reason="three looks",
    )  # fmt: skip


def _as_of(at: datetime, part: Picture, number: int) -> Picture:
    return part.model_copy(update={"message_id": id_of(at, f"picture {number} {part.index}".encode()), "at": at})


def store(folder: Path, items: list[Item]) -> None:
    """Store what is left of the day; on a full card what could not be stored is tried again."""
    folder.mkdir(exist_ok=True)
    path = folder / "outbox.db"
    note = set_aside_if_corrupt(path, items[0].at)
    if note:
        print("note", note, flush=True)
    with closing(Outbox(path, limit_bytes=LIMIT)) as outbox:
        done = int(outbox.recall("day/done") or 0)
        while done < len(items):
            try:
                outbox.put(items[done].rows, remember={"day/done": str(done + 1)})
            except sqlite3.OperationalError as problem:
                print("full", problem, flush=True)
                time.sleep(0.05)
                continue
            done += 1
            print("stored", done, flush=True)


def fill(path: Path) -> None:
    """Write until the card takes no byte more."""
    with path.open("wb", buffering=0) as ballast:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    ballast.write(b"x" * size)
            except OSError:
                continue


def main(words: list[str]) -> None:
    begin("edge", LogSettings(format="json"))
    match words:
        case ["fill", path]:
            fill(Path(path))
        case ["free", path]:
            Path(path).unlink()
        case ["spoil", path, message_id]:
            with closing(sqlite3.connect(path)) as db:  # all of it lies in the file itself now
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            spoil(Path(path), leaf_of(Path(path), UUID(message_id)))
        case ["dropped", path]:
            with closing(Outbox(Path(path))) as outbox:
                print(outbox.dropped(), outbox.counts())
        case [folder, start]:
            store(Path(folder), day(datetime.fromisoformat(start)))


if __name__ == "__main__":
    main(sys.argv[1:])
