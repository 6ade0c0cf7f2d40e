"""Run a box alone: ``python -m edge box.toml``. Status 2: the settings cannot be used."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

from broker import journal
from edge.box import AlreadyRunning, run
from edge.salvage import NoRoom
from edge.settings import BadSettings, load


def main(arguments: list[str]) -> int:
    """Run until SIGTERM or Ctrl-C; faults of the settings go to stderr with their cures."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m edge box.toml\n")
        return 2
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        settings = load(Path(arguments[0]))
        journal.begin("edge", settings.log, level="info", of=settings.address)
        run(settings, stop)
    except (BadSettings, AlreadyRunning, NoRoom) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
