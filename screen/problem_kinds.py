"""What a refusal's ``type`` means, by HTTP status, in Chinese and English; told at ``/problems/{name}``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of refusal: its name in the address, its titles, and what to do."""

    name: str
    title: str
    title_en: str
    cure: str
    cure_en: str

    @property
    def uri(self) -> str:
        """The stable URI reference that stands in ``type``."""
        return f"/problems/{self.name}"


OTHER = Kind("other", "请求被拒绝", "Refused", "请看 detail 里的说明。", "See detail.")
REASON = Kind(
    "reason-needed", "要先登记事由", "Reason needed", "请先登记事由，再查看。",
    "Say why at /api/v1/evidence/grants, then look.",
)  # fmt: skip
BY_STATUS = {
    400: Kind("bad-request", "请求看不懂", "Bad request", "请检查请求的格式后重试。", "Check the form of the request."),
    401: Kind(
        "not-signed-in",
        "没有登录",
        "Not signed in",
        "请先登录，或补上第二验证。",
        "Sign in, or give the second factor.",
    ),
    403: Kind(
        "not-allowed", "没有权限", "Not allowed", "您的岗位没有这项权限，请找有权限的人。", "Your role may not do this."
    ),
    404: Kind(
        "not-found",
        "没有找到",
        "Not found",
        "内容不存在，或不在您的辖区内。",
        "It does not exist, or lies outside your part of the county.",
    ),
    405: Kind(
        "method", "不支持这种操作", "Method not allowed", "请换用文档里的方法。", "Use a method of the document."
    ),
    409: Kind(
        "conflict",
        "与现在的状态不符",
        "Conflict",
        "情况已经变化，请刷新后再决定。",
        "Things have changed: read again, then decide.",
    ),
    413: Kind("too-large", "内容太大", "Content too large", "请把内容缩小后再提交。", "Send less."),
    415: Kind(
        "media-type", "内容类型不对", "Unsupported media type", "请按文档的类型提交。", "Send a type of the document."
    ),
    421: Kind(
        "misdirected", "服务器地址不对", "Misdirected request", "请用本机地址访问。", "Use the server's own address."
    ),
    422: Kind(
        "invalid",
        "内容不完整或格式不对",
        "Invalid content",
        "请按 detail 改正后再提交。",
        "Correct what detail names, then send again.",
    ),
    429: Kind(
        "too-many",
        "次数太多",
        "Too many requests",
        "请等 Retry-After 所说的秒数。",
        "Wait for as long as Retry-After says.",
    ),
    500: Kind(
        "broken", "服务器内部出错", "Internal error", "已记入日志，请稍后再试。", "It is in the log; try again later."
    ),
    503: Kind(
        "away", "暂时不可用", "Temporarily unavailable", "请按 Retry-After 稍后再试。", "Try again after Retry-After."
    ),
}
BY_NAME = {one.name: one for one in (*BY_STATUS.values(), REASON, OTHER)}


def of(status: int) -> Kind:
    """The kind of refusals with this status."""
    return BY_STATUS.get(status, OTHER)


def wants_english(accepted: str) -> bool:
    """Whether an Accept-Language wants English rather than Chinese; Chinese where it says nothing of either."""
    best = {"zh": 0.0, "en": 0.0}
    for part in accepted[:200].lower().split(","):
        tag, _, weight = part.strip().partition(";q=")
        language = tag.strip().split("-")[0]
        if language in best:
            best[language] = max(best[language], _weight(weight))
    return best["en"] > best["zh"]


def _weight(text: str) -> float:
    if not text:
        return 1.0
    digits = text.strip()
    plain = digits.isascii() and digits.replace(".", "", 1).isdigit()
    return min(float(digits), 1.0) if plain else 0.0
