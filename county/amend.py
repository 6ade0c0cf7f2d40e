"""Changes to people, duties and leave, one value each: a content in, the changed content out. Pure.

What was true on a past day stays: a duty is ended by a date from today on, and a new one begins. ``BadChange`` says in
Chinese what cannot be done; whether the outcome makes sense, the county's check says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from county.content import Content
from county.files import Folder
from county.sheets import SHEETS
from county.staff import Leave
from county.values import Duty, Person

MOST_RANK = 99


class BadChange(ValueError):
    """A change that cannot be made; the text says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class PutPerson:
    """A new person, or other facts about a known one; ``new`` says which is meant."""

    person: Person
    new: bool


@dataclass(frozen=True, slots=True)
class AddDuty:
    """A duty from a day on; it needs a first day."""

    duty: Duty


@dataclass(frozen=True, slots=True)
class EndDuty:
    """A duty ends: ``on`` is the first day on which it no longer holds."""

    key: str
    on: date


@dataclass(frozen=True, slots=True)
class HandOver:
    """Everything that one person answers for from a day on goes to another."""

    old: str
    new: str
    on: date


@dataclass(frozen=True, slots=True)
class TakeLeave:
    """Somebody is away; ``deputy`` stands in on every duty of those days."""

    leave: Leave
    deputy: str = ""


@dataclass(frozen=True, slots=True)
class ComeBack:
    """Somebody is back on a day, earlier or later than was said."""

    person: str
    on: date


Change = PutPerson | AddDuty | EndDuty | HandOver | TakeLeave | ComeBack


def key_of(duty: Duty) -> str:
    """By what a duty is named in a change."""
    head = (duty.person, duty.area, duty.level.value, str(duty.rank), str(duty.valid_from or ""))
    return "/".join((*head, "|".join(duty.categories)))


def amended(content: Content, changes: Iterable[Change], today: date) -> Content:
    """The content after these changes, one after another."""
    for change in changes:
        content = _MAKES[type(change)](content, change, today)
    return content


def folder_of(old: Folder, content: Content, before: Content) -> Folder:
    """The files of a changed content; those about which nothing changed stay byte for byte."""
    fresh = dict(old)
    for name, sheet in SHEETS.items():
        values = tuple(sheet.values(content))
        if values != tuple(sheet.values(before)):
            fresh[name] = sheet.written(values)
    return fresh


def _put_person(content: Content, change: PutPerson, _today: date) -> Content:
    known = any(one.id == change.person.id for one in content.people)
    if known is change.new:
        raise BadChange(f"编号 {change.person.id} 已经有人用了" if known else f"没有编号为 {change.person.id} 的人")
    if change.new:
        return replace(content, people=(*content.people, change.person))
    people = tuple(change.person if one.id == change.person.id else one for one in content.people)
    return replace(content, people=people)


def _add_duty(content: Content, change: AddDuty, today: date) -> Content:
    duty = change.duty
    _known(content, duty.person)
    if duty.valid_from is None:
        raise BadChange("请写明职责从哪一天开始")
    _not_past(duty.valid_from, today, "开始")
    if duty.valid_to is not None and duty.valid_to <= duty.valid_from:
        raise BadChange(f"职责的结束日 {duty.valid_to} 不在开始日 {duty.valid_from} 之后")
    return replace(content, duties=(*content.duties, duty))


def _end_duty(content: Content, change: EndDuty, today: date) -> Content:
    found = next((duty for duty in content.duties if key_of(duty) == change.key), None)
    if found is None:
        raise BadChange("这项职责已经不在了，可能有人刚改过；请重新打开再看")
    _not_past(change.on, today, "结束")
    if found.valid_to is not None and found.valid_to <= today:
        raise BadChange(f"这项职责在 {found.valid_to} 已经结束，过去的记录不能改")
    if found.valid_from is not None and change.on < found.valid_from:
        raise BadChange(f"职责从 {found.valid_from} 开始，不能在 {change.on} 就结束")
    return replace(
        content, duties=tuple(_flat(_ended(one, change.on) if one is found else (one,) for one in content.duties))
    )


