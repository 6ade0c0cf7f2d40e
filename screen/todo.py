"""我的待办: the page that a digest's link opens. Plain HTML without a script, in big type, for any phone.

A line is a button: it makes a code for the desk of that ticket, which only a POST may do, and leads there.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from alerts.desk import UnknownCode
from alerts.todo import TodoLine, TodoView
from screen.desk import link_of, rooms_of
from screen.problems import Problem

STYLE = """
body { margin: 0; min-height: 100vh; color: #10231d; background: #f2f6f4; font: 20px/1.6 "Noto Sans CJK SC",
  "Microsoft YaHei", "PingFang SC", sans-serif }
main { max-width: 34em; margin: 0 auto; padding: 20px 16px 48px }
h1 { font-size: 28px; line-height: 1.3; margin: 8px 0 }
h2 { font-size: 22px; margin: 28px 0 8px }
form { margin: 12px 0 }
button { width: 100%; padding: 16px; border: 2px solid #b9cbc4; border-radius: 14px; color: inherit; background: #fff;
  font: inherit; text-align: left }
button b { display: block; font-size: 24px; line-height: 1.35 }
button.urgent { border-color: #b3261e; border-width: 4px }
.late { color: #b3261e; font-weight: 700 }
.note { color: #4a5f57 }
button:focus-visible { outline: 4px solid #0a7a62; outline-offset: 2px }
"""
POLICY = "; ".join((
    "default-src 'none'", "img-src 'self'",
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'",
    "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
))  # fmt: skip
HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin", "Cache-Control": "no-store"}
NOTHING = '<p class="note">没有待办了。辛苦了!</p>'
router = APIRouter(include_in_schema=False)


@router.get("/d/{code}", response_model=None)
def todo(request: Request, code: str) -> Response:
    """The list of whom the digest was for."""
    try:
        link_of(request, code)
        view = rooms_of(request).todo.open_code(code)
    except (Problem, UnknownCode) as fault:
        return _refused(fault)
    return _page("我的待办", _body(view, code, rooms_of(request).now()))


@router.post("/d/{code}/{number}", response_model=None)
def opened(request: Request, code: str, number: str) -> Response:
    """Open one ticket of the list at the desk."""
    try:
        link_of(request, code)
        fresh = rooms_of(request).todo.desk_code(code, number)
    except (Problem, UnknownCode) as fault:
        return _refused(fault)
    return RedirectResponse(f"/t/{fresh}", 303, headers={"Cache-Control": "no-store"})


def _refused(fault: Problem | UnknownCode) -> Response:
    words, status, extra = str(fault), 404, {}
    if isinstance(fault, Problem):
        words, status, extra = fault.detail, fault.status_code, dict(fault.headers or {})
    return _page("打不开", f"<p>{escape(words)}。</p>", status, extra)


def _body(view: TodoView, code: str, now: datetime) -> str:
    zone = ZoneInfo(view.zone)
    own = [_line(one, code, zone) for one in view.lines if one.own]
    told = [_line(one, code, zone) for one in view.lines if not one.own]
    head = f'<p class="note">{escape(view.person.name)},{now.astimezone(zone):%m月%d日 %H:%M}时有{len(own)}件待办。</p>'
    read = f"<h2>另外请您看一下({len(told)}件)</h2>\n" + "\n".join(told) if told else ""
    return "\n".join((head, *(own or (NOTHING,)), read))


def _line(one: TodoLine, code: str, zone: ZoneInfo) -> str:
    due = f"{one.due_at.astimezone(zone):%m月%d日 %H:%M}前" if one.due_at is not None else "尽快"
    late = f'<span class="late">已超期({due})</span>' if one.late else due
    urgent = ' class="urgent"' if one.severity == "urgent" else ""
    facts = f"{escape(one.severity_name)} · {escape(one.state)} · {late}"
    return (
        f'<form method="post" action="/d/{escape(code)}/{escape(one.number)}"><button{urgent}>'
        f"<b>{escape(one.place)}</b>{escape(one.what)}<br>{facts}"
        f'<br><span class="note">{escape(one.number)}</span></button></form>'
    )


def _page(title: str, body: str, status: int = 200, extra: dict[str, str] | None = None) -> HTMLResponse:
    return HTMLResponse(
        f"""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" type="image/svg+xml" href="/mark.svg">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{body}
</main>
</body>
</html>
""", status, headers=HEADERS | (extra or {}),
    )  # fmt: skip
