"""What people do with a red and black list, step by step. Pure.

What is not possible raises ``Refused`` with Chinese words. Nobody approves what they wrote at, nobody before the window
for objections is over and each is answered. Figures are reckoned; by hand they are only corrected, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from alerts.lists.list_board import Shot, must_be_fit
from alerts.lists.list_rights import OBJECTORS, By, levels_over, must_be, must_judge, must_keep
from alerts.lists.reckoning import Colour, Draft
from alerts.lists.village_list import Act, Done, Line, Objection, State, VillageList
from alerts.tickets.doing import Refused
from alerts.tickets.entitled import NotEntitled
from alerts.tickets.moves import plain
from county.calendar import Calendar

LONGEST_REASON = 300


def proposed(by: By, area: str, month: str, made: Draft) -> VillageList:
    """A draft with number 0."""
    if not by.policy.on:
        raise Refused("县里没有启用红黑榜：请管理员在规则的 [lists] 里写 on = true")
    known = by.county.regions.get(area)
    if known is None or len(area) > 9:
        raise Refused("红黑榜按县或乡镇拟，请选一个")
    must_keep(area, by)
    if month >= f"{by.now.astimezone(ZoneInfo(by.county.calendar.zone)):%Y-%m}":
        raise Refused("这个月还没有过完，只能拟以前月份的榜")
    names = {one.code: one.name for one in by.county.villages}
    lines = tuple(
        Line(one.village, names.get(one.village, one.village), one.colour, one.place, one.points, one.words)
        for one in made.lines
    )
    left_out = tuple((names.get(code, code), why) for code, why in made.left_out)
    first = Done(by.now, by.person.id, by.person.name, Act.PROPOSE, "")
    return VillageList(0, area, known.name, month, State.DRAFT, 1, lines, left_out, (first,))


def corrected(one: VillageList, by: By, village: str, points: float, reason: str) -> VillageList:
    """A line's points put right; the places of its colour follow. Off its colour it goes only by ``removed``."""
    line, said = _line_to_edit(one, by, village), _reason(reason)
    red = line.colour is Colour.RED
    if not 0 <= points <= 100 or red != (points >= by.policy.red_from) or (not red and points >= by.policy.black_below):
        raise Refused(f"更正后的分数不在{line.colour.words}的范围里；不该上榜的请移出")
    fresh = replace(line, points=round(points, 1), note=f"原{line.points:g}分，{said}")
    return _done(_with(one, fresh), by, Act.CORRECT, f"{line.name}更正为{points:g}分：{said}")


def removed(one: VillageList, by: By, village: str, reason: str) -> VillageList:
    """A village taken off the list."""
    line, said = _line_to_edit(one, by, village), _reason(reason)
    return _done(_with(one, replace(line, removed=said)), by, Act.REMOVE, f"{line.name}：{said}")


def pictured(one: VillageList, by: By, village: str, shot: Shot | None, reason: str) -> VillageList:
    """A picture put to a line, or taken away: of a closed ticket of that village, blurred, and of nobody's yard."""
    line, said = _line_to_edit(one, by, village), _reason(reason)
    what, fresh = "去掉配图", replace(line, picture=None, ticket="")
    if shot is not None:
        must_be_fit(shot, village, by.county)
        number = shot.tickets[0].number
        what, fresh = f"配工单{number}的图", replace(line, picture=shot.sha256, ticket=number)
    return _done(_with(one, fresh), by, Act.PICTURE, f"{line.name}{what}：{said}")


def submitted(one: VillageList, by: By) -> VillageList:
    """Handed in: the window for objections begins, whole working days from tomorrow on."""
    must_be(one, State.DRAFT)
    must_keep(one.area, by)
    if not one.standing:
        raise Refused("榜上一个村也没有，不用提交")
    until = window_end(by.now, by.policy.objection_days, by.county.calendar)
    return _done(replace(one, state=State.OBJECTION, until=until), by, Act.SUBMIT, "")


def objected(one: VillageList, by: By, village: str, words: str) -> VillageList:
    """Somebody of the village or above it objects to its line, while the window is open."""
    must_be(one, State.OBJECTION)
    if one.until is None or by.now >= one.until:
        raise Refused("异议期已经过了")
    line, said = _line(one, village), _reason(words)
    if not levels_over(by, village) & OBJECTORS:
        raise NotEntitled("只有这个村和它的上级可以提异议")
    fresh = Objection(len(one.objections) + 1, village, by.person.id, by.person.name, said, by.now)
    return _done(replace(one, objections=(*one.objections, fresh)), by, Act.OBJECT, f"{line.name}：{said}")


def answered(one: VillageList, by: By, number: int, upheld: bool, words: str) -> VillageList:
    """An objection answered by somebody else who keeps the list; what is upheld takes the line off."""
    must_be(one, State.OBJECTION)
    must_keep(one.area, by)
    known, said = next((each for each in one.objections if each.number == number), None), _reason(words)
    if known is None or known.upheld is not None:
        raise Refused("没有这条待答复的异议")
    if known.by == by.person.id:
        raise NotEntitled("自己提的异议不能自己答复")
    fresh = replace(known, upheld=upheld, answer=said, answered_by=by.person.name)
    after = replace(one, objections=tuple(fresh if each is known else each for each in one.objections))
    line = next((each for each in one.standing if each.village == known.village), None)
    if upheld and line is not None:
        after = _with(after, replace(line, removed=f"异议成立：{said}"))
    return _done(after, by, Act.UPHOLD if upheld else Act.REJECT, said)


