"""What an account finds at / that may not see the county's wall: what it may use instead, and the way out.

One HTML page without a script. Its form logs out; for that the page sends its origin, which the guard compares.
"""

from __future__ import annotations

from html import escape

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from screen.access.session import ended
from screen.access.viewer import Viewer, staff
from screen.plain import Dress, page
from screen.problems import Problem

DARK = Dress(
    """
body { margin: 0; min-height: 100vh; color: #eaf6f2; background: #071619; font: 18px/1.7 "Noto Sans CJK SC",
  "Microsoft YaHei", "PingFang SC", sans-serif }
main { max-width: 34em; margin: 0 auto; padding: 32px 20px }
h1 { font-size: 24px; line-height: 1.4 }
li { margin: 12px 0 }
a { color: #7fe3c4 }
button { min-height: 52px; padding: 0 28px; border: 0; border-radius: 12px; color: #fff; background: #0a7a62;
  font: inherit; font-weight: 600 }
a:focus-visible, button:focus-visible { outline: 3px solid #34d9a5; outline-offset: 2px }
""",
    "农村人居环境智能监测管护平台",
)
REPORT = '<b>上报问题</b>：<a href="/report">拍照、选地点、提交</a>，登录后在您负责的地方提交的，记为您的督查。'
DESK = "<b>办工单</b>：打开手机通知里的链接，接单、到场、拍照、提交都在那里，不用登录。"
OFFICE = '<b>办理台</b>：<a href="/office">看工单、接单、核实、转办、督办，答复申请和静默</a>，用电脑最方便。'
LOG = '<b>看台账</b>：<a href="/office#log">下一级的无差别台账</a>，也可以下载成表格。'
OUT = '<form method="post" action="/logout"><button>退出登录</button></form>'
BIND = '<b>收通知</b>：<a href="/bind">用微信、企业微信收通知</a>，扫码绑定，短信确认。'
router = APIRouter(include_in_schema=False)


def shown(request: Request) -> Response:
    """The page of whoever is signed in; who has no duty today is told so, and whom to ask."""
    try:
        viewer = staff(request)
    except Problem as problem:
        return _page("您好", f"<p>{escape(problem.detail)}。</p>")
    return _page(f"{_name(viewer)}，您好", _choices(viewer))


@router.post("/logout")
def logout(request: Request) -> Response:
    """Log out from a page without a script, and lead back to the login."""
    answer = RedirectResponse("/login", 303)
    ended(request, answer)
    return answer


def _name(viewer: Viewer) -> str:
    return viewer.person.name if viewer.person is not None else viewer.name


def _choices(viewer: Viewer) -> str:
    reads = any(levels for _, levels in viewer.readable or ())
    lines = (OFFICE, DESK, REPORT, BIND, *((LOG,) if reads else ()))
    items = "\n".join(f"<li>{line}</li>" for line in lines)
    return f"<p>大屏是全县的，只给管全县的账号看。您可以用：</p>\n<ul>\n{items}\n</ul>"


def _page(heading: str, body: str) -> Response:
    return page(heading, f"{body}\n{OUT}", dress=DARK)
