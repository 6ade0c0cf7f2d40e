"""People as the office shows them: who they are, how they are reached, and what they answer for. Numbers are masked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Literal

from alerts.bindings.binding_book import BOUND_BY, bound_since
from county.amend import key_of
from county.snapshot import County
from county.values import Duty, Person, PersonKind
from screen.access.roles import Right
from screen.access.viewer import Viewer
from screen.county.chains import place_name, sees
from screen.county.people_shapes import Binding, DutyShown, LeaveShown, PeoplePage, PersonLine, PersonShown
from screen.county.revising import open_tickets
from screen.problems import Problem
from screen.rooms import Rooms

State = Literal["past", "now", "coming"]


def page(viewer: Viewer, day: date, asked: str, which: tuple[int, int]) -> PeoplePage:
    """Some people; ``asked`` is looked for in name, id, unit and place, ``which`` is how many and after how many."""
    county = viewer.county
    of = _duties(county)
    found = [
        one for one in county.people.values() if _shown(viewer, one, of[one.id]) and _meant(county, one, of, asked)
    ]
    limit, offset = which
    lines = [_line(viewer, one, of[one.id], day) for one in found[offset : offset + limit]]
    may = viewer.may(Right.PEOPLE_EDIT)
    return PeoplePage(day=day, revision=county.revision, may_edit=may, total=len(found), people=lines)


def person(rooms: Rooms, viewer: Viewer, asked: str, day: date) -> PersonShown:
    """One person; ``Problem`` 404 for who is not there or outside the viewer's part of the county."""
    county = viewer.county
    found, duties = county.people.get(asked), _duties(county)[asked]
    if found is None or not _shown(viewer, found, duties):
        raise Problem(404, "没有这个人")
    may = viewer.may(Right.PEOPLE_EDIT)
    raw = next(one for one in county.content.people if one.id == asked)
    leaves = [one for one in county.content.leaves if one.person == asked]
    return PersonShown(
        revision=county.revision, may_edit=may, id=found.id, name=found.name, phone=phone_of(viewer, found),
        unit=found.unit, unit_id=raw.unit, kind=found.kind.value, email=found.email if may else "",
        wechat=found.wechat if may else "", wecom=found.wecom if may else "",
        channels=list(found.channels), bound=list(_bound(rooms, found)),
        duties=[duty_shown(county, one, day) for one in sorted(duties, key=_begin, reverse=True)],
        leaves=[
            LeaveShown(start=one.start, end=one.end, reason=one.reason, state=_state(one.start, one.end, day))
            for one in leaves
        ],
        tickets=open_tickets(rooms, [asked])[asked],
    )  # fmt: skip


def phone_of(viewer: Viewer, person: Person) -> str:
    """The number as this viewer may see it."""
    return person.phone if viewer.may(Right.PEOPLE_EDIT) else person.phone_masked


def duty_shown(county: County, duty: Duty, day: date) -> DutyShown:
    """One duty on a day."""
    names = {one.code: one.name for one in county.policy.categories}
    return DutyShown(
        key=key_of(duty), area=duty.area, place=place_name(county, duty.area), level=duty.level.value,
        level_name=county.policy.levels.rung(duty.level), role=duty.role, rank=duty.rank, begins=duty.valid_from,
        ends=duty.valid_to, categories=[names.get(code, code) for code in duty.categories],
        state=_state(duty.valid_from, duty.valid_to, day),
    )  # fmt: skip


def _line(viewer: Viewer, person: Person, duties: list[Duty], day: date) -> PersonLine:
    county = viewer.county
    now = [duty_shown(county, one, day) for one in duties if one.holds(day)]
    return PersonLine(
        id=person.id, name=person.name, phone=phone_of(viewer, person), unit=person.unit,
        volunteer=person.kind is PersonKind.VOLUNTEER, on_leave=county.on_leave(person.id, day), duties=now,
    )  # fmt: skip


def _duties(county: County) -> defaultdict[str, list[Duty]]:
    found: defaultdict[str, list[Duty]] = defaultdict(list)
    for duty in county.content.duties:
        found[duty.person].append(duty)
    return found


def _shown(viewer: Viewer, person: Person, duties: list[Duty]) -> bool:
    """Whether somebody answers for anything in the viewer's part of the county, be it now or not."""
    if viewer.sees_all or (viewer.person is not None and viewer.person.id == person.id):
        return True
    return any(sees(viewer, one.area) for one in duties)


def _meant(county: County, person: Person, of: defaultdict[str, list[Duty]], asked: str) -> bool:
    if not asked or any(asked in text for text in (person.id, person.name, person.unit)):
        return True
    return any(asked in one.role or asked in place_name(county, one.area) for one in of[person.id])


def _bound(rooms: Rooms, person: Person) -> Iterator[Binding]:
    for by, since in bound_since(rooms.book, person).items():
        yield Binding(name=BOUND_BY[by], since=since)
    for name, said in (
        ("微信（资料登记）", person.wechat),
        ("企业微信（资料登记）", person.wecom),
        ("邮箱", person.email),
    ):
        if said:
            yield Binding(name=name, since=None)


def _begin(duty: Duty) -> date:
    return duty.valid_from or date.min


def _state(start: date | None, end: date | None, day: date) -> State:
    if end is not None and end <= day:
        return "past"
    return "coming" if start is not None and start > day else "now"