def approved(one: VillageList, by: By) -> VillageList:
    """Approved by another than who wrote at it, once the window is over and nothing waits for an answer."""
    must_judge(one, by)
    _must_be_over(one, by)
    if not one.standing:
        raise Refused("榜上一个村也不剩，请退回")
    return _done(replace(one, state=State.APPROVED), by, Act.APPROVE, "")


def refused(one: VillageList, by: By, words: str) -> VillageList:
    """Sent back to be edited; an objection that waits goes on waiting."""
    must_judge(one, by)
    return _done(replace(one, state=State.DRAFT, until=None), by, Act.REFUSE, _reason(words))


def published(one: VillageList, by: By) -> VillageList:
    """Put on the public board."""
    must_be(one, State.APPROVED)
    must_keep(one.area, by)
    return _done(replace(one, state=State.PUBLISHED, published_at=by.now), by, Act.PUBLISH, "")


def withdrawn(one: VillageList, by: By, words: str) -> VillageList:
    """Taken back for good, from any state; another list of the month may then be drawn up."""
    if one.state is State.WITHDRAWN:
        raise Refused("这张榜已撤回")
    must_keep(one.area, by)
    return _done(replace(one, state=State.WITHDRAWN), by, Act.WITHDRAW, _reason(words))


def window_end(start: datetime, days: int, calendar: Calendar) -> datetime:
    """The midnight that ends so many whole working days; the day on which it begins does not count."""
    zone = ZoneInfo(calendar.zone)
    day = start.astimezone(zone).date()
    while days > 0:
        day += timedelta(days=1)
        days -= calendar.works(day)
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(start.tzinfo)


def may(one: VillageList, by: By) -> list[str]:
    """The acts that are possible for somebody now."""
    tries: dict[str, Callable[[], object]] = {
        "edit": lambda: _must_edit(one, by), "submit": lambda: submitted(one, by),
        "object": lambda: _some(objected(one, by, line.village, "-") for line in _own(one, by)),
        "answer": lambda: _some(answered(one, by, each.number, False, "-") for each in _waiting(one, by)),
        "approve": lambda: approved(one, by), "refuse": lambda: refused(one, by, "-"),
        "publish": lambda: published(one, by), "withdraw": lambda: withdrawn(one, by, "-"),
    }  # fmt: skip
    return [name for name, attempt in tries.items() if _goes(attempt)]


def _must_edit(one: VillageList, by: By) -> None:
    must_be(one, State.DRAFT)
    must_keep(one.area, by)


def _must_be_over(one: VillageList, by: By) -> None:
    if one.until is None or by.now < one.until:
        raise Refused("异议期还没有过，不能批准")
    if any(each.upheld is None for each in one.objections):
        raise Refused("还有异议没有答复，不能批准")


def _reason(words: str) -> str:
    said = plain(words)[:LONGEST_REASON]
    if not said:
        raise Refused("请写明原因")
    return said


def _line(one: VillageList, village: str) -> Line:
    found = next((each for each in one.standing if each.village == village), None)
    if found is None:
        raise Refused("榜上没有这个村")
    return found


def _line_to_edit(one: VillageList, by: By, village: str) -> Line:
    _must_edit(one, by)
    return _line(one, village)


def _with(one: VillageList, fresh: Line) -> VillageList:
    """The list with one line anew, and the places of its colour counted again."""
    lines = [fresh if (each.village, each.colour) == (fresh.village, fresh.colour) else each for each in one.lines]
    up = -1 if fresh.colour is Colour.RED else 1
    same = [each for each in lines if each.colour is fresh.colour and not each.removed]
    keys = {each.village: (up * each.points, each.place) for each in same}
    places = {village: 1 + sum(other < key for other in keys.values()) for village, key in keys.items()}
    counted = (
        replace(each, place=places[each.village]) if each.colour is fresh.colour and not each.removed else each
        for each in lines
    )  # fmt: skip
    return replace(one, lines=tuple(counted))


def _done(one: VillageList, by: By, act: Act, words: str) -> VillageList:
    done = Done(by.now, by.person.id, by.person.name, act, words)
    return replace(one, revision=one.revision + 1, history=(*one.history, done))


def _own(one: VillageList, by: By) -> list[Line]:
    return [line for line in one.standing if levels_over(by, line.village) & OBJECTORS]


def _waiting(one: VillageList, by: By) -> list[Objection]:
    return [each for each in one.objections if each.upheld is None and each.by != by.person.id]


def _some(done: Iterable[object]) -> None:
    if next(iter(done), None) is None:
        raise Refused("榜上没有这个村")


def _goes(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except Refused:
        return False
    return True
