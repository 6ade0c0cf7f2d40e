"""Set the stage of a run: a folder with the county loaded, settings for every program, and world files to play with.

The chaos run and the bench use the same stage with other boxes.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from broker.embedded import free_port
from county.book import CountyBook
from county.files import Folder
from county.snapshot import County
from jingcun.settings import ServerSettings, load

COUNTY = "640999"


@dataclass(frozen=True, slots=True)
class Stage:
    """A folder that is ready to run in; ports are free ones of 127.0.0.1."""

    folder: Path
    county: County
    broker_port: int
    screen_port: int
    server: ServerSettings

    @property
    def server_toml(self) -> Path:
        """The settings file of ingest, alerts and screen."""
        return self.folder / "server.toml"

    @property
    def url(self) -> str:
        """The address of the wall."""
        return f"http://127.0.0.1:{self.screen_port}"

    @property
    def notices(self) -> Path:
        """What the file channel wrote."""
        return self.server.folder / "files" / "notices.jsonl"

    def box_toml(self, box: str) -> Path:
        """The settings file of one box."""
        return self.folder / f"{box}.toml"

    def box_folder(self, box: str) -> Path:
        """The data folder of one box."""
        return self.folder / box

    def world(self, place: str) -> Path:
        """What really lies at a camera or bin by now."""
        return self.folder / "world" / f"{place}.json"

    def clean(self, place: str) -> None:
        """Somebody cleaned a camera's place, or emptied a bin."""
        fresh = self.world(place).with_suffix(".new")
        fresh.write_text(json.dumps({"state": "clean", "emptied_at": datetime.now(UTC).isoformat()}), encoding="utf-8")
        fresh.replace(self.world(place))


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make the folder and hold it; ``ValueError`` while another run plays in it, ``OSError`` where none can be made."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise ValueError(
                f"{folder}: another demo plays in this folder; stop it, or give another --folder"
            ) from problem
        yield


def set_stage(folder: Path, files: Folder, broker_port: int, screen_port: int = 0) -> Stage:
    """Load the county and write the server's settings; the wall is open because only this machine can connect."""
    (folder / "world").mkdir(parents=True, exist_ok=True)
    screen_port = screen_port or free_port()
    text = to_toml({
        "county": COUNTY,
        "folder": "server",
        "broker": {"host": "127.0.0.1", "port": broker_port},
        "notices": {"base_url": f"http://127.0.0.1:{screen_port}"},
        "screen": {"port": screen_port, "open_wall": True, "public_board": True, "secure_cookies": False},
    })  # fmt: skip
    (folder / "server.toml").write_text(text, encoding="utf-8")
    settings = load(folder / "server.toml")
    settings.folder.mkdir(parents=True, exist_ok=True)
    with CountyBook(settings.store("county")) as book:
        book.save(files, "演示", "演示用的虚构县")
        county = book.current(COUNTY)
    return Stage(folder, county, broker_port, screen_port, settings)


def write_box(stage: Stage, box: str, parts: Mapping[str, Any]) -> Path:
    """Write the settings of one box: ``parts`` are its cameras, bins and timings."""
    device = stage.county.device(box)
    if device is None:
        raise ValueError(f"box {box!r} is not in the county; see devices.csv")
    text = to_toml({
        "device": box,
        "village": device.village,
        "folder": box,
        "broker": {"host": "127.0.0.1", "port": stage.broker_port, "tls": False, "retry_min_s": 0.2, "retry_max_s": 3},
        **parts,
    })  # fmt: skip
    stage.box_toml(box).write_text(text, encoding="utf-8")
    return stage.box_toml(box)


def to_toml(table: Mapping[str, Any]) -> str:
    """Write a settings table as TOML (plain values, lists and tables; tables stand inline)."""
    return "".join(f"{key} = {_value(value)}\n" for key, value in table.items())


def is_free(port: int) -> bool:
    """Whether a port of 127.0.0.1 can be listened on now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that was just given back is free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    return json.dumps(value, ensure_ascii=False)
