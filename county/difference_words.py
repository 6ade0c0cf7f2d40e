"""A difference between two counties in the words of the office, numbers of people only for who may see them. Pure."""

from __future__ import annotations

import re

from county.diff import Difference
from county.problem_words import FILE_WORDS

WHAT_WORDS = {"added": "新增", "removed": "删除", "changed": "修改"}
_FIELDS = {
    "name": "名称", "phone": "电话", "unit": "单位", "wechat": "微信", "wecom": "企业微信", "email": "邮箱",
    "kind": "类型", "channels": "通知方式", "person": "人员", "area": "范围", "level": "层级", "role": "职务",
    "rank": "排位", "valid_from": "开始", "valid_to": "结束", "categories": "类别", "start": "开始",
    "end": "结束", "reason": "原因",
    "village": "所在村", "region": "所在地", "box": "盒子", "longitude": "经度", "latitude": "纬度", "parent": "上级",
    "zone": "区域", "kinds": "问题类别", "polygon": "范围", "legal_basis": "安装依据", "consent": "同意书",
    "purpose": "用途", "viewers": "画面可看的人",
}  # fmt: skip
_SECRET = re.compile(r"\b(phone|wechat|wecom|email): .*? → .*?(?=, \w+: |$)", re.DOTALL)
_FIELD = re.compile(r"(?:(?<=^)|(?<=, ))(\w+): ")
_KEY_WORDS = (
    (re.compile(r"\bvillage rank (\d+)"), r"村级 排位\1"), (re.compile(r"\btownship rank (\d+)"), r"乡镇级 排位\1"),
    (re.compile(r"\bcounty rank (\d+)"), r"县级 排位\1"), (re.compile(r"\bleader rank (\d+)"), r"县领导 排位\1"),
    (re.compile(r" from (\d{4}-\d\d-\d\d)"), r" 自\1"),
)  # fmt: skip


_WORDS = {
    "limit": "时限", "accept": "接单", "handle": "处置", "village": "村级", "township": "乡镇级", "county": "县级",
    "leader": "县领导", "minute": "分钟", "hour": "小时", "day": "天", "work_hour": "工作小时", "work_day": "工作日",
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
    if one.file in ("duties.csv", "leave.csv"):
        for pattern, words in _KEY_WORDS:
            key = pattern.sub(words, key)
    return key


def text_words(one: Difference, *, secrets: bool) -> str:
    """Old and new values; with ``secrets`` numbers and addresses of people too."""
    if one.file == "policy.toml":
        return _UNIT.sub(lambda found: f"{found[1]} {_WORDS[found[2]]}", re.sub(r"^(was|is) ", _was, one.text))
    text = one.text if secrets else _SECRET.sub(lambda found: f"{found[1]}: 已更改", one.text)
    return (
        _FIELD.sub(lambda found: f"{_FIELDS.get(found[1], found[1])}：", text)
        .replace("None", "不限")
        .replace("∅", "空")
    )


def _was(found: re.Match[str]) -> str:
    return "原为 " if found[1] == "was" else "为 "
