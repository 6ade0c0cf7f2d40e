"""What the ``type`` of a problem document means, as a page for people; nothing on it comes from the request."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from screen.plain import page
from screen.problem_kinds import BY_NAME
from screen.problems import Problem

router = APIRouter()


@router.get("/problems/{name}")
def told(name: str) -> HTMLResponse:
    """The kind in Chinese and in English; 404 for a name that no refusal has."""
    kind = BY_NAME.get(name)
    if kind is None:
        raise Problem(404, "没有这种问题")
    english = f'<section lang="en"><h2>{escape(kind.title_en)}</h2><p>{escape(kind.cure_en)}</p></section>'
    return page(kind.title, f"<p>{escape(kind.cure)}</p>{english}")
