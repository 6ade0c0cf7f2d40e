"""我的待办: the page that a digest's link opens. Plain HTML without a script, in big type, for any phone.

A line is a button: it makes a code for the desk of that ticket, which only a POST may do, and leads there.
"""

from __future__ import annotations

from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from alerts.desk import UnknownCode
from alerts.todo import TodoLine, TodoView
from screen.desk.ticket import link_of, rooms_of
from screen.plain import page
from screen.problems import Problem

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
    return page("我的待办", _body(view, code, rooms_of(request).now()))


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
    return page("打不开", f"<p>{escape(words)}。</p>", status, extra)


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
