"""The office's lists as files: each says why it is taken, and stands in the register before a row of it is read.

The rows are those of the own part of the county, sifted as on the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from alerts.asks import fairness, fairness_book
from alerts.asks.fairness_book import Which
from alerts.notices import message_log
from alerts.store.lines import Line
from alerts.store.queue_book import Queue, Tab
from ingest.dead_letters import DeadLetter, DeadLetters, Sift
from ingest.store import micros
from screen.access.roles import Right
from screen.access.viewer import Viewer, needs
from screen.desk.ticket import rooms_of
from screen.office.exports import Reasoned, Table, handed_over
from screen.office.fairness import asked
from screen.office.letter_shapes import LetterFilter, sift_of
from screen.office.message_shapes import PURPOSES, STATE_NAMES, MessageFilter, which_of
from screen.office.office_shapes import FairnessFilter
from screen.office.queue import queue_of
from screen.office.queue_shapes import QueueFilter
from screen.rooms import Rooms
from screen.wall.composed import what_names

AT_ONCE = 500  # rows of one read
SEVERITY = {"urgent": "紧急", "major": "重要", "minor": "一般"}
QUEUE = (
    "工单号", "发现时间", "级别", "事项", "乡镇", "村", "地点", "状态", "层级", "责任人", "时限", "结案时间",
    "是否超期",
)  # fmt: skip
MESSAGES = ("时间", "收件人", "事由", "方式", "状态", "尝试次数", "发出时间", "可能重复", "答复", "工单", "地点")
LETTERS = ("编号", "时间", "设备", "主题", "退回原因", "次数", "字节数", "重放时间", "重放结果")


class QueueTaken(QueueFilter, Reasoned):
    """The filter of the queue, and why."""


class FairnessTaken(FairnessFilter, Reasoned):
    """The filter of the log, and why."""


class MessageTaken(MessageFilter, Reasoned):
    """The filter of the messages, and why."""


class LetterTaken(LetterFilter, Reasoned):
    """The filter of the letters, and why."""


Takes = Annotated[Viewer, needs(Right.EXPORT)]
TakesAll = Annotated[Viewer, needs(Right.EXPORT, whole=True)]
router = APIRouter(prefix="/api/v1", tags=["exports"])


@router.get("/queue.csv", summary="The queue as CSV, sifted as on the page", response_class=Response)
@router.get("/queue.xlsx", summary="The queue as XLSX, sifted as on the page", response_class=Response)
def queue(request: Request, viewer: Takes, which: Annotated[QueueTaken, Query()]) -> Response:
    found, _ = queue_of(rooms_of(request), viewer, which)
    rows = _queue(found, Tab(which.tab), viewer)
    return handed_over(request, Table("queue", "工单", QUEUE, rows))


@router.get("/fairness.csv", summary="The fairness log as CSV", response_class=Response)
@router.get("/fairness.xlsx", summary="The fairness log as XLSX", response_class=Response)
def log(request: Request, viewer: Takes, which: Annotated[FairnessTaken, Query()]) -> Response:
    rows = _fairness(rooms_of(request), viewer, asked(viewer, which))
    return handed_over(request, Table("fairness", "无差别台账", fairness.COLUMNS, rows))


@router.get("/notices.csv", summary="The log of messages as CSV", response_class=Response)
@router.get("/notices.xlsx", summary="The log of messages as XLSX", response_class=Response)
def notices(request: Request, viewer: Takes, which: Annotated[MessageTaken, Query()]) -> Response:
    rows = _messages(rooms_of(request), viewer, which_of(viewer, which))
    return handed_over(request, Table("notices", "通知记录", MESSAGES, rows))


@router.get("/dead-letters.csv", summary="Refused messages as CSV, without payloads", response_class=Response)
@router.get("/dead-letters.xlsx", summary="Refused messages as XLSX, without payloads", response_class=Response)
def letters(request: Request, viewer: TakesAll, which: Annotated[LetterTaken, Query()]) -> Response:
    rows = _letters(rooms_of(request).letters, viewer, sift_of(which))
    return handed_over(request, Table("dead-letters", "死信", LETTERS, rows))


def _queue(found: Queue, tab: Tab, viewer: Viewer) -> Iterator[tuple[str, ...]]:
    names, after, first = what_names(viewer.county), "", True
    while first or after:
        page = found.page(tab, after, AT_ONCE)
        yield from (_ticket(line, names, viewer) for line in page.lines)
        after, first = page.after, False


def _ticket(line: Line, names: dict[str, str], viewer: Viewer) -> tuple[str, ...]:
    regions = viewer.county.regions
    township, village = (regions[one].name if one in regions else "" for one in (line.township, line.village))
    return (
        line.number, _local(viewer, line.at), SEVERITY.get(line.severity, line.severity),
        names.get(line.what, line.what), township, village, f"{line.place} {line.spot_name}".strip(),
        line.status_name, viewer.county.policy.levels.rung(line.level), line.person, _local(viewer, line.due_at),
        _local(viewer, line.closed_at), "是" if line.overdue else "否",
    )  # fmt: skip


def _fairness(rooms: Rooms, viewer: Viewer, which: Which) -> Iterator[tuple[str, ...]]:
    levels, zone = viewer.county.policy.levels, ZoneInfo(viewer.county.calendar.zone)
    which, full = replace(which, limit=AT_ONCE, offset=0), True
    while full:
        lines = fairness_book.lines(rooms.book, which)
        yield from (fairness.cells(line, levels, zone) for line in lines)
        full = len(lines) == AT_ONCE
        which = replace(which, before=lines[-1].number) if lines else which


def _messages(rooms: Rooms, viewer: Viewer, which: message_log.Which) -> Iterator[tuple[str, ...]]:
    which, more = replace(which, limit=AT_ONCE, after=""), True
    while more:
        found, after = message_log.page(rooms.book, which)
        for one in found:
            yield (
                _local(viewer, one.at), one.person, PURPOSES.get(one.purpose, one.purpose), one.channel,
                STATE_NAMES.get(one.state, one.state), str(one.tries), _local(viewer, one.sent_at),
                "是" if one.maybe_doubled else "否", one.words, one.number, one.place,
            )  # fmt: skip
        which, more = replace(which, after=after), bool(after)


def _letters(letters: DeadLetters, viewer: Viewer, sift: Sift) -> Iterator[tuple[str, ...]]:
    """In small pages: a letter carries its payload, up to 60 kB."""
    full = True
    while full:
        found = letters.list(AT_ONCE // 10, sift)
        yield from (_letter(one, viewer) for one in found)
        full = len(found) == AT_ONCE // 10
        sift = replace(sift, before=(micros(found[-1].at), found[-1].id)) if found else sift


def _letter(one: DeadLetter, viewer: Viewer) -> tuple[str, ...]:
    result = "" if one.replay_result is None else one.replay_result or "已收下"
    return (
        str(one.id), _local(viewer, one.at), one.device, one.topic, one.reason, str(one.times), str(len(one.payload)),
        _local(viewer, one.replayed_at), result,
    )  # fmt: skip


def _local(viewer: Viewer, at: datetime | None) -> str:
    return f"{at.astimezone(ZoneInfo(viewer.county.calendar.zone)):%Y-%m-%d %H:%M:%S}" if at else ""
