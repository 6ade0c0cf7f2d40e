"""A door whose disk turns read-only and comes back: run under ``unshare --mount``, where the disk is a small tmpfs.

Prints one line of JSON: what stood before the disk came back, the states of the door with their reasons, and the end.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from ingest.store import Store
from tests.ingest.makes import event
from tests.ingest.test_door import House, picture

MESSAGES = 30


def mount(folder: Path, how: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size=64m,{how}", "tmpfs", str(folder)], check=True, timeout=60)


def main(folder: Path) -> None:
    mount(folder, "rw")
    store = Store(f"sqlite:///{folder / 'inbox.db'}")
    house = House(store, folder)
    house.evidence._least_free = 0  # a tmpfs is smaller than what a server keeps free
    house.say(event())
    house.open_until(house.wire.lines, "a first receipt")
    house.acked.clear()
    store.close()  # a disk can turn only while nobody has a file open for writing; the next try opens it anew
    mount(folder, "remount,ro")
    sent = [*(event() for _ in range(MESSAGES)), picture(b"jpeg")]
    for message in sent:
        house.say(message)
    told: dict[str, object] = {}

    def back() -> bool:
        reasons = house.door.sign.reason
        if not told and reasons.count("; ") == 1:  # the books and the evidence, each for itself
            told.update(acked=len(house.acked), receipts=len(house.wire.lines()) - 1, reasons=reasons)
            mount(folder, "remount,rw")
        return len(house.wire.lines()) == len(sent) + 1

    house.open_until(back, "every receipt after the disk has come back")
    states = [state for state, _, _ in house.wire.door()]
    print(json.dumps({**told, "states": states, "stored": house.inbox.count(), "acked_after": len(house.acked)}))
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
