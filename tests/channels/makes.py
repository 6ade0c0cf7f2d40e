"""A letter as the post office hands it out, and settings that are written like server.toml."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alerts.channels import Channel, Letter, catalog
from tests.alerts.makes import T0

LINK = "https://desk.example/t/abcd2345efgh"
LETTER = Letter(
    "0195-n-1", "GD-1121-0001", "dispatch", "village", 1, "马村官", "19900000001",
    f"【净村】柳林镇 石门村 东街发现暴露垃圾,重要,请于11月21日18:00前处置。处理:{LINK}", LINK,
    what="暴露垃圾", severity="重要", place="柳林镇 石门村 东街", due="11月21日18:00", code="abcd2345efgh",
)  # fmt: skip


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
