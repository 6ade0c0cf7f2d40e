"""A clock that is moved by hand, and channels opened as server.toml would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alerts.channels import Channel, catalog
from tests.alerts.makes import T0


@dataclass
class Clock:
    """Now, until it is moved."""

    at: datetime = field(default=T0)

    def __call__(self) -> datetime:
        return self.at

    def passes(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@contextmanager
def opened(told: dict[str, Any], now: Clock, folder: Path | None = None, **secrets: str) -> Iterator[Channel]:
    """The channel of ``[[channel]]``; each of ``secrets`` is written to a file that its ``…_file`` key names."""
    files = {}
    for name, secret in secrets.items():
        assert folder is not None
        (folder / name).write_text(secret + "\n", encoding="utf-8")
        files[f"{name}_file"] = folder / name
    channel = catalog.opened(catalog.settings_of({"name": "it", **told, **files}), now)
    try:
        yield channel
    finally:
        channel.close()
