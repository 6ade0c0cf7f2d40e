"""The ingest program as a child process of a test: ``python -m tests.ingest.program SETTINGS.json [CRASH_POINT]``.

With a crash point it kills itself (SIGKILL) there at the third pass.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path

from broker.link import LinkSettings
from ingest.run import IngestSettings, run
from tests.county.small import COUNTY


def main(settings_file: str, point: str = "") -> int:
    logging.basicConfig(level=logging.INFO)
    said = json.loads(Path(settings_file).read_text(encoding="utf-8"))
    folder = Path(said["folder"])
    settings = IngestSettings(
        county=COUNTY,
        county_url=f"sqlite:///{folder / 'county.db'}",
        inbox_url=said["inbox_url"],
        evidence=folder / "evidence",
        series=folder / "series.db",
        link=LinkSettings(
            "127.0.0.1", said["port"], said["holder"], said.get("username"), said.get("password"),
            retry_min_s=0.1, retry_max_s=0.5, keepalive=5,
        ),
        holder=said["holder"],
        lease_s=3.0,
    )  # fmt: skip
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    return run(settings, stop, crash_at(point))


def crash_at(point: str) -> Callable[[str], None]:
    passes = count(1)

    def crash(here: str) -> None:
        if here == point and next(passes) == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    return crash


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
