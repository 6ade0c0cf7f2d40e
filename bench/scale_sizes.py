"""What a stored message takes on disk: bytes of each row of the inbox and each value of the series, indexes included.

``python -m bench.scale_sizes [--postgres ADDRESS]`` prints a line of JSON for each; ``bench.scale`` reckons with them.
The messages are typical ones, written by the real stores; SQLite is counted as its file after a checkpoint, PostgreSQL
by ``pg_total_relation_size``. Written row after row in the order of their ids, as a running county does.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa

from broker.identity import new_id
from broker.messages import CHUNK_BYTES, Box, Chunk, Event, Kind, Message, Phase, Picture, Reading, State
from broker.parse import dump
from ingest.inbox import Inbox, Incoming
from ingest.lease import Lease
from ingest.series import Point
from ingest.series.sqlite import SqliteSeries
from ingest.store import Store

ROWS, BATCH = 4000, 200
BINS, DAYS, FIELDS = 20, 30, 4
START = datetime(2026, 11, 1, tzinfo=UTC)
COUNTY, VILLAGE, BOX = "640999", "640999101200", "qx-box-0117"
SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def typical(kind: str, number: int) -> Message:
    """One message of a kind as a box really fills it: a bin's reading, an event with two boxes, a picture's chunk."""
    at = START + timedelta(seconds=number)
    if kind == "reading":
        return Reading(
            message_id=new_id(), device=BOX, at=at, spot=f"qx-bin-{number % 20:02d}", fill_percent=number % 100,
            temperature_c=18.5, battery_percent=87.0, tilt_degrees=2.0, rssi_dbm=-93.0, distance_mm=640.0, tilted=False,
        )  # fmt: skip
    if kind == "event":
        boxes = tuple(Box(label="garbage", score=0.812, x1=0.21, y1=0.43, x2=x, y2=0.571) for x in (0.33, 0.412))
        return Event(
            message_id=new_id(), device=BOX, at=at, event_id=uuid4(), revision=1, phase=Phase.NEW, score=0.81, looks=3,
            spot="qx-cam-117.spot-1", what=Kind.GARBAGE, state=State.DIRTY, reason="3 of 3 looks over 0.4", boxes=boxes,
            picture=SHA, model="5f0c1b7d90aa", config="12-8f1e2d3c",
        )  # fmt: skip
    return Picture(
        message_id=new_id(), device=BOX, at=at, sha256=SHA, size=150_000, index=number % 7, chunks=7,
        content_type="image/jpeg", data=b"\xff" * CHUNK_BYTES, event_id=uuid4(), blurred=1,
    )  # fmt: skip


def sent_bytes(kind: str) -> float:
    """The payload of one message on the wire."""
    return len(dump(typical(kind, 1)))


def inbox_bytes(url: str, kind: str) -> float:
    """Write rows of one kind into an empty database; returns the bytes that each takes there."""
    with closing(Store(url)) as store:
        inbox = Inbox(store, COUNTY)
        fence = Lease(store, COUNTY).take("scale", START)
        if fence is None:
            raise ValueError(f"{url} is not empty: somebody holds its lease")
        before = _size(store)
        for first in range(0, ROWS, BATCH):
            inbox.append([_row(kind, number) for number in range(first, first + BATCH)], fence)
        return (_size(store) - before) / ROWS


def series_bytes() -> dict[str, float]:
    """The SQLite series file after a month: bytes of a raw value, of a series' hours of a day, and of its day."""
    with tempfile.TemporaryDirectory(prefix="jingcun-scale-") as folder:
        path = Path(folder) / "series.db"
        with closing(SqliteSeries(path)) as series:
            for step in range(DAYS * 48):
                series.write([_point(number, step) for number in range(BINS)])
        with closing(sqlite3.connect(path)) as link:
            rows = link.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall()
    size = {name: float(total) for name, total in rows}
    series_days = BINS * FIELDS * DAYS
    return {"value": size["points"] / (series_days * 48), "hours of a day": size["hours"] / series_days,
            "day": size["days"] / series_days}  # fmt: skip


def _point(number: int, step: int) -> Point:
    tags = {"device": BOX, "village": VILLAGE, "spot": f"qx-bin-{number:02d}"}
    fields = {"fill_percent": step * 7.0 % 100, "temperature_c": 18.5, "battery_percent": 87.0, "rssi_dbm": -93.0}
    return Point("reading", tags, fields, START + step * timedelta(minutes=30))


def _row(kind: str, number: int) -> Incoming:
    told = typical(kind, number)
    kept = told.model_dump_json(by_alias=True, exclude={"data"}).encode() if isinstance(told, Chunk) else dump(told)
    return Incoming(told.message_id, COUNTY, VILLAGE, told.device, told.kind, told.at, told.at, kept)


def _size(store: Store) -> int:
    with store.write() as conn:
        if store.postgres:
            query = (
                "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relname LIKE 'inbox%' AND relkind = 'r'"
            )
            return int(conn.scalar(sa.text(query)) or 0)
        pages, size = (int(conn.scalar(sa.text(f"PRAGMA {what}")) or 0) for what in ("page_count", "page_size"))
        return pages * size


def main(arguments: list[str] | None = None) -> int:
    """Print every size."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale_sizes", description="Bytes of stored messages")
    parser.add_argument("--postgres", help="an empty database: postgresql+psycopg://…")
    postgres: str | None = parser.parse_args(arguments).postgres
    for what, size in series_bytes().items():
        say(f"SQLite series: {what}", size)
    for kind in ("reading", "event", "picture"):
        say(f"{kind}: payload on the wire", sent_bytes(kind))
        with tempfile.TemporaryDirectory(prefix="jingcun-scale-") as folder:
            say(f"{kind}: row of a SQLite inbox", inbox_bytes(f"sqlite:///{folder}/inbox.db", kind))
    if postgres:
        say("reading: row of a PostgreSQL inbox", inbox_bytes(postgres, "reading"))
    return 0


def say(what: str, size: float) -> None:
    """One line of JSON."""
    print(json.dumps({"size": what, "bytes": round(size, 1)}), flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
