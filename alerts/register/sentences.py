"""A row of the register as one plain Chinese sentence: what was done to what. Pure; the row itself stays as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from alerts.register.deeds import NAMES, Deed
from alerts.register.register import Row
from county.policy.rights import Move

Names = Mapping[str, str]  # what is called how: accounts, devices, and tickets by their ids
NOBODY: Names = MappingProxyType({})
ACTS: Mapping[str, str] = MappingProxyType({move.value: move.words for move in Move} | {
    "accept": "接单", "arrive": "登记到场", "done": "上报处置完成", "not_mine": "报不归我管", "not_true": "报不属实",
    "still": "报还没好", "confirm_true": "核实为真", "confirm_false": "核实为误报", "confirm_unclear": "报看不清",
    "verify_ok": "核查通过", "verify_bad": "核查不通过", "dispute": "对核查有异议",
    "reply": "答复督办", "grant": "同意", "refuse": "不同意", "withdraw": "撤回", "end": "提前结束", "approve": "批准",
    "submit": "提交", "publish": "发布", "pay": "登记发放",
})  # fmt: skip
# What a route does; the first that fits. Groups stand in the words by number, said as ``ACTS`` says them.
_ROUTES: tuple[tuple[re.Pattern[str], str], ...] = tuple((re.compile(pattern), words) for pattern, words in (
    (r"POST /api/v1/tickets/[^/]+/acts/(\w+)", "对{subject}{1}"),
    (r"POST /api/v1/tickets/[^/]+/clear", "人工清除{subject}的一个告警"),
    (r"POST /api/v1/tickets/[^/]+/photo", "给{subject}上传照片"),
    (r"POST /api/v1/tickets/[^/]+/rectification", "给{subject}签发整改通知书"),
    (r"GET /api/v1/tickets/[^/]+/rectification\.(\w+)", "取走{subject}的整改通知书（{1}）"),
    (r"POST /api/v1/asks/[^/]+/(\w+)", "对一件申请：{1}"),
    (r"POST /api/v1/cameras/[^/]+/live", "看{subject}的现场画面"),
    (r"POST /api/v1/silences/[^/]+/(\w+)", "对第 {subject} 号静默：{1}"), (r"POST /api/v1/silences", "申请静默"),
    (r"POST /api/v1/lists/[^/]+/lines/[^/]+", "改第 {subject} 号红黑榜的一行"),
    (r"POST /api/v1/lists/[^/]+/objections", "对第 {subject} 号红黑榜提异议"),
    (r"POST /api/v1/lists/[^/]+/answer", "答复第 {subject} 号红黑榜的一条异议"),
    (r"POST /api/v1/lists/[^/]+/(\w+)", "对第 {subject} 号红黑榜：{1}"), (r"POST /api/v1/lists", "拟一张红黑榜"),
    (r"POST /api/v1/reports/[^/]+/reporter", "查看反映人的姓名和电话"),
    (r"POST /api/v1/reports/[^/]+/forget", "删除反映人的信息"),
    (r"POST /api/v1/reports/[^/]+/verify", "核实群众反映"), (r"POST /api/v1/reports/[^/]+/photo", "给一件反映上传照片"),
    (r"POST /api/v1/reports", "录入督查或上级交办"), (r"POST /api/v1/rewards/[^/]+/(\w+)", "对一笔举报奖励：{1}"),
    (r"POST /api/v1/dead-letters/[^/]+/replay", "重投第 {subject} 封死信"),
    (r"POST /api/v1/devices/[^/]+/drawing", "改{subject}的点位和遮挡"),
    (r"POST /api/v1/devices/[^/]+/invite", "给{subject}发一次性领密钥的码"),
    (r"POST /api/v1/devices/[^/]+/secret", "给{subject}换密钥"),
    (r"POST /api/v1/devices/[^/]+/revoke", "吊销{subject}的密钥"), (r"POST /api/v1/devices", "登记设备或改登记"),
    (r"POST /api/v1/people/changes", "保存人员和职责的改动"),
    (r"POST /api/v1/people/outlook", "试看人员和职责的改动，没有保存"),
    (r"POST /api/v1/policy/backtest/cancel", "停掉规则回放"),
    (r"POST /api/v1/policy/backtest", "用改过的规则回放以前的消息"),
    (r"POST /api/v1/policy/outlook", "试看规则的改动，没有保存"), (r"POST /api/v1/policy", "保存规则"),
    (r"GET /api/v1/county/folder\.zip", "下载了整份县里资料（含人员电话）"),
    (r"POST /api/v1/county/folder/outlook", "试看上传的县里资料，没有保存"),
    (r"POST /api/v1/county/folder", "上传县里资料，存成新的一版"),
    (r"POST /api/v1/county/revisions/[^/]+/outlook", "试看退回第 {subject} 版，没有保存"),
    (r"POST /api/v1/county/revisions/[^/]+/restore", "退回第 {subject} 版县里资料"),
    (r"GET /api/v1/queue\.(\w+)", "导出工单列表（{1}）"), (r"GET /api/v1/fairness\.(\w+)", "导出台账（{1}）"),
    (r"GET /api/v1/notices\.(\w+)", "导出通知记录（{1}）"), (r"GET /api/v1/dead-letters\.(\w+)", "导出死信（{1}）"),
    (r"GET /api/v1/register/table\.(\w+)", "导出审计登记（{1}）"),
    (r"POST /api/v1/binding/unbind", "解除微信绑定"), (r"POST /api/v1/binding(/\w+)?", "绑定微信"),
    (r"POST /api/v1/claim", "盒子来领密钥"), (r"POST (/api/v1/desk|/d)/.+", "用工单链接办理"),
    (r"POST /api/v1/r/[^/]+/forget", "反映人删除自己的信息"), (r"POST /api/v1/receipts/.+", "通知渠道送来回执"),
    (r"POST /api/v1/wechat/.+", "微信送来消息"), (r"POST (/api/v1)?/logout", "退出登录"), (r"POST /t", "用短链接办理"),
))  # fmt: skip
_WAYS = {"password": "口令", "code": "验证码", "wecom": "企业微信", "oidc": "统一身份认证", "totp": "验证码"}
_KINDS = {"ticket": "工单", "camera": "摄像机", "device": "设备", "box": "盒子", "person": "人员", "account": "账号"}
_FAULTS = {
    "no account": "没有这个人的账号", "password": "口令不对", "code": "验证码不对", "first code": "验证码不对",
    "proof": "再次验证没有通过",
}  # fmt: skip


def sentence(row: Row, names: Names = NOBODY) -> str:
    """What a row tells, without who and when. ``names``: what people call a subject, by its id."""
    say = _OF_DEED.get(row.said("deed"))
    if say is not None:
        return say(row, names)
    if row.said("+command"):
        return _command(row, names)
    return _route(row, names) or _named(row)


def _named(row: Row) -> str:
    """The name of a deed of which no more is known; a later version's deed by its code."""
    return NAMES.get(row.said("deed"), row.said("deed"))


