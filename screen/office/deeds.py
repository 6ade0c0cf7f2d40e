"""What staff do over HTTP: done once more when the engine was first, or refused with what it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from fastapi import Request

from alerts.lists.list_office import NoList
from alerts.mutes.mute_office import NoMute
from alerts.office import NoAsk, NoTicket
from alerts.store.book import Conflict
from alerts.tickets.doing import Refused, Unsaid
from alerts.tickets.entitled import NotEntitled
from screen.access.patience import Patience
from screen.access.viewer import Viewer
from screen.problems import Problem

T = TypeVar("T")


def done(request: Request, viewer: Viewer, do: Callable[[], T]) -> T:
    """Do something, or refuse with what it says; who is refused again and again must wait."""
    patience: Patience = request.app.state.refusals
    wait = patience.wait(viewer.name)
    if wait:
        raise Problem(429, f"被拒绝的操作太多，请 {wait} 秒后再试", wait)
    try:
        return _twice(do)
    except (NoTicket, NoAsk, NoMute, NoList) as fault:
        patience.failed(viewer.name)
        raise Problem(404, str(fault)) from fault
    except NotEntitled as fault:
        patience.failed(viewer.name)
        raise Problem(403, str(fault)) from fault
    except Unsaid as fault:
        raise Problem(422, str(fault)) from fault
    except Refused as fault:
        raise Problem(409, str(fault)) from fault
    except Conflict as fault:
        raise Problem(409, "有人刚刚也改了它，请看一下再操作") from fault


def _twice(do: Callable[[], T]) -> T:
    try:
        return do()
    except Conflict:  # the engine was first: decide once more on what is true now
        return do()
