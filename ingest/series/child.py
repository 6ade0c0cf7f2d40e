"""The series process of ingest: moves the inbox into the series store, away from the door's interpreter.

A series store takes its time (thousands of points a second to parse, to pack, to send), and the door answers within
milliseconds; in one interpreter each would wait for the other.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from typing import TextIO

from broker.messages import Frozen
from ingest.dead_letters import DeadLetters
from ingest.inbox import Inbox
from ingest.series import SeriesAway
from ingest.series.opening import open_series
from ingest.series.wire import Plan, Reached, Standing, Word
from ingest.series.writer import SeriesWriter
from ingest.store import Store, StoreAway

RETRY_S = 2.0
PATIENCE_S = 5.0  # for a store that hangs when the program ends


class Voice(logging.Handler):
    """Says things to the ingest program; log lines too."""

    def __init__(self, out: TextIO) -> None:
        super().__init__()
        self._out = out
        self._saying = threading.Lock()

    def say(self, what: Frozen) -> None:
        """Say one line; nobody listens any more when the program is gone."""
        with self._saying:
            self._out.write(what.model_dump_json() + "\n")
            self._out.flush()

    def emit(self, record: logging.LogRecord) -> None:
        """Pass a log line on."""
        try:
            self.say(Word(level=record.levelno, name=record.name, text=self.format(record)))
        except (TypeError, ValueError):  # a log line that cannot be put together must not stop the series
            self.handleError(record)


def main() -> int:
    """Work until the input ends; the exit code is 0 then, and 1 after a fault of ours."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the ingest program decides
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    plan = Plan.model_validate_json(sys.stdin.readline())
    voice = Voice(sys.stdout)
    logging.basicConfig(level=plan.log_level, handlers=[voice], format="%(message)s")  # the program adds the rest
    stop, leave = threading.Event(), threading.Semaphore(0)
    threading.Thread(target=_listen, args=(stop, leave), daemon=True).start()

    def reached(point: str) -> None:
        voice.say(Reached(point=point))
        leave.acquire()
        if stop.is_set():
            os._exit(0)  # the program died at this point, and so do we

    try:
        while not stop.is_set() and not _work(plan, voice, reached, stop):
            stop.wait(RETRY_S)
    except BrokenPipeError:
        os._exit(0)  # in the middle of a word nobody hears
    return 0


def _work(plan: Plan, voice: Voice, reached: Callable[[str], None], stop: threading.Event) -> bool:
    """Write until ``stop``; False when a store could not be opened."""
    try:
        with closing(Store(plan.inbox_url)) as store, closing(open_series(plan.series)) as series:
            writer = SeriesWriter(Inbox(store, plan.county), series, reached, DeadLetters(store))
            voice.say(Standing(away=""))
            writer.told = lambda away: voice.say(Standing(away=away))
            writer.run(stop)
            return True
    except (SeriesAway, StoreAway) as fault:
        voice.say(Standing(away=str(fault)))
        return False


def _listen(stop: threading.Event, leave: threading.Semaphore) -> None:
    for _line in sys.stdin:
        leave.release()
    stop.set()
    leave.release()
    threading.main_thread().join(PATIENCE_S)
    if threading.main_thread().is_alive():
        os._exit(0)  # a store that hangs holds nothing that is not in the inbox


if __name__ == "__main__":
    sys.exit(main())
