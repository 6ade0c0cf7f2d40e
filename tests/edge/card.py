"""A small card of a box: a file system of its own that can be filled to the last byte, and pages of a file that die."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

ROOT = Path(__file__).parents[2]
PAGE = 4096
HOLD = 'mount -t tmpfs -o "size=$2,mode=700" card "$1" && echo ready && exec cat'


@dataclass(frozen=True)
class Card:
    """A tmpfs that only processes started here see; ``holder`` keeps it over their deaths, as a card does."""

    folder: Path
    holder: int
    user: tuple[str, ...]  # how nsenter comes in beside the holder

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a Python program that sees the card; its process id is that of the program itself."""
        inside = ["nsenter", *self.user, "--mount", "--preserve-credentials", "--target", str(self.holder)]
        return subprocess.Popen(
            [*inside, sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )

    def run(self, *words: str) -> str:
        """Run one to its end; returns what it said."""
        with self.start(*words) as child:
            said, wrong = child.communicate()
        assert child.returncode == 0, wrong
        return said


def apart() -> tuple[str, ...]:
    """How a program gets mounts of its own here, as a user of its own or as root; skipped where neither is allowed."""
    for words in (("--user", "--map-root-user"), ()):
        if (
            shutil.which("unshare")
            and not subprocess.run(
                ["unshare", *words, "--mount", "mount", "-t", "tmpfs", "card", "/mnt"], capture_output=True, check=False
            ).returncode
        ):
            return words
    pytest.skip("no mounts of one's own here: needs user namespaces, or root in a container that allows it")


@contextmanager
def card(folder: Path, size: str) -> Iterator[Card]:
    """A card of so many bytes (``16m``) on this folder."""
    users = apart()
    folder.mkdir()
    words = ["unshare", *users, "--mount", "sh", "-c", HOLD, "card", str(folder), size]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        try:
            assert holder.stdout.readline() == "ready\n"
            yield Card(folder, holder.pid, users[:1])
        finally:
            holder.stdin.close()


def spoil(path: Path, *offsets: int) -> None:
    """Overwrite the pages on which these bytes lie, as a dying card does."""
    content = bytearray(path.read_bytes())
    for offset in offsets:
        begin = offset // PAGE * PAGE
        content[begin : begin + PAGE] = b"\xa5" * PAGE
    path.write_bytes(content)


def leaf_of(path: Path, message_id: UUID) -> int:
    """Where in the file a row of the table lies: on a leaf of a table (its first byte is 13), not of an index."""
    content, wanted = path.read_bytes(), str(message_id).encode()
    at = content.find(wanted)
    while at >= 0 and content[at // PAGE * PAGE] != 13:
        at = content.find(wanted, at + 1)
    assert at > 0
    return at
