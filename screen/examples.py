"""An example for every JSON body of the OpenAPI document, composed of the examples of its fields. Pure.

A shape that has an example of its own keeps it. The rest is put together by the names of the fields, from the sample
county (``county/qingluan``), so that a reader sees what a value means and a stand-in server has something to answer.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
MEDIA = "application/json"
DEPTH = 7  # of shapes within shapes
AT, DAY, ID = "2026-11-28T08:30:00+08:00", "2026-11-28", "019ac0de-0000-7000-8000-000000000001"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
FORMATS = {"date-time": AT, "date": DAY, "uuid": ID, "time": "08:30:00", "uri": "https://county.example/t/xyz"}
PERSON = "王秀兰"
VALUES: Json = {
    "above": "li.jianguo", "account": "zhang.wei", "act": "accept", "after": "eyJuIjo0Mn0",
    "agent": "Chrome 140 · Windows", "alarm": "rsp:overflow", "amount": "50", "area": "640999101200", "at": AT,
    "attempt": "Zm9yLW9uZS1sb2dpbi1vbmx5LWFuZC1u", "author": "wang.xiulan", "basis": "contract",
    "basis_words": "合同", "before": "eyJuIjo0Mn0", "box": "ql-box-01", "by": "wang.xiulan", "camera": "ql-cam-01",
    "categorie": "garbage", "category": "0101", "cause": "balance", "change": "改了 1 行", "channel": "sms",
    "code": "640999101200", "command": "reboot", "consent": "本人同意", "content": "工单画面", "county": "640999",
    "crs": "WGS84", "cure": "在 people.csv 补上电话", "cursor": "eyJuIjo0Mn0", "daily": "22:00",
    "decided_by": "wang.xiulan", "decider": "wang.xiulan", "deed": "evidence_seen", "deputie": "li.jianguo",
    "detail": "电量 12%", "device": "ql-cam-01", "duty": "zhang.wei", "earlier": "GD-640999-20261120-0003",
    "email": "office@county.example", "fact": "离线 3 小时", "figure": "waiting", "file": "people.csv",
    "file_name": "队列.csv", "granted_by": "wang.xiulan", "hash": SHA256, "head": SHA256, "hold": "hold",
    "id": "ql-cam-01", "issuer": "青峦县", "jpeg": "/9j/4AAQSkZJRg==", "key": "k-20261128-0001", "kind": "camera",
    "label": "overflow", "lacking": "ql-spot-01", "lat": 36.03, "latitude": 36.03, "level": "village",
    "limit": "2026-11-29T18:00:00+08:00", "link": "https://county.example/t/xyz", "lon": 106.24, "longitude": 106.24,
    "made_by": "wang.xiulan", "missing": "柳林村没有人负责", "month": "2026-11", "more": "改了 1 行", "move": "hold",
    "name": PERSON, "new": "wang.xiulan", "note": "已核对", "number": "GD-640999-20261128-0001",
    "oidc_words": "统一身份认证", "old": "li.jianguo", "origin": "12345 热线", "pair": "42",
    "password": "long-and-only-for-this", "payload": "{}", "person": "wang.xiulan", "phone": "13800000000",
    "phone_masked": "138****0000", "photo": SHA256, "phrase": "已清运，现场干净", "picture": SHA256,
    "place": "柳林村 村口", "provider_id": "8f2c", "purpose": "信访核实", "qr": "<svg/>", "reason": "镜头被树叶遮挡",
    "recovery": "k3f9-2mwd", "region": "640999101", "replay_result": "stored", "report": "SB-20261128-0007",
    "revoked_why": "设备丢失", "reward_words": "奖励 10 元，待发放", "right": "tickets", "role": "officer",
    "route": "sms", "score": 0.86, "secret": "A7dQm3xV9kTzR2bNA7dQm3xV9kTzR2bNA7dQm3xV9kT", "severity": "minor",
    "sha256": SHA256, "since": "2026-11-28T08:30:00+08:00", "sms": "482913", "source": "camera", "spot": "ql-spot-01",
    "spot_name": "村口垃圾桶", "stage": "handling", "standing": "在岗", "state": "accepted",
    "state_words": "等待确认", "subject": "GD-640999-20261128-0001", "text": "村口垃圾桶已清运", "ticket": ID,
    "title": "垃圾桶满溢", "to": "zhang.wei", "topic": "jingcun/640999/640999101200/ql-box-01/event",
    "township": "640999101", "unit": "柳林镇人民政府", "unit_id": "640999101", "verdict_words": "属实",
    "version": "1.0.0", "viewer": "wang.xiulan", "village": "640999101200", "voices": SHA256, "way": "sms",
    "wechat": "oAbC-0001", "wecom": "zhang.wei", "what": "overflow", "why": "接单", "words": "已清运，现场干净",
    "x1": 0.21, "x2": 0.58, "y1": 0.34, "y2": 0.77, "you": "wang.xiulan", "zone": "core",
}  # fmt: skip
NAMED: Json = {
    "act_name": "接单", "area_name": "柳林村", "deed_name": "看工单画面", "hold_name": "等大件清运车",
    "kind_name": "摄像机", "level_name": "村", "move_name": "挂账", "purpose_name": "派单通知",
    "severity_name": "一般", "source_name": "摄像机", "stage_name": "任务处理", "state_name": "已接单",
    "what_name": "垃圾桶满溢", "zone_name": "核心区",
}  # fmt: skip


def with_examples(document: Json) -> Json:
    """The document with an ``example`` at each JSON body that people send or are sent."""
    shapes: Json = document["components"]["schemas"]
    for operations in document["paths"].values():
        for operation in operations.values():
            bodies = [operation.get("requestBody", {})]
            bodies += [answer for status, answer in operation["responses"].items() if status.startswith("2")]
            for body in bodies:
                if media := body.get("content", {}).get(MEDIA):
                    media["example"] = composed(media["schema"], shapes)
    return document


def composed(schema: Json, shapes: Json, name: str = "", depth: int = DEPTH) -> Any:
    """A value that a schema allows; ``name`` is the field's that it is for."""
    schema = _meant(schema, shapes)
    own = _own(schema)
    if schema.get("type") == "object" or "properties" in schema:
        return _object(schema, shapes, name, depth) | (own or {})
    if own is not None:
        return own
    if schema.get("type") == "array":
        return _array(schema, shapes, name, depth)
    return _plain(schema, name)


