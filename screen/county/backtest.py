"""One back-test, in a process of its own: past messages decided by the policy that holds and by a draft of it.

What it needs travels as bytes; its memory is bounded and it gives way to the server. Answers are plain dictionaries.
"""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any
from zoneinfo import ZoneInfo

from alerts.engine import Rows
from alerts.replay import NothingToReplay, Tale, compare, replay
from county.files import BadCounty, load
from ingest.inbox import Inbox, Row
from ingest.store import StoreAway

MEMORY = 2 * 1024**3  # bytes of address space
MOST_CHANGES = 200
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Task:
    """What to replay: an inbox by its address, the files before and after, from when to when (aware)."""

    inbox_url: str
    county: str
    before: dict[str, bytes]
    after: dict[str, bytes]
    begin: datetime
    end: datetime


def work(task: Task, out: Connection) -> None:
    """The work of the process: progress and at last the answer go out as ``(word, value)``."""
    with contextlib.suppress(BrokenPipeError):  # whoever asked is gone
        try:
            _give_way()
            inbox = Inbox(task.inbox_url, task.county)
            try:
                out.send(("done", tried(task, inbox, lambda part: out.send(("progress", part)))))
            finally:
                inbox.close()
        except NothingToReplay:
            out.send(("failed", "这段时间没有收到过消息，没有可回放的"))
        except (BadCounty, StoreAway, ValueError, OSError) as fault:
            out.send(("failed", f"回放没有成功：{type(fault).__name__}"))
        except MemoryError:
            out.send(("failed", "消息太多，内存不够；请选少一些天数"))


def tried(task: Task, inbox: Rows, progress: Progress) -> dict[str, Any]:
    """Both replays and what differs; ``progress`` is told a fraction now and then."""
    old, new = load(task.before), load(task.after)
    before = replay(_Counted(inbox, task, lambda part: progress(part / 2)), old, task.begin, task.end)
    after = replay(_Counted(inbox, task, lambda part: progress(0.5 + part / 2)), new, task.begin, task.end)
    found = compare(before, after, new, task.end)
    zone = ZoneInfo(new.calendar.zone)
    changes = []
    for one in found[:MOST_CHANGES]:
        ticket = one.before or one.after
        assert ticket is not None
        at = f"{ticket.opened_at.astimezone(zone):%m-%d %H:%M}"
        place = f"{ticket.scene.place_name} {ticket.scene.spot_name}"
        changes.append({"at": at, "place": place, "words": one.words})
    return {"before": counts(before), "after": counts(after), "changes": changes, "changes_count": len(found)}


def counts(tale: Tale) -> dict[str, Any]:
    """The figures of one side. Whatever was an alarm and opened no ticket of its own was merged."""
    tickets = len(tale.tickets)
    return {
        "messages": tale.messages, "alarms": tale.alarms, "tickets": tickets, "merges": max(0, tale.alarms - tickets),
        "overdue": sum(one.overdue for one in tale.tickets.values()), "climbs": tale.climbs, "notices": tale.notices,
        "reduction": 1 - tickets / tale.messages if tale.messages else None,
    }  # fmt: skip


class _Counted:
    """An inbox that tells how far it has been read."""

    def __init__(self, inbox: Rows, task: Task, progress: Progress) -> None:
        self._inbox, self._task, self._progress = inbox, task, progress
        self._told = 0.0

    def read(self, after: int, limit: int, kinds: Container[str] | None = None) -> list[Row]:
        rows = self._inbox.read(after, limit, kinds)  # type: ignore[arg-type]
        if rows and limit > 1:
            span = (self._task.end - self._task.begin).total_seconds()
            part = min(1.0, max(0.0, (rows[-1].received_at - self._task.begin).total_seconds() / span))
            if part - self._told >= 0.01:
                self._told = part
                self._progress(part)
        return rows


def _give_way() -> None:
    os.nice(10)
    with contextlib.suppress(ValueError, OSError):  # a lower limit of the machine stays
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