def _route(row: Row, names: Names) -> str:
    for pattern, words in _ROUTES:
        found = pattern.fullmatch(row.said("+route"))
        if found is not None:
            part = found[1] or "" if found.groups() else ""  # a word of an address: letters and digits
            return words.replace("{1}", ACTS.get(part, part)).replace("{subject}", _subject(row, names))
    return ""


def _subject(row: Row, names: Names) -> str:
    kind, subject = _KINDS.get(row.said("kind"), ""), row.said("subject")
    if row.said("kind") == "ticket" and subject not in names:
        return "工单"  # its id says nothing to anybody; it stands in the column beside
    return f"{kind} {names.get(subject, subject)}".strip() + (" " if kind else "")


def _account(row: Row, names: Names) -> str:
    what, more, of = row.said("+what"), row.said("+words"), row.said("subject")
    about = "" if of == row.said("account") else f"：账号 {names.get(of, of)}"
    return f"{what or '改账号'}{about}" + (f"（{more} 处）" if what == "结束登录" and more.isdecimal() else "")


def _entered(row: Row, _: Names) -> str:
    ways = [_WAYS.get(part, part) for part in row.said("+words").split("+") if part]
    return f"用{'加'.join(ways)}登录" if ways else "登录"


def _refused_entry(row: Row, _: Names) -> str:
    way, _colon, fault = row.said("+words").rpartition(": ")
    why = "，".join(part for part in (_WAYS.get(way, way), _FAULTS.get(fault, fault)) if part)
    return f"登录没有成功：{why}" if why else "登录没有成功"


def _locked(row: Row, _: Names) -> str:
    seconds = row.said("+words").removesuffix(" s")
    return f"输错太多次，{seconds} 秒内不能再试" if seconds.isdecimal() else "输错太多次，暂时不能再试"


def _failed(row: Row, _: Names) -> str:
    return f"第 {row.said('subject')} 条没有办成：{row.said('+words') or row.said('+result')}"


def _command(row: Row, names: Names) -> str:
    """What was done at the server: the command's own name stands in it, for who looks it up in the handbook."""
    of = _subject(row, names).strip() if row.said("subject") else ""
    return f"在服务器上{_named(row)}（命令 {row.said('+command')}）" + (f"：{of}" if of else "")


def _content(lead: str) -> Callable[[Row, Names], str]:
    def say(row: Row, names: Names) -> str:
        return f"{lead}：{row.said('+content') or _subject(row, names).strip()}"

    return say


_OF_DEED: Mapping[str, Callable[[Row, Names], str]] = MappingProxyType({
    Deed.LOGGED_IN: _entered, Deed.LOGIN_FAILED: _refused_entry, Deed.LOCKED_OUT: _locked,
    Deed.LOGGED_OUT: lambda _row, _names: "退出登录",
    Deed.REFUSED: _failed, Deed.EVIDENCE_GRANTED: _content("登记了事由，调看"), Deed.EVIDENCE_SEEN: _content("调看"),
    Deed.PICTURES_AT_WORK: lambda row, names: f"办理中查看{_subject(row, names).strip()}的画面",
    Deed.PICTURES_WATCHED: lambda _row, _names: "在大屏前看画面（一小时记一次）",
    Deed.ACCOUNT: lambda row, names: _command(row, names) if row.said("+command") else _account(row, names),
})  # fmt: skip
