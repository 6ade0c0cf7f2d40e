"""What stands beside us: fetched from a pinned list or absent in words."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from bench import node_red
from bench.node_red import Absent, Places, fetched, flow, set_up

PLACES = Places(broker=18830, influx=18860, database="jingcun", own=18800, county="640999")
PINNED = Path(node_red.__file__).parent / "node_red"


def test_the_lock_pins_everything_by_its_hash_and_names_no_registry() -> None:
    lock = json.loads((PINNED / "package-lock.json").read_text(encoding="utf-8"))
    parts = {name: one for name, one in lock["packages"].items() if name and not one.get("inBundle")}
    assert len(parts) > 100
    assert all("integrity" in one and "resolved" not in one for one in parts.values())
    assert parts["node_modules/node-red"]["version"] == lock["packages"][""]["dependencies"]["node-red"]


@pytest.mark.parametrize("joined", [False, True])
def test_a_flow_is_wired_from_the_broker_to_the_database(joined: bool) -> None:
    nodes = {one["id"]: one for one in flow(PLACES, joined=joined)}
    at, passed = "in", []
    while nodes[at]["wires"]:
        passed.append(at)
        ((at,),) = nodes[at]["wires"]
    assert [*passed, at] == (["in", "point", "gather", "out"] if joined else ["in", "point", "out"])
    assert (nodes["in"]["topic"], nodes["in"]["qos"]) == ("jc/v1/640999/+/+/+/reading", "1")
    assert (nodes["broker"]["port"], nodes["database"]["port"]) == ("18830", "18860")


@pytest.mark.parametrize("joined", [False, True])
def test_the_function_gives_a_point_with_the_time_of_the_reading(joined: bool, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    (function,) = [one["func"] for one in flow(PLACES, joined=joined) if one["id"] == "point"]
    reading = {"device": "box", "spot": "bin", "at": "2026-11-22T07:26:36.000042+00:00", "fill_percent": 7,
               "battery_percent": 90}  # fmt: skip
    msg = {"topic": "jc/v1/640999/640999100/640999100200/box/reading", "payload": json.dumps(reading)}
    script = tmp_path / "run.js"
    script.write_text(
        f"const f = new Function('msg', {json.dumps(function)});\n"
        f"console.log(JSON.stringify(f({json.dumps(msg)}).payload));",
        encoding="utf-8",
    )
    said = json.loads(subprocess.run([node, str(script)], capture_output=True, check=True, text=True).stdout)
    point = said if joined else said[0]
    assert point == {
        "measurement": "reading", "timestamp": 1_795_332_396_000_042,
        "tags": {"device": "box", "village": "640999100200", "spot": "bin"},
        "fields": {"fill_percent": 7, "battery_percent": 90},
    }  # fmt: skip


def test_without_npm_it_is_absent_and_says_what_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Absent, match="apt-get install nodejs npm"):
        fetched(tmp_path / "cache")


def test_when_npm_cannot_reach_anything_its_words_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fake(tmp_path, "npm", "echo 'network is away' >&2; exit 1")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Absent, match="network is away"):
        fetched(tmp_path / "cache")
    assert not (tmp_path / "cache" / "fetched.lock").exists()


def test_what_was_fetched_once_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fake(tmp_path, "npm", "mkdir node_modules && echo once >> asked")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.defpath}")
    cache = tmp_path / "cache"
    assert fetched(cache) == fetched(cache) == cache / "node_modules"
    assert (cache / "asked").read_text() == "once\n"


def test_the_cache_lies_where_one_is_told_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(node_red.CACHE, str(tmp_path))
    assert node_red.cache() == tmp_path / "node-red"


def test_node_red_can_be_set_up_twice_in_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fake(tmp_path, "node", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    for joined in (False, True):
        argv = set_up(tmp_path / "run", tmp_path, PLACES, joined=joined)
    assert len(json.loads((tmp_path / "run" / "flows.json").read_text(encoding="utf-8"))) == 7
    assert "telemetry: {enabled: false" in (tmp_path / "run" / "settings.js").read_text(encoding="utf-8")
    assert str(tmp_path / "node-red" / "red.js") in argv


def _fake(folder: Path, name: str, script: str) -> None:
    for one in (name, "node"):
        file = folder / one
        file.write_text(f"#!/bin/sh\n{script if one == name else ''}\n", encoding="utf-8")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
