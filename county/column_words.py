"""The columns of the county's files, and what stands in some of them, as people call them. One table; pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from county.legal import BASIS_WORDS
from county.ways import WEEKDAYS, WayKind

# Of every file; a row of a file itself comes first.
_EVERYWHERE: Mapping[str, str] = MappingProxyType({
    "area": "范围", "box": "所接盒子", "categories": "问题类别", "channels": "通知方式", "code": "代码",
    "consent": "同意书", "crs": "坐标系", "date": "日期", "days": "星期", "device": "摄像机", "email": "邮箱",
    "empty_mm": "空桶距离（毫米）", "end": "结束", "from": "开始", "full_mm": "满桶距离（毫米）", "hours": "时段",
    "id": "编号", "kind": "类型", "kinds": "问题类别", "latitude": "纬度", "legal_basis": "安装依据", "level": "层级",
    "longitude": "经度", "name": "名称", "note": "备注", "parent": "上级", "person": "人员", "phone": "电话",
    "polygon": "画的范围", "purpose": "用途", "rank": "排位", "reason": "原因", "region": "所在地", "road": "所属道路",
    "role": "职务", "rota": "清扫日", "sign_date": "提示标识日期", "site": "场所", "start": "开始", "to": "结束",
    "unit": "单位", "valid_from": "生效日", "valid_to": "失效日", "viewers": "画面给谁看", "village": "所在村",
    "ways": "巷道沟渠", "wechat": "微信", "wecom": "企业微信", "works": "上班", "zone": "区域",
})  # fmt: skip
_OF_FILE: Mapping[tuple[str, str], str] = MappingProxyType({
    ("people.csv", "name"): "姓名", ("people.csv", "kind"): "身份", ("leave.csv", "from"): "请假第一天",
    ("leave.csv", "to"): "回来的日子", ("leave.csv", "start"): "请假第一天", ("leave.csv", "end"): "回来的日子",
    ("regions.csv", "parent"): "上级区划", ("units.csv", "parent"): "上级单位", ("calendar.csv", "name"): "节日",
})  # fmt: skip
LEVELS = {"village": "村级", "township": "乡镇级", "county": "县级", "leader": "县领导"}
_CELLS: Mapping[tuple[str, str], Mapping[str, str]] = MappingProxyType({
    ("people.csv", "kind"): {"volunteer": "协管员"},
    ("units.csv", "kind"): {
        "government": "政府", "department": "部门", "contractor": "承包单位", "company": "企业",
        "volunteer": "志愿服务队",
    },
    ("devices.csv", "kind"): {"box": "盒子", "camera": "摄像机", "bin": "垃圾桶", "truck": "清运车"},
    ("devices.csv", "legal_basis"): {basis.value: words for basis, words in BASIS_WORDS.items()},
    ("devices.csv", "viewers"): LEVELS,
    ("ways.csv", "kind"): {kind.value: kind.words for kind in WayKind},
    ("duties.csv", "level"): LEVELS, ("roster.csv", "level"): LEVELS,
    ("calendar.csv", "works"): {"True": "上班", "False": "休息"},
})  # fmt: skip
_DAYS = dict(zip(WEEKDAYS, ("周一", "周二", "周三", "周四", "周五", "周六", "周日"), strict=True))


def column_words(file: str, column: str) -> str:
    """How a column of a file is called; the column itself where nobody gave it a name."""
    return _OF_FILE.get((file, column)) or _EVERYWHERE.get(column, column)


def cell_words(file: str, column: str, said: str) -> str:
    """What stands in a cell, where it is one of a few words; several are parted by |."""
    known = _DAYS if column in ("rota", "days") else _CELLS.get((file, column), {})
    return "、".join(known.get(part, part) for part in said.split("|")) if known else said
