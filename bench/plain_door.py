"""The peer of the door: a plain consumer that stores, commits, acknowledges and receipts each message on its own.

That is what a straightforward MQTT-to-SQL bridge does when it must not lose anything. It speaks the same wire and keeps
the same promise (WAL, ``synchronous=FULL``, receipt after commit), and leaves out what the door does besides: no
registry, no schema check, no lease, no cursor readers.
"""

from __future__ import annotations

import argparse
import json
import signal
import sqlite3
import sys
import threading
from pathlib import Path

from broker import topics
from broker.link import Delivery, Link, LinkError, LinkSettings


class PlainDoor:
    """One connection, one SQLite file, one commit a message."""

    def __init__(self, port: int, file: Path, county: str) -> None:
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS inbox(seq INTEGER PRIMARY KEY, message_id TEXT UNIQUE, payload BLOB)"
        )
        settings = LinkSettings("127.0.0.1", port, "plain-door", inflight=200, retry_min_s=0.2, retry_max_s=1.0)
        self.link = Link(settings, self._take, lambda *_: None, [(name, 1) for name in topics.everything_up(county)])

    def _take(self, delivery: Delivery) -> None:
        message_id = json.loads(delivery.payload)["message_id"]
        stored = self._db.execute(
            "INSERT OR IGNORE INTO inbox(message_id, payload) VALUES(?, ?)", (message_id, delivery.payload)
        ).rowcount
        delivery.ack()
        receipt = {"lines": [{"message_id": message_id, "outcome": "stored" if stored else "duplicate"}]}
        topic = delivery.topic.rsplit("/", 1)[0] + "/receipt"
        try:
            self.link.publish(topic, json.dumps(receipt).encode())
        except LinkError:
            return  # it is sent again, as to our door

    def close(self) -> None:
        """Disconnect and close the file."""
        self.link.stop()
        self._db.close()


def main() -> int:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m bench.plain_door")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--county", required=True)
    given = parser.parse_args()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    door = PlainDoor(given.port, given.file, given.county)
    door.link.start()
    print("ready", flush=True)
    stop.wait()
    door.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
