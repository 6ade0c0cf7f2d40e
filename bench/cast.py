"""Who plays in a chaos run: every program of the loop, with the points where it can be told to die."""

from __future__ import annotations

from pathlib import Path

from bench.ground import broker_argv
from bench.props import BACKEND
from bench.town import BINS, CAMERA_BOX
from bench.troupe import ALERTS, EDGE, INGEST, SCREEN, Actor, Limb
from jingcun.demo.stage import Stage
from jingcun.supervise import python

LIMBS = {
    "edge.eyes": Limb(CAMERA_BOX, "edge.eyes"),
    "ingest.series": Limb("ingest", "ingest.series.child"),
    **BACKEND,
}


def cast(stage: Stage, logs: Path) -> list[Actor]:
    """The programs in the order in which they are started; their stores play already."""
    server = ("--config", str(stage.server_toml))

    def actor(name: str, argv: list[str], ready: bytes, points: tuple[str, ...] = ()) -> Actor:
        return Actor(name, argv, logs / f"{name}.log", points, ready)

    return [
        actor("broker", broker_argv(stage), b""),
        actor("ingest", python("-v", "ingest", *server), b"broker connected", INGEST),
        actor("alerts", python("-v", "alerts", *server), b"alerts: ready", ALERTS),
        actor("screen", python("screen", *server), stage.url.encode(), SCREEN),
        *(
            actor(box, python("-v", "edge", "--config", str(stage.box_toml(box))), b"main connection up", EDGE)
            for box in BINS
        ),
    ]


def broker_name(actors: list[Actor]) -> str:
    """Which broker plays, for the last line."""
    broker = next(one for one in actors if one.name == "broker")
    return "mosquitto" if Path(broker.argv[0]).name == "mosquitto" else "embedded"
