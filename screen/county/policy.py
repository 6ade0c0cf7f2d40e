"""The routes of the policy: its text, a draft looked at and saved, and a back-test of one."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request

from screen.access.roles import Right
from screen.access.viewer import Viewer, needs
from screen.county.backtest import Task
from screen.county.backtests import Backtests, Busy
from screen.county.policy_shapes import BacktestBody, BacktestShown, DraftBody, PolicyShown
from screen.county.revising import folder_at, outlook
from screen.county.revision_shapes import Outlook, Saved
from screen.county.saving import author_of, save
from screen.desk.ticket import rooms_of
from screen.problems import Problem

FILE = "policy.toml"
router = APIRouter(prefix="/api/v1/policy", tags=["policy"])
Reads = Annotated[Viewer, needs(Right.POLICY)]
Edits = Annotated[Viewer, needs(Right.POLICY_EDIT)]


@router.get("", summary="policy.toml as it holds, or as it was at a revision")
def shown(request: Request, viewer: Reads, number: Annotated[int | None, Query(ge=1, le=2**31)] = None) -> PolicyShown:
    newest = viewer.county.revision
    folder = folder_at(rooms_of(request), viewer, number or newest)
    text = folder[FILE].decode("utf-8-sig", "replace")
    return PolicyShown(number=number or newest, newest=newest, text=text, may_edit=viewer.may(Right.POLICY_EDIT))


@router.post("/outlook", summary="What a draft would mean: problems with their lines, the difference; nothing is saved")
def look(body: DraftBody, request: Request, viewer: Edits) -> Outlook:
    return outlook(rooms_of(request), viewer, _folder(request, viewer, body.text), body.after)


@router.post("", summary="Save a draft as a new revision; refused while the check finds a problem")
def put(body: DraftBody, request: Request, viewer: Edits) -> Saved:
    return save(rooms_of(request), viewer, _folder(request, viewer, body.text), body.reason, body.after)


@router.get("/backtest", summary="How the back-test stands")
def stands(request: Request, viewer: Reads) -> BacktestShown:
    return _backtests(request).shown()


@router.post("/backtest", summary="Decide the messages of the last days by a draft, beside the policy that holds")
def start(body: BacktestBody, request: Request, viewer: Edits) -> BacktestShown:
    rooms = rooms_of(request)
    folder = _folder(request, viewer, body.text)
    seen = outlook(rooms, viewer, folder, viewer.county.revision)
    if seen.problems:
        raise Problem(409, f"检查没有通过，不能回放：{seen.problems[0].text}")
    end = rooms.now()
    before = dict(folder_at(rooms, viewer))
    task = Task(rooms.settings.inbox_url, viewer.county.code, before, folder, end - timedelta(days=body.days), end)
    try:
        return _backtests(request).start(task, author_of(viewer), body.days)
    except Busy as fault:
        raise Problem(409, str(fault)) from fault


@router.post("/backtest/cancel", summary="End the back-test")
def cancel(request: Request, viewer: Edits) -> BacktestShown:
    return _backtests(request).cancel()


def _folder(request: Request, viewer: Viewer, text: str) -> dict[str, bytes]:
    """The newest files with this text as policy.toml. A lone half of a character cannot be written: it becomes ?."""
    return {**folder_at(rooms_of(request), viewer), FILE: text.encode("utf-8", "replace")}


def _backtests(request: Request) -> Backtests:
    found: Backtests = request.app.state.backtests
    return found
