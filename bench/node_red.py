"""Node-RED with node-red-contrib-influxdb as a program to measure beside ours: fetched, given one flow, started.

A measuring tool, never a dependency: npm brings it into a cache folder outside the repository, in the versions that
``bench/node_red/package-lock.json`` pins. Two flows: MQTT in at QoS 1, a function that makes a point, and a write for
each; or the same with a join before the write, of up to 500 points or 0.2 s.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broker import topics

CACHE = "JINGCUN_BENCH_CACHE"
READY = b"Connected to broker"
INSTALL_S = 300
GATHERED, GATHER_S = 500, 0.2
_PINNED = Path(__file__).parent / "node_red"

# Nothing of a screen, nothing that reports to anybody; the flow file is the whole programme.
_SETTINGS = """\
module.exports = {
  flowFile: "flows.json", uiHost: "127.0.0.1", uiPort: %d, httpAdminRoot: false, httpNodeRoot: false,
  disableEditor: true, credentialSecret: false, telemetry: {enabled: false, updateNotification: false},
  externalModules: {autoInstall: false, palette: {allowInstall: false}},
  logging: {console: {level: "info", metrics: false, audit: false}}
}
"""
# The times of our readings are in microseconds, which a Date cannot hold.
_POINT = """\
const m = JSON.parse(msg.payload);
const micros = Date.parse(m.at.slice(0, 19) + "Z") * 1000 + Number(m.at.slice(20, 26));
const point = {
  measurement: "reading", timestamp: micros,
  tags: {device: m.device, village: msg.topic.split("/")[4], spot: m.spot},
  fields: {fill_percent: m.fill_percent, battery_percent: m.battery_percent}
};
"""
_ALONE = "msg.payload = [point];\nreturn msg;\n"
_JOINED = "msg.payload = point;\nreturn msg;\n"


class Absent(RuntimeError):
    """Node-RED is not here and cannot be fetched; the text says why and what would help."""


@dataclass(frozen=True, slots=True)
class Places:
    """Ports of 127.0.0.1 and names: the broker, the database, a free port for Node-RED's own, the county."""

    broker: int
    influx: int
    database: str
    own: int
    county: str


def cache() -> Path:
    """Where Node-RED is kept between runs."""
    return Path(os.environ.get(CACHE) or Path.home() / ".cache" / "jingcun-bench") / "node-red"


def fetched(folder: Path) -> Path:
    """Return ``node_modules`` in ``folder`` with the pinned versions, brought by npm if need be; ``Absent`` if not."""
    lock = (_PINNED / "package-lock.json").read_bytes()
    mark = folder / "fetched.lock"
    if mark.exists() and mark.read_bytes() == lock:
        return folder / "node_modules"
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise Absent("node and npm are not installed; on Debian: apt-get install nodejs npm")
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copyfile(_PINNED / name, folder / name)
    print("  npm fetches Node-RED, as a measuring tool", file=sys.stderr, flush=True)
    argv = [npm, "ci", "--omit=dev", "--ignore-scripts", "--loglevel=error", "--fetch-retries=1"]
    try:
        done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    except subprocess.TimeoutExpired as slow:
        raise Absent(f"npm did not bring Node-RED within {INSTALL_S} s") from slow
    if done.returncode:
        raise Absent(f"npm could not bring Node-RED: {' '.join(done.stderr.split())[:300]}")
    mark.write_bytes(lock)
    return folder / "node_modules"


def set_up(folder: Path, modules: Path, places: Places, *, joined: bool) -> list[str]:
    """Write settings and flow into a folder of its own; return the arguments that start Node-RED headless."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.js").write_text(_SETTINGS % places.own, encoding="utf-8")
    (folder / "flows.json").write_text(json.dumps(flow(places, joined=joined), indent=1), encoding="utf-8")
    if not (folder / "node_modules").exists():
        (folder / "node_modules").symlink_to(modules, target_is_directory=True)
    node = shutil.which("node")
    if node is None:
        raise Absent("node is not installed; on Debian: apt-get install nodejs")
    red = modules / "node-red" / "red.js"
    return [node, str(red), "--userDir", str(folder), "--settings", str(folder / "settings.js")]


def flow(places: Places, *, joined: bool) -> list[dict[str, Any]]:
    """The nodes of the flow, as Node-RED's own export has them."""
    reading = next(name for name in topics.everything_up(places.county) if name.endswith("/reading"))
    return [
        {"id": "tab", "type": "tab", "label": "readings"},
        {"id": "broker", "type": "mqtt-broker", "broker": "127.0.0.1", "port": str(places.broker),
         "clientid": "node-red", "autoConnect": True, "usetls": False, "protocolVersion": "5", "keepalive": "60",
         "cleansession": True},
        {"id": "database", "type": "influxdb", "hostname": "127.0.0.1", "port": str(places.influx), "protocol": "http",
         "database": places.database, "influxdbVersion": "1.x", "usetls": False},
        {"id": "in", "type": "mqtt in", "z": "tab", "topic": reading, "qos": "1", "datatype": "utf8",
         "broker": "broker", "nl": False, "rap": True, "rh": 0, "inputs": 0, "wires": [["point"]]},
        {"id": "point", "type": "function", "z": "tab", "func": _POINT + (_JOINED if joined else _ALONE), "outputs": 1,
         "noerr": 0, "libs": [], "wires": [["gather" if joined else "out"]]},
        {"id": "gather", "type": "join", "z": "tab", "mode": "custom", "build": "array", "property": "payload",
         "propertyType": "msg", "count": str(GATHERED), "timeout": str(GATHER_S), "accumulate": False,
         "wires": [["out"]]},
        {"id": "out", "type": "influxdb batch", "z": "tab", "influxdb": "database", "precision": "u",
         "retentionPolicy": "", "wires": []},
    ]  # fmt: skip
