"""Typing the code of a letter that has no link: an SMS without an address, read aloud on the phone, noted on paper."""

from __future__ import annotations

import unicodedata
from html import escape
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from screen.desk.ticket import link_of
from screen.plain import page
from screen.problems import Problem

MOST = 60  # characters that are looked at: a code is twelve, people put blanks and dashes in
TITLE = "输入短码"
FORM = """<form method="post" action="/t">
<label for="code">通知里的 12 位短码</label>
<input id="code" name="code" value="{typed}" maxlength="60" required autofocus autocomplete="off" autocapitalize="off"
 spellcheck="false" aria-describedby="help">
<button class="main">打开工单</button>
</form>
<p class="note" id="help">大写小写都可以，空格和横线不用管。短码里没有数字 0、1，也没有字母 o、i、l。</p>"""
router = APIRouter(include_in_schema=False)


@router.get("/t", response_model=None)
def asked() -> Response:
    """The form."""
    return page(TITLE, FORM.format(typed=""))


@router.post("/t", response_model=None)
def typed(request: Request, code: Annotated[str, Form()] = "") -> Response:
    """Lead to the desk of what was typed; a wrong code stays in the field, and who guesses has to wait."""
    plain = cleaned(code)
    if not plain:
        return _again(code, Problem(422, "请填短码"))
    try:
        link_of(request, plain)
    except Problem as problem:
        return _again(code, problem)
    return RedirectResponse(f"/t/{plain}", 303, headers={"Cache-Control": "no-store"})


def cleaned(text: str) -> str:
    """A code as it was made, however somebody typed it: wide or capital letters, blanks and dashes in between."""
    narrow = unicodedata.normalize("NFKC", text[:MOST]).lower()
    return "".join(char for char in narrow if char.isascii() and char.isalnum())


def _again(code: str, problem: Problem) -> Response:
    words = f'<p class="wrong" role="alert">{escape(problem.detail)}。</p>\n'
    form = FORM.format(typed=escape(code[:MOST]))
    return page(TITLE, words + form, problem.status_code, dict(problem.headers or {}))
