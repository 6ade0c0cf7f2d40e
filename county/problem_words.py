"""What the check finds, in the words of the office: each problem gets a code and Chinese words.

The check itself speaks English to whoever works at the command line. A sentence that is not in the table keeps its
English under the code ``other``, so nothing that is wrong is ever hidden.
"""

# ruff: noqa: E501  # one row for each problem
from __future__ import annotations

import re
from dataclasses import dataclass

from county.column_words import column_words
from county.problem_table import OF_FILES, OF_POLICY, Rows
from county.rows import Problem

FILE_WORDS = {
    "regions.csv": "行政区划", "people.csv": "人员", "duties.csv": "职责", "units.csv": "单位", "leave.csv": "请假",
    "roster.csv": "值班表", "devices.csv": "设备", "ways.csv": "巷道沟渠", "calendar.csv": "工作日历", "spots.geojson": "点位",
    "masks.geojson": "遮挡区", "policy.toml": "规则", "outline.geojson": "边界图",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """A problem in Chinese: ``code`` for programs, ``text`` what is wrong, ``cure`` what to do."""

    code: str
    text: str
    cure: str


# code, what the check says, what is wrong, what to do. Groups of the pattern stand in the words by their number.
_TABLE: Rows = (
    ("file-missing", r"the file is missing", "缺少这个文件", "请补上这个文件"),
    ("file-unknown", r"is no county file", "不是县资料里的文件", "请删掉它，或改成正确的文件名"),
    ("file-large", r"the file has (\d+) bytes", "文件太大（{1} 字节）", "请缩小文件"),
    ("utf16", r"the file is UTF-16", "文件编码是 UTF-16", "请另存为 UTF-8（Excel 里选“CSV UTF-8”）"),
    ("encoding", r"the file is not UTF-8.*", "文件编码不是 UTF-8（可能是 GBK）", "请另存为 UTF-8（Excel 里选“CSV UTF-8”）"),
    ("zero-byte", r"there is a zero byte in the file", "文件里有空字节", "请重新导出这个文件"),
    ("csv-broken", r"broken CSV \((.*)\); nothing.*", "表格断行或引号不成对，后面的都没有读（{1}）", "请补上双引号"),
    ("csv-empty", r"the file is empty", "文件是空的", "第一行要写列名"),
    ("csv-cells", r"has (\d+) cells, the header has (\d+)", "这一行有 {1} 格，表头有 {2} 格", "请增减逗号；含逗号的文字用双引号括起来"),
    ("csv-column", r"column ([\w, ]+) is missing", "缺少列：{1}", "请补上这些列"),
    ("csv-header", r"unknown or doubled column in (.*)", "有不认识或重复的列名：{1}", "请对照手册改列名"),
    ("cell-empty", r"column '(\w+)' is empty", "“{1}”这一格是空的", "请填上，或删掉这一行"),
    ("cell-bad", r"column '(\w+)' has (.*)", "“{1}”这一格写的是 {2}，看不懂", "请按手册的格式改"),
    ("route-bad", r"channels (.*) is no route", "通知方式 {1} 写得不对", "请写成 wechat > sms 这样"),
    ("dates-order", r"valid_to (\S+) is not after valid_from (\S+)", "结束日 {1} 不在开始日 {2} 之后", "结束日是不再有效的第一天，请改日期"),
    ("leave-order", r"to (.+) is not after from (.+)", "结束 {1} 不在开始 {2} 之后", "请改日期"),
    ("doubled", r".*? (\S+) is already on line (\d+)", "{1} 重复，第 {2} 行已经有了", "每个只能出现一次"),
    ("counties", r"(\d+) counties .*", "有 {1} 个县（6 位代码）", "一份资料里只能有一个县"),
    ("duty-overlap", r"area (\S+) has two people of rank (\d+) on level '(\w+)' at once \((\S+) on line (\d+), (\S+)\)",
     "{1} 在同一时间有两个{3}级、排位 {2} 的责任人：{4}（第 {5} 行）和 {6}", "请先结束前一个人的职责，或把后一个人排为副手（排位 1）"),
    ("shift-overlap", r"area (\S+) has two people on duty on level '(\w+)' at (.*) \((\S+) on line (\d+), (\S+)\)",
     "{1} 的{2}级值班在 {3} 排了两个人：{4}（第 {5} 行）和 {6}", "请让一个人下班时另一个人接上"),
    ("person-unknown", r"unknown person '(.*)'", "没有编号为“{1}”的人", "请先添加这个人，或改正编号"),
    ("area-unknown", r"unknown area '(.*)'", "没有“{1}”这个地方", "请用区划代码，或点位、设备、巷道的编号"),
    ("area-wide", r"the area (\S+) is wider than the level '(\w+)'", "{1} 的范围比{2}级大", "一个人在这一级管不了这么大的地方，请一处一行"),
    ("category-unknown", r"(?:.*: )?(?:a rise of the )?unknown category '?(.*?)'?", "没有“{1}”这个问题类别", "请用规则里登记的类别代码"),
    ("unit-unknown", r"person (\S+): unknown unit '(.*)'", "人员 {1} 的单位“{2}”没有登记", "请用单位表里的编号或名称"),
    ("unit-parent", r"unit (\S+): unknown parent '(.*)'", "单位 {1} 的上级“{2}”没有登记", "请用单位表里的编号"),
    ("unit-circle", r"unit (\S+) lies above itself", "单位 {1} 的上级绕回了自己", "请改正上级单位"),
    ("volunteer-duty", r"(\S+) is a volunteer", "{1} 是协管员，不能承担责任", "请换别人"),
    ("need-kind", r"a need of every (\w+) of the kind '(.*)', of which there is none", "人数要求里的类型“{2}”一个也没有", "请用区划表里的类型"),
    ("span-long", r"(.*) of (.*) lasts longer than a year", "时限 {2} 超过一年", "请写短一些，或改工作时间和日历"),
    ("toml", r"not TOML: (.*)", "不是正确的 TOML 写法：{1}", "请检查这一行；文字要用双引号括起来"),
    ("json", r"not JSON: (.*)", "不是正确的 JSON：{1}", "请重新导出这个文件"),
    ("policy-key", r"(?:(.*): )?Extra inputs are not permitted", "不认识“{1}”这一项", "请删掉它，或改正拼写"),
    ("policy-missing", r"(?:(.*): )?Field required", "缺少“{1}”这一项", "请补上"),
    ("policy-choice", r"(?:(.*): )?Input should be ('.*')", "“{1}”只能是 {2} 之一", "请改成其中一个"),
    ("policy-above", r"(?:(.*): )?Input should be greater than (or equal to )?(\S+)", "“{1}”要大于（或等于）{3}", "请改大一些"),
    ("policy-below", r"(?:(.*): )?Input should be less than (or equal to )?(\S+)", "“{1}”要小于（或等于）{3}", "请改小一些"),
    ("policy-number", r"(?:(.*): )?Input should be a valid (?:number|integer).*", "“{1}”要写数字", "请改成不带引号的数字"),
    ("policy-text", r"(?:(.*): )?Input should be a valid (?:string|boolean|list|tuple|dictionary).*", "“{1}”的写法不对", "请照示例改"),
    ("policy-pattern", r"(?:(.*): )?String should match pattern .*", "“{1}”里有不该有的字符，或写法不对", "请照手册的写法改"),
    ("policy-length", r"(?:(.*): )?\w+ should have at (?:least|most) (\d+) .*", "“{1}”太短或太长（{2}）", "请改到合适的长短"),
    ("policy-form", r"(?:(.*): )?Input should (?!be less|be greater|be '|be a valid (?:number|integer|string|boolean|list|tuple|dictionary)).*", "“{1}”的写法不对", "请照手册的写法改"),
    ("no-consent", r".*looks into the private zone '(.*)' \((.*)\), and camera (\S+) has no consent", "摄像机 {3} 对着“{2}”，没有登记同意书", "请登记同意书的编号和日期，或转开镜头"),
    ("no-legal", r"device (\S+): a camera without legal basis", "摄像机 {1} 没有登记安装依据", "请填 art7、art9 或 non-public"),
    ("outside", r".*the point (\S+), (\S+) lies outside China", "坐标 {1}, {2} 不在中国境内", "经度写在前面，单位是度"),
    ("crs", r".*coordinates with crs '(.*)'", "坐标系“{1}”不能用", "请用 CGCS2000 或 WGS-84；高德、腾讯的坐标先转换"),
)  # fmt: skip
_LEVELS = {
    "village": "村", "township": "乡镇", "county": "县", "leader": "县领导", "box": "盒子", "camera": "摄像机",
    "bin": "垃圾桶", "truck": "清运车", "lane": "巷", "road": "路段", "ditch": "沟渠", "pond": "坑塘", "spot": "点位",
    "device": "设备", "accept": "接单", "handle": "处置", "check": "核查",
}  # fmt: skip
# What a sentence is about, before what is wrong with it.
_LEAD = re.compile(
    r"(region|device|way|spot|mask|feature|area|rule|person) ([^:]*?)(?:: | (?=has no properties))", re.DOTALL
)
_LEADS = {
    "region": "区划", "device": "设备", "way": "巷道", "spot": "点位", "mask": "遮挡", "feature": "第", "area": "地方",
    "rule": "规则", "person": "人员",
}  # fmt: skip


def _compiled(rows: Rows) -> tuple[tuple[str, re.Pattern[str], str, str], ...]:
    return tuple((code, re.compile(pattern, re.DOTALL), text, cure) for code, pattern, text, cure in rows)


_PATTERNS, _OF_POLICY = _compiled((*_TABLE, *OF_FILES)), _compiled(OF_POLICY)


def told(problem: Problem) -> Told:
    """One problem in Chinese."""
    found = _of_rows(_PATTERNS, problem.file, problem.text) or _value(problem) or _about(problem)
    return found or Told("other", problem.text, problem.cure)


def _of_rows(rows: tuple[tuple[str, re.Pattern[str], str, str], ...], file: str, sentence: str) -> Told | None:
    for code, pattern, text, cure in rows:
        found = pattern.fullmatch(sentence)
        if found is not None:
            return Told(code, _filled(text, found, file), _filled(cure, found, file))
    return None


def _value(problem: Problem) -> Told | None:
    """What pydantic says of a value: its key, and what our own checks say of it."""
    key, behind, inner = problem.text.partition("Value error, ")
    found = _of_rows(_OF_POLICY, problem.file, inner if behind else problem.text)
    if found is None or not behind:
        return found
    return Told(found.code, f"“{key.removesuffix(': ') or '规则'}”：{found.text}", found.cure)


def _about(problem: Problem) -> Told | None:
    """A sentence behind the name of what it is about."""
    lead = _LEAD.match(problem.text)
    if lead is None:
        return None
    rest = told(Problem(problem.file, problem.line, problem.text[lead.end() :], problem.cure))
    name = f"第 {lead[2]} 个图形" if lead[1] == "feature" else f"{_LEADS[lead[1]]} {lead[2]}"
    return None if rest.code == "other" else Told(rest.code, f"{name}：{rest.text}", rest.cure)


def _filled(words: str, found: re.Match[str], file: str) -> str:
    def part(number: re.Match[str]) -> str:
        value = found[int(number[1])] or "规则"
        if found.re.pattern.startswith("column") and value != (named := column_words(file, value)):
            return f"{named}（{value}）"
        return _LEVELS.get(value, value)

    return re.sub(r"\{(\d)\}", part, words)
