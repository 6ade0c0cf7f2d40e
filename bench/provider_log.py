"""What a stand-in provider remembers on disk: each letter that it took, and each receipt that somebody thanked for.

A line is written before the provider answers, so what it forgets when it is killed it had never taken.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Taken:
    """A letter that a provider took.

    ``key`` is by what the provider knows a repetition (the notice's id, or WeChat's short form of it; empty where it
    knows none), ``code`` the end of the desk link, ``at`` the provider's own time.
    """

    provider: str
    key: str
    code: str
    at: datetime
    text: str = ""
    biz: str = ""
    phone: str = ""
    delivered: bool | None = None


@dataclass(frozen=True, slots=True)
class Thanked:
    """A receipt that the county took: it said thank you."""

    key: str
    delivered: bool


class ProviderLog:
    """One file of JSON lines."""

    def __init__(self, path: Path) -> None:
        """Begin, or go on where a killed provider was."""
        self.path = path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)

    def took(self, taken: Taken) -> None:
        """Write a letter down."""
        self._write(asdict(taken) | {"at": taken.at.isoformat()})

    def thanked(self, thanked: Thanked) -> None:
        """Write down that a receipt need not be brought again."""
        self._write({"thanked": thanked.key, "delivered": thanked.delivered})

    def taken(self) -> list[Taken]:
        """All letters, oldest first."""
        lines = (line for line in _lines(self.path) if "provider" in line)
        return [Taken(**line | {"at": datetime.fromisoformat(line["at"])}) for line in lines]

    def thanks(self) -> list[Thanked]:
        """All receipts that were thanked for; one that was brought twice stands here twice."""
        return [Thanked(line["thanked"], line["delivered"]) for line in _lines(self.path) if "thanked" in line]

    def _write(self, line: dict[str, Any]) -> None:
        with self._lock, self.path.open("ab") as file:
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def now() -> datetime:
    """The providers' clock."""
    return datetime.now(UTC)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Whole lines; one that a kill cut short was never answered for."""
    for raw in path.read_bytes().splitlines() if path.exists() else ():
        try:
            line = json.loads(raw)
        except ValueError:
            continue
        if isinstance(line, dict):
            yield line
