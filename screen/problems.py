"""Every refusal of the HTTP door: ``application/problem+json`` (RFC 9457) with a detail that names the cure.

``type`` and ``title`` say of which kind it is (screen/problem_kinds.py). Refusals are written in Chinese; who prefers
English gets title and detail in English (screen/problem_english.py).
"""

from __future__ import annotations

import logging

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException

from screen import problem_kinds as kinds
from screen.plain import page
from screen.problem_english import english

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_PLAIN = {
    400: "请求看不懂，请刷新页面后重试",
    404: "没有这个页面或内容",
    405: "这个地址不支持这种操作",
    413: "提交的内容太大",
    415: "提交的内容类型不对",
}

_WAYS_ON = """<p>地址可能没有复制全，或者页面已经换了地方。</p>
<ul><li><a href="/t">输入短码，打开工单</a></li><li><a href="/report">随手拍</a></li>
<li><a href="/office">办理台</a></li><li><a href="/">大屏</a></li></ul>"""


class Problem(HTTPException):
    """A refusal on purpose: HTTP status and Chinese words; ``retry_s`` seconds to wait where waiting helps.

    ``kind`` where a page does something about this very one; else it goes by the status.
    """

    def __init__(self, status: int, words: str, retry_s: int | None = None, kind: kinds.Kind | None = None) -> None:
        headers = {"Retry-After": str(retry_s)} if retry_s is not None else None
        super().__init__(status, words, headers)
        self.kind = kind


def answer(
    status: int, words: str, headers: dict[str, str] | None = None, accepted: str = "", kind: kinds.Kind | None = None
) -> JSONResponse:
    """Return the problem document; ``accepted`` is the request's Accept-Language.

    Words that have no English stand in brackets behind the English title, so that nothing is lost.
    """
    kind = kind or kinds.of(status)
    title, language = kind.title, "zh-CN"
    if kinds.wants_english(accepted):
        title, language = kind.title_en, "en"
        words = english(words) or f"{title} ({words})"
    body = {"type": kind.uri, "title": title, "status": status, "detail": words}
    more = {"Vary": "Accept-Language", "Content-Language": language} | (headers or {})
    return JSONResponse(body, status, headers=more, media_type=MEDIA_TYPE)


def _language(request: Request) -> str:
    return request.headers.get("accept-language", "")


def install(app: FastAPI) -> None:
    """Turn every refusal of this app, also the framework's own, into a problem document."""
    app.add_exception_handler(StarletteHTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _broken)


def _walked_astray(request: Request) -> bool:
    """Whether somebody has opened an address in a browser, rather than a program that reads JSON."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def _refused(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, StarletteHTTPException)
    if fault.status_code == 404 and _walked_astray(request):
        return page("没有这个页面", _WAYS_ON, 404)
    words = fault.detail if isinstance(fault, Problem) else _PLAIN.get(fault.status_code, "服务器拒绝了请求")
    kind = fault.kind if isinstance(fault, Problem) else None
    return answer(fault.status_code, words, dict(fault.headers or {}), _language(request), kind)


def _invalid(request: Request, fault: Exception) -> JSONResponse:
    assert isinstance(fault, RequestValidationError)
    names = {".".join(str(part) for part in error["loc"][1:]) or str(error["loc"][0]) for error in fault.errors()}
    return answer(422, f"提交的内容不完整或格式不对：{'、'.join(sorted(names))[:200]}", accepted=_language(request))


def _broken(request: Request, fault: Exception) -> JSONResponse:
    log.error("%s %s failed", request.method, request.scope.get("route", request.url.path), exc_info=fault)
    # This answer is made outside the guard, so it carries the guard's headers itself.
    return answer(500, "服务器内部出错，已记入日志，请稍后再试", request.app.state.headers, _language(request))
