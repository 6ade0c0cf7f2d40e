"""A disk that turns read-only under a door at work: the kernel really refuses every write."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def apart() -> list[str]:
    """The command prefix that gives a program mounts of its own; skipped where that is not allowed."""
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no mounts of one's own here: needs root, and a container that allows it")
    return [unshare, "--mount", "--propagation", "private"]


def test_a_disk_that_turns_read_only_shuts_the_door_holds_everything_and_opens_it_again(tmp_path: Path) -> None:
    command = [*apart(), sys.executable, "-m", "tests.ingest.readonly_disk", str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["acked"], told["receipts"]) == (0, 0), "nothing was taken while nothing could be written"
    assert "the database refused" in told["reasons"]
    assert "Read-only file system" in told["reasons"]
    assert told["states"][0] is False
    assert told["states"][-1] is True
    assert told["stored"] == 1 + 30 + 1
    assert told["acked_after"] == 31