def _own(schema: Json) -> Any:
    """What a schema itself says by way of an example."""
    told = [schema.get("const"), schema.get("default"), *schema.get("examples", []), *schema.get("enum", [])]
    return next((one for one in told if one not in (None, "", [], {})), None)


def _meant(schema: Json, shapes: Json) -> Json:
    """What a reference leads to, and the first of several that is not null."""
    while True:
        if "$ref" in schema:
            schema = shapes[schema["$ref"].rpartition("/")[2]]
        elif several := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            schema = next((one for one in several if one.get("type") != "null"), several[0])
        else:
            return schema


def _object(schema: Json, shapes: Json, name: str, depth: int) -> Json:
    fields: Json = schema.get("properties", {})
    if not fields and isinstance(more := schema.get("additionalProperties"), dict):
        key = composed(schema.get("propertyNames", {"type": "string"}), shapes, name)
        return {key: composed(more, shapes, name, depth - 1)}
    told = fields if depth > 0 else schema.get("required", [])
    return {field: composed(fields[field], shapes, field, depth - 1) for field in told}


def _array(schema: Json, shapes: Json, name: str, depth: int) -> list[Any]:
    if "prefixItems" in schema:
        return [composed(one, shapes, name, depth - 1) for one in schema["prefixItems"]]
    if depth <= 0 and not schema.get("minItems"):
        return []
    return [composed(schema.get("items", {}), shapes, name, depth - 1)] * max(1, schema.get("minItems", 1))


def _plain(schema: Json, name: str) -> Any:
    kind, form = schema.get("type"), schema.get("format")
    if kind == "boolean":
        return False
    if kind in ("integer", "number"):
        return _number(schema, VALUES.get(name))
    if form in FORMATS:
        return FORMATS[form]
    if kind == "string":
        return _string(schema, name)
    return VALUES.get(name, {})


def _number(schema: Json, known: Any) -> float:
    if isinstance(known, int | float):
        return known
    above = schema.get("exclusiveMinimum")
    least: float = schema.get("minimum", 0) if above is None else above + 1
    most: float = schema.get("maximum", 1)
    return max(least, min(1, most))


def _string(schema: Json, name: str) -> str:
    singular = name.removesuffix("s")
    known = NAMED.get(name, VALUES.get(name, VALUES.get(singular)))
    if not isinstance(known, str):
        known = AT if name.endswith("_at") else "无"
    return known[: schema.get("maxLength", len(known))]