def _hand_over(content: Content, change: HandOver, today: date) -> Content:
    _known(content, change.old)
    _known(content, change.new)
    if change.old == change.new:
        raise BadChange("接手的要是另一个人")
    _not_past(change.on, today, "移交")
    later = [d for d in content.duties if d.person == change.old and (d.valid_to is None or d.valid_to > change.on)]
    if not later:
        raise BadChange(f"{_name(content, change.old)}在 {change.on} 以后没有职责可移交")
    kept = _flat(_ended(one, change.on) if one in later else (one,) for one in content.duties)
    passed = (replace(one, person=change.new, valid_from=max(change.on, one.valid_from or change.on)) for one in later)
    return replace(content, duties=(*kept, *passed))


def _take_leave(content: Content, change: TakeLeave, today: date) -> Content:
    leave = change.leave
    _known(content, leave.person)
    _not_past(leave.start, today, "请假")
    if leave.end is not None and leave.end <= leave.start:
        raise BadChange(f"回来的日子 {leave.end} 不在请假第一天 {leave.start} 之后")
    content = replace(content, leaves=(*content.leaves, leave))
    if not change.deputy:
        return content
    _known(content, change.deputy)
    if change.deputy == leave.person:
        raise BadChange("代理的要是另一个人")
    for duty in content.duties:
        if duty.person == leave.person and _meets(duty, leave.start, leave.end):
            content = replace(content, duties=(*content.duties, _deputy(content, duty, change)))
    return content


def _come_back(content: Content, change: ComeBack, today: date) -> Content:
    open_ = [one for one in content.leaves if one.person == change.person and (one.end is None or one.end > today)]
    if not open_:
        raise BadChange(f"{_name(content, change.person)}现在没有请假")
    leave = open_[0]
    _not_past(change.on, today, "回来")
    if change.on <= leave.start:
        return replace(content, leaves=tuple(one for one in content.leaves if one is not leave))
    back = replace(leave, end=change.on)
    return replace(content, leaves=tuple(back if one is leave else one for one in content.leaves))


_MAKES: Mapping[type, Callable[[Content, Any, date], Content]] = {
    PutPerson: _put_person, AddDuty: _add_duty, EndDuty: _end_duty, HandOver: _hand_over, TakeLeave: _take_leave,
    ComeBack: _come_back,
}  # fmt: skip


def _deputy(content: Content, duty: Duty, change: TakeLeave) -> Duty:
    """The same duty on the days of a leave, at the first rank that nobody has there then."""
    leave = change.leave
    start = max(leave.start, duty.valid_from or leave.start)
    ends = [end for end in (leave.end, duty.valid_to) if end is not None]
    end = min(ends) if ends else None
    taken = {
        one.rank for one in content.duties
        if (one.area, one.level) == (duty.area, duty.level) and _meets(one, start, end)
    }  # fmt: skip
    rank = next((rank for rank in range(1, MOST_RANK + 1) if rank not in taken), MOST_RANK)
    return replace(duty, person=change.deputy, rank=rank, valid_from=start, valid_to=end)


def _ended(duty: Duty, on: date) -> tuple[Duty, ...]:
    """A duty until a day; nothing is left of one that would only have begun then."""
    if duty.valid_from is not None and duty.valid_from >= on:
        return ()
    return (replace(duty, valid_to=on),)


def _flat(parts: Iterable[tuple[Duty, ...]]) -> tuple[Duty, ...]:
    return tuple(one for part in parts for one in part)


def _meets(duty: Duty, start: date, end: date | None) -> bool:
    begins_before = end is None or duty.valid_from is None or duty.valid_from < end
    return begins_before and (duty.valid_to is None or duty.valid_to > start)


def _not_past(day: date, today: date, what: str) -> None:
    if day < today:
        raise BadChange(f"{what}的日子 {day} 已经过去；过去谁负责是记录，不能改，请写今天或以后的日子")


def _known(content: Content, person: str) -> None:
    if not any(one.id == person for one in content.people):
        raise BadChange(f"没有编号为 {person[:64]} 的人")


def _name(content: Content, person: str) -> str:
    return next((one.name for one in content.people if one.id == person), person[:64])
