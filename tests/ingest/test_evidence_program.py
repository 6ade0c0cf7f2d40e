"""The real ingest program, killed (SIGKILL) in the middle of deletions: no row, link or file tells a lie afterwards."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from ingest.evidence.files import Folder
from ingest.evidence.holds import Hold, HoldBook
from ingest.evidence.keeper import Heads
from ingest.evidence.ledger import Kept, Ledger
from ingest.evidence.verify import verify
from tests.county.small import COUNTY
from tests.ingest.test_program import ROOT
from tests.ingest.test_run import load_county
from tests.servers import free_port, wait_until

OLD = datetime.now(UTC) - timedelta(days=100)


def start(folder: Path, point: str) -> subprocess.Popen[bytes]:
    said = {"folder": str(folder), "port": free_port(), "inbox_url": f"sqlite:///{folder / 'inbox.db'}", "holder": "a"}
    file = folder / "a.json"
    file.write_text(json.dumps(said), encoding="utf-8")
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.ingest.program", str(file), *([point] if point else [])],
            cwd=ROOT, stdout=log, stderr=log,
        )  # fmt: skip


@pytest.mark.parametrize("point", ["evidence.before_delete", "evidence.after_delete"])
def test_killed_while_deleting_it_goes_on_and_nothing_lies(tmp_path: Path, point: str) -> None:
    load_county(tmp_path)
    files, url = Folder(tmp_path / "evidence"), f"sqlite:///{tmp_path / 'inbox.db'}"
    names = [hashlib.sha256(bytes([number])).hexdigest() for number in range(6)]
    with closing(Ledger(url, COUNTY)) as ledger, closing(HoldBook(url, COUNTY)) as holds:
        for number, name in enumerate(names):
            files.put(name, bytes([number]))
            ledger.kept(Kept(name, "picture", 1, {"device": "box-1"}), OLD)
        holds.hold(Hold(id=uuid4(), ticket=uuid4(), at=OLD, sha256=names[0]))
        assert start(tmp_path, point).wait(timeout=60) == -signal.SIGKILL  # at the third file
        heads = Heads(tmp_path / "evidence" / "chain-heads.txt")
        assert verify(ledger, files, heads.read()[0]).sound
        assert len(ledger.going()) == 1
        again = start(tmp_path, "")
        try:
            wait_until(lambda: not any(files.has(name) for name in names[1:]), "what was left is deleted")
            wait_until(lambda: not ledger.going(), "and written down")
        finally:
            again.terminate()
            again.wait(timeout=30)
        verdict = verify(ledger, files, heads.read()[0])
        assert (verdict.sound, verdict.files, verdict.deleted) == (True, 1, 5)
        for name in names[1:]:
            assert [link.facts["act"] for link in ledger.links(name)] == ["kept", "deleted"]
        assert files.has(names[0])
