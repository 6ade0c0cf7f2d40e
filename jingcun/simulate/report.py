"""What a simulation came to: figures for machines, and plain words for who wants to know how many tickets that is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alerts.tickets.moves import category
from alerts.values import Purpose, Status
from broker.messages import Event, Reading
from jingcun.simulate import books
from jingcun.simulate.happenings import What
from jingcun.simulate.month import Month

WHAT_WORDS = {
    What.DUMPING: "乱倾倒", What.PILE: "暴露垃圾", What.OVERFLOWING: "垃圾桶满溢", What.FIRE: "桶内起火",
    What.FALLEN: "垃圾桶倾倒", What.BATTERY: "传感器没电", What.WEAK: "传感器信号弱", What.SILENT: "传感器无数据",
}  # fmt: skip
HOUR = timedelta(hours=1)


def facts(month: Month, noise: float) -> dict[str, Any]:
    """All figures, for JSON. Shares are 0 to 1, times in hours; what there is none of is null."""
    tickets, town, days = month.ledger.tickets, month.town, month.plan.days
    found = books.found(month.happenings, tickets, month.plan.end)
    true = books.true_tickets(month.happenings, tickets)
    return {
        "county": month.county.name, "begin": f"{month.plan.begin.astimezone(_zone(month)):%Y-%m-%d}",
        "days": days, "seed": month.plan.seed,
        "noise": noise, "cameras": town.cameras, "bins": town.bins,
        "raw_events": month.raw, "camera_events": town.events, "bin_events": town.onsets,
        "camera_events_a_day": _rounded(town.events / days / town.cameras) if town.cameras else None,
        "bin_events_a_day": _rounded(town.onsets / days / town.bins) if town.bins else None,
        "looks_asked_for": town.looks, "readings": town.readings, "sent_twice": town.doubled,
        "tickets": len(tickets), "tickets_a_day": _rounded(len(tickets) / days),
        "most_tickets_a_day": max(_by_day(month).values(), default=0),
        "reduction": _rounded(month.raw / len(tickets)) if tickets else None,
        "recall": {what.value: _recall(one) for what, one in found.items()},
        "dumping_recall": _rounded(found[What.DUMPING].recall, 4),
        "precision": _rounded(true / len(tickets), 4) if tickets else None,
        "by_category": _counted(one.what for one in tickets),
        "by_status": _counted(one.status.value for one in tickets),
        "by_source": _counted(one.source.value for one in tickets),
        "handling": _handling(month), "people": _people(month), "notices": dict(sorted(month.letters.items())),
        "acts": dict(sorted(month.acts.items())), "refused": dict(month.refused.most_common(10)),
        "events": month.tally.of(Event), "bin_readings": month.tally.of(Reading),
        "balanced": not month.wrong, "wrong": list(month.wrong[:50]), "seconds": _rounded(month.seconds, 1),
    }  # fmt: skip


def words(month: Month, noise: float) -> Iterator[str]:
    """The same for people, in plain Chinese."""
    told = facts(month, noise)
    yield (f"{told['county']}:摄像机 {told['cameras']} 台、垃圾桶 {told['bins']} 个,从 {told['begin']} 起模拟 "
           f"{told['days']} 天(随机种子 {told['seed']},噪声 {noise:g} 倍)")  # fmt: skip
    yield (f"原始事件 {told['raw_events']:,} 条:摄像机 {told['camera_events']:,}(每台每天 "
           f"{_or(told['camera_events_a_day'])}),桶 {told['bin_events']:,}(每个每天 {_or(told['bin_events_a_day'])});"
           f"桶读数 {told['readings']:,} 条")  # fmt: skip
    yield (f"工单 {told['tickets']:,} 张,平均每天 {told['tickets_a_day']:g} 张,最多一天 "
           f"{told['most_tickets_a_day']} 张;原始事件与工单之比 {_or(told['reduction'])}:1")  # fmt: skip
    kinds = (f"{category(month.county, code)[0]} {count}" for code, count in told["by_category"].items())
    yield "类别:" + "、".join(kinds)
    yield "去向:" + "、".join(f"{Status(code).words} {count}" for code, count in told["by_status"].items())
    yield from _handling_words(told["handling"])
    yield from _people_words(month, told["people"])
    yield "查全:" + "、".join(
        f"{WHAT_WORDS[What(what)]} {_share(one['recall'])}({one['found']}/{one['all'] - one['fresh']})"
        for what, one in told["recall"].items() if one["recall"] is not None
    )  # fmt: skip
    yield f"查准:{_share(told['precision'])} 的工单确有其事"
    yield "账目:平,每条消息都有着落,每张工单都有人管" if told["balanced"] else f"账目不平({len(month.wrong)} 处):"
    yield from (f"  {one}" for one in told["wrong"])
    yield f"用时 {told['seconds']:.0f} 秒。全部为虚构:发生率和人的习惯见 jingcun/simulate/rates.toml,请换成本县的"


def _recall(one: books.Found) -> dict[str, Any]:
    return {**asdict(one), "missed": one.missed, "recall": _rounded(one.recall, 4)}


def _handling(month: Month) -> dict[str, Any]:
    tickets = month.ledger.tickets
    ended = [one for one in tickets if one.closed_at is not None]
    dealt = [one for one in ended if one.status is Status.CLOSED]
    hours = sorted((one.closed_at - one.opened_at) / HOUR for one in dealt if one.closed_at is not None)
    purposes = Counter(one.purpose for one in month.ledger.notices)
    return {
        "open": len(tickets) - len(ended), "overdue": sum(one.overdue for one in tickets),
        "overdue_share": _rounded(sum(one.overdue for one in tickets) / len(tickets), 4) if tickets else None,
        "in_time_share": _rounded(sum(bool(one.in_time) for one in dealt) / len(dealt), 4) if dealt else None,
        "climbs": purposes[Purpose.CLIMB], "reminders": purposes[Purpose.REMIND],
        "asked_still": purposes[Purpose.STILL], "lapses": sum(one.pulse.lapses for one in tickets),
        "reworks": sum(one.reworks for one in tickets), "relapses": sum(one.relapse > 0 for one in tickets),
        "median_hours": _rounded(hours[len(hours) // 2]) if hours else None,
    }  # fmt: skip


def _people(month: Month) -> dict[str, Any]:
    """Of each level: who got tickets, and how many a person got on a day on which they got any."""
    level_of = {one.person.id: one.person.level.value for one in month.ledger.tickets}
    cases: dict[str, dict[tuple[str, date], set[object]]] = defaultdict(lambda: defaultdict(set))
    rings: dict[str, Counter[tuple[str, date]]] = defaultdict(Counter)
    for one in month.ledger.notices:
        level = level_of.get(one.person) or _level(month, one.person)
        cases[level][one.person, one.day].add(one.ticket)
        rings[level][one.person, one.day] += 1
    return {
        level: {
            "people": len({person for person, _ in days}),
            "tickets_a_day": _rounded(sum(len(found) for found in days.values()) / len(days)),
            "most_tickets_a_day": max(len(found) for found in days.values()),
            "most_notices_a_day": max(rings[level].values()),
        }
        for level, days in sorted(cases.items())
    }  # fmt: skip


def _level(month: Month, person: str) -> str:
    duties = (one.level.value for one in month.county.content.duties if one.person == person)
    return next(duties, month.county.policy.ladder[-1].value)


def _handling_words(told: dict[str, Any]) -> Iterator[str]:
    yield (f"办理:按时办结 {_share(told['in_time_share'])},超期 {told['overdue']} 张({_share(told['overdue_share'])}),"
           f"上报 {told['climbs']} 次,催办 {told['reminders']} 次,"
           f"接单后询问 {told['asked_still']} 次、失效 {told['lapses']} 次,"
           f"返工 {told['reworks']} 次,反弹 {told['relapses']} 张,"
           f"办结用时中位数 {_or(told['median_hours'])} 小时,还有 {told['open']} 张未结")  # fmt: skip


def _people_words(month: Month, told: dict[str, Any]) -> Iterator[str]:
    for level, one in told.items():
        name = month.county.policy.levels.of(level)
        yield (f"{name}级:{one['people']} 人收到过工单;有事的日子里每人每天 {one['tickets_a_day']:g} 张,最多 "
               f"{one['most_tickets_a_day']} 张、{one['most_notices_a_day']} 条通知")  # fmt: skip


def _by_day(month: Month) -> Counter[date]:
    zone = _zone(month)
    return Counter(one.opened_at.astimezone(zone).date() for one in month.ledger.tickets)


def _zone(month: Month) -> ZoneInfo:
    return ZoneInfo(month.county.calendar.zone)


def _counted(names: Iterator[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)


def _or(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
