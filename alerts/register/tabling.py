"""The register as a table for a spreadsheet: cells that one would run are quoted. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from alerts.register.deeds import NAMES
from alerts.register.register import Row
from county.rows import write

COLUMNS = (
    "序号", "时间", "事项", "账号", "姓名", "单位", "身份", "来源地址", "对象类别", "对象", "事由", "内容",
    "其他", "本条哈希",
)  # fmt: skip


def as_csv(rows: Iterable[Row], zone: ZoneInfo) -> bytes:
    """CSV in UTF-8 with a byte order mark."""
    return b"\xef\xbb\xbf" + write(COLUMNS, [_cells(row, zone) for row in rows])


def words_of(row: Row) -> str:
    """The deed's name in Chinese; the code itself where a later version wrote it."""
    return NAMES.get(row.said("deed"), row.said("deed"))


def more_of(row: Row) -> str:
    """The details in one line."""
    return "；".join(f"{name}={value}" for name, value in row.details.items() if name != "content")


def _cells(row: Row, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        str(row.n), f"{row.at.astimezone(zone):%Y-%m-%d %H:%M:%S}", words_of(row), row.said("account"),
        row.said("name"), row.said("unit"), row.said("role"), row.said("source"), row.said("kind"),
        row.said("subject"), row.said("reason"), row.said("+content"), more_of(row), row.hash,
    )  # fmt: skip
