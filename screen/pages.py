"""The built pages: one HTML entry each, hashed assets that may be cached for good, nothing else of the disk."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from screen import problem_pages
from screen.access import home
from screen.access.viewer import over_all, staff
from screen.desk import todo, typed
from screen.problems import Problem

FRESH = {"Cache-Control": "no-cache"}
ROBOTS = "User-agent: *\nDisallow: /\n"
router = APIRouter(include_in_schema=False)
router.include_router(home.router)
router.include_router(todo.router)
router.include_router(typed.router)
router.include_router(problem_pages.router)


class Assets(StaticFiles):
    """Files whose names carry a hash of their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if path.startswith("assets/"):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


@router.get("/", response_model=None)
def wall(request: Request) -> Response:
    try:
        over_all(request)
    except Problem as problem:
        return RedirectResponse("/login", 303) if problem.status_code == 401 else home.shown(request)
    return _page(request, "wall.html")


@router.get("/office", response_model=None)
def office(request: Request) -> Response:
    """The page of staff; who is not signed in comes back here after the login, who has no duty today is told so."""
    try:
        staff(request)
    except Problem as problem:
        again = RedirectResponse("/login?next=/office", 303)
        return again if problem.status_code == 401 else home.shown(request)
    return _page(request, "office.html")


@router.get("/login", response_model=None)
def login(request: Request) -> Response:
    return _page(request, "login.html")


@router.get("/bind", response_model=None)
def bind(request: Request) -> Response:
    """Where an account binds its WeChat or WeCom."""
    return _page(request, "bind.html")


@router.get("/t/{code}", response_model=None)
def desk(request: Request, code: str) -> Response:
    """The same page for every code: whether it opens anything, the API says."""
    return _page(request, "desk.html")


@router.get("/report", response_model=None)
def report(request: Request) -> Response:
    """The form for reports: nobody needs an account. ``?spot=`` comes from the code that hangs at a spot."""
    return _page(request, "report.html")


@router.get("/r/{code}", response_model=None)
def progress(request: Request, code: str) -> Response:
    """How a report stands: the same page for every code, as with the desk."""
    return _page(request, "report.html")


@router.get("/public/board", response_model=None)
def board(request: Request) -> Response:
    """The public board for LED screens: whether it is open, its API says."""
    return _page(request, "board.html")


@router.get("/robots.txt", response_model=None)
def robots() -> Response:
    return Response(ROBOTS, media_type="text/plain")


@router.get("/{name}", response_model=None)
def top(request: Request, name: str) -> Response:
    """The few files that must lie at the root: the icon, the manifest and the service worker of the desk."""
    folder: Path = request.app.state.settings.static
    known = {path.name: path for path in folder.iterdir() if path.is_file()} if folder.is_dir() else {}
    if name not in known or name.endswith((".html", ".md")):
        raise Problem(404, "没有这个页面")
    return FileResponse(known[name], headers=FRESH)


def _page(request: Request, name: str) -> Response:
    path: Path = request.app.state.settings.static / name
    if not path.is_file():
        raise Problem(503, f"页面 {name} 还没有构建：请在 screen/web 里运行 npm ci && npm run build")
    return FileResponse(path, headers=FRESH, media_type="text/html; charset=utf-8")
