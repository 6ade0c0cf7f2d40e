"""The register as a table for a spreadsheet: cells that one would run are quoted. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from alerts.register.deeds import NAMES
from alerts.register.register import Row
from alerts.register.sentences import NOBODY, Names, sentence
from county.rows import write

COLUMNS = (
    "序号", "时间", "事项", "账号", "姓名", "单位", "身份", "来源地址", "做了什么", "对象类别", "对象", "事由", "内容",
    "其他", "本条哈希",
)  # fmt: skip


def as_csv(rows: Iterable[Row], zone: ZoneInfo, names: Names = NOBODY) -> bytes:
    """CSV in UTF-8 with a byte order mark. ``names``: what people call a subject or an account, by its id."""
    return b"\xef\xbb\xbf" + write(COLUMNS, [_cells(row, zone, names) for row in rows])


def words_of(row: Row) -> str:
    """The deed's name in Chinese; the code itself where a later version wrote it."""
    return NAMES.get(row.said("deed"), row.said("deed"))


def name_of(row: Row, names: Names) -> str:
    """Who it was: as the row says, or as the account is called today where the row gives only the account."""
    said, account = row.said("name"), row.said("account")
    return said if said and said != account else names.get(account, said)


def more_of(row: Row) -> str:
    """The details in one line."""
    return "；".join(f"{name}={value}" for name, value in row.details.items() if name != "content")


def _cells(row: Row, zone: ZoneInfo, names: Names) -> tuple[str, ...]:
    return (
        str(row.n), f"{row.at.astimezone(zone):%Y-%m-%d %H:%M:%S}", words_of(row), row.said("account"),
        name_of(row, names), row.said("unit"), row.said("role"), row.said("source"), sentence(row, names),
        row.said("kind"), row.said("subject"), row.said("reason"), row.said("+content"), more_of(row), row.hash,
    )  # fmt: skip
