"""A difference between two counties in the words of the office, numbers of people only for who may see them. Pure."""

from __future__ import annotations

import re

from county.column_words import LEVELS, cell_words, column_words
from county.diff import NOTHING, Difference
from county.problem_words import FILE_WORDS
from county.ways import WEEKDAYS

WHAT_WORDS = {"added": "新增", "removed": "删除", "changed": "修改"}
SECRET = frozenset({"phone", "wechat", "wecom", "email"})
_KEY_WORDS = (
    (re.compile(r"\bvillage rank (\d+)"), r"村级 排位\1"), (re.compile(r"\btownship rank (\d+)"), r"乡镇级 排位\1"),
    (re.compile(r"\bcounty rank (\d+)"), r"县级 排位\1"), (re.compile(r"\bleader rank (\d+)"), r"县领导 排位\1"),
    (re.compile(r" for ([\w|]+)"), r" 只管\1"), (re.compile(r" from (\d{4}-\d\d-\d\d)"), r" 自\1"),
)  # fmt: skip
_DAYS = re.compile(rf"\b({'|'.join(WEEKDAYS)})(?:\|(?:{'|'.join(WEEKDAYS)}))*\b")
_SHIFT_LEVEL = re.compile(r"(?<=\) )(village|township|county|leader)\b")

_WORDS = LEVELS | {
    "limit": "时限", "accept": "接单", "handle": "处置", "check": "核查", "decide": "审批", "triage": "分拣",
    "minute": "分钟", "hour": "小时", "day": "天", "work_hour": "工作小时", "work_day": "工作日",
}  # fmt: skip
_LIMIT = re.compile(r"^limit (\w+) (\w+)")
_UNIT = re.compile(r"(\d) (minute|work_hour|work_day|hour|day)\b")


def file_words(file: str) -> str:
    """How a file of the county is called."""
    return FILE_WORDS.get(file, file)


def key_words(one: Difference) -> str:
    """What has changed."""
    key = one.key
    if one.file == "policy.toml":
        return _LIMIT.sub(lambda found: " ".join(_WORDS.get(part, part) for part in found[0].split()), key)
    if one.file == "roster.csv":
        key = _SHIFT_LEVEL.sub(lambda found: _WORDS[found[0]], key)
        key = _DAYS.sub(lambda found: cell_words(one.file, "days", found[0]), key)
    if one.file in ("duties.csv", "leave.csv", "roster.csv"):
        for pattern, words in _KEY_WORDS:
            key = pattern.sub(words, key)
    return key


def text_words(one: Difference, *, secrets: bool) -> str:
    """Old and new values; with ``secrets`` numbers and addresses of people too."""
    if one.file == "policy.toml":
        return _UNIT.sub(lambda found: f"{found[1]} {_WORDS[found[2]]}", re.sub(r"^(was|is) ", _was, one.text))
    if one.what == "changed":
        return "；".join(_cell(one.file, cell, secrets=secrets) for cell in one.cells)
    return one.text


def _cell(file: str, cell: tuple[str, str, str], *, secrets: bool) -> str:
    column, was, now = cell
    name = column_words(file, column)
    if column == "polygon":
        return f"{name}：已重画"
    if column in SECRET and not secrets:
        return f"{name}：已更改"
    return f"{name}：{_said(file, column, was)} → {_said(file, column, now)}"


def _said(file: str, column: str, said: str) -> str:
    if said == NOTHING:
        return "不限" if column in ("valid_from", "valid_to") else "空"
    return cell_words(file, column, said)


def _was(found: re.Match[str]) -> str:
    return "原为 " if found[1] == "was" else "为 "
