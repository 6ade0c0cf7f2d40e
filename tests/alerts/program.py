"""The alerts program as a process: ``python -m tests.alerts.program FOLDER POINT [HOLDER]`` dies at a named point."""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path

from alerts.run import AlertsSettings, run


def settings_of(folder: Path) -> AlertsSettings:
    return AlertsSettings(
        county_url=f"sqlite:///{folder / 'county.db'}", inbox_url=f"sqlite:///{folder / 'inbox.db'}",
        book_url=f"sqlite:///{folder / 'book.db'}", base_url="http://desk.test", console=False,
        notices_file=folder / "notices.jsonl", poll_s=0.05, sweep_s=0.05, claim_lease_s=0.5,
    )  # fmt: skip


def main() -> None:
    folder, point = Path(sys.argv[1]), sys.argv[2]

    def crash(here: str) -> None:
        if here == point:
            os._exit(9)

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    settings = settings_of(folder)
    if len(sys.argv) > 3:
        settings = replace(settings, holder=sys.argv[3], lease_s=1.0)
    run(settings, stop, crash)


if __name__ == "__main__":
    main()
