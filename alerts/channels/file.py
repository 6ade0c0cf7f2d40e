"""Appends notices to a file of JSON lines, on disk before it is called delivered: to be read by another program."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from alerts.channels import Answer, By, Letter, Result


class File:
    """One file. A letter that may have been written before is looked for first, so a kill doubles nothing."""

    by = By.NOBODY

    def __init__(self, path: Path) -> None:
        """Append to this file; its folder is made when it is missing."""
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)

    def send(self, letter: Letter) -> Answer:
        """Append one line and flush it to the disk."""
        try:
            if letter.maybe_doubled and self._holds(letter.id):
                return Answer(Result.DELIVERED, letter.id, "此前已写入,未重复写")
            self._append(json.dumps(asdict(letter), ensure_ascii=False))
        except OSError as fault:
            return Answer(Result.RETRY, words=f"通知文件写不进去:{fault}")
        return Answer(Result.DELIVERED, letter.id)

    def close(self) -> None:
        """Nothing stays open between letters."""

    def _append(self, line: str) -> None:
        with self._path.open("a+b") as file:
            end = file.seek(0, os.SEEK_END)
            torn = False
            if end:
                file.seek(end - 1)
                torn = file.read(1) != b"\n"  # a kill cut the last line short
            file.write((b"\n" if torn else b"") + line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _holds(self, letter_id: str) -> bool:
        if not self._path.exists():
            return False
        with self._path.open("rb") as file:
            return any(_id_of(line) == letter_id for line in file)


def _id_of(line: bytes) -> str | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return str(value.get("id")) if isinstance(value, dict) else None
