"""What comes to stand in InfluxDB: our door beside Node-RED on the same broker, database and load, in turn.

Ours is counted by receipts, given after the commit; the series follow behind. Node-RED gives no receipts: the load
heeds the broker's acknowledgements, and points are counted in InfluxDB until no more come.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

from bench import node_red
from bench.door import load, our_door
from bench.ground import Ground, accepts, ground, wait_until
from bench.load import Loaded, Shots, Until
from bench.result import Result, median
from bench.stores import BUCKET, HOST, INFLUX_READY, TOKEN, Influx, set_up_influx
from broker.embedded import free_port
from county.qingluan import folder as qingluan_files
from jingcun.demo.stage import to_toml
from jingcun.supervise import Child

PEER, JOINED = "Node-RED, a write for each message", "Node-RED, writes of 500 points"
# A flow that is flooded stores little and damages it, so it is offered less too, and its best counts.
OFFERED = (1000.0, 2000.0, 3000.0, 4500.0, 0.0)
FLOODED = (0.0, 0.0, 0.0)
OUTAGE_S, OUTAGE_RATE = 10.0, 60.0
LOOK_S = 0.5
DROPS, DROP_WAIT_S = 20, 0.5
STILL_S = 12.0  # so long without a new point: it is over. Our writer tries a database that was away after 5 s


@dataclass(frozen=True, slots=True)
class Scene:
    """A ground with an InfluxDB; ``database`` is its process."""

    here: Ground
    influx: Influx
    database: Child
    modules: Path | None  # of Node-RED; None where it cannot be had


@dataclass(frozen=True, slots=True)
class Stored:
    """What a run came to: points of the load in InfluxDB, points a second after the warm-up, seconds until the last."""

    points: int
    per_second: float
    seconds: float


def door_rate_node_red() -> Result:
    """Messages a second that our door receipts, beside the points a second of a flow that writes each message."""
    return _rates("door_rate_node_red", PEER, OFFERED)


def door_rate_node_red_flood() -> Result:
    """The same with the very load that our door gets: as fast as the windows let it."""
    return _rates("door_rate_node_red_flood", PEER, FLOODED)


def door_rate_node_red_joined() -> Result:
    """The same beside a flow that holds up to 500 points in memory and writes them together."""
    return _rates("door_rate_node_red_joined", JOINED, FLOODED)


def outage_kept() -> Result:
    """How many of 600 readings stand in InfluxDB after it was away for the ten seconds in which they were sent."""
    with _scene() as scene:
        with our_door(scene.here):
            ours = _outage(scene, "receipt")
        peer = None
        if scene.modules is not None:
            with _node_red(scene, joined=False):
                peer = _outage(scene, "puback")
    return Result(
        "outage_kept", ours, f"of {OUTAGE_S * OUTAGE_RATE:.0f} points", 1, PEER if peer is not None else None, peer
    )


def _rates(name: str, peer: str, offered: tuple[float, ...]) -> Result:
    ours: list[float] = []
    theirs: list[float] = []
    with _scene() as scene:
        for rate in offered:
            _empty(scene.influx)
            with our_door(scene.here):
                ours.append(_run(scene, Shots())[0].per_second)
            if scene.modules is None:
                continue
            _empty(scene.influx)
            with _node_red(scene, joined=peer == JOINED):
                theirs.append(_run(scene, Shots(rate=rate, until="puback"))[1].per_second)
    if not theirs:
        return Result(name, median(ours), "msg/s", len(ours))
    return Result(name, median(ours), "msg/s", len(ours), peer, max(theirs))


@contextmanager
def _scene() -> Iterator[Scene]:
    with ground(qingluan_files(demo=True)) as here:
        folder = here.stage.folder / "influx"
        folder.mkdir()
        influx = set_up_influx(folder, free_port)
        database = here.start("influxd", influx.argv, INFLUX_READY)
        here.family.add(Child("nginx", influx.front_argv, output=folder / "nginx.out"))
        wait_until(lambda: accepts(influx.front), "nginx to listen")
        _empty(influx)
        token = here.stage.folder / "influx.token"
        token.write_text(TOKEN, encoding="utf-8")
        series = {"kind": "influx", "address": influx.url, "bucket": BUCKET, "token_file": token}
        with here.stage.server_toml.open("a", encoding="utf-8") as settings:
            settings.write(to_toml({"series": series}))
        try:
            modules = node_red.fetched(node_red.cache())
        except node_red.Absent as reason:
            print(f"  no peer: {reason}", file=sys.stderr, flush=True)
            modules = None
        yield Scene(here, influx, database, modules)


@contextmanager
def _node_red(scene: Scene, *, joined: bool) -> Iterator[None]:
    assert scene.modules is not None
    stage = scene.here.stage
    places = node_red.Places(stage.broker_port, scene.influx.port, BUCKET, free_port(), stage.county.code)
    argv = node_red.set_up(stage.folder / "node-red", scene.modules, places, joined=joined)
    child = scene.here.start("node-red", argv, node_red.READY)
    try:
        yield
    finally:
        child.stop()


def _outage(scene: Scene, until: Until) -> float:
    _empty(scene.influx)
    scene.database.stop()
    loaded = load(scene.here.stage, Shots(rate=OUTAGE_RATE, seconds=OUTAGE_S, warm=0.0, until=until))
    scene.database.start()
    wait_until(lambda: accepts(scene.influx.port), "InfluxDB to listen again")
    _watch(scene.influx, loaded, [])
    kept = counted(scene.influx, loaded.begun_us)
    print(f"  {loaded}\n    {kept} of {loaded.sent} in InfluxDB", file=sys.stderr, flush=True)
    return float(kept)


def _run(scene: Scene, shots: Shots) -> tuple[Loaded, Stored]:
    """Load, and look at what is stored meanwhile and until no more comes."""
    samples: list[tuple[float, int]] = []
    over = threading.Event()
    eye = threading.Thread(target=_look, args=(scene.influx, samples, over), name="eye")
    eye.start()
    try:
        loaded = load(scene.here.stage, shots)
    finally:
        over.set()
        eye.join()
    _watch(scene.influx, loaded, samples)
    stored = stored_of(samples, loaded.begun_us / 1e6, shots.warm, counted(scene.influx, loaded.begun_us))
    print(f"  {loaded}\n    in InfluxDB: {stored}", file=sys.stderr, flush=True)
    return loaded, stored


def _look(influx: Influx, samples: list[tuple[float, int]], over: threading.Event) -> None:
    while not over.wait(LOOK_S):
        samples.append((time.time(), counted(influx)))


def _watch(influx: Influx, loaded: Loaded, samples: list[tuple[float, int]]) -> None:
    """Look on until everything that was sent stands there, or nothing has come for a while."""
    still = time.monotonic()
    while time.monotonic() - still < STILL_S:
        points = counted(influx)
        if not samples or points != samples[-1][1]:
            still = time.monotonic()
        samples.append((time.time(), points))
        if points >= loaded.sent and counted(influx, loaded.begun_us) >= loaded.sent:
            return
        time.sleep(LOOK_S)


def stored_of(samples: list[tuple[float, int]], begun: float, warm: float, points: int) -> Stored:
    """The rate from the end of the warm-up (Unix time ``begun`` + ``warm``) until the last new point was seen.

    ``samples`` are (Unix time, points), in order. ``ValueError`` when nothing came after the warm-up.
    """
    later = [(at, count) for at, count in samples if at >= begun + warm]
    if not later or later[-1][1] <= later[0][1]:
        raise ValueError("no point came to InfluxDB after the warm-up")
    last = next((at, count) for at, count in later if count == later[-1][1])
    first = later[0]
    return Stored(points, (last[1] - first[1]) / (last[0] - first[0]), last[0] - begun)


def counted(influx: Influx, since_us: int = 0) -> int:
    """How many readings stand in InfluxDB whose time is not before this one (Unix, microseconds)."""
    words = urlencode({"db": BUCKET, "q": f"SELECT count(fill_percent) FROM reading WHERE time >= {since_us}u"})
    with urlopen(f"http://{HOST}:{influx.port}/query?{words}", timeout=60) as answer:
        result = json.load(answer)["results"][0]
    return int(result["series"][0]["values"][0][1]) if "series" in result else 0


def _empty(influx: Influx) -> None:
    """Drop what a run before has left: not the database, which 1.6.7 goes on dropping after it was made anew.

    A drop beside a snapshot of the cache can leave what was on its way to disk, so it is repeated until nothing stands.
    """
    influx.sql(f"CREATE DATABASE {BUCKET}")
    for _ in range(DROPS):
        influx.sql("DROP MEASUREMENT reading", BUCKET)
        if counted(influx) == 0:
            return
        time.sleep(DROP_WAIT_S)
    raise RuntimeError(f"InfluxDB still holds readings after {DROPS} drops")
